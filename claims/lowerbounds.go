package claims

import (
	"finegrain"
	"finegrain/measure"
)

// The lower bounds for attention that rest on reductions of the workbench. None is measured: what is tested is the
// reduction, and the bound is the reduction and a hypothesis.

// BoundedEntriesLowerBound is the lower bound of Alman and Song 2023.
var BoundedEntriesLowerBound = declare(Claim{
	ID:    "bounded-entries-lower-bound",
	Title: "Unless SETH fails: no subquadratic attention with entries Θ(√log n)",
	Statement: "If SETH holds, then for every q > 0 there are constants C, C_a, C_b such that no algorithm approximates attention on n " +
		"queries and keys of dimension C·log n, with scale 1/d and entries of at most C_b·√log n, within n^(−C_a) in time O(n^(2−q)).",
	Source: finegrain.Source{Paper: finegrain.AlmanSong2023, Provenance: finegrain.Stated},
	Remark: "The reduction that is run here is the interpolation route, which is derived here and not the paper's. It starts " +
		"from orthogonal vectors in Θ(log n) dimensions, so that the bound stands if that hypothesis does, whatever becomes of SETH.",
	Kind: LowerBound,
	Hardness: &Hardness{
		Problem:    "attention",
		Reductions: []string{"split and list (decision)", "interpolation route (decision)"},
		Hypotheses: []string{"SETH", "LDOVC"},
	},
	Experiments: []measure.Experiment{interpolationLaws, decodings},
	Judge:       byItsReduction(interpolationHolds),
	Expect:      expectInterpolation,
})

// byItsReduction judges a lower bound by its reduction.
func byItsReduction(judge func(Evidence) finegrain.Verdict) func(Evidence) finegrain.Verdict {
	return func(e Evidence) finegrain.Verdict {
		v := judge(e)
		v.Because = "The reduction behind the bound: " + v.Because + " No running time is evidence for a lower bound."
		return v
	}
}

// HighDimensionLowerBound is the lower bound of Gupta et al. 2025 in d = poly(n).
var HighDimensionLowerBound = declare(Claim{
	ID:    "high-dimension-lower-bound",
	Title: "If high-dimensional OV is hard, so is attention in poly(n) dimensions",
	Statement: "Under the high-dimensional OV hypothesis attention in d = poly(n) dimensions, at scale 1, with entries of up to " +
		"√(ln 2n) and an additive error below 1/12, takes T_MUL(n, d, n)^(1−o(1)), the time to multiply an n×d by a d×n matrix.",
	Source: finegrain.Source{Paper: finegrain.Gupta2025, Provenance: finegrain.Unchecked, Place: "theorem 1.5"},
	Remark: "The reduction that is run is the threshold route, which is derived here: it keeps the dimension, and entries and error " +
		"are its own.",
	Kind: LowerBound,
	Hardness: &Hardness{
		Problem:    "attention",
		Reductions: []string{"threshold route (decision)"},
		Hypotheses: []string{"HDOVC"},
	},
	Experiments: []measure.Experiment{thresholdLaws},
	Judge: byItsReduction(func(e Evidence) finegrain.Verdict {
		return lawful(e.Of(thresholdLaws), "the route and its parts")
	}),
	Expect: expectLaws,
})
