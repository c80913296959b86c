package tree

import (
	"math"

	"finegrain/internal/roundoff"
)

// best returns a key whose inner product with q is the largest, but for 1/2 and rounding: search of the tree
// with the more promising child first (branch and bound, after Friedman, Bentley and Finkel 1977), norm ≥ ‖q‖;
// and how many nodes it looked at.
func (t *tree) best(q []float64, norm float64) (key int, visits int64) {
	s := search{tree: t, q: q, norm: norm}
	s.visit(0, s.most(0))
	return s.key, s.visits
}

type search struct {
	*tree
	q      []float64
	norm   float64
	found  bool
	key    int
	score  float64
	visits int64
}

func inner(q, k []float64) float64 {
	sum := 0.0
	k = k[:len(q)]
	for l, y := range q {
		sum += y * k[l]
	}
	return sum
}

// most is the most that a score in node v can be.
func (s *search) most(v int32) float64 {
	return inner(s.q, s.centre[int(v)*s.dim:][:s.dim]) + s.width(v, s.q, s.norm)
}

func (s *search) visit(v int32, most float64) {
	s.visits++
	if s.found && !(most > s.score+0.5+16*roundoff.Unit*math.Abs(s.score)) {
		return
	}
	n := s.nodes[v]
	if n.left == 0 {
		for j := int(n.from); j < int(n.to); j++ {
			if y := inner(s.q, s.point(j)); !s.found || y > s.score {
				s.found, s.key, s.score = true, j, y
			}
		}
		return
	}
	left, right := s.most(n.left), s.most(n.right)
	if left >= right {
		s.visit(n.left, left)
		s.visit(n.right, right)
	} else {
		s.visit(n.right, right)
		s.visit(n.left, left)
	}
}
