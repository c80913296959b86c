package finegrain_test

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"finegrain"
)

func TestStreamsAreNamed(t *testing.T) {
	env := finegrain.NewEnv(context.Background(), 42)
	first := func(e finegrain.Env, label string) uint64 { return e.Rand(label).Uint64() }
	if once, again := first(env, "a"), first(env, "a"); once != again {
		t.Error("one stream, two runs")
	}
	seen := map[uint64]string{}
	for name, v := range map[string]uint64{
		"a":            first(env, "a"),
		"b":            first(env, "b"),
		"part/a":       first(env.Sub("part"), "a"),
		"part/part/a":  first(env.Sub("part").Sub("part"), "a"),
		"part, a/b":    first(env.Sub("part"), "a/b"),
		"part/a, b":    first(env.Sub("part").Sub("a"), "b"),
		"part/a, 1:b":  first(env.Sub("part/a"), "b"),
		"other seed/a": first(finegrain.NewEnv(context.Background(), 43), "a"),
	} {
		if other, ok := seen[v]; ok {
			t.Errorf("streams %q and %q begin alike", name, other)
		}
		seen[v] = name
	}
}

func TestMisusePanics(t *testing.T) {
	size := finegrain.Size{}.WithInt("n", 3)
	for name, misuse := range map[string]func(){
		"undeclared parameter": func() { size.Get("m") },
		"declared twice":       func() { size.WithInt("n", 4) },
		"no context": func() {
			var none context.Context
			finegrain.NewEnv(none, 0)
		},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if r := recover(); r == nil || !strings.HasPrefix(fmt.Sprint(r), "finegrain: ") {
					t.Errorf("recovered %v, want a named reason", r)
				}
			}()
			misuse()
		})
	}
}

// TestSizeOrder: Within is a partial order on sizes with the same parameters, whatever their order.
func TestSizeOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) (finegrain.Size, int, int) {
			n, d := rapid.IntRange(0, 5).Draw(t, label+" n"), rapid.IntRange(0, 5).Draw(t, label+" d")
			if rapid.Bool().Draw(t, label+" order") {
				return finegrain.Size{}.WithInt("n", n).WithInt("d", d), n, d
			}
			return finegrain.Size{}.WithInt("d", d).WithInt("n", n), n, d
		}
		a, an, ad := draw("a")
		b, bn, bd := draw("b")
		if got, want := a.Within(b) == nil, an <= bn && ad <= bd; got != want {
			t.Errorf("%v within %v: %t, want %t", a, b, got, want)
		}
		if got, want := a.Equal(b), an == bn && ad == bd; got != want {
			t.Errorf("%v equals %v: %t, want %t", a, b, got, want)
		}
	})
	if (finegrain.Size{}.WithInt("n", 1)).Within(finegrain.Size{}.WithInt("m", 2)) == nil {
		t.Error("sizes of different parameters compare")
	}
}

func TestSizesAreValues(t *testing.T) {
	v := big.NewInt(3)
	base := finegrain.Size{}.With("n", v)
	a, b := base.WithInt("d", 1), base.WithInt("e", 2)
	v.SetInt64(9)
	a.Get("n").SetInt64(8)
	if got := fmt.Sprint(base, ", ", a, ", ", b); got != "n=3, n=3 d=1, n=3 e=2" {
		t.Errorf("sizes changed: %s", got)
	}
}

func TestCostPeaksAndSums(t *testing.T) {
	c := finegrain.Cost{}
	c.Add(finegrain.Cost{finegrain.Exponentials: 3, finegrain.Bytes: 10})
	c.Add(finegrain.Cost{finegrain.Exponentials: 4, finegrain.Bytes: 7})
	if got := c.String(); got != "bytes=10 exponentials=7" {
		t.Errorf("cost is %s", got)
	}
	if err := c.Differ(finegrain.Cost{finegrain.Exponentials: 7}); err != nil {
		t.Error(err)
	}
	if c.Differ(finegrain.Cost{finegrain.Exponentials: 8}) == nil || c.Differ(finegrain.Cost{finegrain.InnerProducts: 1}) == nil {
		t.Error("a difference goes unnoticed")
	}
}

// divisible is a small problem for tests: find a proper divisor of a number, or say 0.
func divisible() finegrain.Problem[int, int] {
	divides := func(x, a int) bool { return a > 1 && a < x && x%a == 0 }
	least := func(x int) int {
		for a := 2; a < x; a++ {
			if divides(x, a) {
				return a
			}
		}
		return 0
	}
	return finegrain.Problem[int, int]{
		Name:  "proper divisor",
		Doc:   "given x ≥ 2, find a divisor strictly between 1 and x, or say that there is none",
		Size:  func(x int) finegrain.Size { return finegrain.Size{}.WithInt("x", x) },
		Solve: func(_ finegrain.Env, x int) (int, error) { return least(x), nil },
		Check: func(x, a int) error {
			if divides(x, a) || a == 0 && least(x) == 0 {
				return nil
			}
			return fmt.Errorf("%d is no answer for %d", a, x)
		},
		Yes:    func(a int) bool { return a != 0 },
		Sample: func(r *rand.Rand, size int) int { return 2 + r.IntN(5*size) },
		Adversary: func(*rand.Rand) finegrain.Adversary[int, int] {
			return finegrain.Adversary[int, int]{Name: "largest divisor", Answer: func(x, a int) int {
				if a == 0 {
					return 0
				}
				return x / a
			}}
		},
		Wrong: []func(int, int) int{func(x, a int) int {
			if a != 0 {
				return 0
			}
			return x
		}},
	}
}

func TestProblemLaw(t *testing.T) {
	env := finegrain.NewEnv(context.Background(), 1)
	if err := finegrain.VerifyProblem(env, divisible(), 200).Err(); err != nil {
		t.Error(err)
	}
	if err := finegrain.VerifyProblem(env, finegrain.Both("both", "twice", divisible(), divisible()), 200).Err(); err != nil {
		t.Error(err)
	}
	mutants := map[string]func(*finegrain.Problem[int, int]){
		"the definition errs": func(p *finegrain.Problem[int, int]) {
			p.Solve = func(finegrain.Env, int) (int, error) { return 0, nil }
		},
		"the definition fails": func(p *finegrain.Problem[int, int]) {
			p.Solve = func(finegrain.Env, int) (int, error) { return 0, errors.New("no") }
		},
		"the check passes everything": func(p *finegrain.Problem[int, int]) {
			p.Check = func(int, int) error { return nil }
		},
		"the adversary lies": func(p *finegrain.Problem[int, int]) {
			p.Adversary = func(*rand.Rand) finegrain.Adversary[int, int] {
				return finegrain.Adversary[int, int]{Name: "liar", Answer: func(x, a int) int { return a + 1 }}
			}
		},
		"a wrong oracle is right": func(p *finegrain.Problem[int, int]) {
			p.Wrong = append(p.Wrong, func(_, a int) int { return a })
		},
		"an adversary that always refuses": func(p *finegrain.Problem[int, int]) {
			p.Adversary = func(*rand.Rand) finegrain.Adversary[int, int] {
				return finegrain.Adversary[int, int]{
					Name: "coward", Answer: func(int, int) int { return -1 },
					Reach: func(int) error { return errors.New("not this one") },
				}
			}
		},
		"no wrong oracle": func(p *finegrain.Problem[int, int]) { p.Wrong = nil },
		"only no-instances": func(p *finegrain.Problem[int, int]) {
			p.Sample = func(r *rand.Rand, size int) int { return []int{2, 3, 5, 7, 11, 13}[r.IntN(6)] }
		},
		"one size": func(p *finegrain.Problem[int, int]) {
			p.Size = func(int) finegrain.Size { return finegrain.Size{}.WithInt("x", 1) }
		},
		"samples break the promise": func(p *finegrain.Problem[int, int]) {
			p.Promise = func(x int) error {
				if x%7 == 0 {
					return errors.New("divisible by 7")
				}
				return nil
			}
		},
	}
	for name, mutate := range mutants {
		t.Run(name, func(t *testing.T) {
			p := divisible()
			mutate(&p)
			if finegrain.VerifyProblem(env, p, 200).Failures == 0 {
				t.Error("the law passed it")
			}
		})
	}
}

func TestFewTrialsAreNoted(t *testing.T) {
	report := finegrain.VerifyProblem(finegrain.NewEnv(context.Background(), 1), divisible(), 1)
	if report.Failures != 0 || len(report.Notes) != 1 {
		t.Errorf("one trial: %d failures, notes %q", report.Failures, report.Notes)
	}
}

func TestForEach(t *testing.T) {
	env := finegrain.NewEnv(context.Background(), 1)
	env.Cores = 3
	var sum atomic.Int64
	if err := env.ForEach(100, func(i int) { sum.Add(int64(i)) }); err != nil || sum.Load() != 4950 {
		t.Errorf("sum %d, %v", sum.Load(), err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	env.Context = ctx
	err := env.ForEach(1<<30, func(int) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v, want cancelled", err)
	}
}

// TestForEachAsksLast: when e ends while a worker is at its last piece, which may be cut short by that, the caller
// hears of it, whichever of the workers is the caller.
func TestForEachAsksLast(t *testing.T) {
	for last := range 2 {
		ctx, cancel := context.WithCancel(t.Context())
		env := finegrain.NewEnv(ctx, 1)
		env.Cores = 2
		var begun sync.WaitGroup
		begun.Add(2)
		err := env.ForEach(2, func(i int) {
			begun.Done()
			begun.Wait() // a worker each
			if i == last {
				time.Sleep(5 * time.Millisecond) // the other has ended its piece, and finds no more
				cancel()
			}
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled within piece %d, which ends last, ForEach returns the error %v", last, err)
		}
	}
}

// TestTogether: calls of ForEach follow each other closely or not, from within others too, with more workers than
// cores and with fewer; each does all of its work once, and nobody is at work when it returns.
func TestTogether(t *testing.T) {
	for cores := 1; cores <= 5; cores++ {
		env := finegrain.NewEnv(context.Background(), 1)
		env.Cores = cores
		r := env.Rand("pauses")
		err := env.Together(func(env finegrain.Env) error {
			for range 300 {
				n, inner := r.IntN(20), r.IntN(3)
				done := make([]int, n) // the race detector sees who writes when
				var within atomic.Int64
				err := env.ForEach(n, func(i int) {
					done[i]++
					if err := env.ForEach(inner, func(int) { within.Add(1) }); err != nil {
						t.Error(err)
					}
				})
				for i, d := range done {
					if d != 1 {
						t.Errorf("%d cores: %d of %d was done %d times", cores, i, n, d)
					}
				}
				if err != nil || within.Load() != int64(n*inner) {
					t.Errorf("%d cores: %d calls from within %d times %d, %v", cores, within.Load(), n, inner, err)
				}
				if r.IntN(20) == 0 {
					time.Sleep(time.Millisecond) // helpers have left
				}
			}
			return errors.New("as it was given")
		})
		if err == nil || err.Error() != "as it was given" {
			t.Errorf("Together changed the error to %v", err)
		}
	}
}

// TestForEachPanics: what panics in the caller reaches the caller, once nobody is at work; the team is still good.
func TestForEachPanics(t *testing.T) {
	env := finegrain.NewEnv(context.Background(), 1)
	env.Cores = 1 // all work is the caller's
	_ = env.Together(func(env finegrain.Env) error {
		func() {
			defer func() {
				if got := recover(); got != "misuse" {
					t.Errorf("recovered %v", got)
				}
			}()
			_ = env.ForEach(3, func(int) { panic("misuse") })
		}()
		env.Cores = 3
		var sum atomic.Int64
		if err := env.ForEach(10, func(i int) { sum.Add(int64(i)) }); err != nil || sum.Load() != 45 {
			t.Errorf("after a panic: sum %d, %v", sum.Load(), err)
		}
		return nil
	})
}

// BenchmarkForEach times a call with nothing to do, alone and among others of a team.
func BenchmarkForEach(b *testing.B) {
	env := finegrain.NewEnv(context.Background(), 1)
	env.Cores = 2
	run := func(env finegrain.Env) {
		if err := env.ForEach(2, func(int) {}); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("alone", func(b *testing.B) {
		for b.Loop() {
			run(env)
		}
	})
	b.Run("together", func(b *testing.B) {
		_ = env.Together(func(env finegrain.Env) error {
			for b.Loop() {
				run(env)
			}
			return nil
		})
	})
}

func TestLawStopsWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if finegrain.VerifyProblem(finegrain.NewEnv(ctx, 1), divisible(), 100).Failures == 0 {
		t.Error("a law that did not run passed")
	}
}

func ExampleSize() {
	s := finegrain.Size{}.WithInt("n", 1024).WithInt("d", 85)
	bound := finegrain.Size{}.With("n", new(big.Int).Lsh(big.NewInt(1), 10)).WithInt("d", 64)
	fmt.Println(s)
	fmt.Println(s.Within(bound))
	// Output:
	// n=1024 d=85
	// d = 85 exceeds its bound 64
}

func ExampleProblem_AdversarialOracle() {
	p := divisible()
	env := finegrain.NewEnv(context.Background(), 1)
	oracle := p.AdversarialOracle(p.Adversary(env.Rand("adversary")))
	divisor, err := oracle.Ask(env, 91)
	fmt.Println(oracle.Name, divisor, err)
	// Output: largest divisor 13 <nil>
}
