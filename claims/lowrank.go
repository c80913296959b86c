package claims

import (
	"fmt"
	"math"
	"time"

	"finegrain"
	"finegrain/algorithms/attention"
	"finegrain/algorithms/tree"
	"finegrain/figure"
	"finegrain/fit"
	"finegrain/measure"
)

// Attention whose keys have low rank (Gupta et al. 2025): the exponent has the rank in place of the head dimension,
// once a basis of their span is found.

const (
	lowRankDim     = 64
	lowRankEpsilon = 1e-6
)

func lowRankAxes(algorithm string, more ...measure.Axis) []measure.Axis {
	return append([]measure.Axis{
		{Name: "algorithm", Values: measure.Values(algorithm)},
		{Name: "data", Values: measure.Values(attention.LowRank.Name)},
		{Name: "B", Values: measure.Values(1.0)},
		{Name: "d", Values: measure.Values(lowRankDim)},
		{Name: "dv", Values: measure.Values(2)},
		{Name: "epsilon", Values: measure.Values(lowRankEpsilon)},
		{Name: "cores", Values: measure.Values(1)},
	}, more...)
}

var lowRankRuns = measure.Experiment{
	ID:      "low-rank-runs",
	Doc:     "seconds of the tree method, and the rank that it finds, against n for keys of low rank in many dimensions, on one core",
	Subject: "attention",
	Axes: lowRankAxes(tree.Tree.Name,
		measure.Axis{Name: "tree", Values: measure.Values(tree.FramedTree)}, // also where streaming would take less
		measure.Axis{Name: "observe", Values: measure.Values(false)},
		measure.Axis{Name: "rank", Values: measure.Values(1, 2), Full: measure.Values(3)},
		measure.Axis{Name: "n", Values: halfOctaves(12, 16), Full: halfOctaves(16.5, 18)}),
	Trials: 1, Seed: 1,
	Limits: measure.Limits{Time: time.Minute, Memory: 8 << 30},
}

var lowRankErrors = measure.Experiment{
	ID:      "low-rank-errors",
	Doc:     "error guaranteed and made where the keys are of low rank but for noise",
	Subject: "attention",
	Axes: lowRankAxes(tree.Tree.Name,
		measure.Axis{Name: "rank", Values: measure.Values(1, 2)},
		measure.Axis{Name: "noise", Values: measure.Values(1e-12, 1e-9), Full: measure.Values(1e-15)},
		measure.Axis{Name: "n", Values: sizes(12, 12)}),
	Trials: 1, Seed: 1,
	Limits: measure.Limits{Time: time.Minute, Memory: 8 << 30},
}

var lowRankBeside = measure.Experiment{
	ID:      "low-rank-streaming-beside",
	Doc:     "seconds of streaming attention in the same setting, on one core",
	Subject: "attention",
	Axes: lowRankAxes(attention.Streaming.Name,
		measure.Axis{Name: "observe", Values: measure.Values(false)},
		measure.Axis{Name: "rank", Values: measure.Values(2)},
		measure.Axis{Name: "n", Values: sizes(12, 14), Full: sizes(15, 16)}),
	Trials: 1, Seed: 1,
	Limits: measure.Limits{Time: 2 * time.Minute, Memory: 8 << 30},
}

// LowRank is the upper bound for queries or keys of low rank.
var LowRank = declare(Claim{
	ID:    "low-rank",
	Title: "Where Q or K has rank r, attention takes n^(2−1/r)",
	Statement: "With r the smaller of the ranks of Q and K, constant, attention of n queries and n keys in d dimensions is approximated " +
		"within ε in time O(n·d) + n^(2−1/r)·polylog(n·B/ε): K = Y·Wᵀ, and the scores of Q with K are those of Q·W with Y.",
	Source: finegrain.Source{Paper: finegrain.Gupta2025, Provenance: finegrain.Unchecked, Place: "theorem 1.2"},
	Remark: "The program finds W by QR with column pivoting of a few rows, and what it leaves of every row is measured, so that a rank " +
		"holds up to noise and its error is part of the guarantee (derived here). Finding takes O(n·d·r). " +
		"Seconds are judged for r ≥ 2: n up to logarithms is also what caches do.",
	Kind:        UpperBound,
	Experiments: []measure.Experiment{lowRankRuns, lowRankErrors},
	Shown:       []measure.Experiment{lowRankBeside},
	Judge: func(e Evidence) finegrain.Verdict {
		runs, errors := e.Of(lowRankRuns), e.Of(lowRankErrors)
		asRank := func(r row) error {
			if found, is := r.value(tree.HeadRank), r.number("rank"); found != is {
				return fmt.Errorf("%v is found", found)
			}
			return nil
		}
		parts := []finegrain.Verdict{
			exactly(runs, fmt.Sprintf("the rank that is found among %d coordinates is that of the keys", lowRankDim), asRank),
			exactly(errors, "it is that of the keys but for their noise", asRank),
			exactly(errors, "the error made is at most the one guaranteed, and that at most the one asked", func(r row) error {
				if made, bound := r.value("observed"), r.value("bound"); !(made <= bound) {
					return fmt.Errorf("%.3g is made, and %.3g guaranteed", made, bound)
				}
				return withinAsked(r)
			}),
		}
		for _, rank := range runs.Values("rank") {
			of := runs.Where("rank", rank)
			parts = append(parts, e.growth(fmt.Sprintf("Multiply-adds to find rank %v", rank),
				fit.Claimed{Relation: fit.Equal, Exponent: 1}, of, "n", Count(tree.ReductionMultiplyAdds)))
			if rank.(int64) > 1 { // at rank 1 the claim is n up to logarithms, and caches are as much
				parts = append(parts, e.seconds(fmt.Sprintf("Seconds at rank %v", rank),
					fit.Claimed{Exponent: 1 + exponentOf(rank.(int64)), Logs: secondsLogs}, of))
			}
		}
		return finegrain.Worst(parts...)
	},
	Expect: func(m *measure.Measurement) {
		n := number(*m, "n")
		rank := number(*m, "rank")
		switch m.Experiment {
		case lowRankBeside.ID:
			m.Seconds = 1e-8 * n * n
			return
		case lowRankErrors.ID:
			m.Values["bound"] = lowRankEpsilon / 3
			m.Values["observed"] = lowRankEpsilon / 9
		default:
			m.Seconds = 1e-7 * math.Pow(n, 2-1/rank) * math.Pow(math.Log(n), secondsLogs)
			m.Counts[tree.ReductionMultiplyAdds] = int64(3 * n * lowRankDim * rank)
		}
		m.Values[tree.HeadRank] = rank
	},
	Figures: []Drawing{{ID: "low-rank-seconds", Draw: func(e Evidence) (figure.Figure, error) { return lowRankAgainstN(e), nil }}},
})

func lowRankAgainstN(e Evidence) figure.Figure {
	f := figure.Figure{
		Title: fmt.Sprintf("Seconds where the keys have low rank among %d coordinates", lowRankDim),
		Caption: fmt.Sprintf("The tree method finds the rank r by itself; streaming attention takes as long for every rank. B = 1, scale 1, error %v, "+
			"on one core. Dashed lines are fitted; their slopes are the measured exponents, beside the theorem's 2 − 1/r: 1 for r = 1, 1.5 for r = 2.",
			lowRankEpsilon),
		Alt: "Time against n on logarithmic axes.",
		X:   figure.Axis{Label: "n, queries and keys", Base: 2},
		Y:   figure.Axis{Label: "time", Unit: "s", Base: 10},
	}
	rows := e.Of(lowRankRuns)
	for _, rank := range rows.Values("rank") {
		addFitted(&f, fmt.Sprintf("tree, r = %v", rank), rows.Where("rank", rank).Points("n", Seconds))
	}
	f.Series = append(f.Series, figure.Series{
		Name: attention.Streaming.Name, Kind: figure.Measured, Points: e.Of(lowRankBeside).Points("n", Seconds),
	})
	return f
}
