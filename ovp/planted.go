package ovp

import (
	"fmt"
	"math/bits"
	"math/rand/v2"

	"finegrain"
	"finegrain/internal/simd"
)

// A planted pair in a random background without another one. The background is made so by repair: where a
// pair is orthogonal, a coordinate is set in both vectors. Setting bits never makes a pair orthogonal, so
// one pass over the pairs is enough. The planted pair shares no coordinate and must stay so: what is set
// in one of its vectors is a coordinate that its vector has already. Derived here.

// Planted returns n vectors against m of d coordinates with exactly one orthogonal pair, at a uniformly
// random place, and that pair. The other vectors are random with the given density, as far as they need
// no repair; a planted vector has half of the coordinates that both would have had. It needs n, m ≥ 1 and
// d ≥ 2. Every pair is looked at twice at most, at ⌈d/64⌉ word operations, whatever the density.
func Planted(env finegrain.Env, n, m, d int, density float64) (Instance, Pair, error) {
	if n < 1 || m < 1 || d < 2 {
		err := fmt.Errorf("a planted pair needs n, m ≥ 1 and d ≥ 2, not n = %d, m = %d, d = %d", n, m, d)
		return Instance{}, Pair{}, err
	}
	in, err := Random(env, n, m, d, density)
	if err != nil {
		return Instance{}, Pair{}, err
	}
	r := env.Rand("planted pair")
	planted := Pair{r.IntN(n), r.IntN(m)}
	makeOrthogonal(in, planted, r)
	// Neither planted vector may be zero, or it would be orthogonal to all.
	k := r.IntN(d)
	l := (k + 1 + r.IntN(d-1)) % d
	in.A.Set(planted.I, k)
	in.B.Clear(planted.J, k)
	in.B.Set(planted.J, l)
	in.A.Clear(planted.I, l)

	g, err := newGrid(env, in, simd.Go) // which reads the lists as they lie, and so as repaired
	defer g.release()
	if err == nil {
		err = g.separate(env, r, planted)
	}
	if err != nil {
		return Instance{}, Pair{}, err
	}
	return in, planted, nil
}

// separate repairs every orthogonal pair but the planted one. A strip that is orthogonal to a vector nowhere,
// as most are, is only counted; the others are gone through once, pair by pair.
func (g grid) separate(env finegrain.Env, r *rand.Rand, planted Pair) error {
	for i := range g.in.A.n {
		for t := range g.strips {
			if err := env.Err(); err != nil {
				return err
			}
			strip := g.stripAt(t)
			if g.count(g.in.A.Row(i), strip, g.w) == 0 {
				continue
			}
			for j := range strip.n {
				if disjoint(g.in.A.Row(i), strip.Row(j)) > 0 {
					g.in.repair(r, planted, Pair{i, strip.first + j})
				}
			}
		}
	}
	return env.Err()
}

// repair gives the pair a coordinate in common, unless it is the planted one, without giving the planted
// one any.
func (in Instance) repair(r *rand.Rand, planted, p Pair) {
	switch k := r.IntN(in.D()); {
	case p == planted:
	case p.I == planted.I:
		in.B.Set(p.J, in.A.someOne(p.I, k))
	case p.J == planted.J:
		in.A.Set(p.I, in.B.someOne(p.J, k))
	default:
		in.A.Set(p.I, k)
		in.B.Set(p.J, k)
	}
}

// someOne returns the first coordinate that is 1 in vector i, from k on and around. There must be one.
func (v Vectors) someOne(i, k int) int {
	row, place := v.Row(i), k>>6
	word := row[place] >> (k & 63) << (k & 63)
	for word == 0 {
		place = (place + 1) % len(row)
		word = row[place]
	}
	return place<<6 + bits.TrailingZeros64(word)
}
