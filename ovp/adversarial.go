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
	if n == 0 && m == 0 {
		return in, env.Err()
	}
	r := env.Rand("adversarial orthogonal vectors")
	written, w := 0, in.A.Words()
	// fill gives the vectors of one list, in one of their words, the coordinates that all have and some of
	// those that they may have.
	fill := func(side Vectors, place int, all, some uint64) error {
		for i := range side.n {
			if written%wordsBetweenPolls == 0 && env.Err() != nil {
				return env.Err()
			}
			written++
			side.words[i*w+place] = all | some&r.Uint64()
		}
		return nil
	}
	for place := range w {
		last, before := coordinate(d-1, place), uint64(0)
		if lastPair {
			before = coordinate(d-2, place)
		}
		free := in.A.wordMask(place) &^ (last | before)
		owned := r.Uint64() // by A; the others are B's
		if err := fill(in.A, place, last, free&owned); err != nil {
			return Instance{}, err
		}
		if err := fill(in.B, place, last|before, free&^owned); err != nil {
			return Instance{}, err
		}
	}
	if err := env.Err(); err != nil {
		return Instance{}, err
	}
	if lastPair {
		in.A.Clear(n-1, d-1)
		in.A.Set(n-1, d-2)
		in.B.Clear(m-1, d-2)
	}
	return in, nil
}

// coordinate is word number place of the vector that has coordinate k alone.
func coordinate(k, place int) uint64 {
	if k>>6 != place {
		return 0
	}
	return 1 << (k & 63)
}
