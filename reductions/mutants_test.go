package reductions

// Each mutant is a reduction with one mistake that somebody could make. The laws must reject every one
// of them; a law that a mutant survives shows nothing.

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"finegrain"
	"finegrain/algorithms/attention"
	"finegrain/ovp"
	"finegrain/sat"
)

type (
	ovCounting  = Reduction[ovp.Instance, *big.Int, attention.Instance, attention.Output]
	formulaPlan = Plan[ovp.Instance, *big.Int, *big.Int]
)

func mutants() map[string]Declared {
	m := map[string]Declared{}

	counting := SplitAndListCounting
	m["flipped literal"] = replan(counting, func(env finegrain.Env, f sat.Formula, o finegrain.Oracle[ovp.Instance, *big.Int]) (formulaPlan, error) {
		flipped := sat.Formula{Variables: f.Variables}
		for i, c := range f.Clauses {
			c = slices.Clone(c)
			if i == 0 && len(c) > 0 {
				c[0] = -c[0]
			}
			flipped.Clauses = append(flipped.Clauses, c)
		}
		return counting.Plan(env, flipped, o)
	})
	m["deduplicated lists"] = replan(counting, onSplit(func(s *Split) {
		s.OV.A, s.OV.B = deduplicated(s.OV.A), deduplicated(s.OV.B)
	}))
	m["free variables forgotten"] = replan(counting, onSplit(func(s *Split) { s.Free = 0 }))
	m["a clause forgotten"] = replan(counting, func(env finegrain.Env, f sat.Formula, o finegrain.Oracle[ovp.Instance, *big.Int]) (formulaPlan, error) {
		if len(f.Clauses) > 0 {
			f.Clauses = f.Clauses[1:]
		}
		return counting.Plan(env, f, o)
	})
	m["always no"] = replan(counting, func(finegrain.Env, sat.Formula, finegrain.Oracle[ovp.Instance, *big.Int]) (formulaPlan, error) {
		return answered[ovp.Instance, *big.Int](new(big.Int)), nil
	})
	m["solved by other means"] = replan(counting, func(env finegrain.Env, f sat.Formula, o finegrain.Oracle[ovp.Instance, *big.Int]) (formulaPlan, error) {
		plan, err := counting.Plan(env, f, o)
		count, _ := sat.Counting.Solve(env, f)
		plan.Reader = func() Reader[*big.Int, *big.Int] {
			return &single[*big.Int, *big.Int]{answer: count, back: func(*big.Int) (*big.Int, error) { return count, nil }}
		}
		return plan, err
	})
	m["off by one in a bound"] = rebound(counting, func(g Group) Group {
		return Group{g.Calls, finegrain.Size{}.With("n", minusOne(g.Size.Get("n"))).With("m", g.Size.Get("m")).With("d", g.Size.Get("d"))}
	})
	m["growth too slow"] = regrow(counting, "n", Form{Linear: map[string]float64{"n": 0.4}, Slack: 9})
	m["growth too fast"] = regrow(counting, "n", Form{Constant: 1, Linear: map[string]float64{"n": 1}, Slack: 0.5})
	m["growth not a number"] = regrow(counting, "n", Form{Constant: math.NaN(), Slack: 0.5})
	m["growth of an unknown parameter"] = regrow(counting, "x", Form{})
	wide := rebound(counting, func(g Group) Group { // 2^n where 2^{n/2} is true
		n := g.Size.Get("n")
		return Group{g.Calls, finegrain.Size{}.With("n", n.Mul(n, n)).With("m", g.Size.Get("m")).With("d", g.Size.Get("d"))}
	})
	m["a bound never approached"] = regrow(wide, "n", Form{Constant: 1, Linear: map[string]float64{"n": 1}, Slack: 1})
	m["a bound that falls"] = rebound(counting, func(g Group) Group {
		return Group{new(big.Int).Sub(big.NewInt(1000), g.Size.Get("n")), g.Size}
	})
	narrow := rebound(counting, func(g Group) Group { // Bound and Growth agree, and both are too small
		return Group{g.Calls, finegrain.Size{}.WithInt("n", 2).With("m", g.Size.Get("m")).With("d", g.Size.Get("d"))}
	})
	m["bound and growth too small together"] = regrow(narrow, "n", Form{Constant: 1})
	m["a query not stated"] = replan(counting, func(env finegrain.Env, f sat.Formula, o finegrain.Oracle[ovp.Instance, *big.Int]) (formulaPlan, error) {
		plan, err := counting.Plan(env, f, o)
		plan.Queries = nil
		return plan, err
	})

	m["a query stated and not listed"] = replan(counting, func(env finegrain.Env, f sat.Formula, o finegrain.Oracle[ovp.Instance, *big.Int]) (formulaPlan, error) {
		plan, err := counting.Plan(env, f, o)
		plan.Each = func(func(int, ovp.Instance) bool) {}
		return plan, err
	})
	m["a size misstated"] = replan(counting, func(env finegrain.Env, f sat.Formula, o finegrain.Oracle[ovp.Instance, *big.Int]) (formulaPlan, error) {
		plan, err := counting.Plan(env, f, o)
		for i := range plan.Queries {
			plan.Queries[i].Size = finegrain.Size{}.WithInt("n", 1).WithInt("m", 1).WithInt("d", 0)
		}
		return plan, err
	})
	m["other queries the second time"] = replan(counting, func(env finegrain.Env, f sat.Formula, o finegrain.Oracle[ovp.Instance, *big.Int]) (formulaPlan, error) {
		plan, err := counting.Plan(env, f, o)
		each, listed := plan.Each, 0
		plan.Each = func(yield func(int, ovp.Instance) bool) {
			listed++
			for i, in := range each {
				if listed > 1 {
					in.A = ovp.NewVectors(in.A.N(), in.D())
				}
				if !yield(i, in) {
					return
				}
			}
		}
		return plan, err
	})
	m["solved by other means, the oracle only checked"] = replan(counting, func(env finegrain.Env, f sat.Formula, o finegrain.Oracle[ovp.Instance, *big.Int]) (formulaPlan, error) {
		plan, err := counting.Plan(env, f, o)
		count, _ := sat.Counting.Solve(env, f)
		honest := plan.Reader
		plan.Reader = func() Reader[*big.Int, *big.Int] {
			return &single[*big.Int, *big.Int]{answer: count, back: func(b *big.Int) (*big.Int, error) {
				reader := honest()
				if err := reader.Take(b); err != nil {
					return nil, err
				}
				if got, _ := reader.Answer(); got.Cmp(count) != 0 {
					return nil, ErrBrokenPromise
				}
				return count, nil
			}}
		}
		return plan, err
	})
	m["an error that blames nobody"] = replan(counting, func(env finegrain.Env, f sat.Formula, o finegrain.Oracle[ovp.Instance, *big.Int]) (formulaPlan, error) {
		plan, err := counting.Plan(env, f, o)
		honest := plan.Reader
		plan.Reader = func() Reader[*big.Int, *big.Int] {
			return &single[*big.Int, *big.Int]{answer: new(big.Int), back: func(b *big.Int) (*big.Int, error) {
				if b.Sign() < 0 {
					return nil, errors.New("negative")
				}
				reader := honest()
				_ = reader.Take(b)
				return reader.Answer()
			}}
		}
		return plan, err
	})
	m["no plan for large formulas"] = replan(counting, func(env finegrain.Env, f sat.Formula, o finegrain.Oracle[ovp.Instance, *big.Int]) (formulaPlan, error) {
		if f.Variables > 7 {
			return formulaPlan{}, ErrTooWeak
		}
		return counting.Plan(env, f, o)
	})
	unbalanced := counting
	unbalanced.From.Sample = func(r *rand.Rand, size int) sat.Formula {
		f, _, err := sat.Planted(r, 4+size, 2*(4+size), 3)
		if err != nil {
			panic(err)
		}
		return f
	}
	m["only satisfiable formulas"] = unbalanced
	oneSize := counting
	oneSize.From.Size = func(sat.Formula) finegrain.Size { return finegrain.Size{}.WithInt("n", 8).WithInt("m", 60) }
	m["one size"] = oneSize
	silent := counting
	silent.From.Sample = func(r *rand.Rand, size int) sat.Formula {
		return sat.Formula{Variables: size, Clauses: [][]sat.Literal{{}}[:min(1, r.IntN(3))]}
	}
	m["nothing to ask"] = silent

	search := SplitAndListSearch
	lostMap := search
	lostMap.Plan = func(env finegrain.Env, f sat.Formula, _ finegrain.Oracle[ovp.Instance, ovp.Found]) (Plan[ovp.Instance, ovp.Found, sat.Answer], error) {
		s, err := SplitAndList(env, f)
		if err != nil || s.OV.A.N() == 0 || s.OV.B.N() == 0 {
			return answered[ovp.Instance, ovp.Found](sat.Answer{}), err
		}
		s.left.assignments, s.right.assignments = nil, nil
		return one(ovp.Search.Size(s.OV), s.OV, s.answer), nil
	}
	m["index maps lost in pruning"] = lostMap

	m["threshold 0.40"] = thresholdRoute("decision", ovp.Decision, func(in ovp.Instance, out attention.Output) (bool, error) {
		return above(out, in.A.N(), 0.40), nil
	}, true)
	m["threshold 0.43"] = thresholdRoute("decision", ovp.Decision, func(in ovp.Instance, out attention.Output) (bool, error) {
		return above(out, in.A.N(), 0.43), nil
	}, true)
	m["padding row read"] = thresholdRoute("decision", ovp.Decision, func(in ovp.Instance, out attention.Output) (bool, error) {
		return above(out, in.A.N()+1, Threshold), nil
	}, true)
	halfT := ThresholdDecision
	halfT.Plan = func(env finegrain.Env, in ovp.Instance, o finegrain.Oracle[attention.Instance, attention.Output]) (Plan[attention.Instance, attention.Output, bool], error) {
		plan, err := ThresholdDecision.Plan(env, in, o)
		each := plan.Each
		plan.Each = func(yield func(int, attention.Instance) bool) {
			each(func(i int, query attention.Instance) bool {
				query.Scale = 0.5
				return yield(i, query)
			})
		}
		return plan, err
	}
	m["temperature halved"] = halfT

	m["degree one too low"] = interpolationRoute("counting", ovp.Counting, countPartners,
		func(env finegrain.Env, in ovp.Instance, _ finegrain.Oracle[attention.Instance, attention.Output]) (Nodes, error) {
			nodes, err := NewNodes(env, in.B.N(), max(in.D()-1, 1), 1)
			if err != nil {
				return nodes, err
			}
			// The same nodes at the instance's scale.
			for l := range nodes.Roots {
				nodes.Roots[l] *= math.Sqrt(nodes.Scale * float64(in.D()))
			}
			return nodes, nil
		})
	m["one node missing"] = interpolationRoute("counting", ovp.Counting, countPartners,
		func(env finegrain.Env, in ovp.Instance, o finegrain.Oracle[attention.Instance, attention.Output]) (Nodes, error) {
			nodes, err := reachableNodes(env, in, o)
			last := len(nodes.Roots) - 1
			nodes.Roots, nodes.X, nodes.Lambda = nodes.Roots[:last], nodes.X[:last], nodes.Lambda[:last]
			return nodes, err
		})
	m["half as much again of the tolerance"] = interpolationRoute("counting", ovp.Counting, countPartners,
		func(env finegrain.Env, in ovp.Instance, o finegrain.Oracle[attention.Instance, attention.Output]) (Nodes, error) {
			nodes, err := reachableNodes(env, in, o)
			nodes.Amplification = new(big.Float).Quo(nodes.Amplification, big.NewFloat(1.5))
			return nodes, err
		})
	m["nodes of theory, not of the floats' instance"] = interpolationRoute("counting", ovp.Counting, countPartners,
		func(env finegrain.Env, in ovp.Instance, o finegrain.Oracle[attention.Instance, attention.Output]) (Nodes, error) {
			nodes, err := reachableNodes(env, in, o)
			for l := range nodes.Roots[1:] {
				nodes.Roots[l+1] = float64(float32(nodes.Roots[l+1]))
			}
			return nodes, err
		})
	manyOne := InterpolationCounting
	manyOne.Kind = ManyOne
	m["many-one with d calls"] = manyOne
	overreach := interpolationRoute("counting", ovp.Counting, countPartners, fixedNodes(0.25))
	m["asks more than the oracle reaches"] = overreach
	offPromise := ThresholdDecision
	offPromise.To.Promise = func(in attention.Instance) error {
		if in.Epsilon > 0.05 {
			return errors.New("ε is too large")
		}
		return attention.Problem.MeetsPromise(in)
	}
	m["queries that break the promise"] = offPromise
	m["sum rounded instead of rows"] = rereader(InterpolationCounting, func(r *interpolationReader[*big.Int]) Reader[attention.Output, *big.Int] {
		return &sumRounded{r}
	})
	clipped := interpolationRoute("counting", ovp.Counting, countPartners, fixedNodes(3))
	m["no clipping"] = rereader(clipped, func(r *interpolationReader[*big.Int]) Reader[attention.Output, *big.Int] {
		return &unclipped{r}
	})

	dropped := blocks()
	dropped.Plan = func(env finegrain.Env, in ovp.Instance, o finegrain.Oracle[ovp.Instance, ovp.Found]) (Plan[ovp.Instance, ovp.Found, ovp.Found], error) {
		plan, err := blocks().Plan(env, in, o)
		reader := plan.Reader
		plan.Reader = func() Reader[ovp.Found, ovp.Found] { return &stopsEarly{reader()} }
		return plan, err
	}
	m["stops at the first no"] = Compose(dropped, ThresholdSearch)

	optimist := thinning()
	optimist.Fail = func(finegrain.Size) float64 { return 0.01 }
	m["failure probability understated"] = optimist
	hopeless := thinning()
	hopeless.Fail = func(finegrain.Size) float64 { return 1 }
	m["fails always, and says so"] = hopeless
	uneven := thinning() // honest for small instances, and there are many
	uneven.Fail = func(s finegrain.Size) float64 {
		if s.Get("m").Int64() <= 2 {
			return 0.25
		}
		return 0.001
	}
	m["failure probability understated for large instances"] = uneven
	m["always drops the first key"] = dropsFirst(0.1)
	wrongYes := thinning()
	plain := wrongYes.Plan
	wrongYes.Plan = func(env finegrain.Env, in ovp.Instance, o finegrain.Oracle[ovp.Instance, bool]) (Plan[ovp.Instance, bool, bool], error) {
		plan, err := plain(env, in, o)
		plan.Reader = func() Reader[bool, bool] {
			return &single[bool, bool]{back: func(b bool) (bool, error) { return b || env.Rand("lie").IntN(4) == 0, nil }}
		}
		return plan, err
	}
	m["one-sided on the wrong side"] = wrongYes
	deterministic := thinning()
	deterministic.Fail = nil
	m["randomised, called deterministic"] = deterministic
	return m
}

func TestEveryMutantDies(t *testing.T) {
	for name, mutant := range mutants() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report := mutant.Verify(finegrain.NewEnv(context.Background(), 1), 120)
			if report.Failures == 0 {
				t.Fatalf("the law passed it: %d trials, %d yes, %d no, notes %q", report.Trials, report.Yes, report.No, report.Notes)
			}
			t.Log(strings.SplitN(report.Violations[0], "\n", 2)[0])
		})
	}
}

// TestMutantsParentsLive: what the mutants were made from passes, so it is the mistake that the law sees.
func TestMutantsParentsLive(t *testing.T) {
	parents := map[string]Declared{
		"blocks":                               blocks(),
		"blocks, then threshold":               Compose(blocks(), ThresholdSearch),
		"blocks, then interpolation":           Compose(blocks(), InterpolationSearch),
		"blocks of blocks, then threshold":     Compose(Compose(blocks(), blocks()), ThresholdSearch),
		"thinning, then a search":              Compose(thinning(), searchAsDecision()),
		"thinning":                             thinning(),
		"interpolation with its entries fixed": interpolationRoute("counting", ovp.Counting, countPartners, fixedNodes(3)),
	}
	for name, parent := range parents {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := parent.Verify(finegrain.NewEnv(context.Background(), 2), 60).Err(); err != nil {
				t.Error(err)
			}
		})
	}
}

// blocks is a self-reduction for tests of plans with several queries: the keys are cut in two, and a pair
// is in one of the parts or in none. It stops early, and a part may be empty.
func blocks() Reduction[ovp.Instance, ovp.Found, ovp.Instance, ovp.Found] {
	return Reduction[ovp.Instance, ovp.Found, ovp.Instance, ovp.Found]{
		Name: "blocks", Doc: "Cut the keys in two.", Kind: TruthTable,
		From: ovp.Search, To: ovp.Search,
		Bound:  func(s finegrain.Size) Group { return Group{big.NewInt(2), s} },
		Growth: identityGrowth(1),
		Plan: func(_ finegrain.Env, in ovp.Instance, _ finegrain.Oracle[ovp.Instance, ovp.Found]) (Plan[ovp.Instance, ovp.Found, ovp.Found], error) {
			cut := in.B.N() / 3
			parts := []ovp.Instance{{A: in.A, B: in.B.Slice(0, cut)}, {A: in.A, B: in.B.Slice(cut, in.B.N())}}
			var queries Queries
			for _, p := range parts {
				queries = append(queries, Group{big.NewInt(1), p.Size()})
			}
			return Plan[ovp.Instance, ovp.Found, ovp.Found]{
				Queries: queries,
				Each: func(yield func(int, ovp.Instance) bool) {
					for i, p := range parts {
						if !yield(i, p) {
							return
						}
					}
				},
				Reader: func() Reader[ovp.Found, ovp.Found] { return &blockReader{in: in, cut: cut} },
			}, nil
		},
	}
}

type blockReader struct {
	in    ovp.Instance
	cut   int
	next  int
	found ovp.Found
}

func (r *blockReader) Next() int { return r.next }

func (r *blockReader) Take(found ovp.Found) error {
	part := r.next
	r.next++
	if found.Any {
		found.J += part * r.cut
		if ovp.Search.Check(r.in, found) != nil {
			return ErrBrokenPromise
		}
		r.found, r.next = found, 2
	}
	return nil
}

func (r *blockReader) Answer() (ovp.Found, error) { return r.found, nil }

// stopsEarly takes the first answer for the last.
type stopsEarly struct{ Reader[ovp.Found, ovp.Found] }

func (s *stopsEarly) Next() int { return 2 * s.Reader.Next() }

// thinning is a randomised reduction with one-sided error for tests: it keeps each key with probability 3/4
// and so misses a single partner a quarter of the time.
func thinning() Reduction[ovp.Instance, bool, ovp.Instance, bool] {
	return Reduction[ovp.Instance, bool, ovp.Instance, bool]{
		Name: "thinning", Doc: "Keep each key with probability 3/4.", Kind: ManyOne,
		From: ovp.Decision, To: ovp.Decision,
		Bound:    func(s finegrain.Size) Group { return Group{big.NewInt(1), s} },
		Growth:   identityGrowth(0),
		Fail:     func(finegrain.Size) float64 { return 0.25 },
		OneSided: true,
		Plan: func(env finegrain.Env, in ovp.Instance, _ finegrain.Oracle[ovp.Instance, bool]) (Plan[ovp.Instance, bool, bool], error) {
			r := env.Rand("keep")
			var rows []int
			for j := range in.B.N() {
				if r.IntN(4) > 0 {
					rows = append(rows, j)
				}
			}
			in.B = selected(in.B, rows)
			return one(in.Size(), in, func(b bool) (bool, error) { return b, nil }), nil
		},
	}
}

// dropsFirst is not random at all, and calls itself so.
func dropsFirst(fail float64) Reduction[ovp.Instance, bool, ovp.Instance, bool] {
	r := thinning()
	r.Fail = func(finegrain.Size) float64 { return fail }
	r.Plan = func(_ finegrain.Env, in ovp.Instance, _ finegrain.Oracle[ovp.Instance, bool]) (Plan[ovp.Instance, bool, bool], error) {
		in.B = in.B.Slice(min(1, in.B.N()), in.B.N())
		return one(in.Size(), in, func(b bool) (bool, error) { return b, nil }), nil
	}
	return r
}

// searchAsDecision answers a decision by a search, so that it composes with thinning.
func searchAsDecision() Reduction[ovp.Instance, bool, ovp.Instance, ovp.Found] {
	return Reduction[ovp.Instance, bool, ovp.Instance, ovp.Found]{
		Name: "decide by searching", Doc: "Search.", Kind: ManyOne, From: ovp.Decision, To: ovp.Search,
		Bound:  func(s finegrain.Size) Group { return Group{big.NewInt(1), s} },
		Growth: identityGrowth(0),
		Plan: func(_ finegrain.Env, in ovp.Instance, _ finegrain.Oracle[ovp.Instance, ovp.Found]) (Plan[ovp.Instance, ovp.Found, bool], error) {
			return one(in.Size(), in, func(f ovp.Found) (bool, error) { return f.Any, nil }), nil
		},
	}
}

func identityGrowth(calls float64) Growth {
	g := Growth{Calls: Form{Constant: calls}, Size: map[string]Form{}}
	for _, p := range []string{"n", "m", "d"} {
		g.Size[p] = Form{Log: map[string]float64{p: 1}}
	}
	return g
}

func selected(v ovp.Vectors, rows []int) ovp.Vectors {
	out := ovp.NewVectors(len(rows), v.D())
	for to, from := range rows {
		copy(out.Row(to), v.Row(from))
	}
	return out
}

func deduplicated(v ovp.Vectors) ovp.Vectors {
	seen := map[string]bool{}
	var rows []int
	for i := range v.N() {
		if key := fmt.Sprint(v.Row(i)); !seen[key] {
			seen[key] = true
			rows = append(rows, i)
		}
	}
	return selected(v, rows)
}

func above(out attention.Output, data int, limit float64) bool {
	for i := range data {
		if out.At(i, 0).Cmp(big.NewFloat(limit)) > 0 {
			return true
		}
	}
	return false
}

// sumRounded adds the rows up before it rounds.
type sumRounded struct{ *interpolationReader[*big.Int] }

func (s *sumRounded) Answer() (*big.Int, error) {
	sum := s.number().SetFloat64(0.5)
	for _, row := range s.sums {
		sum.Add(sum, row)
	}
	rounded, _ := sum.Int(nil)
	return rounded, nil
}

// unclipped maps T to nT/(1−T) wherever T lies.
type unclipped struct{ *interpolationReader[*big.Int] }

func (u *unclipped) Take(out attention.Output) error {
	u.taken++
	one := u.number().SetInt64(1)
	weight := u.number().Mul(u.nodes.Lambda[u.taken], u.number().SetInt64(int64(u.n)))
	for row := range u.sums {
		t := out.At(row, 0)
		if t.Cmp(one) >= 0 {
			return ErrBrokenPromise
		}
		term := u.number().Quo(t, u.number().Sub(one, t))
		u.sums[row].Add(u.sums[row], term.Mul(term, weight))
	}
	return nil
}

func rereader(r ovCounting, wrap func(*interpolationReader[*big.Int]) Reader[attention.Output, *big.Int]) ovCounting {
	inner := r.Plan
	r.Plan = func(env finegrain.Env, in ovp.Instance, o finegrain.Oracle[attention.Instance, attention.Output]) (Plan[attention.Instance, attention.Output, *big.Int], error) {
		plan, err := inner(env, in, o)
		if err == nil && len(plan.Queries) > 0 {
			reader := plan.Reader
			plan.Reader = func() Reader[attention.Output, *big.Int] {
				return wrap(reader().(*interpolationReader[*big.Int]))
			}
		}
		return plan, err
	}
	return r
}

func onSplit(change func(*Split)) func(finegrain.Env, sat.Formula, finegrain.Oracle[ovp.Instance, *big.Int]) (formulaPlan, error) {
	return func(env finegrain.Env, f sat.Formula, _ finegrain.Oracle[ovp.Instance, *big.Int]) (formulaPlan, error) {
		s, err := SplitAndList(env, f)
		if err != nil {
			return formulaPlan{}, err
		}
		change(s)
		return one(s.OV.Size(), s.OV, s.count), nil
	}
}

func replan[S, A, T, B any](r Reduction[S, A, T, B], plan func(finegrain.Env, S, finegrain.Oracle[T, B]) (Plan[T, B, A], error)) Reduction[S, A, T, B] {
	r.Plan = plan
	return r
}

func rebound[S, A, T, B any](r Reduction[S, A, T, B], change func(Group) Group) Reduction[S, A, T, B] {
	bound := r.Bound
	r.Bound = func(s finegrain.Size) Group { return change(bound(s)) }
	return r
}

func regrow[S, A, T, B any](r Reduction[S, A, T, B], parameter string, form Form) Reduction[S, A, T, B] {
	size := map[string]Form{}
	for p, f := range r.Growth.Size {
		size[p] = f
	}
	size[parameter] = form
	r.Growth.Size = size
	return r
}

func minusOne(v *big.Int) *big.Int { return v.Sub(v, big.NewInt(1)) }
