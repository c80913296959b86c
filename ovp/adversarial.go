package ovp

import (
	"fmt"

	"finegrain"
)

// Instances on which nothing but looking at every pair helps. In the first kind every pair meets in
// exactly one coordinate, the last: the lists share no other, so that all words before the last one say
// "orthogonal". In the second the last two coordinates are dealt out so that the last pair, and it alone,
// meets nowhere: a search that goes through the pairs in order sees it last. Derived here.
//
// The second kind: let a_n have coordinate d−2 of the two and the other a_i coordinate d−1; let b_m have
// d−1 and the other b_j both. Then a_i·b_j = 1 for i < n, by d−1; a_n·b_j = 1 for j < m, by d−2; and
// a_n·b_m = 0.

// Adversarial returns n vectors against m of d coordinates in which every pair meets in exactly one
// coordinate; with lastPair, every pair but the last one. It needs d ≥ 1; with lastPair d ≥ 2 and both
// sides non-empty.
func Adversarial(env finegrain.Env, n, m, d int, lastPair bool) (Instance, error) {
	needs := 1
	if lastPair {
		needs = 2
	}
	if err := checkShape(n, m, d); err != nil {
		return Instance{}, err
	}
	if d < needs {
		return Instance{}, fmt.Errorf("an adversarial instance needs d ≥ %d, not %d", needs, d)
	}
	if lastPair && (n == 0 || m == 0) {
		return Instance{}, fmt.Errorf("there is no last pair of %d and %d vectors; both must be at least 1", n, m)
	}
	in := Instance{NewVectors(n, d), NewVectors(m, d)}
	r := env.Rand("adversarial orthogonal vectors")
	for k := range d - needs {
		if err := env.Err(); err != nil {
			return Instance{}, err
		}
		side := in.A
		if r.IntN(2) == 0 {
			side = in.B
		}
		for i := range side.n {
			if r.IntN(2) == 0 {
				side.Set(i, k)
			}
		}
	}
	for i := range n {
		if lastPair && i == n-1 {
			in.A.Set(i, d-2)
		} else {
			in.A.Set(i, d-1)
		}
	}
	for j := range m {
		in.B.Set(j, d-1)
		if lastPair && j < m-1 {
			in.B.Set(j, d-2)
		}
	}
	return in, nil
}
