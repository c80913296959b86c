package polynomial

import (
	"fmt"
	"runtime"
	"testing"

	"gonum.org/v1/gonum/mat"

	"finegrain"
	"finegrain/algorithms/attention"
)

// The memory that the method declares, held against what a run allocates in all, which is at least what it holds at
// once. The runtime counts for the whole process, so that this is no part of the law.

// unlistedBytes is what the declaration leaves out: the climb over degrees and tables of monomials, of numbers that do
// not grow with queries, keys or values, and what the runtime needs for some cores.
const unlistedBytes = 1 << 17

// TestDeclaredMemory: with each mask, at 2^17 queries and keys, and where a node joined for a group of queries is what
// takes memory.
func TestDeclaredMemory(t *testing.T) {
	for _, c := range []struct{ log, d, dv, width int }{
		{17, 4, 4, 1 << 11}, {11, 4, 511, 1 << 10},
	} {
		n := 1 << c.log
		in := random(1, n, n, c.d, c.dv, 0.5)
		in.Epsilon = 1e-2
		causal, ranges := in, in
		causal.Causal, ranges.Ranges = true, windows(n, c.width)
		for name, in := range map[string]attention.Instance{"no mask": in, "causal": causal, "ranges": ranges} {
			for cores := 1; cores <= 2; cores++ {
				if err := keepsToMemory(in, cores); err != nil {
					t.Errorf("n = 2^%d, d = %d, dv = %d, %s: %v", c.log, c.d, c.dv, name, err)
				}
			}
		}
	}
}

// TestMemoryWhereDataDecide: norms alone do not tell the degree if no error is asked, or if they promise less than is.
func TestMemoryWhereDataDecide(t *testing.T) {
	plain := random(2, 600, 700, 2, 40, 0.5)
	far := plain
	far.K = mat.DenseCopyOf(plain.K)
	far.K.Apply(func(_, _ int, x float64) float64 { return x + 64 }, far.K)
	far.Epsilon = 1e-6
	if Polynomial.Guarantee.Reach(far.Regime()) == nil {
		t.Error("norms promise what was asked")
	}
	for name, in := range map[string]attention.Instance{"no error asked": plain, "keys far from 0": far} {
		for mask := range 3 {
			in.Causal = mask == 1
			if mask == 2 {
				in.Ranges = windows(600, 300)
			}
			p, _, err := planFor(in)
			if err != nil {
				t.Fatal(err)
			}
			r := in.Regime()
			declared := Polynomial.Guarantee.Bytes(r)
			if planned := p.bytes(r, runtime.GOMAXPROCS(0)); planned > declared || p.rank < 10 {
				t.Errorf("%s, mask %d: rank %d takes %d bytes, declared are %d", name, mask, p.rank, planned, declared)
			}
		}
	}
}

// TestMemoryUpToARank: no smaller rank takes more than what is declared for a rank, and with ranges some take nearly as
// much, since then all nodes take as much as values do, twice.
func TestMemoryUpToARank(t *testing.T) {
	for _, r := range []attention.Regime{
		{Queries: 3000, Keys: 5000, Dim: 4, ValueDim: 3},
		{Queries: 5000, Keys: 3000, Dim: 4, ValueDim: 70},
		{Queries: 3000, Keys: 3000, Dim: 4, ValueDim: 3, Causal: true},
		{Queries: 3000, Keys: 50000, Dim: 4, ValueDim: 30, RangePairs: 1 << 22},
		{Queries: 3000, Keys: 1 << 20, Dim: 1, ValueDim: 1, RangePairs: 1 << 22},
	} {
		for _, rank := range []int64{1, 20, 64, 500, 2999} {
			top := plan{rank: rank}
			top.layOut(r)
			most, closest := top.bytesUpTo(r, 1), 0.0
			for lower := int64(1); lower <= rank; lower++ {
				p := plan{rank: lower}
				p.layOut(r)
				if closest = max(closest, float64(p.bytes(r, 1))/float64(most)); closest > 1 {
					t.Fatalf("%+v: rank %d takes %d bytes, up to rank %d declared are %d", r, lower, p.bytes(r, 1), rank, most)
				}
			}
			if r.RangePairs > 0 && rank >= 500 && closest < 0.9 {
				t.Errorf("%+v: up to rank %d at most %.2f of what is declared is taken", r, rank, closest)
			}
		}
	}
}

// keepsToMemory runs the method. What the runtime allocates meanwhile only adds to what is seen, so the least of three
// runs counts.
func keepsToMemory(in attention.Instance, cores int) error {
	p, _, err := planFor(in)
	if err != nil {
		return err
	}
	r := in.Regime()
	planned, declared := p.bytes(r, cores), Polynomial.Guarantee.Bytes(r)
	if all := p.bytes(r, runtime.GOMAXPROCS(0)); all > declared {
		return fmt.Errorf("the plan takes %d bytes, declared are %d", all, declared)
	}
	env := testEnv()
	env.Cores = cores
	var used int64
	for range 3 {
		var cost finegrain.Cost
		used, cost, err = allocated(env, in)
		if err != nil {
			return err
		}
		if counted := cost[finegrain.Bytes]; counted != p.bytes(r, 1) {
			return fmt.Errorf("%d bytes are counted, planned are %d", counted, p.bytes(r, 1))
		}
		if used <= planned+unlistedBytes {
			return nil
		}
	}
	return fmt.Errorf("%d bytes on %d cores, planned are %d", used, cores, planned)
}

// allocated is the bytes that the process allocates during a run, but for the output.
func allocated(env finegrain.Env, in attention.Instance) (int64, finegrain.Cost, error) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	out, cost, err := Polynomial.Run(env, in)
	runtime.ReadMemStats(&after)
	if err != nil {
		return 0, nil, err
	}
	rows, cols := out.Dims()
	return int64(after.TotalAlloc-before.TotalAlloc) - 8*int64(rows)*int64(cols), cost, nil
}
