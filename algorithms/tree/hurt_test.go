package tree

import (
	"math"
	"math/rand/v2"
	"testing"

	"finegrain/algorithms/attention"
	"finegrain/internal/doubledouble"
	"finegrain/internal/roundoff"
	"finegrain/internal/simd"

	"gonum.org/v1/gonum/mat"
)

// Instances made to hurt. The law draws instances at random, on which errors mostly cancel and the larger parts of
// a bound hide the smaller. On each of these one part of the bound is nearly all of it, and the errors that it
// stands for have one sign in v − o, so that the bound without that part is below the error.
//
// No instance can show some parts, since others are always larger than the errors they stand for:
//   - expError: an exponential is off by less than 4u of a weight, or 8u of an output; sums have 2γ_16 or more.
//   - nearScores of an expansion, w ≤ 30: γ_(d+6)·w·spread is below 2γ_K·e^w up to d = 45, as K ≥ 19 and e^w ≥ e·w.
//   - doubleScores: no bound below what streaming promises at least is reported (certain), and that is some 30u²X where
//     a score in double-double is off by a few.
//   - what γ counts of additions: for fewer than 2^17 keys it is about what streaming promises at least.
//   - e^w of an expansion's terms: up to degree 30 w < 9 in a box with corners, d ≥ 2, where terms are off by some
//     e^w/√(2πw)·u, below 1000u; 2γ_K without it is 1600u.
//   - weights that became 0: 2^−990 of a mass of at least 1.
//   - the share e·D/m of a key: what is above it is counted all the same; the row then only costs more.

// hurt is an instance with one query, who computes it, and the part of its bound that is needed.
type hurt struct {
	of     string
	method method
	forget func(*rules)

	q       []float64
	k, v    *mat.Dense
	epsilon float64
	refused bool // by the group, if its bound is whole
}

// oneByOne expands only nodes of more keys than there may be moments; lone: rows alone.
func oneByOne(lone bool) method {
	return method{leaf: padding, rows: 1, keen: true, lone: lone, rules: theRules}
}

func expanding(lone bool, builder string) method {
	x := small(builder)
	x.lone = lone
	return x
}

// listed is m keys of d coordinates, 0 unless of sets them, and their values.
func listed(m, d int, of func(j int, k []float64) (v float64)) (k, v *mat.Dense) {
	k, v = mat.NewDense(m, d, nil), mat.NewDense(m, 1, nil)
	for j := range m {
		v.Set(j, 0, of(j, k.RawRowView(j)))
	}
	return k, v
}

func nothing(float64) float64 { return 0 }

func noScore(int, float64) float64 { return 0 }

// hurtByExpansions: a few keys far below the others, too many to drop and few enough to be expanded coarsely. All
// but one lie at one end of their box, where the series is too high or too low.
func hurtByExpansions(lone bool, d int, epsilon, end float64) hurt {
	h := hurt{
		of: "coarse expansions", method: expanding(lone, ""), epsilon: epsilon, q: make([]float64, d),
		forget: func(r *rules) { r.lost = nothing },
	}
	h.q[0] = 1
	below := math.Log(0.05*epsilon) + 0.5
	h.k, h.v = listed(32, d, func(j int, k []float64) float64 {
		switch {
		case j < 16:
			return -1
		case j == 16:
			k[0] = below - end
		default:
			k[0] = below + end
		}
		return 1
	})
	return h
}

// hurtByDropping: many keys that together are nearly all that may be dropped.
func hurtByDropping(lone bool, epsilon float64) hurt {
	h := hurt{
		of: "dropped keys", method: oneByOne(lone), epsilon: epsilon, q: []float64{1},
		forget: func(r *rules) { r.dropped = nothing },
	}
	h.k, h.v = listed(256, 1, func(j int, k []float64) float64 {
		if j < 16 {
			return -1
		}
		k[0] = math.Log(0.1*epsilon*16/256) - 0.01
		return 1
	})
	return h
}

// hurtByRounding: a sum of 3500 numbers, or as many sums as there are lanes, that loses half a unit with each of its
// last. In three dimensions moments of so many keys are made key by key. Lanes forget fewer roundings.
func hurtByRounding(lone bool) hurt {
	isa, err := simd.Chosen()
	if err != nil {
		panic(err)
	}
	lanes := float64(loopsOf(isa).lanes)
	h := hurt{
		of: "rounding", method: oneByOne(lone), epsilon: 1e-9, q: []float64{0, 0, 0},
		forget: func(r *rules) { r.rounded = func(k float64) float64 { return roundoff.Gamma(min(k, 64/lanes)) } },
	}
	h.k, h.v = listed(3500, 3, func(int, []float64) float64 { return 0.5 + 0x1p-43/lanes - 0x1p-53 })
	return h
}

// hurtByCentring: keys on a line that the query is across. What their coordinates in a frame lack grows with their
// distance from the centre, to both sides, as values have it. So far from 0 a row alone takes double-double.
func hurtByCentring(lone bool) hurt {
	const away, long, wide = 1e8, 1e6, 2e-7
	h := hurt{
		of: "centring", method: expanding(lone, framedTree.name), epsilon: 1e-6, q: []float64{-0.8, 0.6},
		forget: func(r *rules) { r.centred = nothing },
	}
	r := rand.New(rand.NewPCG(5, 4))
	h.k, h.v = listed(65, 2, func(j int, k []float64) float64 {
		x, y := long*math.Copysign(1-r.Float64()/8, float64(j%2)-0.5), wide*(2*r.Float64()-1)
		switch j {
		case 0, 1:
			x = math.Copysign(long, x)
		case 2:
			x, y = 0, wide
		}
		k[0], k[1] = 0.6*(away+x)-0.8*y, 0.8*(away+x)+0.6*y
		return math.Copysign(1, x)
	})
	return h
}

// hurtByDistance: a group whose keys lie at two places far apart across the query, so that the terms of scores are
// large where scores are not. It knows their errors as those of all keys, or where ε is less, key by key.
func hurtByDistance(x method, epsilon float64) hurt {
	h := hurt{
		of: "scores of a group", method: x, epsilon: epsilon, q: []float64{math.E, -math.Pi},
		forget: func(r *rules) { r.key = noScore },
	}
	h.k, h.v = listed(64, 2, func(j int, k []float64) float64 {
		if j < 32 {
			return 1
		}
		k[0], k[1] = 1e6*math.Pi, 1e6*math.E
		return -1
	})
	return h
}

// hurtByCancelling: a group, and keys farther across the query still. Their score is a few below that of the others,
// and what float64 makes of it some 60, which would be dropped.
func hurtByCancelling() hurt {
	h := hurt{
		of: "scores of what is dropped", method: oneByOne(false), refused: true, epsilon: 1e-6,
		q: []float64{math.E, -math.Pi}, forget: func(r *rules) { r.key = noScore },
	}
	r := rand.New(rand.NewPCG(7, 1))
	far := make([]float64, 2)
	for inner(h.q, far) > -40 || doubledouble.Dot(h.q, far).Hi < -4 || doubledouble.Dot(h.q, far).Hi > -1 {
		x := 0x1p55 * (1 + r.Float64())
		far[0], far[1] = math.Pi*x, math.E*x
	}
	h.k, h.v = listed(32, 2, func(j int, k []float64) float64 {
		if j < 16 {
			return -1
		}
		copy(k, far)
		return 1
	})
	return h
}

// hurtInLeaves: hurtByDropping in a leaf so long that double-double takes its keys one by one.
func hurtInLeaves() hurt {
	h := hurt{
		of: "dropped keys of a leaf", method: oneByOne(true), epsilon: 1e-7, q: []float64{1e9, 1},
		forget: func(r *rules) { r.dropped = nothing },
	}
	h.method.leaf = 64
	h.k, h.v = listed(64, 2, func(j int, k []float64) float64 {
		k[0] = 1e6
		if j < 4 {
			return -1
		}
		k[1] = math.Log(0.1*h.epsilon/64) - 0.01
		return 1
	})
	return h
}

// hurtByCommon: a row alone, and keys with one coordinate in common, which is most of their scores; a few of them
// far below.
func hurtByCommon(of string, q0, k0, q1, epsilon float64, keys, below int, forget func(*rules)) hurt {
	h := hurt{of: of, method: oneByOne(true), epsilon: epsilon, q: []float64{q0, q1}, forget: forget}
	r := rand.New(rand.NewPCG(3, 1))
	h.k, h.v = listed(keys, 2, func(j int, k []float64) float64 {
		k[0], k[1] = k0, r.Float64()/q1
		if j < below {
			k[1] = -1 / float64(j+1)
		}
		return float64(1 - j%3)
	})
	return h
}

func hurts() []hurt {
	var all []hurt
	for _, lone := range []bool{false, true} {
		for _, epsilon := range []float64{1e-7, 1e-8, 1e-9} {
			for _, d := range []int{1, 2, 3} {
				all = append(all, hurtByExpansions(lone, d, epsilon, 1), hurtByExpansions(lone, d, epsilon, -1))
			}
			all = append(all, hurtByDropping(lone, epsilon))
		}
		all = append(all, hurtByRounding(lone), hurtByCentring(lone))
	}
	return append(all,
		hurtByCancelling(), hurtInLeaves(),
		hurtByDistance(oneByOne(false), 1e-6), hurtByDistance(oneByOne(false), 1e-7),
		hurtByDistance(expanding(false, ""), 1e-6),
		hurtByCommon("plain scores", math.E, 1e6*math.Pi, 1, 1e-5, 64, 0, func(r *rules) { r.plain = noScore }),
		hurtByCommon("near parts of scores", 1e6*math.E, 1e6*math.Pi, 1e6, 1e-7, 16, 2,
			func(r *rules) { r.near = noScore }),
	)
}

// run computes the instance, by the tree alone: by the group, or the row if that is the method.
func (h hurt) run(t *testing.T, x method, whole bool) (off, bound float64) {
	t.Helper()
	in := attention.Instance{
		Q: mat.NewDense(1, len(h.q), h.q), K: h.k, V: h.v, Scale: 1, Epsilon: h.epsilon,
	}
	out, cost, err := x.declare().Run(testEnv(), in)
	if err != nil {
		t.Fatal(err)
	}
	if lone := map[bool]int64{true: 1}[x.lone || whole && h.refused]; cost[HandedRows] != 0 || cost[LoneRows] != lone {
		t.Fatalf("it counts %v", cost)
	}
	off, err = attention.ObservedError(testEnv(), in, out, nil)
	if err != nil {
		t.Fatal(err)
	}
	return off, out.Bound
}

// TestHurt: the bound holds, and no longer does where the part is forgotten.
func TestHurt(t *testing.T) {
	for _, h := range hurts() {
		m, d := h.k.Dims()
		t.Run(h.of, func(t *testing.T) {
			off, bound := h.run(t, h.method, true)
			if !(off <= bound && bound <= h.epsilon) {
				t.Errorf("m = %d, d = %d: off by %g, the bound is %g and %g was asked", m, d, off, bound, h.epsilon)
			}
			mutant := h.method
			h.forget(&mutant.rules)
			offForgetful, without := h.run(t, mutant, false)
			if !(offForgetful > without) {
				t.Errorf("m = %d, d = %d, ε = %g: forgotten it lives: off by %g, the bound is %g",
					m, d, h.epsilon, offForgetful, without)
			}
			t.Logf("ε = %g: off by %.3g, bound %.3g and %.3g", h.epsilon, off, bound, without)
		})
	}
}
