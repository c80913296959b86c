package reductions

import (
	"cmp"
	"fmt"
	"slices"

	"finegrain"
)

// Declared is a reduction of the catalogue, whatever its types.
type Declared interface {
	Describe() Description
	Verify(env finegrain.Env, trials int) finegrain.LawReport
}

// Description is what can be said of a reduction without its types.
type Description struct {
	Name, Doc  string
	Source     finegrain.Source
	From, To   string
	Kind       Kind
	Growth     Growth
	Randomised bool
}

// Describe returns what the catalogue lists.
func (r Reduction[S, A, T, B]) Describe() Description {
	return Description{
		Name: r.Name, Doc: r.Doc, Source: r.Source, From: r.From.Name, To: r.To.Name,
		Kind: r.Kind, Growth: r.Growth, Randomised: r.Fail != nil,
	}
}

var catalogue []Declared

// declare enters a reduction of this package in the catalogue: `var X = declare(Reduction[…]{…})`. It
// panics where a field is missing, so that an incomplete reduction does not start.
func declare[S, A, T, B any](r Reduction[S, A, T, B]) Reduction[S, A, T, B] {
	if r.Name == "" || r.Doc == "" || r.From.Name == "" || r.To.Name == "" || r.Bound == nil || r.Plan == nil || r.Growth.Size == nil {
		panic(fmt.Sprintf("reductions: the declaration of %q is incomplete", r.Name))
	}
	if slices.ContainsFunc(catalogue, func(d Declared) bool { return d.Describe().Name == r.Name }) {
		panic(fmt.Sprintf("reductions: %q is declared twice", r.Name))
	}
	catalogue = append(catalogue, r)
	return r
}

// All lists the declared reductions by name.
func All() []Declared {
	return slices.SortedFunc(slices.Values(catalogue), func(a, b Declared) int {
		return cmp.Compare(a.Describe().Name, b.Describe().Name)
	})
}
