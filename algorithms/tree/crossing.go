package tree

import (
	"fmt"
	"math"

	"finegrain"

	"gonum.org/v1/gonum/mat"
)

// Crossing numbers: how many nodes of a tree a hyperplane crosses is how many a query must look into, as all
// others lie on one side of it; the exponent of its growth is what makes range searching subquadratic (Welzl
// 1988; Matoušek 1992). Here a node is crossed if its box is, which contains its points.

// Builders lists what trees of keys can be built by, by name.
var Builders = []string{kdTree.name, framedTree.name, conjugation(1, 1).name}

// builderFor is the builder of that name; the conjugation tree is for two coordinates.
func builderFor(name string, points, d, leaf int) (builder, error) {
	switch name {
	case kdTree.name:
		return kdTree, nil
	case framedTree.name:
		return framedTree, nil
	case Builders[2]:
		if d != 2 {
			return builder{}, fmt.Errorf("tree: the %s is for 2 coordinates, and the keys have %d; use one of %q",
				name, d, Builders[:2])
		}
		return conjugation(points, leaf), nil
	}
	return builder{}, fmt.Errorf("tree: there is no builder %q; there are %q", name, Builders)
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

// Count is how many nodes the hyperplane ⟨normal, x⟩ = ⟨normal, point⟩ crosses. It panics unless both have as many
// coordinates as the points.
func (c Crossings) Count(normal, point []float64) int {
	if len(normal) != c.tree.dim || len(point) != c.tree.dim {
		panic(fmt.Sprintf("tree: a hyperplane in %d and %d coordinates, and points of %d",
			len(normal), len(point), c.tree.dim))
	}
	return c.count(0, normal, point, norm(normal))
}

func (c Crossings) count(v int32, normal, point []float64, length float64) int {
	t := c.tree
	off := 0.0
	for l, k := range t.centre[int(v)*t.dim:][:t.dim] {
		off += normal[l] * (k - point[l])
	}
	if math.Abs(off) > t.width(v, normal, length) {
		return 0
	}
	n := t.nodes[v]
	if n.left == 0 {
		return 1
	}
	return 1 + c.count(n.left, normal, point, length) + c.count(n.right, normal, point, length)
}
