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

// Form is a linear form in the parameters of a size and their binary logarithms,
// Constant + Σ Linear[p]·p + Σ Log[p]·log2 p, with coefficients of parameters at least 0. It is an upper
// bound, and exceeds what it bounds by at most Slack.
type Form struct {
	Constant    float64
	Linear, Log map[string]float64
	Slack       float64
}

// Growth is how large a reduction's queries are, and how many, as data: log2 of each parameter of the
// queries' size, and log2 of the number of calls, as forms in the parameters of the source's size. It is
// what makes exponents computable: composing reductions substitutes one Growth into another.
//
// Forms bound Bound's values, wherever every parameter is at least 1.
type Growth struct {
	Calls Form
	Size  map[string]Form
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
// put in for them. It panics if a coefficient of g is negative, since an upper bound on a parameter then
// bounds nothing; and if g is linear in a parameter that f does not carry over unchanged and exactly, as
// one logarithm with coefficient 1, since 2^form is then no form.
func (f Growth) Then(g Growth) Growth {
	out := Growth{Calls: f.Calls.plus(f.substitute(g.Calls), 1), Size: map[string]Form{}}
	for name, form := range g.Size {
		out.Size[name] = f.substitute(form)
	}
	return out
}

// substitute puts f's forms in for the parameters of a form. If each is within its slack of what it bounds,
// a sum with coefficients c ≥ 0 is within the sum of c times the slacks.
func (f Growth) substitute(form Form) Form {
	out := Form{Constant: form.Constant, Slack: form.Slack}
	for p, c := range form.Log {
		if c < 0 {
			panic(fmt.Sprintf("reductions: growth falls with log2 %s", p))
		}
		out = out.plus(f.form(p), c)
	}
	for p, c := range form.Linear {
		if c < 0 {
			panic(fmt.Sprintf("reductions: growth falls with %s", p))
		}
		inner := f.form(p)
		q, same := inner.unchanged()
		if !same {
			panic(fmt.Sprintf("reductions: growth linear in %q does not compose with log2 %s = %v", p, p, inner))
		}
		out = out.plus(Form{Linear: map[string]float64{q: 1}}, c)
	}
	return out
}

// unchanged returns q if the form is log2 q exactly.
func (f Form) unchanged() (q string, same bool) {
	if f.Constant != 0 || f.Slack != 0 || len(f.Linear) != 0 || len(f.Log) != 1 {
		return "", false
	}
	for q, c := range f.Log {
		return q, c == 1
	}
	return "", false
}

func (f Growth) form(parameter string) Form {
	form, ok := f.Size[parameter]
	if !ok {
		panic(fmt.Sprintf("reductions: growth says nothing of %q", parameter))
	}
	return form
}

func (f Form) plus(g Form, times float64) Form {
	out := Form{
		Constant: f.Constant + times*g.Constant,
		Linear:   maps.Clone(f.Linear),
		Log:      maps.Clone(f.Log),
		Slack:    f.Slack + times*g.Slack,
	}
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

// Covers returns nil if the growth speaks of just the parameters of the group, bounds them from above and
// is within its slack of them, at this size. The size's parameters must be at least 1.
func (f Growth) Covers(s finegrain.Size, bound Group) error {
	if err := f.Calls.covers("calls", s, bound.Calls); err != nil {
		return err
	}
	for _, name := range bound.Size.Names() {
		form, ok := f.Size[name]
		if !ok {
			return fmt.Errorf("the growth says nothing of %s", name)
		}
		if err := form.covers(name, s, bound.Size.Get(name)); err != nil {
			return err
		}
	}
	if len(f.Size) != len(bound.Size.Names()) {
		return fmt.Errorf("the growth speaks of %d parameters, queries have %q", len(f.Size), bound.Size.Names())
	}
	return nil
}

// covers is written so that a NaN covers nothing.
func (f Form) covers(what string, s finegrain.Size, bound *big.Int) error {
	const rounding = 1e-9
	form, actual := f.At(s), log2(bound)
	if !(actual <= form+rounding) {
		return fmt.Errorf("log2 %s is %.6g, above the growth's %.6g", what, actual, form)
	}
	if !(form <= actual+f.Slack+rounding) {
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
