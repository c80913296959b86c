package tree

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// Halving in the scale of the points (derived here). What a hyperplane crosses does not change when points and
// hyperplanes go through one affine map, so a tree may be built for the points after the map that makes their
// covariance the identity: halved across the longest side in the principal axes of all, each over the standard
// deviation along it. Points nearly on a line or a plane then are cut lengthwise as often as crosswise. That gives a
// kd-tree's crossing numbers for such points, and proves none: points on a thin curve are as bad as before.

// scaledTree makes the builder.
func scaledTree() builder {
	var s scale
	return builder{name: ScaledTree, turn: true, halve: func(t *tree, v int32, middle int) {
		if v == 0 {
			s = t.scaleOf()
		}
		s.halve(t, v, middle)
	}}
}

// scale is directions, a row each, over the standard deviations along them.
type scale []float64

// scaleOf is that of a sample of the points; none where they are all equal or the axes are not found.
func (t *tree) scaleOf() scale {
	d, rows := t.dim, len(t.order)
	step := max(1, rows/(4*sampled))
	count := (rows + step - 1) / step
	sample := mat.NewDense(count, d, nil)
	for i := range count {
		for l, k := range t.point(i * step) {
			sample.Set(i, l, k-t.points[l])
		}
	}
	largest := max(mat.Max(sample), -mat.Min(sample))
	if !(largest > 0x1p-900 && largest < 0x1p900) {
		return nil
	}
	sample.Scale(1/largest, sample)
	for l := range d { // about the mean
		column := mat.Col(nil, l, sample)
		mean := 0.0
		for _, x := range column {
			mean += x / float64(count)
		}
		for i, x := range column {
			sample.Set(i, l, x-mean)
		}
	}
	var e mat.SVD
	if !e.Factorize(sample, mat.SVDThin) {
		return nil
	}
	var axes mat.Dense
	e.VTo(&axes)
	s := scale{}
	for l, x := range e.Values(nil) {
		if x > 0 {
			for i := range d {
				s = append(s, axes.At(i, l)/x)
			}
		}
	}
	return s
}

// halve halves the node across its longest side in the scale, or without one as a kd-tree does.
func (s scale) halve(t *tree, v int32, middle int) {
	d, n := t.dim, t.nodes[v]
	longest, side := -1, 0.0
	for l := range len(s) / d {
		t.project(v, s[l*d:][:d])
		least, most := math.Inf(1), math.Inf(-1)
		for _, y := range t.along[n.from:n.to] {
			least, most = min(least, y), max(most, y)
		}
		if most-least > side {
			longest, side = l, most-least
		}
	}
	if longest < 0 {
		longestSide(t, v, middle)
		return
	}
	t.project(v, s[longest*d:][:d])
	t.selectAlong(int(n.from), int(n.to), middle)
}
