package ovp

import (
	"math/rand/v2"

	"finegrain"
)

// The instances that the law tries algorithms on: a kind for every way in which one is known to go wrong.

// lawBytes is the most working memory that a law's instance may ask of an algorithm: a law makes many.
const lawBytes = 1 << 20

// lawKind is a kind of instance. draw makes the round-th of the kind for the algorithm.
type lawKind struct {
	name string
	draw func(env finegrain.Env, a Algorithm, round int) (Instance, error)
}

var lawKinds = []lawKind{
	{"random", func(env finegrain.Env, a Algorithm, round int) (Instance, error) {
		return project(a, Sample(env.Rand("instance"), finegrain.TrialSize(round)))
	}},
	{"planted", func(env finegrain.Env, a Algorithm, round int) (Instance, error) {
		r, size := env.Rand("shape"), finegrain.TrialSize(round)
		return drawn(a, 1+r.IntN(8*size), 1+r.IntN(8*size), 2+r.IntN(20*size), func(n, m, d int) (Instance, error) {
			in, _, err := Planted(env, n, m, d, 0.2+0.6*r.Float64())
			return in, err
		})
	}},
	{"adversarial", func(env finegrain.Env, a Algorithm, round int) (Instance, error) {
		r, size := env.Rand("shape"), finegrain.TrialSize(round)
		last := r.IntN(2) == 0
		return drawn(a, 1+r.IntN(8*size), 1+r.IntN(8*size), 2+r.IntN(30*size), func(n, m, d int) (Instance, error) {
			return Adversarial(env, n, m, d, last)
		})
	}},
	{"equal vectors", func(env finegrain.Env, a Algorithm, round int) (Instance, error) {
		r := env.Rand("instance")
		in := Sample(r, finegrain.TrialSize(round))
		for _, side := range []Vectors{in.A, in.B} {
			if side.N() > 0 {
				copyRows(r, side, 3*side.N())
			}
		}
		return project(a, in)
	}},
	{"several words", func(env finegrain.Env, a Algorithm, round int) (Instance, error) {
		r := env.Rand("instance")
		plant := r.IntN(2) == 0
		words := 2 + round%11 // as the kernels tell apart
		return drawn(a, 1+r.IntN(12), 1+r.IntN(12), 64*(words-1)+1+r.IntN(64), func(n, m, d int) (Instance, error) {
			if plant {
				in, _, err := Planted(env, n, m, d, 0.1)
				return in, err
			}
			return Random(env, n, m, d, 0.3)
		})
	}},
	{"sides", func(env finegrain.Env, a Algorithm, round int) (Instance, error) {
		r := env.Rand("instance")
		d := r.IntN(10)
		n, m := 1+r.IntN(5), 1+r.IntN(5)
		switch round % 4 {
		case 0:
			n = 0
		case 1:
			m = 0
		case 2:
			d = 0 // all pairs are orthogonal
		case 3:
			n, m = 0, 0
		}
		return drawn(a, n, m, d, func(n, m, d int) (Instance, error) { return Random(env, n, m, d, 0.5) })
	}},
	{"several blocks", func(env finegrain.Env, a Algorithm, round int) (Instance, error) {
		if round%4 > 0 { // these are large
			return project(a, Sample(env.Rand("instance"), finegrain.TrialSize(round)))
		}
		r := env.Rand("instance")
		words := 1 + r.IntN(3)
		n, m := 80+r.IntN(60), stripWords/words+1+r.IntN(500)
		if round%8 > 0 {
			n, m = taskWords/stripWords+1+r.IntN(200), stripWords/words/8+r.IntN(200)
		}
		// The pair is in the last block of both lists, then anywhere, then nowhere.
		last, shuffled := round/4%3 != 2, round/4%3 != 0
		return drawn(a, n, m, 64*(words-1)+2+r.IntN(20), func(n, m, d int) (Instance, error) {
			in, err := Adversarial(env, n, m, d, last)
			if err == nil && shuffled {
				shuffleRows(r, in.A)
				shuffleRows(r, in.B)
			}
			return in, err
		})
	}},
}

// drawn makes an instance with n and m vectors and as many of d coordinates as a serves in a law.
func drawn(a Algorithm, n, m, d int, make func(n, m, d int) (Instance, error)) (Instance, error) {
	d, err := dimensionFor(a, n, m, d)
	if err != nil {
		return Instance{}, err
	}
	return make(n, m, d)
}

// project keeps as many of the first coordinates as a serves in a law.
func project(a Algorithm, in Instance) (Instance, error) {
	d, err := dimensionFor(a, in.A.N(), in.B.N(), in.D())
	if err != nil || d == in.D() {
		return in, err
	}
	cut := func(v Vectors) Vectors {
		w := NewVectors(v.N(), d)
		for i := range v.N() {
			for k := range d {
				if v.Bit(i, k) {
					w.Set(i, k)
				}
			}
		}
		return w
	}
	return Instance{cut(in.A), cut(in.B)}, nil
}

// dimensionFor returns the largest dimension up to d that is valid and within lawBytes.
func dimensionFor(a Algorithm, n, m, d int) (int, error) {
	for ; d > 2; d-- {
		if a.Valid(n, m, d) == nil && a.Bytes(2, n, m, d) <= lawBytes {
			return d, nil
		}
	}
	return d, a.Valid(n, m, d)
}

func shuffleRows(r *rand.Rand, v Vectors) {
	r.Shuffle(v.N(), func(i, j int) {
		a, b := v.Row(i), v.Row(j)
		for k := range a {
			a[k], b[k] = b[k], a[k]
		}
	})
}
