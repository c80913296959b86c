package claims

import (
	"fmt"
	"math"
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
	return exactly(rows, fmt.Sprintf("the laws of %s hold with adversarial oracles, and no lying oracle goes unnoticed, over %d "+
		"random yes- and no-instances each", names, lawTrials),
		func(m measure.Measurement) error {
			if c := m.Counts; c["failures"] > 0 || c["yes"] == 0 || c["no"] == 0 {
				return fmt.Errorf("%d of %d trials failed, %d were yes and %d no", c["failures"], c["trials"], c["yes"], c["no"])
			}
			return nil
		})
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

// agrees judges rows of the subject "route".
func agrees(rows Table, beyond func(measure.Measurement) error) finegrain.Verdict {
	return exactly(rows, "answers agree with independent solvers, and the error observed is within what the algorithm "+
		"guarantees, which is within what the read-off tolerates",
		func(m measure.Measurement) error {
			v := m.Values
			switch {
			case m.Counts["disagreements"] > 0:
				return fmt.Errorf("%d answers disagree", m.Counts["disagreements"])
			case m.Counts["calls"] == 0:
				return nil // settled by the lists alone: no attention was asked
			case v["observed"] > v["guaranteed"] || v["guaranteed"] > v["tolerated"]:
				return fmt.Errorf("observed %.3g, guaranteed %.3g, tolerated %.3g", v["observed"], v["guaranteed"], v["tolerated"])
			}
			return beyond(m)
		})
}

var (
	thresholdLaws = laws("threshold-route-laws", "the threshold route under adversarial and lying oracles",
		"split and list (decision)", "threshold route (decision)", "split and list (decision) → threshold route (decision)")
	thresholdRuns = routeRuns("threshold")
)

// Threshold is the threshold route: one call, entries √ln 2n at scale 1.
var Threshold = declare(Claim{
	ID:    "threshold-route",
	Title: "One attention call decides orthogonal vectors, entries √ln 2n at scale 1",
	Statement: "Orthogonal vectors, n a side in d dimensions, is decided by one attention call on 2n queries and keys of the " +
		"same dimension at scale 1, with entries of at most √ln 2n, by any algorithm whose additive error is below 1/12.",
	Source: finegrain.Source{
		Paper: finegrain.AlmanSong2023, Provenance: finegrain.Derived,
		Argument: "scores −ln(2n)·⟨a,b⟩ make an output of at least 1/2 with a partner and at most 1/3 without",
	},
	Kind:        Reduces,
	Experiments: []measure.Experiment{thresholdLaws, thresholdRuns},
	Judge: func(e Evidence) finegrain.Verdict {
		return finegrain.Worst(
			lawful(e.Of(thresholdLaws), "the route and its parts"),
			agrees(e.Of(thresholdRuns), func(m measure.Measurement) error {
				n := float64(m.Counts["keys"])
				if want := math.Sqrt(math.Log(2 * n)); math.Abs(m.Values["b"]-want) > 1e-12*want {
					return fmt.Errorf("entries of %.15g with %v keys, √ln 2n is %.15g", m.Values["b"], n, want)
				}
				if m.Counts["calls"] != 1 {
					return fmt.Errorf("%d calls", m.Counts["calls"])
				}
				return nil
			}))
	},
	Figures: []Drawing{{ID: "threshold-route-entries", Draw: func(e Evidence) (figure.Figure, error) {
		f := figure.Figure{
			Title: "Entries of the threshold route against n",
			Caption: "The largest entry of Q and K in every run with an attention call, against the number n of data keys. " +
				"The line is √ln 2n.",
			Alt: "The entries grow slowly with the number of keys, along the curve √ln 2n.",
			X:   figure.Axis{Label: "n, data keys", Base: 2},
			Y:   figure.Axis{Label: "largest entry B"},
		}
		f.Series = []figure.Series{
			{Name: "largest entry", Kind: figure.Measured, Points: scatter(e.Of(thresholdRuns), "keys", ValueOf("b"))},
			curve("√ln 2n", 2, 1<<12, func(n float64) float64 { return math.Sqrt(math.Log(2 * n)) }),
		}
		return f, nil
	}}},
})
