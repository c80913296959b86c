package claims

import (
	"fmt"
	"math"
	"time"

	"finegrain"
	"finegrain/figure"
	"finegrain/measure"
	"finegrain/reductions"
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
	entries = entriesOf("interpolation-entries", "the least entries of the interpolation route at error n⁻⁶, computed for n far "+
		"beyond what can be run", "n^-6")
	fixedEntries = entriesOf("interpolation-entries-fixed", "the same at error 10⁻¹² whatever n, as far as any entries serve", "1e-12")
)

func entriesOf(id, doc, of string) measure.Experiment {
	return measure.Experiment{
		ID: id, Doc: doc, Subject: "entries",
		Axes: []measure.Axis{
			{Name: "route", Values: measure.Values("interpolation")},
			{Name: "c", Values: measure.Values(4.0)},
			{Name: "error", Values: measure.Values(of)},
			{Name: "n", Values: sizes(8, 40)},
		},
		Trials: 1, Seed: 1,
		Limits: measure.Limits{Time: time.Minute},
	}
}

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
	Shown:       []measure.Experiment{fixedEntries},
	Judge: func(e Evidence) finegrain.Verdict {
		return finegrain.Worst(
			interpolationHolds(e),
			agrees(e.Of(interpolationRuns), "there are d calls, and the tolerance is 1/(8nΛ) for the h of the entries", asComputed),
			flat(e.Of(entries)))
	},
	Expect: expectInterpolation,
	Figures: []Drawing{
		{ID: "interpolation-entries", Draw: func(e Evidence) (figure.Figure, error) {
			f := figure.Figure{
				Title: "The least entries that serve, over √ln n",
				Caption: "B/√ln n of the interpolation route with d = ⌈4 ln n⌉, computed from its formulas, once for the error n⁻⁶, which " +
					"shrinks as the theorem lets it, and once for a fixed error, that of a machine. B = Θ(√log n) if the curve is flat. " +
					"Where no entries serve the fixed error, it has no point.",
				Alt: "The least entries over √ln n, against n.",
				X:   figure.Axis{Label: "n, vectors a side", Base: 2},
				Y:   figure.Axis{Label: "B / √ln n"},
			}
			for _, x := range []measure.Experiment{entries, fixedEntries} {
				f.Series = append(f.Series, figure.Series{
					Name: fmt.Sprintf("error %v", x.Axes[2].Values[0]), Kind: figure.Computed, Points: e.Of(x).Points("n", overRoot),
				})
			}
			return f, nil
		}},
		{ID: "interpolation-errors", Draw: func(e Evidence) (figure.Figure, error) {
			rows := e.Of(interpolationRuns)
			f := figure.Figure{
				Title: "Errors as shares of what the read-off tolerates",
				Caption: "Of every run of the interpolation route with an attention call: what the algorithm guaranteed after its work, and " +
					"what it made, measured at arbitrary precision on sampled rows, each over the error that the read-off tolerates. The " +
					"route takes the least entries that the algorithm can serve, so that a guarantee may lie just below the limit.",
				Alt: "Errors over the tolerated error, against the number of keys.",
				X:   figure.Axis{Label: "n, data keys", Base: 2},
				Y:   figure.Axis{Label: "error / tolerated error", Base: 10},
			}
			for _, q := range []string{"guaranteed", "observed"} {
				share := func(m measure.Measurement) (float64, bool) {
					x := m.Values[q] / m.Values["tolerated"]
					return x, x > 0 && m.Counts["calls"] > 0
				}
				f.Series = append(f.Series, figure.Series{Name: q, Kind: figure.Measured, Points: scatter(rows, Count("keys"), share)})
			}
			if all := f.Series[1].Points; len(all) > 0 {
				f.Series = append(f.Series, figure.Series{Name: "tolerated", Kind: figure.Limit, Points: []figure.Point{
					{X: all[0].X, Y: 1}, {X: all[len(all)-1].X, Y: 1},
				}})
			}
			return f, nil
		}},
	},
})

// expectInterpolation is what rows of the experiments about the route yield.
func expectInterpolation(m *measure.Measurement) {
	c, v := m.Counts, m.Values
	switch m.Experiment {
	case interpolationLaws.ID:
		expectLaws(m)
	case interpolationRuns.ID:
		keys, d, h := 1<<int(number(*m, "variables")/2), 20, 1.5
		c["calls"], c["keys"], c["dimension"], c["disagreements"] = int64(d), int64(keys), int64(d), 0
		v["b"], v["tolerated"] = reductions.Entry(d, h), reductions.Tolerance(keys, d, h)
		v["guaranteed"], v["observed"] = v["tolerated"]/2, v["tolerated"]/1000
	case decodings.ID:
		c["rows"] = int64(number(*m, "n"))
		if c["wrong"] = 0; number(*m, "understated") > 1 {
			c["wrong"] = c["rows"]
		}
	default:
		v["b"] = 2 * math.Sqrt(math.Log(number(*m, "n")))
	}
}

// asComputed compares a run with the statement: B = √(2hd) gives h, and h the tolerance.
func asComputed(r row) error {
	calls, dimension := r.count("calls"), r.count("dimension")
	d, n, b, tolerated := float64(dimension), float64(r.count("keys")), r.value("b"), r.value("tolerated")
	h := b * b / (2 * d)
	// The tolerance is that of the nodes as they are rounded, and a share of it is left to the rounding of the read-off.
	want := math.Exp2(-3 - math.Log2(n) - reductions.LogAmplification(int(dimension), h))
	if ratio := tolerated / want; calls != dimension || !(ratio <= 1.001 && ratio >= 0.99) {
		return fmt.Errorf("%d calls at d = %g, tolerance %.6g for 1/(8nΛ) = %.6g", calls, d, tolerated, want)
	}
	return nil
}

// flatness is the most that B/√ln n may vary over n from 2⁸ to 2⁴⁰ to count as Θ(1): ⌈c·ln n⌉ alone moves it by some
// percent, and entries Θ(log n) would move it by √5.
const flatness = 1.15

// overRoot is the least entries over √ln n.
func overRoot(m measure.Measurement) (float64, bool) {
	b, ok := ValueOf("b")(m)
	return b / math.Sqrt(math.Log(number(m, "n"))), ok
}

// flat judges that the least entries are Θ(√log n).
func flat(rows Table) finegrain.Verdict {
	least, most := math.Inf(1), 0.0
	for _, p := range rows.Points("n", overRoot) {
		least, most = min(least, p.Y), max(most, p.Y)
	}
	found := fmt.Sprintf("At error n⁻⁶ the least entries are between %.3g and %.3g times √ln n", least, most)
	switch {
	case most == 0:
		return finegrain.Verdict{Outcome: finegrain.Undecided, Because: "No least entries were computed."}
	case !(most <= flatness*least):
		return finegrain.Verdict{
			Outcome: finegrain.Refuted,
			Because: fmt.Sprintf("%s: the factor moves by %.3g, more than %g.", found, most/least, flatness),
		}
	}
	return finegrain.Verdict{Outcome: finegrain.Consistent, Because: found + "."}
}

// interpolationHolds judges the reduction by its laws and by decoding under the worst oracles.
func interpolationHolds(e Evidence) finegrain.Verdict {
	kept := e.Of(decodings).Where("understated", 1.0)
	broken := e.Of(decodings).Where("understated", 9.0)
	return finegrain.Worst(
		lawful(e.Of(interpolationLaws), "the route and its parts"),
		exactly(kept, "every row is decoded rightly under the worst oracle within the tolerance", func(r row) error {
			if wrong, decoded := r.count("wrong"), r.count("rows"); wrong > 0 || float64(decoded) != r.number("n") {
				return fmt.Errorf("%d of %d rows are wrong", wrong, decoded)
			}
			return nil
		}),
		control(broken, "an oracle that errs nine times as much as it says spoils rows", func(r row) error {
			if r.count("wrong") == 0 {
				return fmt.Errorf("none of %d rows is wrong, so that decoding shows nothing", r.count("rows"))
			}
			return nil
		}))
}
