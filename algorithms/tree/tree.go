package tree

import (
	"math"

	"finegrain"
	"finegrain/internal/roundoff"
)

// A tree of points is a value that answers: nodes, children, and an oriented box around the points of each. It
// halves its points again and again; a builder says along which direction. Whatever the directions and frames,
// the sums are right; only the time depends on them.

// node is the points from … to−1 in the tree's order. from is a multiple of the size of a leaf.
type node struct {
	from, to    int32
	left, right int32 // 0: a leaf; the root is nobody's child
	frame       int32 // the node that this one has its frame from; −1: the axes
}

// tree is nodes and points in its order. Numbers of node v are at v·d … v·d+d−1 of centre and half, those of
// point j at j·d of points.
//
// With f_l the rows of the frame and x = k − centre, the points of a node have |⟨f_l,x⟩| ≤ half_l exactly; and for
// every q
//
//	|⟨q,x⟩| ≤ Σ_l |⟨q,f_l⟩|·half_l + ‖q‖·slack,
//
// where ⟨q,f_l⟩ may be the computed one: x is Σ⟨f_l,x⟩f_l but for (I − FᵀF)x, and ‖x‖ ≤ Σhalf_l/(1−κ) where
// κ ≥ ‖I − FᵀF‖. Along the axes slack is 0.
type tree struct {
	builder      string
	dim, leaf    int
	nodes        []node
	centre, half []float64
	slack        []float64
	frames       []float64 // of node v at v·d², if it has one of its own; nil: there are none
	kappa        []float64 // κ of those
	order        []int32   // order[j] is the row that is point j of the tree
	points       []float64
	along        []float64 // of a halving: the points' coordinate
}

// builder is how to halve.
type builder struct {
	name string
	turn bool // nodes may have frames

	// order, if not nil, orders all points before anything is halved. The error is env's.
	order func(env finegrain.Env, t *tree) error

	// halve orders the points of node v so that those before middle are on one side of a hyperplane across a
	// direction.
	halve func(t *tree, v int32, middle int)
}

// nodesOf is the number of nodes of a tree of so many points.
func nodesOf(points, leaf int) int { return 2*((points+leaf-1)/leaf) - 1 }

// grow builds the tree of the rows, which row writes to what it is given, with leaves of leaf points but for the
// last. The error is env's.
func grow(env finegrain.Env, rows, d, leaf int, row func(dst []float64, i int), by builder) (*tree, error) {
	nodes := nodesOf(rows, leaf)
	t := &tree{
		builder: by.name, dim: d, leaf: leaf, nodes: make([]node, nodes),
		centre: make([]float64, nodes*d), half: make([]float64, nodes*d), slack: make([]float64, nodes),
		order: make([]int32, rows), points: make([]float64, rows*d), along: make([]float64, rows),
	}
	if by.turn && d > 1 && d <= mostTurned {
		t.frames, t.kappa = make([]float64, nodes*d*d), make([]float64, nodes)
	}
	for j := range rows {
		t.order[j] = int32(j)
		row(t.point(j), j)
	}
	if by.order != nil {
		if err := by.order(env, t); err != nil {
			return nil, err
		}
	}
	t.nodes[0] = node{to: int32(rows), frame: -1}
	// The upper levels node by node, until there are subtrees enough for all cores.
	level := []int32{0}
	for len(level) > 0 && len(level) < 4*env.Workers() {
		if err := env.ForEach(len(level), func(i int) { t.cut(level[i], by) }); err != nil {
			return nil, err
		}
		var next []int32
		for _, v := range level {
			if n := t.nodes[v]; n.left != 0 {
				next = append(next, n.left, n.right)
			}
		}
		level = next
	}
	err := env.ForEach(len(level), func(i int) { t.cutAll(env, level[i], by) })
	t.along = nil
	return t, err
}

func (t *tree) cutAll(env finegrain.Env, v int32, by builder) {
	t.cut(v, by)
	n := t.nodes[v]
	if n.left == 0 || int(n.to-n.from)*t.dim*t.dim > 1<<14 && env.Err() != nil {
		return
	}
	t.cutAll(env, n.left, by)
	t.cutAll(env, n.right, by)
}

// point is point j of the tree.
func (t *tree) point(j int) []float64 { return t.points[j*t.dim:][:t.dim] }

// size is the number of points of node v.
func (t *tree) size(v int32) int { return int(t.nodes[v].to - t.nodes[v].from) }

// box is the centre of node v and the half widths of its box.
func (t *tree) box(v int32) (centre, half []float64) {
	return t.centre[int(v)*t.dim:][:t.dim], t.half[int(v)*t.dim:][:t.dim]
}

// frame is the rows f_l of the frame of node v; nil: the axes.
func (t *tree) frame(v int32) []float64 {
	f := t.nodes[v].frame
	if f < 0 {
		return nil
	}
	return t.frames[int(f)*t.dim*t.dim:][:t.dim*t.dim]
}

// cut finds the box of node v, and its children, unless it is a leaf.
func (t *tree) cut(v int32, by builder) {
	n := &t.nodes[v]
	if t.frames != nil {
		t.turn(v)
	}
	if n.frame < 0 {
		t.enclose(v)
	} else {
		t.encloseTurned(v)
	}
	from, to := int(n.from), int(n.to)
	if to-from <= t.leaf {
		return
	}
	leaves := (to - from + t.leaf - 1) / t.leaf
	middle := from + (leaves+1)/2*t.leaf
	by.halve(t, v, middle)
	n.left = v + 1
	n.right = n.left + int32(nodesOf(middle-from, t.leaf))
	t.nodes[n.left] = node{from: n.from, to: int32(middle), frame: n.frame}
	t.nodes[n.right] = node{from: int32(middle), to: n.to, frame: n.frame}
}

// enclose finds the box along the axes.
func (t *tree) enclose(v int32) {
	d, n := t.dim, t.nodes[v]
	centre, half := t.box(v)
	from, to := int(n.from), int(n.to)
	for l := range d {
		least, most := t.points[from*d+l], t.points[from*d+l]
		for at := (from+1)*d + l; at < to*d; at += d {
			least, most = min(least, t.points[at]), max(most, t.points[at])
		}
		if centre[l] = least; least < most {
			centre[l] = least/2 + most/2
			half[l] = math.Nextafter(max(most-centre[l], centre[l]-least), math.Inf(1))
		}
	}
}

// encloseTurned finds the box in the node's frame. All is relative to a first point, so that what is lost is
// relative to the size of the node, not to its distance from 0: a coordinate errs by γ_{d+1}‖f_l‖·‖k−base‖.
func (t *tree) encloseTurned(v int32) {
	d, n, f := t.dim, t.nodes[v], t.frame(v)
	centre, half := t.box(v)
	base := t.point(int(n.from))
	var least, most, x [mostTurned]float64
	radius := 0.0
	for j := int(n.from) + 1; j < int(n.to); j++ {
		norm := 0.0
		for l, k := range t.point(j) {
			x[l] = k - base[l]
			norm += x[l] * x[l]
		}
		radius = max(radius, norm)
		for l := range d {
			y := 0.0
			for i, g := range f[l*d:][:d] {
				y += g * x[i]
			}
			least[l], most[l] = min(least[l], y), max(most[l], y)
		}
	}
	if !(radius > 1e-200 && radius < 1e200) { // squares leave the range, or all points are equal
		t.nodes[v].frame = -1
		t.enclose(v)
		return
	}
	copy(centre, base)
	for l := range d {
		middle := least[l]/2 + most[l]/2
		for i, g := range f[l*d:][:d] {
			centre[i] += g * middle
		}
	}
	off := 0.0
	for i := range d {
		x[i] = centre[i] - base[i]
		off += x[i] * x[i]
	}
	reach := (math.Sqrt(radius) + math.Sqrt(off)) * 1.01
	sum := 0.0
	for l := range d {
		z := 0.0
		for i, g := range f[l*d:][:d] {
			z += g * x[i]
		}
		half[l] = max(most[l]-z, z-least[l]) + 2*roundoff.Gamma(float64(d+4))*reach
		sum += half[l]
	}
	t.slack[v] = 2 * (t.kappa[n.frame] + roundoff.Gamma(float64(d+2))) * sum
}

// width is how far ⟨q,·⟩ can be from its value at the centre of node v, norm ≥ ‖q‖; up raises a sum of d
// products above its rounding.
func (t *tree) width(v int32, q []float64, norm float64) float64 {
	d := t.dim
	h := t.half[int(v)*d:][:d]
	f := t.frame(v)
	w := 0.0
	if f == nil {
		for l, y := range q {
			w += math.Abs(y) * h[l]
		}
		return w * up(d)
	}
	for l := range d {
		y := 0.0
		for i, g := range f[l*d:][:d] {
			y += g * q[i]
		}
		w += math.Abs(y) * h[l]
	}
	return w*up(d) + norm*t.slack[v]
}

// up raises a sum of d products of numbers that are not negative above its rounding.
func up(d int) float64 { return 1 + float64(d+4)*2*roundoff.Unit }
