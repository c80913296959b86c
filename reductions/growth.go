package reductions

import (
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"
	"strings"

	"finegrain"
)

// Form is a linear form in the parameters of a size and their binary logarithms:
// Constant + Σ Linear[p]·p + Σ Log[p]·log2 p.
type Form struct {
	Constant    float64
	Linear, Log map[string]float64
}

// Growth is how large a reduction's queries are, and how many, as data: log2 of each parameter of the
// queries' size, and log2 of the number of calls, as forms in the parameters of the source's size. It is
// what makes exponents computable: composing reductions substitutes one Growth into another.
//
// Forms bound from above wherever every parameter is at least 1, with Calls and the sizes of Bound
// within Slack binary orders of them.
type Growth struct {
	Calls Form
	Size  map[string]Form
	Slack float64
}

// At evaluates the form at a size.
func (f Form) At(s finegrain.Size) float64 {
	value := f.Constant
	for p, c := range f.Linear {
		v, _ := new(big.Float).SetInt(s.Get(p)).Float64()
		value += c * v
	}
	for p, c := range f.Log {
		value += c * log2(s.Get(p))
	}
	return value
}

// Then is the growth of a composition: g's forms in the parameters of the middle problem, with f's forms
// put in for them. It panics if g is linear in a parameter that f does not carry over as Constant 0 and
// one logarithm with coefficient 1, since 2^form is then no form.
func (f Growth) Then(g Growth) Growth {
	out := Growth{Calls: f.Calls.plus(f.substitute(g.Calls), 1), Size: map[string]Form{}, Slack: f.Slack + g.Slack}
	weight := 1.0
	for name, form := range g.Size {
		out.Size[name] = f.substitute(form)
		for _, c := range form.Log {
			weight = max(weight, math.Abs(c))
		}
	}
	for _, c := range g.Calls.Log {
		weight = max(weight, math.Abs(c))
	}
	out.Slack = f.Slack*(1+weight) + g.Slack
	return out
}

func (f Growth) substitute(form Form) Form {
	out := Form{Constant: form.Constant}
	for p, c := range form.Log {
		out = out.plus(f.form(p), c)
	}
	for p, c := range form.Linear {
		inner := f.form(p)
		if inner.Constant != 0 || len(inner.Linear) != 0 || len(inner.Log) != 1 {
			panic(fmt.Sprintf("reductions: growth linear in %q does not compose with log2 %s = %v", p, p, inner))
		}
		for q, l := range inner.Log {
			if l != 1 {
				panic(fmt.Sprintf("reductions: growth linear in %q does not compose with log2 %s = %v", p, p, inner))
			}
			out = out.plus(Form{Linear: map[string]float64{q: 1}}, c)
		}
	}
	return out
}

func (f Growth) form(parameter string) Form {
	form, ok := f.Size[parameter]
	if !ok {
		panic(fmt.Sprintf("reductions: growth says nothing of %q", parameter))
	}
	return form
}

func (f Form) plus(g Form, times float64) Form {
	out := Form{f.Constant + times*g.Constant, maps.Clone(f.Linear), maps.Clone(f.Log)}
	add := func(to *map[string]float64, from map[string]float64) {
		for p, c := range from {
			if *to == nil {
				*to = map[string]float64{}
			}
			(*to)[p] += times * c
		}
	}
	add(&out.Linear, g.Linear)
	add(&out.Log, g.Log)
	return out
}

// String writes the form as "1 + 0.5·variables + log2 clauses".
func (f Form) String() string {
	var terms []string
	if f.Constant != 0 || len(f.Linear)+len(f.Log) == 0 {
		terms = append(terms, fmt.Sprintf("%g", f.Constant))
	}
	write := func(m map[string]float64, prefix string) {
		for _, p := range slices.Sorted(maps.Keys(m)) {
			switch c := m[p]; c {
			case 0:
			case 1:
				terms = append(terms, prefix+p)
			default:
				terms = append(terms, fmt.Sprintf("%g·%s%s", c, prefix, p))
			}
		}
	}
	write(f.Linear, "")
	write(f.Log, "log2 ")
	return strings.Join(terms, " + ")
}

// Covers returns nil if the growth bounds the group from above and is within Slack of it, at this size.
// Parameters must be at least 1 there.
func (f Growth) Covers(s finegrain.Size, bound Group) error {
	if err := f.covers("calls", f.Calls.At(s), bound.Calls); err != nil {
		return err
	}
	for _, name := range bound.Size.Names() {
		if err := f.covers(name, f.form(name).At(s), bound.Size.Get(name)); err != nil {
			return err
		}
	}
	return nil
}

func (f Growth) covers(what string, form float64, bound *big.Int) error {
	actual := log2(bound)
	if actual > form+1e-9 {
		return fmt.Errorf("log2 %s is %.6g, above the growth's %.6g", what, actual, form)
	}
	if form > actual+f.Slack+1e-9 {
		return fmt.Errorf("log2 %s is %.6g, more than %.3g below the growth's %.6g", what, actual, f.Slack, form)
	}
	return nil
}

// log2 of an integer; −∞ at 0.
func log2(v *big.Int) float64 {
	mantissa := new(big.Float)
	exponent := new(big.Float).SetInt(v).MantExp(mantissa)
	m, _ := mantissa.Float64()
	return math.Log2(m) + float64(exponent)
}
