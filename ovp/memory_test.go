package ovp

import (
	"fmt"
	"math"
	"math/big"
	"runtime"
	"testing"

	"finegrain"
	"finegrain/internal/simd"
)

// The memory that an algorithm declares, held against what a run allocates in all, which is at least what it
// holds at once. The runtime counts for the whole process, so that this is no part of the law, which may be
// run beside other work.

// unlistedBytes is the fixed amount that Algorithm.Bytes leaves out.
const unlistedBytes = 1 << 16

// fits returns nil if every function keeps to the memory declared, where memory shows that grows with pairs,
// with a list or with the dimension. What the runtime allocates meanwhile only adds to what is seen, so the
// least of three runs counts.
func fits(a Algorithm) error {
	for _, shape := range [][3]int{{1 << 10, 1 << 10, 64}, {1 << 14, 2, 20}, {2, 1 << 14, 20}, {64, 64, 1 << 14}} {
		in, err := hopeless(testEnv(), a, shape)
		if err != nil {
			return err
		}
		for _, run := range a.runs(in) {
			for cores := 1; cores <= 2; cores++ {
				declared := a.Bytes(cores, in.A.N(), in.B.N(), in.D())
				used := int64(math.MaxInt64)
				for trial := 0; trial < 3 && used-unlistedBytes > declared; trial++ {
					spent, err := allocated(func() error { _, err := run.do(coresEnv(cores)); return err })
					if err != nil {
						return fmt.Errorf("%s failed: %w", run.name, err)
					}
					used = min(used, spent-run.answer)
				}
				if used-unlistedBytes > declared {
					return fmt.Errorf("%v, %s: %d bytes on %d cores, declared %d", in.Size(), run.name, used, cores, declared)
				}
			}
		}
	}
	return nil
}

// allocated returns the bytes that the process allocates while work is done.
func allocated(work func() error) (int64, error) {
	var before, after runtime.MemStats
	for range 2 { // lets go of what pools keep from call to call
		runtime.GC()
	}
	runtime.ReadMemStats(&before)
	err := work()
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc), err
}

func TestAlgorithmsKeepToTheirMemory(t *testing.T) {
	for name, a := range everyAlgorithm() {
		if err := fits(a); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLittleRoomIsKept: whatever was asked for before, a call gets no more room than it asks for and a fixed
// amount, and what is kept is bounded.
func TestLittleRoomIsKept(t *testing.T) {
	for _, isa := range simd.Supported() {
		scan := ScanIn(isa)
		for _, large := range []int{1 << 13, spareWords, 2 * spareWords} { // words of B
			for _, small := range []int{1, 100, 1 << 12} {
				in := Instance{NewVectors(1, 64), NewVectors(large, 64)}
				if _, _, err := scan.Count(coresEnv(1), in); err != nil {
					t.Fatal(err)
				}
				if kept, ok := spare.Get().(*[]uint64); ok {
					if cap(*kept) > spareWords {
						t.Errorf("%v: after a scan of %d vectors %d words are kept", isa, large, cap(*kept))
					}
					spare.Put(kept)
				}
				in.B = in.B.Slice(0, small)
				g := must(newGrid(coresEnv(1), in, isa))
				held, declared := 8*int64(cap(g.b.groups)), scan.Bytes(1, 1, small, 64)
				if held > declared+unlistedBytes {
					t.Errorf("%v: after a scan of %d vectors one of %d holds %d bytes; it declares %d",
						isa, large, small, held, declared)
				}
				g.release()
			}
		}
	}
}

func TestMemoryMutantsDie(t *testing.T) {
	var kept any // or the compiler would see that nothing needs the memory
	wasting := func(waste func(Instance) any) Algorithm {
		a := Scan
		a.Count = func(env finegrain.Env, in Instance) (*big.Int, finegrain.Cost, error) {
			kept = waste(in)
			return Scan.Count(env, in)
		}
		return a
	}
	declaring := func(a Algorithm, bytes func(cores, n, m, d int) int64) Algorithm {
		a.Bytes = bytes
		return a
	}
	for name, mutant := range map[string]Algorithm{
		"tabulates all pairs": wasting(func(in Instance) any { return make([]uint64, in.A.N()*in.B.N()/64) }),
		"copies A":            on(func(in Instance) Instance { return Instance{in.A.Clone(), in.B} }),
		"copies B":            on(func(in Instance) Instance { return Instance{in.A, in.B.Clone()} }),
		"declares half of its table": declaring(Zeta, func(cores, n, m, d int) int64 {
			return Zeta.Bytes(cores, n, m, d) / 2
		}),
		"declares the totals of one core": declaring(Scan, func(_, n, m, d int) int64 { return Scan.Bytes(1, n, m, d) }),
		"declares no totals":              declaring(Scan, func(_, _, _, _ int) int64 { return 0 }),
	} {
		if fits(mutant) == nil {
			t.Errorf("an algorithm that %s passes", name)
		}
	}
	runtime.KeepAlive(kept)
}
