package ovp

import (
	"fmt"
	"maps"
	"math/big"
	"math/rand/v2"
	"slices"

	"finegrain"
)

// The law of algorithms: inside its regime an algorithm agrees with the definition on every kind of
// instance that is known to catch mistakes, counts what it declared, and does not depend on the cores.

// lawBytes is the most working memory that a law's instance may ask of an algorithm: a law makes many.
const lawBytes = 1 << 20

// VerifyAlgorithm holds a to the law on the given number of instances: random, planted, adversarial, with
// many equal vectors, of several words, empty, of dimension 0, and of several blocks. On each, with one
// core and with two, Find returns the first orthogonal pair, Count their number and Histogram, if there
// is one, the number of pairs of each inner product with the first extremes; the declared cost is the
// counted one, and the memory stays within what is declared. The dimension of instances is lowered to
// what a allows.
func VerifyAlgorithm(env finegrain.Env, a Algorithm, trials int) finegrain.LawReport {
	report := finegrain.LawReport{Kind: "algorithm", Name: a.Name}
	var spread finegrain.SizeSpread
	env = env.Sub("algorithm " + a.Name)
	for trial := range trials {
		if env.Err() != nil {
			report.Fail("stopped: %v", env.Err())
			return report
		}
		e := env.Sub(fmt.Sprint(trial))
		kind := lawKinds[trial%len(lawKinds)]
		in, err := kind.draw(e, a, trial/len(lawKinds))
		if err != nil {
			report.Fail("trial %d: no instance (%s): %v", trial, kind.name, err)
			continue
		}
		report.Trials++
		spread.Saw(in.Size())
		want, err := answersByDefinition(e, in)
		if err != nil {
			report.Fail("trial %d: the definition failed: %v", trial, err)
			continue
		}
		if want.found.Any {
			report.Yes++
		} else {
			report.No++
		}
		before := Instance{in.A.Clone(), in.B.Clone()}
		var costs []finegrain.Cost
		for cores := 1; cores <= 2; cores++ {
			e.Cores = cores
			cost, err := holds(e, a, in, want)
			if err != nil {
				report.Fail("trial %d (%s, %v, %d cores): %v", trial, kind.name, in.Size(), cores, err)
				break
			}
			costs = append(costs, cost)
		}
		if len(costs) == 2 && !maps.Equal(costs[0], costs[1]) {
			report.Fail("trial %d (%s, %v): find counts %v on one core and %v on two",
				trial, kind.name, in.Size(), costs[0], costs[1])
		}
		if !in.Equal(before) {
			report.Fail("trial %d (%s, %v): the instance was changed", trial, kind.name, in.Size())
		}
	}
	report.Sizes = spread.Strings()
	report.Balanced()
	return report
}

// answers are the right ones.
type answers struct {
	found     Found
	histogram Histogram
}

func answersByDefinition(env finegrain.Env, in Instance) (answers, error) {
	h, err := HistogramByDefinition(env, in)
	if h.Min.Any && h.Min.Value == 0 { // orthogonal means product 0, so the first least one is the first
		return answers{Found{true, h.Min.Pair}, h}, err
	}
	return answers{histogram: h}, err
}

// holds compares the answers and the costs of one instance, and returns what Find counted.
func holds(env finegrain.Env, a Algorithm, in Instance, want answers) (finegrain.Cost, error) {
	n, m, d := in.A.N(), in.B.N(), in.D()
	declared := a.Cost(n, m, d)
	charge := func(what string, cost finegrain.Cost) error {
		if err := cost.Differ(declared); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		return nil
	}
	found, findCost, err := a.Find(env, in)
	switch {
	case err != nil:
		return nil, fmt.Errorf("find failed: %w", err)
	case found != want.found:
		return nil, fmt.Errorf("find returns %v, and the first orthogonal pair is %v", found, want.found)
	case !found.Any:
		if err := charge("find", findCost); err != nil {
			return nil, err
		}
	}
	count, cost, err := a.Count(env, in)
	if err != nil {
		return nil, fmt.Errorf("count failed: %w", err)
	}
	if right := new(big.Int).SetUint64(want.histogram.Totals[0]); count.Cmp(right) != 0 {
		return nil, fmt.Errorf("count returns %v, and %v pairs are orthogonal", count, right)
	}
	if err := charge("count", cost); err != nil {
		return nil, err
	}
	if a.Histogram != nil {
		h, cost, err := a.Histogram(env, in)
		if err != nil {
			return nil, fmt.Errorf("histogram failed: %w", err)
		}
		if !slices.Equal(h.Totals, want.histogram.Totals) {
			return nil, fmt.Errorf("histogram returns %v, and right is %v", h.Totals, want.histogram.Totals)
		}
		if h.Max != want.histogram.Max || h.Min != want.histogram.Min {
			return nil, fmt.Errorf("histogram has the largest product %v and the least %v, and right are %v and %v",
				h.Max, h.Min, want.histogram.Max, want.histogram.Min)
		}
		if err := charge("histogram", cost); err != nil {
			return nil, err
		}
	}
	return findCost, nil
}

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
