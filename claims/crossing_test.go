package claims

import (
	"math"
	"testing"

	"finegrain"
	"finegrain/algorithms/tree"
	"finegrain/measure"
)

// TestCrossingNumbersRefutes: a tree with a proof that crosses more than it says refutes the claim, at any dimension and on any
// points; where kd-trees cope with the points that are to be hard, nothing is shown.
func TestCrossingNumbersRefutes(t *testing.T) {
	grown := func(name, data string, by float64) func(measure.Measurement) measure.Measurement {
		return func(m measure.Measurement) measure.Measurement {
			m = clone(asClaimed(CrossingNumbers)(m))
			if setting(m, "tree") == name && setting(m, "data") == data {
				n := number(m, "n")
				factor := math.Pow(n/128, by)
				m.Counts["most_points"] = min(m.Counts["nodes"], max(1, int64(factor*float64(m.Counts["most_points"]))))
				m.Counts["most_boxes"] = max(m.Counts["most_boxes"], m.Counts["most_points"])
				m.Values["mean_points"] = float64(m.Counts["most_points"]) / 2
				m.Values["mean_boxes"] = float64(m.Counts["most_boxes"]) / 2
			}
			return m
		}
	}
	for _, c := range []struct {
		tree, data string
		by         float64
		want       finegrain.Outcome
	}{
		{tree.PathTree, "uniform", 0, finegrain.Consistent},
		{tree.PathTree, "uniform", 0.35, finegrain.Refuted},
		{tree.PathTree, "sphere", 0.35, finegrain.Refuted},
		{tree.ConjugationTree, "clusters", 0.35, finegrain.Refuted},
		{tree.KDTree, collinear, -0.2, finegrain.Undecided},
		{tree.FramedTree, collinear, -0.2, finegrain.Undecided},
	} {
		rows := evidenceFor(t, CrossingNumbers, grown(c.tree, c.data, c.by))
		if j := outcomeOf(t, CrossingNumbers, rows); j.Verdict.Outcome != c.want {
			t.Errorf("%s, %s, n^%g too many: %v, want %v", c.tree, c.data, c.by, j.Verdict, c.want)
		}
	}
}
