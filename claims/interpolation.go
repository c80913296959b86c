package claims

import (
	"fmt"
	"math"
	"time"

	"finegrain"
	"finegrain/figure"
	"finegrain/measure"
)

// The interpolation route: d attention calls with entries Θ(√log n) at scale 1/d, from which the number of
// orthogonal pairs follows exactly.

var (
	interpolationLaws = laws("interpolation-route-laws", "the interpolation route under adversarial and lying oracles",
		"split and list (counting)", "interpolation route (decision)", "interpolation route (counting)",
		"split and list (counting) → interpolation route (counting)")
	interpolationRuns = routeRuns("interpolation")
	decodings         = measure.Experiment{
		ID: "interpolation-decodings",
		Doc: "rows decoded at error n⁻⁶ and d = ⌈4 ln n⌉ under the worst oracle that keeps its promise, and under one that errs " +
			"nine times as much",
		Subject: "decoding",
		Axes: []measure.Axis{
			{Name: "c", Values: []measure.Value{4.0}},
			{Name: "error_exponent", Values: []measure.Value{6.0}},
			{Name: "understated", Values: []measure.Value{1.0, 9.0}},
			{Name: "n", Values: sizes(8, 11), Full: sizes(12, 12)},
		},
		Trials: 1, Seed: 1,
		Limits: measure.Limits{Time: 2 * time.Minute},
	}
	entries = measure.Experiment{
		ID:      "interpolation-entries",
		Doc:     "the least entries of the interpolation route at error n⁻⁶ or fixed, computed for n far beyond what can be run",
		Subject: "entries",
		Axes: []measure.Axis{
			{Name: "route", Values: []measure.Value{"interpolation"}},
			{Name: "c", Values: []measure.Value{4.0}},
			{Name: "error", Values: []measure.Value{"n^-6", "1e-12"}},
			{Name: "n", Values: sizes(8, 40)},
		},
		Trials: 1, Seed: 1,
		Limits: measure.Limits{Time: time.Minute},
	}
)

// Interpolation is the interpolation route: exact counts from entries Θ(√log n) at scale 1/d.
var Interpolation = declare(Claim{
	ID:    "interpolation-route",
	Title: "d attention calls count orthogonal pairs exactly, entries Θ(√log n) at scale 1/d",
	Statement: "The orthogonal pairs of two lists of n vectors in d = c·ln n dimensions are counted exactly by d attention calls " +
		"at scale 1/d with entries of at most B = √(2hd), by any algorithm whose additive error is below 1/(8nΛ), " +
		"Λ = cosh(d·arccosh coth h): for every constant h, entries Θ(√log n) and error n^(−O(1)).",
	Source: finegrain.Source{
		Paper: finegrain.AlmanSong2023, Provenance: finegrain.Derived,
		Argument: "clipped outputs give each sum within 4nε, extrapolation from Chebyshev nodes amplifies by Λ, rounding needs 4nεΛ < 1/2",
	},
	Kind:        Reduces,
	Experiments: []measure.Experiment{interpolationLaws, interpolationRuns, decodings, entries},
	Judge: func(e Evidence) finegrain.Verdict {
		return finegrain.Worst(interpolationHolds(e), agrees(e.Of(interpolationRuns), func(measure.Measurement) error { return nil }))
	},
	Figures: []Drawing{
		{ID: "interpolation-entries", Draw: func(e Evidence) (figure.Figure, error) {
			f := figure.Figure{
				Title: "The least entries that serve, over √ln n",
				Caption: "B/√ln n of the interpolation route with d = ⌈4 ln n⌉, computed from its formulas. With the error n⁻⁶, " +
					"which shrinks as the theorem lets it, the ratio is flat: B = Θ(√log n). With a fixed error of 10⁻¹², that of a " +
					"machine, it grows, and from some n on no entries serve.",
				Alt: "One curve stays near 2.3 for n from 2⁸ to 2⁴⁰; the other rises.",
				X:   figure.Axis{Label: "n, vectors a side", Base: 2},
				Y:   figure.Axis{Label: "B / √ln n"},
			}
			ratio := func(m measure.Measurement) (float64, bool) {
				b, ok := m.Values["b"]
				return b / math.Sqrt(math.Log(number(m, "n"))), ok && m.Status == measure.Done
			}
			for _, error := range e.Of(entries).Values("error") {
				f.Series = append(f.Series, figure.Series{
					Name: fmt.Sprintf("error %v", error), Kind: figure.Computed,
					Points: e.Of(entries).Where("error", error).Points("n", ratio),
				})
			}
			return f, nil
		}},
		{ID: "interpolation-errors", Draw: func(e Evidence) (figure.Figure, error) {
			rows := e.Of(interpolationRuns)
			f := figure.Figure{
				Title: "Error tolerated, guaranteed and observed",
				Caption: "Of every run of the interpolation route with an attention call: what the read-off tolerates, what the algorithm " +
					"guaranteed after its work, and what it made, measured at arbitrary precision on sampled rows. The route takes " +
					"the least entries that the algorithm can serve, so that a guarantee may lie just below the tolerance.",
				Alt: "At every number of keys the tolerated error lies above the guaranteed and this above the observed one.",
				X:   figure.Axis{Label: "n, data keys", Base: 2},
				Y:   figure.Axis{Label: "additive error", Base: 10},
			}
			for _, q := range []string{"tolerated", "guaranteed", "observed"} {
				positive := func(m measure.Measurement) (float64, bool) {
					x, ok := ValueOf(q)(m)
					return x, ok && x > 0
				}
				f.Series = append(f.Series, figure.Series{Name: q, Kind: figure.Measured, Points: scatter(rows, "keys", positive)})
			}
			return f, nil
		}},
	},
})

// interpolationHolds judges the reduction by its laws and by decoding under the worst oracles.
func interpolationHolds(e Evidence) finegrain.Verdict {
	kept := e.Of(decodings).Where("understated", 1.0)
	broken := e.Of(decodings).Where("understated", 9.0)
	return finegrain.Worst(
		lawful(e.Of(interpolationLaws), "the route and its parts"),
		exactly(kept, "every row is decoded rightly under the worst oracle within the tolerance", func(m measure.Measurement) error {
			if m.Counts["wrong"] > 0 {
				return fmt.Errorf("%d of %d rows are wrong", m.Counts["wrong"], m.Counts["rows"])
			}
			return nil
		}),
		exactly(broken, "an oracle that errs nine times as much as it says spoils rows", func(m measure.Measurement) error {
			if m.Counts["wrong"] == 0 {
				return fmt.Errorf("none of %d rows is wrong, so that decoding shows nothing", m.Counts["rows"])
			}
			return nil
		}))
}
