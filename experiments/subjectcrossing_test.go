package experiments

import (
	"testing"

	"finegrain/algorithms/tree"
)

// TestCrossingSubject: a tree with leaves of one point has 2n−1 nodes, what hyperplanes cross is between the mean and
// all, and boxes are crossed at least where points are. On a line but for noise a kd-tree has half of its nodes on
// both sides of some hyperplane, and the path tree a fraction; with larger leaves there are fewer nodes.
func TestCrossingSubject(t *testing.T) {
	const n = 512
	most := map[string]int64{}
	for _, m := range measured(t, "crossing", 1, axis("tree", tree.KDTree, tree.PathTree), axis("data", crossingDataNames()...),
		axis("n", n), axis("d", 2, 3), axis("leaf", 1, 16)) {
		nodes := int64(2*n/m.Cell.Int("leaf") - 1)
		boxes, points := m.Counts["most_boxes"], m.Counts["most_points"]
		if m.Counts["nodes"] != nodes || boxes > nodes || points > boxes || points < 1 ||
			m.Values["mean_points"] > float64(points) || m.Values["mean_boxes"] > float64(boxes) ||
			m.Values["mean_points"] < 1 || m.Values["mean_boxes"] < m.Values["mean_points"] {
			t.Errorf("%v: %v %v", m.Cell, m.Counts, m.Values)
		}
		if m.Cell.Word("data") == "nearly collinear" && m.Cell.Int("leaf") == 1 {
			name := m.Cell.Word("tree")
			most[name] = max(most[name], points)
		}
	}
	if most[tree.KDTree] < n/2 || most[tree.PathTree] > n/2 {
		t.Errorf("nearly on a line: %v of %d nodes", most, 2*n-1)
	}
}
