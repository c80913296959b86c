package ovp

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"finegrain"
)

// TestFindCounts: within one block a search of one word costs all pairs of the block, the rows up to the
// pair's, and the pairs up to it in its row.
func TestFindCounts(t *testing.T) {
	for _, d := range []int{10, 64} {
		in, p, err := Planted(testEnv(), 30, 20, d, 0.4)
		if err != nil {
			t.Fatal(err)
		}
		found, cost, err := Scan.Find(testEnv(), in)
		want := int64(30*20 + (p.I+1)*20 + p.J + 1)
		if err != nil || found != (Found{true, p}) || cost[finegrain.WordOperations] != want {
			t.Errorf("d = %d: found %v with %v, want %v with %d; %v", d, found, cost, p, want, err)
		}
	}
}

// TestFindStopsEarly: a pair near the beginning of large lists costs a small part of all pairs.
func TestFindStopsEarly(t *testing.T) {
	in := must(Adversarial(testEnv(), 1<<12, 1<<12, 64, false))
	in.A.Clear(1, 63)
	_, cost, err := Scan.Find(testEnv(), in)
	if all := Scan.Cost(1<<12, 1<<12, 64); err != nil || 50*cost[finegrain.WordOperations] > all[finegrain.WordOperations] {
		t.Errorf("%v of %v; %v", cost, all, err)
	}
}

// TestOperationsAreTheDefinitions compares the declared costs with counts made in slow loops.
func TestOperationsAreTheDefinitions(t *testing.T) {
	for _, c := range [][3]int{{0, 3, 4}, {3, 4, 0}, {7, 5, 1}, {3, 9, 64}, {3, 9, 65}, {2, 2, 300}} {
		n, m, d := c[0], c[1], c[2]
		ands := int64(0)
		for range n {
			for range m {
				for k := 0; k < d; k += 64 {
					ands++
				}
			}
		}
		if err := Scan.Cost(n, m, d).Differ(finegrain.Cost{finegrain.WordOperations: ands}); err != nil {
			t.Errorf("scan, %v: %v", c, err)
		}
		if d > 12 {
			continue
		}
		adds := int64(m)
		for k := range d {
			for set := range 1 << d {
				if set>>k&1 == 1 {
					adds++
				}
			}
		}
		want := finegrain.Cost{finegrain.Additions: adds, finegrain.WordOperations: int64(n)}
		if err := Zeta.Cost(n, m, d).Differ(want); err != nil {
			t.Errorf("zeta, %v: %v", c, err)
		}
	}
}

// TestExtremesAcrossStrips: a strip is done with all of a band, so that an extreme may be met first at a pair
// that is not the first to have it.
func TestExtremesAcrossStrips(t *testing.T) {
	const d = 100
	m := 2 * stripVectors(2)
	in := Instance{NewVectors(2, d), NewVectors(m, d)}
	early, late := Pair{0, m - 1}, Pair{1, 3}
	for k := range d / 2 {
		in.A.Set(0, k)
		in.A.Set(1, k+d/2)
	}
	for j := range m { // every vector has product 1 with both of A, but for the two pairs
		in.B.Set(j, 0)
		in.B.Set(j, d/2)
	}
	for _, c := range []struct {
		name string
		set  func(v Vectors, i, k int)
		pick func(Histogram) Extreme
		k    int // the coordinate of the half
		want int
	}{
		{"largest", Vectors.Set, func(h Histogram) Extreme { return h.Max }, 1, 2},
		{"least", Vectors.Clear, func(h Histogram) Extreme { return h.Min }, 0, 0},
	} {
		changed := Instance{in.A, in.B.Clone()}
		c.set(changed.B, early.J, c.k)
		c.set(changed.B, late.J, d/2+c.k)
		for name, a := range everyAlgorithm() {
			if a.Histogram == nil {
				continue
			}
			h, _, err := a.Histogram(coresEnv(1), changed)
			if err != nil || c.pick(h) != (Extreme{true, c.want, early}) {
				t.Errorf("%s: the %s is %v, want %d at %v; %v", name, c.name, c.pick(h), c.want, early, err)
			}
		}
	}
}

// TestSubsetSums compares the transform with the sums it stands for, past the coordinate at which it
// changes from rows to columns.
func TestSubsetSums(t *testing.T) {
	for d := range rowCoordinates + 4 {
		b := dense(0, 50, d).B
		f, _, err := newSubsetSums(coresEnv(2), b, plainZeta)
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(uint64(d), 1))
		for range 200 {
			set, want := r.Uint64(), uint32(0)
			set = (set | r.Uint64()) & (1<<d - 1)
			for j := range b.N() {
				if b.set(j)&^set == 0 {
					want++
				}
			}
			if f.at(set) != want {
				t.Fatalf("d = %d, set %b: %d, want %d", d, set, f.at(set), want)
			}
		}
	}
}

// TestManyEqualVectors: counts near the top of a 32-bit entry do not spill into its neighbour.
func TestManyEqualVectors(t *testing.T) {
	f := subsetSums{1<<32 - 1}
	for i, x := range f {
		f[i] = x + x<<32
	}
	if f.at(0) != 1<<32-1 || f.at(1) != 1<<32-1 {
		t.Errorf("%x", f)
	}
}

func TestOutsideTheRegime(t *testing.T) {
	if err := Zeta.Valid(10, 10, zetaMost); err != nil {
		t.Error(err)
	}
	in := dense(2, 2, zetaMost+1)
	mismatched := Instance{NewVectors(1, 2), NewVectors(1, 3)}
	for _, a := range Algorithms() {
		if err := a.Reach(mismatched); err == nil {
			t.Errorf("%s reaches vectors of different dimension", a.Name)
		}
		if _, _, err := a.Find(testEnv(), mismatched); err == nil {
			t.Errorf("%s searches vectors of different dimension", a.Name)
		}
		if _, _, err := a.Count(testEnv(), mismatched); err == nil {
			t.Errorf("%s counts vectors of different dimension", a.Name)
		}
	}
	if _, _, err := Scan.Histogram(testEnv(), mismatched); err == nil {
		t.Error("scan has a histogram of vectors of different dimension")
	}
	if err := Zeta.Reach(in); err == nil || !strings.Contains(err.Error(), "use scan") {
		t.Errorf("zeta reaches d = %d: %v", in.D(), err)
	}
	if _, _, err := Zeta.Find(testEnv(), in); err == nil {
		t.Error("zeta searches outside its regime")
	}
	if _, _, err := Zeta.Count(testEnv(), in); err == nil {
		t.Error("zeta counts outside its regime")
	}
	if Zeta.Bytes(1, 1, 1, 1000) <= Zeta.Bytes(1, 1, 1, zetaMost) || Zeta.Bytes(1, 1, 1, zetaMost) != 1<<28 {
		t.Error("zeta declares other memory than its table")
	}
}

// doomed is a context that is cancelled after some polls.
type doomed struct {
	context.Context
	polls *atomic.Int64
}

func (c doomed) Err() error {
	if c.polls.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

// TestCancellation: however late the context is cancelled, within a run or before it, the error comes out
// and no answer does.
func TestCancellation(t *testing.T) {
	in := must(Adversarial(testEnv(), 1000, 3000, 18, true))
	for _, polls := range []int64{0, 1, 2, 5} {
		for cores := 1; cores <= 2; cores++ {
			env := func() finegrain.Env {
				left := new(atomic.Int64)
				left.Store(polls)
				e := finegrain.NewEnv(doomed{context.Background(), left}, 1)
				e.Cores = cores
				return e
			}
			for _, a := range Algorithms() {
				if a.Name == Zeta.Name && polls > 2 {
					continue // it polls less often than that on so few vectors
				}
				if found, _, err := a.Find(env(), in); err != context.Canceled || found.Any {
					t.Errorf("%s finds %v, %v after %d polls", a.Name, found, err, polls)
				}
				if count, _, err := a.Count(env(), in); err != context.Canceled || count != nil {
					t.Errorf("%s counts %v, %v after %d polls", a.Name, count, err, polls)
				}
			}
			if _, _, err := Scan.Histogram(env(), in); err != context.Canceled {
				t.Errorf("histogram: %v after %d polls", err, polls)
			}
			if _, err := FindByDefinition(env(), in); err != context.Canceled {
				t.Errorf("definition: %v after %d polls", err, polls)
			}
			for _, g := range Generators() {
				if _, err := g.Generate(env(), Parameters{3000, 64, 0.5}); err != context.Canceled {
					t.Errorf("generator %s: %v after %d polls", g.Name, err, polls)
				}
			}
		}
	}
}

func TestProgressGrows(t *testing.T) {
	in := dense(4000, 4000, 64)
	for _, a := range Algorithms() {
		if a.Valid(4000, 4000, 64) != nil {
			in = dense(4000, 4000, 20)
		}
		last, reports := map[string]int{}, 0
		env := coresEnv(2)
		env.Progress = func(done, total int, what string) {
			if done != last[what]+1 || done > total {
				t.Errorf("%s, %s: %d of %d after %d", a.Name, what, done, total, last[what])
			}
			last[what], reports = done, reports+1
		}
		if _, _, err := a.Count(env, in); err != nil || reports == 0 {
			t.Errorf("%s: %d reports, %v", a.Name, reports, err)
		}
	}
}

// TestOracles: the problems' checks accept what the algorithms answer as oracles.
func TestOracles(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 100 {
		in := Sample(r, 1+r.IntN(4))
		for _, a := range Algorithms() {
			accepted(t, Decision, a.DecisionOracle(), in)
			accepted(t, Search, a.SearchOracle(), in)
			accepted(t, Counting, a.CountingOracle(), in)
		}
		accepted(t, MaxInnerProduct, must(Scan.MaxInnerProductOracle()), in)
		accepted(t, MinInnerProduct, must(Scan.MinInnerProductOracle()), in)
	}
	if _, err := Zeta.MaxInnerProductOracle(); err == nil {
		t.Error("zeta has an oracle for inner products")
	}
}

func accepted[A any](t *testing.T, p finegrain.Problem[Instance, A], o finegrain.Oracle[Instance, A], in Instance) {
	t.Helper()
	if err := o.Reach(in); err != nil {
		t.Fatalf("%s, %s: %v", p.Name, o.Name, err)
	}
	answer, err := o.Ask(testEnv(), in)
	if err != nil {
		t.Fatalf("%s, %s: %v", p.Name, o.Name, err)
	}
	if err := p.Check(in, answer); err != nil {
		t.Fatalf("%s, %s: %v", p.Name, o.Name, err)
	}
}

// FuzzAlgorithms reads dimension and bits from bytes, half of them A and half B, and holds all algorithms,
// in all instructions, to the definition.
func FuzzAlgorithms(f *testing.F) {
	f.Add(uint8(3), []byte{5, 2, 1, 6})
	f.Fuzz(func(t *testing.T, dimension uint8, data []byte) {
		data = data[:min(len(data), 400)]
		side := func(data []byte) Vectors {
			d := int(dimension)
			v := NewVectors(8*len(data)/max(1, d), d)
			for at := range v.N() * d {
				if data[at/8]>>(at%8)&1 == 1 {
					v.Set(at/d, at%d)
				}
			}
			return v
		}
		in := Instance{side(data[:len(data)/2]), side(data[len(data)/2:])}
		want := must(answersByDefinition(unbounded(), in))
		for name, a := range everyAlgorithm() {
			if a.Reach(in) != nil || a.Bytes(2, in.A.N(), in.B.N(), in.D()) > lawBytes {
				continue
			}
			if _, err := holds(coresEnv(2), a, in, want); err != nil {
				t.Fatalf("%s, %v against %v: %v", name, in.A, in.B, err)
			}
		}
	})
}

// TestCatalogue compares Algorithms with the Algorithm values declared in the package's source.
func TestCatalogue(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	declared := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		declared += len(regexp.MustCompile(`(?m)^(var )?\t?\w+ += (Algorithm\{|(scan|zeta)By\()`).FindAll(source, -1))
	}
	names := map[string]bool{}
	for _, a := range Algorithms() {
		if names[a.Name] || a.Doc == "" || a.Source.Argument == "" || a.Find == nil || a.Count == nil {
			t.Errorf("algorithm %q is declared twice or in part", a.Name)
		}
		names[a.Name] = true
	}
	if len(names) != declared {
		t.Errorf("%d algorithms are declared and %d are in the catalogue", declared, len(names))
	}
}
