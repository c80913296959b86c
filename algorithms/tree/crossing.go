package tree

import (
	"fmt"
	"math"
	"slices"

	"finegrain"
	"finegrain/internal/roundoff"

	"gonum.org/v1/gonum/mat"
)

// Crossing numbers: how many nodes of a tree a hyperplane crosses is how many a query must look into, as all
// others lie on one side of it; the exponent of its growth is what makes range searching subquadratic (Welzl
// 1988; Matoušek 1992). Theorems are about nodes with points on both sides. An algorithm that knows of a node its
// box alone pays for every box that is crossed, also where the points are not.

// The builders of trees.
const (
	KDTree          = "kd-tree"
	FramedTree      = "framed kd-tree"
	ScaledTree      = "scaled kd-tree"
	ConjugationTree = "conjugation tree" // of points of the plane
	PathTree        = "path tree"        // of at most 2^14 points
)

// Builders lists what trees of keys can be built by, by name.
var Builders = []string{KDTree, FramedTree, ScaledTree, ConjugationTree, PathTree}

// Takes returns an error unless the builder of that name makes trees of so many points of d coordinates.
func Takes(name string, points, d int) error {
	switch {
	case !slices.Contains(Builders, name):
		return fmt.Errorf("tree: there is no builder %q; there are %q", name, Builders)
	case name == ConjugationTree && d != 2:
		return fmt.Errorf("tree: the %s is for 2 coordinates, and the points have %d; use %q or %q",
			name, d, KDTree, FramedTree)
	case name == PathTree && d > mostPathDim:
		return fmt.Errorf("tree: the %s is for at most %d coordinates, and there are %d; use %q or %q",
			name, mostPathDim, d, KDTree, FramedTree)
	case name == PathTree && points > mostPath:
		return fmt.Errorf("tree: the %s is for at most %d points, and there are %d; use %q or %q",
			name, mostPath, points, KDTree, FramedTree)
	}
	return nil
}

// builderFor is the builder of that name for a tree of so many points.
func builderFor(name string, points, d, leaf int) (builder, error) {
	if err := Takes(name, points, d); err != nil {
		return builder{}, err
	}
	switch name {
	case KDTree:
		return kdTree, nil
	case FramedTree:
		return framedTree, nil
	case ScaledTree:
		return scaledTree(), nil
	case ConjugationTree:
		return conjugation(points, leaf), nil
	default:
		return pathTree, nil
	}
}

// Crossings is a tree whose crossed nodes can be counted.
type Crossings struct{ tree *tree }

// NewCrossings builds the tree of the rows of points by the builder of that name, with leaves of leaf points. It
// panics on a leaf below 1; the error is env's, or says which builder there is not.
func NewCrossings(env finegrain.Env, points *mat.Dense, name string, leaf int) (Crossings, error) {
	if leaf < 1 {
		panic(fmt.Sprintf("tree: leaves of %d points; a leaf has at least 1", leaf))
	}
	rows, d := points.Dims()
	by, err := builderFor(name, rows, d, leaf)
	if err != nil {
		return Crossings{}, err
	}
	t, err := grow(env, rows, d, leaf, func(dst []float64, i int) { copy(dst, points.RawRowView(i)) }, by)
	return Crossings{t}, err
}

// Nodes is the number of nodes.
func (c Crossings) Nodes() int { return len(c.tree.nodes) }

// Count is how many nodes have a box that the hyperplane ⟨normal, x⟩ = ⟨normal, point⟩ crosses or touches, or comes
// within roundings of, as well as all nodes above it. It panics unless both have as many coordinates as the points.
func (c Crossings) Count(normal, point []float64) int {
	c.fits(normal, point)
	return c.count(0, normal, point, norm(normal))
}

// CountPoints is how many nodes have no side of that hyperplane strictly to themselves: they have points on both
// sides, or on it, where points within roundings are on it. It panics as Count does.
func (c Crossings) CountPoints(normal, point []float64) int {
	c.fits(normal, point)
	_, crossed := c.countPoints(0, normal, point)
	return crossed
}

func (c Crossings) fits(normal, point []float64) {
	if len(normal) != c.tree.dim || len(point) != c.tree.dim {
		panic(fmt.Sprintf("tree: a hyperplane in %d and %d coordinates, and points of %d",
			len(normal), len(point), c.tree.dim))
	}
}

func (c Crossings) count(v int32, normal, point []float64, length float64) int {
	t := c.tree
	centre, _ := t.box(v)
	if off, roundings := offset(centre, normal, point); math.Abs(off) > t.width(v, normal, length)+roundings {
		return 0
	}
	n := t.nodes[v]
	if n.left == 0 {
		return 1
	}
	return 1 + c.count(n.left, normal, point, length) + c.count(n.right, normal, point, length)
}

// position is where points are, as bits: those of several are joined by or.
type position uint8

const (
	above position = 1 << iota
	below
	both = above | below
)

func (c Crossings) countPoints(v int32, normal, point []float64) (s position, crossed int) {
	if n := c.tree.nodes[v]; n.left == 0 {
		for j := n.from; j < n.to; j++ {
			s |= positionOf(c.tree.point(int(j)), normal, point)
		}
	} else {
		a, left := c.countPoints(n.left, normal, point)
		b, right := c.countPoints(n.right, normal, point)
		s, crossed = a|b, left+right
	}
	if s == both {
		crossed++
	}
	return s, crossed
}

// positionOf is where k is; both: on the hyperplane, or within roundings.
func positionOf(k, normal, point []float64) position {
	switch off, roundings := offset(k, normal, point); {
	case off > roundings:
		return above
	case off < -roundings:
		return below
	}
	return both
}

// offset is ⟨normal, k − point⟩, and how far that may be from the exact one: each term has two roundings, and
// the sum d−1.
func offset(k, normal, point []float64) (off, roundings float64) {
	sum := 0.0
	for l, y := range normal {
		z := y * (k[l] - point[l])
		off, sum = off+z, sum+math.Abs(z)
	}
	return off, 2 * roundoff.Gamma(float64(len(k)+1)) * sum
}
