package claims

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"finegrain"
	"finegrain/algorithms/tree"
	"finegrain/figure"
	"finegrain/fit"
	"finegrain/measure"
)

// Crossing numbers: what makes attention by a tree of keys subquadratic is that a query looks into few nodes, those that
// its hyperplanes cross. The path tree has a proof, for whatever points; a kd-tree has none, and is measured beside it
// where the points are bad for it.

// conjugationExponent is Edelsbrunner and Welzl's, log2((1+√5)/2) rounded up.
const conjugationExponent = 0.695

// collinear is the data that kd-trees cannot cope with.
const collinear = "nearly collinear"

// crossingGrid is which trees are compared on which points, by dimension: less in more dimensions, where sizes that
// show an exponent take longer.
var crossingGrid = []struct {
	d           int
	trees, data []string
}{
	{
		2,
		[]string{tree.KDTree, tree.FramedTree, tree.ConjugationTree, tree.PathTree},
		[]string{"uniform", "sphere", "clusters", collinear},
	},
	{3, []string{tree.FramedTree, tree.ScaledTree, tree.PathTree}, []string{"uniform", "sphere", "clusters", collinear}},
	{4, []string{tree.FramedTree, tree.PathTree}, []string{"uniform", collinear}},
}

// crossings are the experiments, by index in the grid.
var crossings = func() (all []measure.Experiment) {
	for _, x := range crossingGrid {
		all = append(all, measure.Experiment{
			ID:      fmt.Sprintf("crossings-%d", x.d),
			Doc:     fmt.Sprintf("nodes of trees of points in %d dimensions that hyperplanes through the points cross, against n", x.d),
			Subject: "crossing",
			Axes: []measure.Axis{
				{Name: "tree", Values: measure.Values(x.trees...)},
				{Name: "data", Values: measure.Values(x.data...)},
				{Name: "d", Values: measure.Values(x.d)},
				{Name: "n", Values: sizes(7, 12), Full: sizes(13, 14)},
			},
			Trials: 1, Seed: 1,
			Limits: measure.Limits{Time: time.Minute, Memory: 1 << 30},
		})
	}
	return all
}()

// CrossingNumbers is that trees with a proof cross as few nodes as it says.
var CrossingNumbers = declare(Claim{
	ID:    "crossing-numbers",
	Title: "A tree over a path of low crossing number lets a hyperplane cross n^(1−1/d) of its nodes, whatever the points",
	Statement: "Of a balanced tree over n points in R^d, in the order of a spanning path that multiplicative weights find, every " +
		"hyperplane has points on both sides of O(n^(1−1/d)·log² n) nodes, whatever the points, with high probability over the seed. So n " +
		"queries that look into the nodes that they cross look into n^(2−1/d), up to logarithms. Of a conjugation tree in the plane it is " +
		"O(n^0.695). Of kd-trees there is no such bound: where points lie nearly on a line, there are hyperplanes that cross some n nodes, " +
		"unless they halve in the scale of the points, of which nothing is proved either.",
	Source: finegrain.Source{
		Paper: finegrain.Gupta2025, Provenance: finegrain.Derived,
		Argument: "every point set has a spanning path of which each hyperplane separates O(n^(1−1/d)) edges (Welzl 1988; Chazelle and " +
			"Welzl 1989), and on each level of the tree it crosses no more nodes than it separates edges; that the path built here, in " +
			"batches and on the hyperplanes through a sample, has at most log n times as many is shown in algorithms/tree/path.go and testset.go",
	},
	Remark: "The paper takes simplex range searching as given (Matoušek 1992; Chan 2012). The conjugation tree and its bound are " +
		"Edelsbrunner and Welzl's, 1986; here it is cut at multiples of a leaf and by medians of samples. Of all hyperplanes 256 are drawn " +
		"for each tree, half of them through d of the points: the most that one of them crosses bounds the most of all from below. Judged is the " +
		"growth of this number, at each n of the kind of points where it is largest; for the path tree it may exceed the exponent by as " +
		"much as a factor of log n does over the range, that of the levels. What an algorithm pays are boxes that are crossed, some more, for " +
		"which nothing is proved.",
	Kind:        UpperBound,
	Experiments: crossings,
	Judge: func(e Evidence) finegrain.Verdict {
		var growths []grown
		var all, hard Table
		for i, x := range crossingGrid {
			rows := e.Of(crossings[i])
			all = append(all, rows...)
			grow := func(name string, c fit.Claimed) {
				growths = append(growths, grown{
					fmt.Sprintf("Nodes of the %s that are crossed at d = %d, of the points where they are most", name, x.d),
					c, hardest(rows.Where("tree", name)), "n", Count("most_points"),
				})
			}
			grow(tree.PathTree, fit.Claimed{Exponent: 1 - 1/float64(x.d), Tolerance: logTolerance(rows)})
			if slices.Contains(x.trees, tree.ConjugationTree) {
				grow(tree.ConjugationTree, fit.Claimed{Exponent: conjugationExponent})
			}
			for _, name := range x.trees {
				if isKD(name) {
					hard = append(hard, rows.Where("tree", name).Where("data", collinear)...)
				}
			}
		}
		return finegrain.Worst(
			e.growths(growths),
			exactly(all, "there are 2n−1 nodes, and no more have points on both sides of a hyperplane than have boxes that it crosses", asNodes),
			control(hard, "the points near a line are hard: n/2 nodes of a kd-tree or more have points on both sides of a hyperplane", asHard))
	},
	Expect: func(m *measure.Measurement) {
		n := number(*m, "n")
		nodes := 2*n - 1
		points := min(nodes/2, 2*math.Pow(n, 1-1/number(*m, "d")))
		if setting(*m, "data") == collinear && isKD(setting(*m, "tree").(string)) {
			points = math.Round(0.7 * n)
		}
		c, v := m.Counts, m.Values
		c["nodes"], c["most_points"], c["most_boxes"] = int64(nodes), int64(points), int64(min(nodes, points*1.2))
		v["mean_points"], v["mean_boxes"] = points/2, points/1.9
	},
	Figures: crossingFigures(),
})

// asNodes holds a row to what holds of every tree with leaves of one point.
func asNodes(r row) error {
	nodes, boxes, points := r.count("nodes"), r.count("most_boxes"), r.count("most_points")
	meanBoxes, meanPoints := r.value("mean_boxes"), r.value("mean_points")
	switch n := int64(r.number("n")); {
	case nodes != 2*n-1:
		return fmt.Errorf("there are %d nodes of %d points", nodes, n)
	case boxes > nodes || points > boxes || points < 1:
		return fmt.Errorf("of %d nodes %d have boxes that are crossed, and %d have points on both sides", nodes, boxes, points)
	case !(meanBoxes <= float64(boxes) && meanPoints <= float64(points) && meanPoints <= meanBoxes && meanPoints > 0):
		return fmt.Errorf("the means are %g and %g, and at most %d and %d are crossed", meanBoxes, meanPoints, boxes, points)
	}
	return nil
}

// isKD is whether the tree halves the longest side of a box, for which no bound is claimed.
func isKD(name string) bool { return name == tree.KDTree || name == tree.FramedTree }

// hardest keeps at each n the row with the most crossed nodes, since the bound is for whatever points, and what did not end.
func hardest(rows Table) Table {
	var kept Table
	most := map[float64]measure.Measurement{}
	for _, m := range rows {
		if m.Status != measure.Done {
			kept = append(kept, m)
		} else if n := number(m, "n"); m.Counts["most_points"] > most[n].Counts["most_points"] {
			most[n] = m
		}
	}
	return append(kept, slices.Collect(maps.Values(most))...)
}

// logTolerance is the exponent that log n, for the levels of a tree, has over the range of n, to three digits; 0 without one.
func logTolerance(rows Table) float64 {
	low, high, ok := rows.spread(Setting("n"))
	if !ok || low == high {
		return 0
	}
	return math.Round(1000*math.Log(math.Log(high)/math.Log(low))/math.Log(high/low)) / 1000
}

// asHard holds a row to as many crossed nodes as only trees without a bound have.
func asHard(r row) error {
	if points, n := r.count("most_points"), r.number("n"); float64(points) < n/2 {
		return fmt.Errorf("%d nodes have, of a tree of %g points", points, n)
	}
	return nil
}

// crossingFigures are a figure for each kind of data and each dimension, of which the page shows one at a time.
func crossingFigures() (all []Drawing) {
	for i, x := range crossingGrid {
		for _, data := range x.data {
			all = append(all, Drawing{
				ID: fmt.Sprintf("crossings-by-tree-%s-%d", strings.ReplaceAll(data, " ", "-"), x.d),
				Draw: func(e Evidence) (figure.Figure, error) {
					return crossingFigure(e.Of(crossings[i]).Where("data", data), data, x.d, x.trees), nil
				},
			})
		}
	}
	return all
}

func crossingFigure(rows Table, data string, d int, trees []string) figure.Figure {
	exponent := fmt.Sprintf("%d/%d", d-1, d) // 1 − 1/d
	f := figure.Figure{
		Title: fmt.Sprintf("Nodes that a hyperplane crosses, by tree: d = %d, %s", d, data),
		Caption: fmt.Sprintf("The most nodes of a tree of n points that have points on both sides of one of 256 hyperplanes through "+
			"the points; leaves have one point. Dashed lines are fitted, and their slope is the measured exponent. The solid line has "+
			"the exponent 1 − 1/d = %s, that of the theorem for the path tree, up to logarithms; it lies above the data where those of "+
			"the path tree begin.", exponent),
		Alt:    "Crossed nodes against n on logarithmic axes.",
		X:      figure.Axis{Label: "n, points", Base: 2},
		Y:      figure.Axis{Label: "nodes with points on both sides", Base: 2},
		Choice: figure.Choice{Of: "points", Option: fmt.Sprintf("%s, d = %d", data, d)},
	}
	if data == collinear {
		f.Caption += " Kd-trees halve the points along the line again and again, and a hyperplane along it crosses most of their nodes, " +
			"unless they halve in the scale of the points."
	}
	var boxes []string
	for _, name := range trees {
		of := rows.Where("tree", name)
		points := of.Points("n", Count("most_points"))
		addFitted(&f, name, points)
		if _, slope, ok := FittedLine(name, of.Points("n", Count("most_boxes"))); ok {
			boxes = append(boxes, fmt.Sprintf("%.2f (%s)", slope.Slope, name))
		}
		if name == tree.PathTree && len(points) > 0 {
			s := figure.Series{Name: "slope " + exponent, Kind: figure.Theory}
			for _, p := range points {
				y := 2 * points[0].Y * math.Pow(p.X/points[0].X, 1-1/float64(d))
				s.Points = append(s.Points, figure.Point{X: p.X, Y: y})
			}
			f.Series = append(f.Series, s)
		}
	}
	if boxes != nil {
		f.Notes = []string{"Boxes that are crossed, which is what an algorithm pays, grow with exponents " + strings.Join(boxes, ", ") + "."}
	}
	return f
}
