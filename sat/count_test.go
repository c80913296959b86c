package sat

// The counter against the definition, against enumeration by clause learning, against closed forms; and
// broken counters that these must catch.

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/go-air/gini"
	"github.com/go-air/gini/z"
	"pgregory.net/rapid"
)

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

func trials(full, short int) int {
	if testing.Short() {
		return short
	}
	return full
}

// mixed draws a formula for comparisons: a sample, or a uniform one of up to 14 variables and any density.
func mixed(r *rand.Rand) Formula {
	if r.IntN(2) == 0 {
		return Sample(r, 1+r.IntN(9))
	}
	n := 3 + r.IntN(12)
	f, err := UniformReplacement(r, n, r.IntN(5*n), 2+r.IntN(2))
	if err != nil {
		panic(err)
	}
	return f
}

// enumerateByGini counts the models by solving and excluding each model found, over used variables that
// gini sees; at most limit of them.
func enumerateByGini(f Formula, limit int) (count *big.Int, complete bool) {
	solver := gini.New()
	used := map[int]bool{}
	for _, clause := range f.Clauses {
		if len(clause) == 0 {
			return new(big.Int), true
		}
		if Tautology(clause) {
			continue
		}
		for _, l := range clause {
			solver.Add(z.Dimacs2Lit(int(l)))
			used[l.Variable()] = true
		}
		solver.Add(z.LitNull)
	}
	if len(used) == 0 {
		return new(big.Int).Lsh(big.NewInt(1), uint(f.Variables)), true
	}
	found := int64(0)
	for solver.Solve() == 1 {
		if found++; found > int64(limit) {
			return nil, false
		}
		var block []z.Lit
		for v := range used {
			l := z.Var(v).Pos()
			if solver.Value(l) {
				l = l.Not()
			}
			block = append(block, l)
		}
		for _, l := range block {
			solver.Add(l)
		}
		solver.Add(z.LitNull)
	}
	return new(big.Int).Lsh(big.NewInt(found), uint(f.Variables-len(used))), true
}

// agrees compares a counter, and the solver, with the definition on one formula.
func agrees(c *counter, f Formula) error {
	ctx := context.Background()
	want, count, err := BruteForce(ctx, f)
	if err != nil {
		return err
	}
	got, err := c.count(ctx, f)
	if err != nil {
		return err
	}
	if got.Cmp(count) != 0 {
		return fmt.Errorf("counted %v, by definition %v: %v", got, count, f)
	}
	answer, err := Solve(ctx, f)
	if err != nil {
		return err
	}
	if answer.Satisfiable != want.Satisfiable {
		return fmt.Errorf("solved as %v, by definition %v: %v", answer, want, f)
	}
	return nil
}

func TestCountAndSolveAgreeWithTheDefinition(t *testing.T) {
	r := seeded(1)
	satisfiable := 0
	n := trials(6000, 1500)
	for i := range n {
		f := mixed(r)
		if err := agrees(newCounter(cacheBytes), f); err != nil {
			t.Fatalf("formula %d: %v", i, err)
		}
		if answer, err := Solve(t.Context(), f); err != nil || answer.Satisfiable && !f.Satisfied(answer.Model) {
			t.Fatalf("formula %d: %v, %v", i, answer, err)
		} else if answer.Satisfiable {
			satisfiable++
		}
	}
	if satisfiable < n/3 || satisfiable > 9*n/10 {
		t.Errorf("%d of %d formulas are satisfiable: too one-sided to show much", satisfiable, n)
	}
	t.Logf("%d formulas, %d satisfiable", n, satisfiable)
}

func TestCountAgreesWithEnumerationByGini(t *testing.T) {
	r := seeded(2)
	n, compared := trials(3000, 600), 0
	for i := range n {
		f := mixed(r)
		want, complete := enumerateByGini(f, 300)
		if !complete {
			continue
		}
		compared++
		got, err := Count(t.Context(), f)
		if err != nil || got.Cmp(want) != 0 {
			t.Fatalf("formula %d: counted %v (%v), enumerated %v: %v", i, got, err, want, f)
		}
	}
	if compared < n/2 {
		t.Errorf("only %d of %d formulas could be enumerated", compared, n)
	}
	t.Logf("%d formulas compared", compared)
}

// A tiny cache drops and moves entries all the time, and must change nothing but the time.
func TestCountWithTinyCache(t *testing.T) {
	for seed := range uint64(20) {
		f, err := Uniform(seeded(seed), 30, 50, 3)
		if err != nil {
			t.Fatal(err)
		}
		tiny, large := newCounter(20_000), newCounter(cacheBytes)
		got, err1 := tiny.count(t.Context(), f)
		want, err2 := large.count(t.Context(), f)
		if err1 != nil || err2 != nil || got.Cmp(want) != 0 {
			t.Fatalf("seed %d: %v (%v) with a tiny cache, %v (%v) with a large one", seed, got, err1, want, err2)
		}
		if tiny.cache.old == nil || tiny.decisions <= large.decisions {
			t.Errorf("seed %d: the tiny cache never dropped anything that was missed", seed)
		}
		if tiny.cache.held > tiny.cache.budget {
			t.Errorf("seed %d: %d bytes held with a budget of %d", seed, tiny.cache.held, tiny.cache.budget)
		}
	}
}

func cycle(n int) (g Graph) {
	g.Vertices = n
	for v := range n {
		g.Edges = append(g.Edges, [2]int{v, (v + 1) % n})
	}
	return g
}

func complete(n int) (g Graph) {
	g.Vertices = n
	for v := range n {
		for u := range v {
			g.Edges = append(g.Edges, [2]int{u, v})
		}
	}
	return g
}

func randomTree(r *rand.Rand, n int) (g Graph) {
	g.Vertices = n
	for v := 1; v < n; v++ {
		g.Edges = append(g.Edges, [2]int{r.IntN(v), v})
	}
	return g
}

// parts returns the number of connected components.
func parts(g Graph) int {
	root := make([]int, g.Vertices)
	for v := range root {
		root[v] = v
	}
	find := func(v int) int {
		for root[v] != v {
			v = root[v]
		}
		return v
	}
	n := g.Vertices
	for _, e := range g.Edges {
		if u, v := find(e[0]), find(e[1]); u != v {
			root[u] = v
			n--
		}
	}
	return n
}

func power(base, exponent int) *big.Int {
	return new(big.Int).Exp(big.NewInt(int64(base)), big.NewInt(int64(exponent)), nil)
}

type closedForm struct {
	name string
	f    Formula
	want *big.Int
}

// closedForms lists structured formulas whose number of models is known.
func closedForms(t testing.TB) (cases []closedForm) {
	add := func(name string, f Formula, err error, want *big.Int) {
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		cases = append(cases, closedForm{name, f, want})
	}
	for n := range 8 {
		f, err := Pigeonhole(n, n)
		add(fmt.Sprintf("%d pigeons and holes: n!", n), f, err, new(big.Int).MulRange(1, int64(n)))
		f, err = Pigeonhole(n+1, n)
		add(fmt.Sprintf("%d pigeons too many for %d holes", n+1, n), f, err, new(big.Int))
	}
	r := seeded(3)
	for _, degree := range []int{2, 3, 4} {
		for _, vertices := range []int{4, 8, 14} {
			g, err := RandomRegular(r, vertices, degree)
			if err != nil {
				t.Fatal(err)
			}
			charged := make([]bool, vertices)
			f, err := Tseitin(g, charged)
			name := fmt.Sprintf("parity on %d vertices of degree %d", vertices, degree)
			add(name, f, err, power(2, len(g.Edges)-vertices+parts(g)))
			charged[0] = true
			f, err = Tseitin(g, charged)
			add(name+", odd", f, err, new(big.Int))
		}
	}
	for c := range 5 {
		for n := 3; n <= 7; n++ {
			f, err := Colouring(cycle(n), c) // (c−1)^n + (−1)^n (c−1)
			want := power(c-1, n)
			want.Add(want, new(big.Int).Mul(power(-1, n), big.NewInt(int64(c-1))))
			add(fmt.Sprintf("%d colours on a cycle of %d", c, n), f, err, want)
			f, err = Colouring(randomTree(r, n), c) // c (c−1)^(n−1)
			add(fmt.Sprintf("%d colours on a tree of %d", c, n), f, err, new(big.Int).Mul(big.NewInt(int64(c)), power(c-1, n-1)))
		}
		for n := range 6 {
			f, err := Colouring(complete(n), c) // c (c−1) … (c−n+1)
			want := big.NewInt(1)
			for i := range n {
				want.Mul(want, big.NewInt(int64(c-i)))
			}
			add(fmt.Sprintf("%d colours on the complete graph of %d", c, n), f, err, want)
		}
	}
	add("no clause, 100 variables", Formula{Variables: 100}, nil, power(2, 100))
	add("nothing at all", Formula{}, nil, big.NewInt(1))
	add("the empty clause", Formula{Variables: 3, Clauses: [][]Literal{{}}}, nil, new(big.Int))
	add("tautologies only", Formula{Variables: 3, Clauses: [][]Literal{{1, 2, -1}, {3, -3}}}, nil, big.NewInt(8))
	return cases
}

func TestCountClosedForms(t *testing.T) {
	for _, c := range closedForms(t) {
		got, err := Count(t.Context(), c.f)
		if err != nil || got.Cmp(c.want) != 0 {
			t.Errorf("%s: counted %v (%v), should be %v", c.name, got, err, c.want)
		}
	}
}

// counterMutants are broken in one rule each; the comparisons above must catch every one.
var counterMutants = []struct {
	name     string
	sabotage func(*counter)
}{
	{"no factor for variables without clauses", func(c *counter) { c.free = func(int) uint { return 0 } }},
	{"one factor for any number of them", func(c *counter) { c.free = func(n int) uint { return uint(min(n, 1)) } }},
	{"components added instead of multiplied", func(c *counter) { c.join = func(p, x *big.Int) { p.Add(p, x) } }},
	{"only the last component counted", func(c *counter) { c.join = func(p, x *big.Int) { p.Set(x) } }},
	{"key without the clauses", func(c *counter) {
		c.key = func(dst []byte, part component) []byte { return componentKey(dst, component{part.variables, nil}) }
	}},
	{"key without the variables", func(c *counter) {
		c.key = func(dst []byte, part component) []byte { return componentKey(dst, component{nil, part.clauses}) }
	}},
	{"key of numbers instead of lists", func(c *counter) {
		c.key = func(dst []byte, part component) []byte {
			return append(dst, byte(len(part.variables)), byte(len(part.clauses)))
		}
	}},
}

func TestCounterMutantsDie(t *testing.T) {
	for _, mutant := range counterMutants {
		died := 0
		r := seeded(1) // the formulas of TestCountAndSolveAgreeWithTheDefinition
		for i := 1; i <= 1500 && died == 0; i++ {
			c := newCounter(cacheBytes)
			mutant.sabotage(c)
			if agrees(c, mixed(r)) != nil {
				died = i
			}
		}
		if died == 0 {
			t.Errorf("the mutant %q survives 1500 formulas", mutant.name)
			continue
		}
		t.Logf("%s: dies at formula %d", mutant.name, died)
	}
}

// Decisions and cache hits are a function of the formula.
func TestCountSteps(t *testing.T) {
	chain := Formula{Variables: 8} // x1∨x2, x2∨x3, …: Fibonacci numbers, F(10) = 55
	for v := 1; v < 8; v++ {
		chain.Clauses = append(chain.Clauses, []Literal{Literal(v), Literal(v + 1)})
	}
	random, err := Uniform(seeded(1), 24, 40, 3)
	if err != nil {
		t.Fatal(err)
	}
	twins := Formula{Variables: 6, Clauses: [][]Literal{{1, 2}, {3, 4}, {5, 6}}}
	for _, c := range []struct {
		name            string
		f               Formula
		count           int64
		decisions, hits int
	}{
		{"one clause", Formula{Variables: 2, Clauses: [][]Literal{{1, 2}}}, 3, 1, 0},
		{"disjoint clauses", twins, 27, 3, 0},
		{"chain of eight", chain, 55, 6, 2},
		{"a random formula", random, 80514, 398, 292},
		{"units decide all", Formula{Variables: 3, Clauses: [][]Literal{{1}, {-1, 2}, {-2, -3}}}, 1, 0, 0},
		{"contradicting units", Formula{Variables: 1, Clauses: [][]Literal{{1}, {-1}}}, 0, 0, 0},
	} {
		counter := newCounter(cacheBytes)
		got, err := counter.count(t.Context(), c.f)
		if err != nil || got.Cmp(big.NewInt(c.count)) != 0 || counter.decisions != c.decisions || counter.cache.hits != c.hits ||
			counter.held != 0 {
			t.Errorf("%s: counted %v (%v) with %d decisions, %d hits, %d still held; should be %d with %d and %d",
				c.name, got, err, counter.decisions, counter.cache.hits, counter.held, c.count, c.decisions, c.hits)
		}
	}
}

func TestCountGivesUpWhenThePathIsTooLong(t *testing.T) {
	f, err := Uniform(seeded(5), 40, 60, 3)
	if err != nil {
		t.Fatal(err)
	}
	c := newCounter(cacheBytes)
	c.held = pathVariables // as if the search were that deep already
	if count, err := c.count(t.Context(), f); err == nil {
		t.Errorf("counted %v with no memory left for the path", count)
	}
}

func TestCancellation(t *testing.T) {
	f, err := Pigeonhole(40, 39) // out of reach of both
	if err != nil {
		t.Fatal(err)
	}
	wide, err := Uniform(seeded(4), MaxBruteForce, 20, 3)
	if err != nil {
		t.Fatal(err)
	}
	for 2*len(wide.Clauses) < 1<<16 {
		wide.Clauses = append(wide.Clauses, wide.Clauses...)
	}
	for name, run := range map[string]func(context.Context) error{
		"Solve":      func(ctx context.Context) error { _, err := Solve(ctx, f); return err },
		"Count":      func(ctx context.Context) error { _, err := Count(ctx, f); return err },
		"BruteForce": func(ctx context.Context) error { _, _, err := BruteForce(ctx, wide); return err },
	} {
		before, cancel := context.WithCancel(t.Context())
		cancel()
		if err := run(before); !errors.Is(err, context.Canceled) {
			t.Errorf("%s with a context that has ended: %v", name, err)
		}
		soon, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		start := time.Now()
		err := run(soon)
		t.Logf("%s: returned %v after the deadline", name, time.Since(start)-30*time.Millisecond)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s with a deadline: %v", name, err)
		}
	}
}

// observed is a context that has its holder look around whenever it is asked, and decide.
type observed struct {
	context.Context
	look func() error
}

func (o observed) Err() error { return o.look() }

// TestCountLooksUpInEveryStep: no pass over a large formula goes without a look at the context, and a count
// that is cancelled then ends without a further one.
func TestCountLooksUpInEveryStep(t *testing.T) {
	const chain, n, m = 70_000, 30_000, 60_000 // a chain of implications from a unit, and random clauses
	f, err := Uniform(seeded(6), n, m, 3)
	if err != nil {
		t.Fatal(err)
	}
	f.Variables = n + chain
	f.Clauses = append(f.Clauses, []Literal{n + 1})
	for v := Literal(n + 1); v < n+chain; v++ {
		f.Clauses = append(f.Clauses, []Literal{-v, v + 1})
	}
	literals := 0
	for _, clause := range f.Clauses {
		literals += len(clause)
	}
	step := func(c *counter) string {
		listed := 0
		for _, clauses := range c.occurs {
			listed += len(clauses)
		}
		switch {
		case c.occurs == nil:
			return "reading"
		case len(c.clauses) < len(f.Clauses):
			return "taking clauses"
		case listed == 0 && !slices.IsSortedFunc(c.clauses, slices.Compare[[]int32]):
			return "sorting"
		case listed == 0:
			return "looking for repetition"
		case listed < literals:
			return "listing occurrences"
		case c.visit == 0:
			return "propagating"
		case c.decisions > 0:
			return "searching"
		}
		for i, visit := range c.clauseSeen {
			if c.trues[i] == 0 && visit < c.visit {
				return "splitting"
			}
		}
		return "ordering components"
	}
	for _, wanted := range []string{
		"reading", "taking clauses", "sorting", "looking for repetition", "listing occurrences", "propagating", "splitting",
		"ordering components", "searching",
	} {
		c, after, left := newCounter(cacheBytes), 0, false
		look := func() error {
			switch now := step(c); {
			case left:
				after++
			case now == wanted:
				left = true
			case now == "searching": // it has gone by
				return errors.New("too late")
			default:
				return nil
			}
			return context.Canceled
		}
		_, err := c.count(observed{context.Background(), look}, f)
		if !errors.Is(err, context.Canceled) || after > 0 {
			t.Errorf("cancelled while %s: %v, after %d looks more", wanted, err, after)
		}
	}
}

// A large formula is read with a look at the context now and then, even where the answer is at hand.
func TestReadersLookUp(t *testing.T) {
	f := Formula{Variables: 1}
	for range workBetweenPolls {
		f.Clauses = append(f.Clauses, []Literal{1, -1})
	}
	for name, run := range map[string]func(context.Context) error{
		"Solve":      func(ctx context.Context) error { _, err := Solve(ctx, f); return err },
		"Count":      func(ctx context.Context) error { _, err := Count(ctx, f); return err },
		"BruteForce": func(ctx context.Context) error { _, _, err := BruteForce(ctx, f); return err },
	} {
		looks := 0
		if err := run(observed{context.Background(), func() error { looks++; return nil }}); err != nil {
			t.Fatal(err)
		}
		if looks < 9 { // three passes over 3 steps a clause
			t.Errorf("%s looks at its context %d times", name, looks)
		}
		for until := range looks {
			asked := 0
			err := run(observed{context.Background(), func() error {
				if asked++; asked > until {
					return context.Canceled
				}
				return nil
			}})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s, cancelled at look %d of %d: %v", name, until+1, looks, err)
			}
		}
	}
}

// decode makes a formula of up to 10 variables from bytes: each a literal, or the end of a clause.
func decode(data []byte) Formula {
	f := Formula{Variables: 1}
	if len(data) == 0 {
		return f
	}
	f.Variables = 1 + int(data[0])%10
	var clause []Literal
	for _, b := range data[1:min(len(data), 200)] {
		if b%4 == 3 {
			f.Clauses, clause = append(f.Clauses, clause), nil
			continue
		}
		l := Literal(1 + int(b/8)%f.Variables)
		if b&4 != 0 {
			l = -l
		}
		clause = append(clause, l)
	}
	return f
}

// FuzzAgree holds the three ways to decide and the two to count against each other.
func FuzzAgree(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := agrees(newCounter(cacheBytes), decode(data)); err != nil {
			t.Error(err)
		}
	})
}

// Renaming variables, flipping their signs and reordering clauses and literals leave the count alone;
// another variable doubles it.
func TestCountSymmetries(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := seeded(rapid.Uint64().Draw(t, "seed"))
		f, err := UniformReplacement(r, 20, rapid.IntRange(20, 70).Draw(t, "clauses"), 3)
		if err != nil {
			t.Fatal(err)
		}
		want, err := Count(context.Background(), f)
		if err != nil {
			t.Fatal(err)
		}
		name := make([]Literal, f.Variables)
		for i, j := range r.Perm(f.Variables) {
			name[i] = Literal(j + 1)
			if r.IntN(2) == 0 {
				name[i] = -name[i]
			}
		}
		g := Formula{Variables: f.Variables + 1}
		for _, i := range r.Perm(len(f.Clauses)) {
			var clause []Literal
			for _, j := range r.Perm(len(f.Clauses[i])) {
				l := f.Clauses[i][j]
				image := name[l.Variable()-1]
				if l < 0 {
					image = -image
				}
				clause = append(clause, image)
			}
			g.Clauses = append(g.Clauses, clause)
		}
		got, err := Count(context.Background(), g)
		if err != nil || got.Cmp(want.Lsh(want, 1)) != 0 {
			t.Fatalf("counted %v (%v), should be %v", got, err, want)
		}
	})
}

func BenchmarkCount(b *testing.B) {
	for _, ratio := range []float64{1, 2, 3, 4.2} {
		f, err := Uniform(seeded(1), 50, int(50*ratio), 3)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("3-SAT/n=50/ratio=%.1f", ratio), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Count(b.Context(), f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
