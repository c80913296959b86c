package tree

import (
	"math"
)

// The conjugation tree (Edelsbrunner and Welzl, "Halfplanar range search in linear space and O(n^0.695) query
// time", 1986), for the plane. The two halves of a node are both halved by one line, their conjugate, which
// exists by the ham-sandwich theorem; then every line misses at least one of the four parts, and a line crosses
// O(n^0.695) nodes, whatever the points.
//
// Here the conjugate's direction is found by bisection: with f(θ) the difference of the medians of the two
// halves along the angle θ, f(θ+π) = −f(θ), so that f changes its sign between 0 and π. Each half is then cut at
// a multiple of a leaf next to its own median along that direction, and for large nodes medians are those of a
// sample: the crossing numbers are the theorem's but for that.

// conjugation makes the builder for a tree of so many points.
func conjugation(points, leaf int) builder {
	c := conjugates{directions: make([][2]float64, nodesOf(points, leaf)), leaf: leaf}
	c.directions[0] = [2]float64{1, 0}
	return builder{name: ConjugationTree, turn: true, halve: c.halve}
}

type conjugates struct {
	directions [][2]float64 // by node: across its line
	leaf       int
}

// medianPoints is about how many points of a half a median is taken of.
const medianPoints = 4096

func (c *conjugates) halve(t *tree, v int32, middle int) {
	n := t.nodes[v]
	direction := c.directions[v]
	t.project(v, direction[:])
	t.selectAlong(int(n.from), int(n.to), middle)
	if int(n.to)-int(n.from) <= 2*c.leaf {
		return
	}
	a, b := t.sample(int(n.from), middle, int(n.from)), t.sample(middle, int(n.to), int(n.from))
	along := make([]float64, max(len(a), len(b)))
	difference := func(theta float64) float64 {
		y, x := math.Sincos(theta)
		return median(along, a, x, y) - median(along, b, x, y)
	}
	low, high := 0.0, math.Pi
	negative := difference(0) < 0
	for range 52 {
		if theta := low/2 + high/2; (difference(theta) < 0) == negative {
			low = theta
		} else {
			high = theta
		}
	}
	y, x := math.Sincos(low/2 + high/2)
	left := v + 1
	right := left + int32(nodesOf(middle-int(n.from), c.leaf))
	c.directions[left], c.directions[right] = [2]float64{x, y}, [2]float64{x, y}
}

// sample is points from … to−1 relative to point base, every so-manieth if they are many.
func (t *tree) sample(from, to, base int) [][2]float64 {
	step := max(1, (to-from)/medianPoints)
	origin := t.point(base)
	out := make([][2]float64, 0, (to-from)/step+1)
	for j := from; j < to; j += step {
		k := t.point(j)
		out = append(out, [2]float64{k[0] - origin[0], k[1] - origin[1]})
	}
	return out
}

// median is that of the points along (x,y); along is room for them.
func median(along []float64, points [][2]float64, x, y float64) float64 {
	along = along[:len(points)]
	for i, p := range points {
		along[i] = x*p[0] + y*p[1]
	}
	quickselect(along, 0, len(along), len(along)/2, func(int, int) {})
	return along[len(along)/2]
}
