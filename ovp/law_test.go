package ovp

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"finegrain"
	"finegrain/internal/simd"
)

func testEnv() finegrain.Env { return finegrain.NewEnv(context.Background(), 7) }

func lawTrials() int {
	if testing.Short() {
		return 140
	}
	return 420
}

func TestAlgorithmsKeepTheLaw(t *testing.T) {
	for name, a := range everyAlgorithm() {
		t.Run(name, func(t *testing.T) {
			report := VerifyAlgorithm(testEnv(), a, lawTrials())
			if err := report.Err(); err != nil {
				t.Error(err)
			}
			t.Logf("%d trials, %d yes, %d no, %q", report.Trials, report.Yes, report.No, report.Sizes)
		})
	}
}

// everyAlgorithm is the catalogue, and each of it in all instructions that this machine has, by name.
func everyAlgorithm() map[string]Algorithm {
	all := map[string]Algorithm{}
	for _, a := range Algorithms() {
		all[a.Name] = a
	}
	for _, isa := range simd.Supported() {
		all[fmt.Sprintf("%s in %v", Scan.Name, isa)] = ScanIn(isa)
		all[fmt.Sprintf("%s in %v", Zeta.Name, isa)] = ZetaIn(isa)
	}
	return all
}

// TestMutantsBreakTheLaw: every algorithm here is wrong in one way, and the law must say which.
func TestMutantsBreakTheLaw(t *testing.T) {
	find := func(change func(Instance, Found) Found) Algorithm {
		a := Scan
		a.Find = func(env finegrain.Env, in Instance) (Found, finegrain.Cost, error) {
			found, cost, err := Scan.Find(env, in)
			return change(in, found), cost, err
		}
		return a
	}
	histogram := func(change func(Instance, *Histogram)) Algorithm {
		a := Scan
		a.Histogram = func(env finegrain.Env, in Instance) (Histogram, finegrain.Cost, error) {
			h, cost, err := Scan.Histogram(env, in)
			change(in, &h)
			return h, cost, err
		}
		return a
	}
	last := func(in Instance, has func(Pair) bool) Pair {
		pairs := in.pairsWhere(has)
		return pairs[len(pairs)-1]
	}
	mutants := []struct {
		name   string
		broken Algorithm
		says   string
	}{
		{"skips the last ragged vectors of B", on(func(in Instance) Instance {
			return Instance{in.A, in.B.Slice(0, in.B.N()/4*4)}
		}), "count returns"},
		{"skips the last ragged strip of B", on(func(in Instance) Instance {
			if strip := stripWords / max(1, in.B.Words()); in.B.N() > strip {
				return Instance{in.A, in.B.Slice(0, in.B.N()/strip*strip)}
			}
			return in
		}), "the first orthogonal pair is"},
		{"deduplicates the lists", on(func(in Instance) Instance {
			return Instance{deduplicated(in.A), deduplicated(in.B)}
		}), "count returns"},
		{"looks at the first word only", on(func(in Instance) Instance {
			if in.D() <= 64 {
				return in
			}
			return must(project(Algorithm{
				Valid: func(_, _, d int) error {
					if d > 64 {
						return fmt.Errorf("%d", d)
					}
					return nil
				},
				Bytes: func(_, _, _, _ int) int64 { return 0 },
			}, in))
		}), "find returns"},
		{"has index J one too large", find(func(_ Instance, f Found) Found {
			if f.Any {
				f.J++
			}
			return f
		}), "find returns"},
		{"returns the last pair", find(func(in Instance, f Found) Found {
			if f.Any {
				f.Pair = last(in, in.Orthogonal)
			}
			return f
		}), "find returns"},
		{"orders pairs by J first", find(func(in Instance, f Found) Found {
			if f.Any {
				f.Pair = slices.MinFunc(in.pairsWhere(in.Orthogonal), func(p, q Pair) int { return p.J - q.J })
			}
			return f
		}), "find returns"},
		{"finds nothing", find(func(Instance, Found) Found { return Found{} }), "find returns none"},
		{"decides instead of counting", func() Algorithm {
			a := Scan
			a.Count = func(env finegrain.Env, in Instance) (*big.Int, finegrain.Cost, error) {
				count, cost, err := Scan.Count(env, in)
				return big.NewInt(int64(count.Sign())), cost, err
			}
			return a
		}(), "count returns 1"},
		{"counts one operation too few", func() Algorithm {
			a := Scan
			a.Count = func(env finegrain.Env, in Instance) (*big.Int, finegrain.Cost, error) {
				count, cost, err := Scan.Count(env, in)
				cost[finegrain.WordOperations]--
				return count, cost, err
			}
			return a
		}(), "word_operations"},
		{"counts too much where it adapts", adapting(func(_ finegrain.Env, _, most int64) int64 { return most + 1 }), "at most"},
		{"counts nothing where it adapts", adapting(func(finegrain.Env, int64, int64) int64 { return 0 }), "at most"},
		{"adapts to the number of cores", adapting(func(env finegrain.Env, cost, _ int64) int64 {
			return max(1, cost-int64(env.Cores))
		}), "on one core"},
		{"declares pairs instead of words", func() Algorithm {
			a := Scan
			a.Cost = func(n, m, _ int) finegrain.Cost {
				return finegrain.Cost{finegrain.WordOperations: int64(n) * int64(m)}
			}
			return a
		}(), "word_operations"},
		{"counts by the number of cores", func() Algorithm {
			a := Scan
			a.Find = func(env finegrain.Env, in Instance) (Found, finegrain.Cost, error) {
				found, cost, err := Scan.Find(env, in)
				if found.Any {
					cost[finegrain.WordOperations] += int64(env.Cores)
				}
				return found, cost, err
			}
			return a
		}(), "on one core"},
		{"puts the largest product where it is met last", histogram(func(in Instance, h *Histogram) {
			if h.Max.Any {
				h.Max.Pair = last(in, func(p Pair) bool { return in.InnerProduct(p) == h.Max.Value })
			}
		}), "largest product"},
		{"confuses least and largest", histogram(func(_ Instance, h *Histogram) {
			h.Max, h.Min = h.Min, h.Max
		}), "largest product"},
		{"drops the full inner product", histogram(func(_ Instance, h *Histogram) {
			h.Totals = slices.Clone(h.Totals)
			h.Totals[len(h.Totals)-1] = 0
		}), "histogram returns"},
		{"sorts the list it is given", func() Algorithm {
			a := Scan
			a.Find = func(env finegrain.Env, in Instance) (Found, finegrain.Cost, error) {
				found, cost, err := Scan.Find(env, in)
				for i, j := 0, in.A.N()-1; i < j; i, j = i+1, j-1 {
					for k := range in.A.Words() {
						in.A.Row(i)[k], in.A.Row(j)[k] = in.A.Row(j)[k], in.A.Row(i)[k]
					}
				}
				return found, cost, err
			}
			return a
		}(), ""}, // whichever answer is wrong first
		{"looks up the vector and not its complement", func() Algorithm {
			a := Zeta
			a.Count = func(env finegrain.Env, in Instance) (*big.Int, finegrain.Cost, error) {
				f, _, err := newSubsetSums(env, in.B, plainZeta)
				var total int64
				for i := range in.A.N() {
					total += int64(f.at(in.A.set(i)))
				}
				return big.NewInt(total), Zeta.Cost(in.A.N(), in.B.N(), in.D()), err
			}
			return a
		}(), "count returns"},
		{"leaves the columns of the transform out", func() Algorithm {
			a := Zeta
			a.Count = func(env finegrain.Env, in Instance) (*big.Int, finegrain.Cost, error) {
				low := min(in.D(), rowCoordinates)
				f, _, err := newSubsetSums(env, in.B, plainZeta)
				for k := low; k < in.D(); k++ { // the inverse, coordinate by coordinate
					for at := range len(f) {
						if at>>(k-1)&1 == 1 {
							f[at] -= f[at^1<<(k-1)]
						}
					}
				}
				var total int64
				for i := range in.A.N() {
					total += int64(f.at(in.A.complement(i)))
				}
				return big.NewInt(total), Zeta.Cost(in.A.N(), in.B.N(), in.D()), err
			}
			return a
		}(), "count returns"},
		{"looks at its context once", counting(func(env finegrain.Env, count countFunc) (*big.Int, finegrain.Cost, error) {
			if err := env.Err(); err != nil {
				return nil, nil, err
			}
			return count(deaf(env))
		}), "looks at its context 1 times"},
		{"works on to the end", counting(func(env finegrain.Env, count countFunc) (*big.Int, finegrain.Cost, error) {
			hearing := env
			env.Progress = func(int, int, string) { hearing.Err() }
			result, cost, err := count(deaf(env))
			return result, cost, errors.Join(err, hearing.Err())
		}), "goes on to look"},
		{"returns what it has when it is cancelled", counting(func(env finegrain.Env, count countFunc) (*big.Int, finegrain.Cost, error) {
			result, cost, err := count(env)
			if errors.Is(err, context.Canceled) {
				return new(big.Int), cost, nil
			}
			return result, cost, err
		}), "returns the error <nil>"},
	}
	for _, m := range mutants {
		t.Run(m.name, func(t *testing.T) {
			err := VerifyAlgorithm(testEnv(), m.broken, 70).Err()
			if err == nil {
				t.Fatal("the law accepts it")
			}
			if !strings.Contains(err.Error(), m.says) {
				t.Errorf("the law rejects it, and does not say %q: %v", m.says, err)
			}
		})
	}
}

// adapting is Scan with another count of what Count did where it adapts, of what is counted and the most.
func adapting(change func(env finegrain.Env, cost, most int64) int64) Algorithm {
	a := Scan
	a.Count = func(env finegrain.Env, in Instance) (*big.Int, finegrain.Cost, error) {
		const kind = finegrain.WordOperations
		count, cost, err := Scan.Count(env, in)
		n, m, d := in.A.N(), in.B.N(), in.D()
		if most := Scan.Cost(n, m, d)[kind]; err == nil && most > 0 && Scan.Adapts(n, m, d) {
			cost[kind] = change(env, cost[kind], most)
		}
		return count, cost, err
	}
	return a
}

// countFunc is Scan.Count on an instance that is known.
type countFunc func(finegrain.Env) (*big.Int, finegrain.Cost, error)

// counting is Scan with a Count that calls Scan's in its own way.
func counting(count func(env finegrain.Env, scan countFunc) (*big.Int, finegrain.Cost, error)) Algorithm {
	a := Scan
	a.Count = func(env finegrain.Env, in Instance) (*big.Int, finegrain.Cost, error) {
		return count(env, func(env finegrain.Env) (*big.Int, finegrain.Cost, error) { return Scan.Count(env, in) })
	}
	return a
}

// deaf returns env with a context that never ends.
func deaf(env finegrain.Env) finegrain.Env {
	env.Context = context.WithoutCancel(env.Context)
	return env
}

// deduplicated keeps the first of equal vectors.
func deduplicated(v Vectors) Vectors {
	seen := map[string]bool{}
	var words []uint64
	n := 0
	for i := range v.N() {
		if key := fmt.Sprint(v.Row(i)); !seen[key] {
			seen[key] = true
			words = append(words, v.Row(i)...)
			n++
		}
	}
	return Vectors{n: n, d: v.d, words: words}
}

func TestProblemsKeepTheLaw(t *testing.T) {
	verify(t, Decision)
	verify(t, Search)
	verify(t, Counting)
	verify(t, MaxInnerProduct)
	verify(t, MinInnerProduct)
}

func verify[A any](t *testing.T, p finegrain.Problem[Instance, A]) {
	t.Run(p.Name, func(t *testing.T) {
		report := finegrain.VerifyProblem(testEnv(), p, 600)
		if err := report.Err(); err != nil {
			t.Error(err)
		}
		if 3*report.Yes < report.Trials || 3*report.No < report.Trials {
			t.Errorf("%d yes and %d no: each should be a third", report.Yes, report.No)
		}
	})
}

// TestMutantProblemsBreakTheLaw: a check that accepts anything, or only the first pair, is noticed.
func TestMutantProblemsBreakTheLaw(t *testing.T) {
	credulous := Search
	credulous.Check = func(Instance, Found) error { return nil }
	narrow := Search
	narrow.Check = func(in Instance, answer Found) error {
		if right := must(FindByDefinition(unbounded(), in)); answer != right {
			return fmt.Errorf("%v is not the first pair", answer)
		}
		return nil
	}
	uncounted := Counting
	uncounted.Check = func(in Instance, answer *big.Int) error {
		if right := must(CountByDefinition(unbounded(), in)); right.Sign() != answer.Sign() {
			return fmt.Errorf("%v", answer)
		}
		return nil
	}
	if finegrain.VerifyProblem(testEnv(), credulous, 100).Err() == nil {
		t.Error("a check that accepts everything passes")
	}
	if finegrain.VerifyProblem(testEnv(), narrow, 100).Err() == nil {
		t.Error("a check that accepts only the first pair passes")
	}
	if finegrain.VerifyProblem(testEnv(), uncounted, 100).Err() == nil {
		t.Error("a check of the count's sign passes")
	}
}

// on answers another instance, at the cost of the one given.
func on(change func(Instance) Instance) Algorithm {
	a := Scan
	a.Find = func(env finegrain.Env, in Instance) (Found, finegrain.Cost, error) {
		found, _, err := Scan.Find(env, change(in))
		return found, Scan.Cost(in.A.N(), in.B.N(), in.D()), err
	}
	a.Count = func(env finegrain.Env, in Instance) (*big.Int, finegrain.Cost, error) {
		count, _, err := Scan.Count(env, change(in))
		return count, Scan.Cost(in.A.N(), in.B.N(), in.D()), err
	}
	a.Histogram = nil
	return a
}
