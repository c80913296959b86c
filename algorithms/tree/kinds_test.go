package tree

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"finegrain"
	"finegrain/algorithms/attention"

	"gonum.org/v1/gonum/mat"
)

// All kinds of data. Where and how large keys are, dimensions, errors asked, temperatures and sizes of values are
// factors with a few values each; instances have every pair of values of two factors in one of them (pairwise
// testing, after Cohen, Dalal, Fredman and Patton 1997).

// kinds draw n points of d coordinates of size b.
var kinds = []struct {
	name string
	draw func(r *rand.Rand, n, d int, b float64) *mat.Dense
}{
	{"uniform", attention.Uniform},
	{"sphere", func(r *rand.Rand, n, d int, b float64) *mat.Dense {
		x := attention.Uniform(r, n, d, 1)
		for i := range n {
			row := mat.NewVecDense(d, x.RawRowView(i))
			row.ScaleVec(b/mat.Norm(row, 2), row)
		}
		return x
	}},
	{"clusters", func(r *rand.Rand, n, d int, b float64) *mat.Dense {
		x, centres := attention.Uniform(r, n, d, b*1e-3), attention.Uniform(r, 5, d, b)
		x.Apply(func(i, l int, y float64) float64 { return centres.At(i%5, l) + y }, x)
		return x
	}},
	{"nearly collinear", func(r *rand.Rand, n, d int, b float64) *mat.Dense {
		x, along := attention.Uniform(r, n, d, b*1e-8), attention.Uniform(r, 1, d, 1)
		for i := range n {
			t := b * (2*r.Float64() - 1)
			for l := range d {
				x.Set(i, l, x.At(i, l)+t*along.At(0, l))
			}
		}
		return x
	}},
	{"a lattice, with ties", func(r *rand.Rand, n, d int, b float64) *mat.Dense {
		x := attention.Uniform(r, n, d, 1)
		x.Apply(func(_, _ int, y float64) float64 { return b / 3 * math.Round(3*y) }, x)
		return x
	}},
	{"duplicates", func(r *rand.Rand, n, d int, b float64) *mat.Dense {
		x, originals := mat.NewDense(n, d, nil), attention.Uniform(r, 1+n/20, d, b)
		for i := range n {
			x.SetRow(i, originals.RawRowView(r.IntN(1+n/20)))
		}
		return x
	}},
	{"all equal", func(r *rand.Rand, n, d int, b float64) *mat.Dense {
		x, one := mat.NewDense(n, d, nil), attention.Uniform(r, 1, d, b)
		for i := range n {
			x.SetRow(i, one.RawRowView(0))
		}
		return x
	}},
	{"one key", attention.Uniform},
}

// factors are the values of each: kinds, B, d, ε over max|V|, the scale, max|V|. Scores reach 6·10^17, near the end
// of what the reference takes, where what is asked last is refused.
var factors = [][]float64{
	{0, 1, 2, 3, 4, 5, 6, 7},
	{0.01, 1, 4, 16, 100, 1e4, 1e6},
	{1, 2, 3, 4, 5, 6},
	{1e-3, 1e-6, 1e-9, 1e-12, 1e-14},
	{1, -0.5, 1e5},
	{1, 1e-300, 1e300},
}

// pairwise is choices of a value of each factor, as indices, among them all pairs: the best of some draws again and
// again.
func pairwise(r *rand.Rand, factors [][]float64) [][]int {
	type pair struct{ f, x, g, y int }
	open := map[pair]bool{}
	for f := range factors {
		for g := range f {
			for x := range factors[f] {
				for y := range factors[g] {
					open[pair{f, x, g, y}] = true
				}
			}
		}
	}
	pairs := func(choice []int) (some []pair) {
		for f, x := range choice {
			for g, y := range choice[:f] {
				if p := (pair{f, x, g, y}); open[p] {
					some = append(some, p)
				}
			}
		}
		return some
	}
	var all [][]int
	for len(open) > 0 {
		var best []int
		for range 50 {
			choice := make([]int, len(factors))
			for f := range choice {
				choice[f] = r.IntN(len(factors[f]))
			}
			if best == nil || len(pairs(choice)) > len(pairs(best)) {
				best = choice
			}
		}
		for _, p := range pairs(best) {
			delete(open, p)
		}
		all = append(all, best)
	}
	return all
}

// ofKind is the instance of a choice.
func ofKind(seed uint64, choice []int) (in attention.Instance, about string) {
	value := func(f int) float64 { return factors[f][choice[f]] }
	r := rand.New(rand.NewPCG(seed, 11))
	kind, b, d := kinds[choice[0]], value(1), int(value(2))
	n, m := 100+r.IntN(300), 100+r.IntN(300)
	if kind.name == "one key" {
		m = 1
	}
	in = attention.Instance{
		Q: kind.draw(r, n, d, b), K: kind.draw(r, m, d, b), V: attention.Uniform(r, m, 1+r.IntN(2), value(5)),
		Scale: value(4),
	}
	in.Epsilon = value(3) * in.Regime().MaxV
	return in, fmt.Sprintf("%s, B = %g, d = %d, ε = %g·%g, s = %g, n = %d, m = %d",
		kind.name, b, d, value(3), in.Regime().MaxV, in.Scale, n, m)
}

// answered runs the method, and once more for the error that it names if it refuses what is asked. The output must
// be averages of values but for its bound, and that within what was asked.
func answered(m attention.Method, in attention.Instance) (
	out attention.Output, cost finegrain.Cost, refused bool, err error,
) {
	out, cost, err = m.Run(testEnv(), in)
	if weak := (*attention.CannotPromise)(nil); errors.As(err, &weak) {
		if !(weak.Bound > in.Epsilon) {
			return out, cost, true, fmt.Errorf("it refuses what it can promise: %w", err)
		}
		refused, in.Epsilon = true, weak.Bound
		if out, cost, err = m.Run(testEnv(), in); err != nil {
			return out, cost, true, fmt.Errorf("refused, and the error named then as well: %w", err)
		}
	}
	if err != nil {
		return out, cost, refused, err
	}
	largest := in.Regime().MaxV + out.Bound
	for _, x := range out.Float.RawMatrix().Data {
		if !(math.Abs(x) <= largest) {
			return out, cost, refused, fmt.Errorf("%g is no average of values up to %g", x, largest)
		}
	}
	if in.Epsilon > 0 && !(out.Bound <= in.Epsilon) {
		err = fmt.Errorf("the bound is %g and %g was asked", out.Bound, in.Epsilon)
	}
	return out, cost, refused, err
}

// TestKinds: on every kind error ≤ bound ≤ ε, and what is refused comes with an error that is not.
func TestKinds(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	choices := slices.Concat(pairwise(r, factors), pairwise(r, factors), pairwise(r, factors))
	for kind := range kinds { // the largest scores, and the least error
		choices = append(choices, []int{kind, len(factors[1]) - 1, kind % 6, len(factors[3]) - 1, 2, kind % 3})
	}
	methods := []struct {
		name string
		attention.Method
	}{{"as declared", Tree}, {"small", small("").declare()}}
	var lock sync.Mutex
	tightest, fullest, refusals := 0.0, 0.0, 0
	served := make([]map[int]bool, len(factors)) // values that instances had that the tree alone answered
	for f := range served {
		served[f] = map[int]bool{}
	}
	t.Run("all", func(t *testing.T) {
		for i, choice := range choices {
			in, about := ofKind(uint64(i), choice)
			t.Run(about, func(t *testing.T) {
				t.Parallel()
				n, _ := in.Q.Dims()
				for _, m := range methods {
					out, cost, refused, err := answered(m.Method, in)
					if err != nil {
						t.Errorf("%s: %v", m.name, err)
						continue
					}
					off, err := attention.ObservedError(testEnv(), in, out, []int{0, n / 2})
					if err != nil || off > out.Bound {
						t.Errorf("%s: off by %g, and the bound is %g (error %v)", m.name, off, out.Bound, err)
					}
					lock.Lock()
					tightest = max(tightest, off/out.Bound)
					if refused {
						refusals++
					} else {
						fullest = max(fullest, out.Bound/in.Epsilon)
					}
					if cost[HandedRows] == 0 {
						for f, x := range choice {
							served[f][x] = true
						}
					}
					lock.Unlock()
				}
			})
		}
	})
	for f, values := range factors {
		for x, value := range values {
			if !served[f][x] {
				t.Errorf("factor %d: streaming had every instance of %g", f, value)
			}
		}
	}
	if refusals == 0 {
		t.Error("nothing was refused")
	}
	t.Logf("%d instances, refused %d times; error/bound at most %.2g, bound/ε at most %.2g",
		len(choices), refusals, tightest, fullest)
}
