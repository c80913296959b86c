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

// scale is directions, a row each, over the standard deviations along them, relative to the largest.
type scale []float64

// scaleOf is that of the points; none where they are all equal or the axes are not found.
func (t *tree) scaleOf() (s scale) {
	rows, d := len(t.order), t.dim
	axes, deviations, _ := principalAxes(mat.NewDense(rows, d, t.points), max(1, rows/(4*sampled)))
	for l, x := range deviations {
		if largest := deviations[0]; x/largest > 0 {
			for i := range d {
				s = append(s, axes.At(i, l)/(x/largest))
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
