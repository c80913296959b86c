package claims

import (
	"fmt"
	"math"
	"slices"
	"time"

	"finegrain"
	"finegrain/figure"
	"finegrain/measure"
)

// The threshold route: one attention call with entries √ln 2n at scale 1, read against 5/12.

// lawTrials is how often a law tries a reduction in an experiment.
const lawTrials = 200

func laws(id, doc string, names ...string) measure.Experiment {
	of := measure.Axis{Name: "reduction"}
	for _, name := range names {
		of.Values = append(of.Values, name)
	}
	return measure.Experiment{
		ID: id, Doc: doc, Subject: "law",
		Axes:   []measure.Axis{of, {Name: "trials", Values: []measure.Value{int64(lawTrials)}}},
		Trials: 1, Seed: 1, Limits: measure.Limits{Time: 2 * time.Minute},
	}
}

// lawful judges rows of the subject "law".
func lawful(rows Table, names string) finegrain.Verdict {
	return finegrain.Worst(
		exactly(rows, fmt.Sprintf("the laws of %s hold: answers are right with adversarial oracles, and not with lying ones, over %d "+
			"random instances each", names, lawTrials),
			func(r row) error {
				if failures, trials := r.count("failures"), r.count("trials"); failures > 0 || float64(trials) != r.number("trials") {
					return fmt.Errorf("%d of %d trials failed", failures, trials)
				}
				return nil
			}),
		control(rows, "instances are of both answers", func(r row) error {
			if yes, no := r.count("yes"), r.count("no"); yes == 0 || no == 0 {
				return fmt.Errorf("%d were yes and %d no", yes, no)
			}
			return nil
		}))
}

// expectLaws is what rows of the subject "law" yield.
func expectLaws(m *measure.Measurement) {
	c := m.Counts
	c["trials"], c["yes"], c["no"], c["failures"] = lawTrials, lawTrials/2, lawTrials/2, 0
}

// routeRuns runs random formulas through a route.
func routeRuns(route string) measure.Experiment {
	return measure.Experiment{
		ID:      route + "-route-formulas",
		Doc:     "random 3-SAT near the threshold through the " + route + " route, answers checked by independent solvers",
		Subject: "route",
		Axes: []measure.Axis{
			{Name: "route", Values: []measure.Value{route}},
			{Name: "variables", Values: evens(6, 18), Full: evens(20, 24)},
		},
		Trials: 4, Seed: 1,
		Limits: measure.Limits{Time: time.Minute, Memory: 4 << 30},
	}
}

// agrees judges rows of the subject "route". What needed no attention, since the lists alone settled it, is left out but
// for its answer.
func agrees(rows Table, asClaimed string, holds func(row) error) finegrain.Verdict {
	asked := slices.DeleteFunc(slices.Clone(rows), func(m measure.Measurement) bool {
		calls, counted := m.Counts["calls"]
		return counted && calls == 0
	})
	return finegrain.Worst(
		exactly(rows, "answers agree with independent solvers", func(r row) error {
			if wrong := r.count("disagreements"); wrong > 0 {
				return fmt.Errorf("%d disagree", wrong)
			}
			return nil
		}),
		exactly(asked, "where attention was asked, the error observed is within what the algorithm guarantees, and that within "+
			"what the read-off tolerates", func(r row) error {
			observed, guaranteed, tolerated := r.value("observed"), r.value("guaranteed"), r.value("tolerated")
			if !(observed <= guaranteed && guaranteed <= tolerated) {
				return fmt.Errorf("%.3g is observed, %.3g guaranteed, %.3g tolerated", observed, guaranteed, tolerated)
			}
			return nil
		}),
		exactly(asked, asClaimed, holds))
}

// near reports whether x is y up to rounding.
func near(x, y float64) bool { return math.Abs(x-y) <= 1e-9*math.Abs(y) }

// within reports whether a tolerance is the stated one, less the share that routes leave to rounding.
func within(tolerance, stated float64) bool { return tolerance < stated && tolerance > stated*(1-1e-5) }

var (
	thresholdLaws = laws("threshold-route-laws", "the threshold route under adversarial and lying oracles",
		"split and list (decision)", "threshold route (decision)", "split and list (decision) → threshold route (decision)")
	thresholdRuns = routeRuns("threshold")
)

// Threshold is the threshold route: one call, entries √ln 2n at scale 1.
var Threshold = declare(Claim{
	ID:    "threshold-route",
	Title: "One attention call decides orthogonal vectors, entries √ln 2n at scale 1",
	Statement: "Orthogonal vectors, n a side in d dimensions, is decided by one attention call at scale 1 on n+1 queries and " +
		"n+1 keys of the same dimension, with entries of at most √ln 2n, by any algorithm whose additive error is below 1/12.",
	Source: finegrain.Source{
		Paper: finegrain.AlmanSong2023, Provenance: finegrain.Derived,
		Argument: "scores −ln(2n)·⟨a,b⟩ make an output of at least 1/2 with a partner and at most 1/3 without; one key more has weight 1",
	},
	Kind:        Reduces,
	Experiments: []measure.Experiment{thresholdLaws, thresholdRuns},
	Judge: func(e Evidence) finegrain.Verdict {
		return finegrain.Worst(
			lawful(e.Of(thresholdLaws), "the route and its parts"),
			agrees(e.Of(thresholdRuns), "there is one call, on one key more than data keys, with entries √ln 2n and, but for a share "+
				"that is left to rounding, tolerance 1/12",
				func(r row) error {
					calls, keys, data := r.count("calls"), r.count("attention_keys"), r.count("keys")
					b, want, tolerated := r.value("b"), math.Sqrt(math.Log(2*float64(data))), r.value("tolerated")
					if calls != 1 || keys != data+1 || !near(b, want) || !within(tolerated, 1.0/12) {
						return fmt.Errorf("%d calls on %d keys for %d, entries %.9g for √ln 2n = %.9g, tolerance %.9g",
							calls, keys, data, b, want, tolerated)
					}
					return nil
				}))
	},
	Expect: func(m *measure.Measurement) {
		if m.Experiment == thresholdLaws.ID {
			expectLaws(m)
			return
		}
		keys := int64(1) << int(number(*m, "variables")/2)
		c, v := m.Counts, m.Values
		c["calls"], c["keys"], c["attention_keys"], c["disagreements"] = 1, keys, keys+1, 0
		v["b"] = math.Sqrt(math.Log(2 * float64(keys)))
		v["tolerated"], v["guaranteed"], v["observed"] = (1-1e-6)/12, 1e-10, 1e-12
	},
	Figures: []Drawing{{ID: "threshold-route-entries", Draw: func(e Evidence) (figure.Figure, error) {
		f := figure.Figure{
			Title: "Entries of the threshold route against n",
			Caption: "The largest entry of Q and K in every run with an attention call, against the number n of data keys. " +
				"The line is √ln 2n.",
			Alt: "The largest entries of Q and K against the number of keys.",
			X:   figure.Axis{Label: "n, data keys", Base: 2},
			Y:   figure.Axis{Label: "largest entry B"},
		}
		f.Series = []figure.Series{
			{Name: "largest entry", Kind: figure.Measured, Points: scatter(e.Of(thresholdRuns), Count("keys"), ValueOf("b"))},
			curve("√ln 2n", 2, 1<<12, func(n float64) float64 { return math.Sqrt(math.Log(2 * n)) }),
		}
		return f, nil
	}}},
})
