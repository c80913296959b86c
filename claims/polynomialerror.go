package claims

import (
	"fmt"
	"time"

	"finegrain"
	"finegrain/algorithms/attention"
	"finegrain/algorithms/polynomial"
	"finegrain/figure"
	"finegrain/measure"
)

// The error of the polynomial method: what it makes is within what it guarantees after its work, and that within what
// was asked; on random entries, where errors cancel, and with keys at the corner where the polynomial errs most, where
// the guarantee is nearly attained.

var polynomialErrors = measure.Experiment{
	ID:      "polynomial-errors",
	Doc:     "error asked, guaranteed and made by the polynomial method, on random entries and with keys at the worst corner",
	Subject: "attention",
	Axes: []measure.Axis{
		{Name: "algorithm", Values: measure.Values(polynomial.Polynomial.Name)},
		{Name: "n", Values: measure.Values(1 << 12)},
		{Name: "d", Values: measure.Values(polyDim)},
		{Name: "dv", Values: measure.Values(polyDim)},
		{Name: "data", Values: measure.Values(attention.BoundedEntries.Name, attention.KeysAtCorner.Name)},
		{Name: "B", Values: measure.Values(0.25, 0.5, 1.0, 1.4), Full: measure.Values(0.7, 1.2)},
		{Name: "epsilon", Values: measure.Values(1e-2, 1e-4, 1e-6, 1e-8, 1e-10), Full: measure.Values(1e-3, 1e-5, 1e-7, 1e-9)},
	},
	Trials: 1, Seed: 1,
	Limits: measure.Limits{Time: time.Minute, Memory: 4 << 30},
}

// cornerSlack is how far the guarantee may lie above the error made at the corner for that to count as the worst case: a
// factor of 2 is by the construction. It is asked down to the error leastTruncated, below which the guarantee is in part
// about rounding, of which much less is made.
const (
	cornerSlack    = 4
	leastTruncated = 1e-8
)

// PolynomialError is the error bound.
var PolynomialError = declare(Claim{
	ID:    "polynomial-error",
	Title: "The polynomial method errs by no more than it guarantees",
	Statement: "If a polynomial P approximates e^x on [−M,M], where M bounds the scores, with error at most ε_A·e^x, attention with " +
		"weights P(x) errs by at most 2ε_A/(1−ε_A)·max|V|. So the least degree whose ε_A is small enough, with what rounding can add, " +
		"serves every error asked; where none does at a rank below n, the method refuses.",
	Source: finegrain.Source{
		Paper: finegrain.AlmanSong2023, Provenance: finegrain.Derived,
		Argument: "weights with relative errors θ_j move a weighted mean by Σp_j·θ_j·(v_j − mean) over 1 + Σp_j·θ_j; rounding is bounded by " +
			"the sum of the absolute values of the terms",
	},
	Remark: "The errors made are computed at arbitrary precision on sampled rows. In the worst case half of the weight is at the " +
		"corner where a polynomial errs most, relative to e^x.",
	Kind:        UpperBound,
	Experiments: []measure.Experiment{polynomialErrors},
	Judge: func(e Evidence) finegrain.Verdict {
		rows := e.Of(polynomialErrors)
		return finegrain.Worst(
			exactly(rows, "the error made is at most the one guaranteed, and that at most the one asked", func(r row) error {
				made, bound, asked := r.value("observed"), r.value("bound"), r.number("epsilon")
				if !(made <= bound && bound <= asked) {
					return fmt.Errorf("%.3g is made, %.3g guaranteed, %.3g asked", made, bound, asked)
				}
				return nil
			}),
			control(rows.Where("data", attention.KeysAtCorner.Name), "at the corner errors come near the guarantee", func(r row) error {
				slack := r.value("bound") / r.value("observed")
				if r.number("epsilon") >= leastTruncated && !(slack <= cornerSlack) {
					return fmt.Errorf("the guarantee is %.3g times the error made, so that it is hardly tested", slack)
				}
				return nil
			}))
	},
	Expect: func(m *measure.Measurement) {
		m.Values["bound"] = number(*m, "epsilon") / 3
		if m.Values["observed"] = m.Values["bound"] / 2; setting(*m, "data") == attention.BoundedEntries.Name {
			m.Values["observed"] /= 100
		}
	},
	Figures: []Drawing{{ID: "polynomial-errors", Draw: func(e Evidence) (figure.Figure, error) {
		return errorsAsked(e.Of(polynomialErrors)), nil
	}}},
})

// errorsAsked draws what was guaranteed and made as parts of what was asked.
func errorsAsked(rows Table) figure.Figure {
	f := figure.Figure{
		Title: "Error guaranteed and made over error asked",
		Alt:   "Errors over the error asked, against the error asked, on logarithmic axes.",
		X:     figure.Axis{Label: "ε, error asked", Base: 10},
		Y:     figure.Axis{Label: "error / error asked", Base: 10},
	}
	asked := figure.Series{Name: "asked", Kind: figure.Limit}
	for _, v := range rows.Values("epsilon") {
		asked.Points = append(asked.Points, figure.Point{X: v.(float64), Y: 1})
	}
	share := func(name string) Quantity {
		return func(m measure.Measurement) (float64, bool) {
			x, ok := ValueOf(name)(m)
			return x / number(m, "epsilon"), ok && x > 0
		}
	}
	slack := func(m measure.Measurement) (float64, bool) {
		bound, ok := ValueOf("bound")(m)
		made, also := ValueOf("observed")(m)
		return bound / made, ok && also && made > 0
	}
	f.Caption = fmt.Sprintf("For n = %v, d = d_v = %d and each of several B: what the method guarantees after its work, and the error that it made "+
		"on sampled rows, against arbitrary precision. The line is the error asked.", 1<<12, polyDim)
	for _, data := range []struct{ kind, words string }{
		{attention.KeysAtCorner.Name, "keys at the worst corner"}, {attention.BoundedEntries.Name, "random entries"},
	} {
		of := rows.Where("data", data.kind)
		guaranteed := "guaranteed, " + data.words
		f.Series = append(f.Series,
			figure.Series{Name: guaranteed, Kind: figure.Measured, Points: scatter(of, Setting("epsilon"), share("bound"))},
			figure.Series{
				Name: "made, " + data.words, Kind: figure.Measured, Of: guaranteed,
				Points: scatter(of, Setting("epsilon"), share("observed")),
			})
		if low, high, ok := of.spread(slack); ok {
			f.Caption += fmt.Sprintf(" With %s the guarantee is %s to %s times the error made.", data.words, twoDigits(low), twoDigits(high))
		}
	}
	f.Series = append(f.Series, asked)
	return f
}
