package experiments

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"finegrain"
	"finegrain/algorithms/attention"
	"finegrain/algorithms/tree"
	"finegrain/measure"
)

// crossingData are the point sets of CrossingSubject: the keys of a generator, and what it is told beside n and d.
var crossingData = []struct {
	name  string
	keys  attention.Generator
	which float64 // of the generator's parameter "keys", if it has one
}{
	{"uniform", attention.AnyTemperature, 0},
	{"sphere", attention.AnyTemperature, 1},
	{"clusters", attention.AnyTemperature, 2},
	{"nearly collinear", attention.NearlyCollinear, 0},
}

// CrossingSubject measures how many nodes of a tree of points hyperplanes cross. The time is that of the build. Hyperplanes
// go through the points, by turns one across a query of the instance that the points are keys of, through a point drawn
// at random, and one through d points drawn at random. Where points are nearly on a line both kinds are hard: its queries are
// orthogonal to the line, and what goes through d of the points nearly contains it. Counts: nodes; most_boxes and
// most_points, the most nodes that one hyperplane crosses by their boxes or has points of on both sides, of those
// drawn, which bounds the most of all hyperplanes from below. Values: the means of both.
var CrossingSubject = declareSubject(measure.Subject{
	Name:    "crossing",
	Doc:     "how many nodes of a tree of points are crossed by hyperplanes through the points",
	Untimed: true,
	Parameters: []measure.Parameter{
		oneOf("tree", "how the tree is built", tree.FramedTree, tree.Builders),
		oneOf("data", "points: uniform in a cube, on a sphere, in 16 clusters, or on a line but for 1e-7 of its length", "uniform",
			crossingDataNames()),
		wholeFrom("n", "points", 2, 1<<20),
		preset(wholeFrom("d", "coordinates of a point", 1, 64), int64(2)),
		preset(wholeFrom("leaf", "points of a leaf", 1, 1<<20), int64(1)),
		preset(wholeFrom("hyperplanes", "hyperplanes drawn", 2, 1<<20), int64(256)),
	},
	Yields: []measure.Yield{
		{Name: "nodes", Doc: "of the tree"},
		{Name: "most_boxes", Doc: "the most nodes with a box that one of the hyperplanes crosses"},
		{Name: "most_points", Doc: "the most nodes with points on both sides of one of the hyperplanes, or on it"},
		{Name: "mean_boxes", Doc: "mean of the former over the hyperplanes"},
		{Name: "mean_points", Doc: "mean of the latter over the hyperplanes"},
	},
	Accepts: func(c measure.Cell) error { return tree.Takes(c.Word("tree"), c.Int("n"), c.Int("d")) },
	Work: func(c measure.Cell) float64 {
		n, d := float64(c.Int("n")), float64(c.Int("d"))
		work := n * d * (float64(c.Int("hyperplanes")) + 64)
		if c.Word("tree") == tree.PathTree {
			work += n * n * d
		}
		return work
	},
	Bytes: func(c measure.Cell) float64 {
		n, d := float64(c.Int("n")), float64(c.Int("d"))
		// Queries, keys and values, the keys and the points of the tree again; nodes with their boxes and frames; hyperplanes.
		bytes := 8*n*(6*d+16) + 2*n/float64(c.Int("leaf"))*8*(d*d+2*d+8) + 16*(d+1)*float64(c.Int("hyperplanes")) + 1<<16 + 1024*d*d
		if c.Word("tree") == tree.PathTree {
			bytes += n*n/8 + 8*n*(3*d+40) + 64*d*d
		}
		return bytes
	},
	Prepare: func(env finegrain.Env, c measure.Cell) (measure.Trial, error) {
		r := env.Rand("instance")
		points, normals, through, err := crossed(r, c)
		if err != nil {
			return measure.Trial{}, err
		}
		hash := newDigest()
		hash.matrix(points)
		hash.matrix(normals)
		hash.matrix(through)
		var last tree.Crossings
		return measure.Trial{
			Data: hash.text(),
			Run: func(env finegrain.Env) (measure.Outcome, error) {
				t, err := tree.NewCrossings(env, points, c.Word("tree"), c.Int("leaf"))
				if err != nil {
					return measure.Outcome{}, err
				}
				last = t
				return measure.Outcome{Counts: finegrain.Cost{"nodes": int64(t.Nodes())}, Values: map[string]float64{}}, nil
			},
			Observe: func(env finegrain.Env, out *measure.Outcome) error {
				planes := c.Int("hyperplanes")
				boxes, inside := make([]int, planes), make([]int, planes)
				if err := env.ForEach(planes, func(i int) {
					normal, point := normals.RawRowView(i), through.RawRowView(i)
					boxes[i], inside[i] = last.Count(normal, point), last.CountPoints(normal, point)
				}); err != nil {
					return err
				}
				out.Counts["most_boxes"], out.Values["mean_boxes"] = mostAndMean(boxes)
				out.Counts["most_points"], out.Values["mean_points"] = mostAndMean(inside)
				return nil
			},
		}, nil
	},
})

func crossingDataNames() (names []string) {
	for _, x := range crossingData {
		names = append(names, x.name)
	}
	return names
}

// crossed draws the points of a cell, and a normal and a point of each hyperplane.
func crossed(r *rand.Rand, c measure.Cell) (points, normals, through *mat.Dense, err error) {
	n, d, planes := c.Int("n"), c.Int("d"), c.Int("hyperplanes")
	values := map[string]float64{"n": float64(n), "d": float64(d), "dv": 1}
	generator := attention.Generator{}
	for _, x := range crossingData {
		if x.name == c.Word("data") {
			if generator = x.keys; x.which > 0 {
				values["keys"] = x.which
			}
		}
	}
	in, err := generator.Generate(r, values)
	if err != nil {
		return nil, nil, nil, err
	}
	normals, through = mat.NewDense(planes, d, nil), mat.NewDense(planes, d, nil)
	for i := range planes {
		point := in.K.RawRowView(r.IntN(n))
		through.SetRow(i, point)
		if i%2 == 0 || d == 1 {
			normals.SetRow(i, in.Q.RawRowView(r.IntN(n)))
			continue
		}
		others := mat.NewDense(d-1, d, nil)
		for k := range d - 1 {
			for l, x := range in.K.RawRowView(r.IntN(n)) {
				others.Set(k, l, x-point[l])
			}
		}
		var e mat.SVD
		e.Factorize(others, mat.SVDFullV)
		var v mat.Dense
		e.VTo(&v)
		normals.SetRow(i, mat.Col(nil, d-1, &v)) // orthogonal to all differences
	}
	return in.K, normals, through, nil
}

func mostAndMean(xs []int) (most int64, mean float64) {
	for _, x := range xs {
		most, mean = max(most, int64(x)), mean+float64(x)/float64(len(xs))
	}
	return most, mean
}
