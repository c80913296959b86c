package ovp

import (
	"fmt"
	"math/rand/v2"

	"finegrain"
)

// A planted pair in a random background without another one. The background is made so by repair: where a
// pair is orthogonal, a coordinate is set in both vectors. Setting bits never makes a pair orthogonal, so
// one pass over the pairs is enough. The planted pair shares no coordinate and must stay so: what is set
// in one of its vectors is a coordinate that its vector has already. Derived here.

// Planted returns n vectors against m of d coordinates with exactly one orthogonal pair, at a uniformly
// random place, and that pair. The other vectors are random with the given density, as far as they need
// no repair; a planted vector has half of the coordinates that both would have had. It needs n, m ≥ 1 and
// d ≥ 2, and takes time n·m·⌈d/64⌉.
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

	g := newGrid(in)
	for i := range n {
		for t := range g.strips {
			if err := env.Err(); err != nil {
				return Instance{}, Pair{}, err
			}
			from, strip := g.stripAt(t)
			for j := 0; j < strip.N() && g.count(in.A.Row(i), strip.Slice(j, strip.N()).words, g.w) > 0; j++ {
				next, _ := firstOrthogonal(in.A.Row(i), strip.Slice(j, strip.N()))
				j += next
				in.repair(r, planted, Pair{i, from + j})
			}
		}
	}
	return in, planted, nil
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
	for !v.Bit(i, k) {
		k = (k + 1) % v.d
	}
	return k
}
