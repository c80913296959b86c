package ovp

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"finegrain"
	"finegrain/internal/simd"
)

// TestSumsOneByOne holds the loop that kernels are compared with to what it is a loop for.
func TestSumsOneByOne(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	for d := range 11 {
		f := randomTable(r, d)
		want := make([]uint32, 1<<d)
		for set := range want {
			for subset := range want {
				if subset&^set == 0 {
					want[set] += f.at(uint64(subset))
				}
			}
		}
		additions := int64(0)
		for set := range want {
			for k := range d {
				additions += int64(set >> k & 1)
			}
		}
		if got := sumOneByOne(f, d); got != additions {
			t.Errorf("d = %d: %d additions, want %d", d, got, additions)
		}
		for set := range want {
			if f.at(uint64(set)) != want[set] {
				t.Errorf("d = %d: f̂(%b) = %d, want %d", d, set, f.at(uint64(set)), want[set])
			}
		}
	}
}

// randomTable has entries whose sum is near 2^32 and below.
func randomTable(r *rand.Rand, d int) subsetSums {
	f := make(subsetSums, tableWords(d))
	for set := range uint64(1) << d {
		f[set>>1] += uint64(r.Uint32()>>d) << (32 * (set & 1))
	}
	return f
}

// zetaKernels are those that this machine can run.
func zetaKernels() map[string]zetaKernel {
	kernels := map[string]zetaKernel{}
	for _, isa := range simd.Supported() {
		kernels[isa.String()] = zetaKernelOf(isa)
	}
	return kernels
}

// sums returns nil if the kernel transforms random tables of every dimension, and tables whose every sum is
// the largest that there is, as the definition does.
func (z zetaKernel) sums(r *rand.Rand) error {
	for d := range rowCoordinates + 1 {
		for _, f := range []subsetSums{
			randomTable(r, d),
			append(subsetSums{1<<32 - 1}, make(subsetSums, tableWords(d)-1)...),
		} {
			want := slices.Clone(f)
			additions := sumOneByOne(want, d)
			if got := z.sum(f, d); got != additions {
				return fmt.Errorf("d = %d: %d additions, want %d", d, got, additions)
			}
			if !slices.Equal(f, want) {
				return fmt.Errorf("d = %d: wrong sums", d)
			}
		}
	}
	return nil
}

func TestZetaKernels(t *testing.T) {
	for name, kernel := range zetaKernels() {
		if err := kernel.sums(rand.New(rand.NewPCG(2, 2))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestZetaKernelMutantsDie: the comparison sees every coordinate that is left out or done twice.
func TestZetaKernelMutantsDie(t *testing.T) {
	for name, kernel := range zetaKernels() {
		again := kernel
		again.within = func(f []uint64) { kernel.within(f); sumOneByOne(f[:1], 1) }
		short := kernel
		short.within = func(f []uint64) { kernel.within(f[:len(f)-1<<kernel.block/2]) }
		less := kernel
		less.across = func(f []uint64, pitch, width, coordinates int) {
			if coordinates > 1 {
				kernel.across(f, pitch, width, coordinates-1)
			}
		}
		narrow := kernel
		narrow.across = func(f []uint64, pitch, width, coordinates int) { kernel.across(f, pitch, width-8, coordinates) }
		miscounting := kernel
		miscounting.block--
		for what, mutant := range map[string]zetaKernel{
			"does coordinate 0 of a word twice":    again,
			"leaves a block out":                   short,
			"leaves a coordinate across rows out":  less,
			"leaves the ends of rows out":          narrow,
			"takes a block for one half of itself": miscounting,
		} {
			func() {
				defer func() { _ = recover() }() // to refuse is to notice
				if mutant.sums(rand.New(rand.NewPCG(2, 2))) == nil {
					t.Errorf("%s: a kernel that %s passes", name, what)
				}
			}()
		}
	}
}

// TestSubsetSumsAgree: the table is the definition's, bit by bit, and so is the number of additions, whatever
// the cores and the kernel, from tables of one row on; and equal sets are counted in every range.
func TestSubsetSumsAgree(t *testing.T) {
	const many = 3*chunkVectors + 1
	for _, c := range []struct{ d, m int }{
		{0, 0},
		{0, 600},
		{0, many},
		{1, 1},
		{1, many},
		{2, 600},
		{5, 0},
		{5, many},
		{rowCoordinates - 1, 600},
		{rowCoordinates, many},
		{rowCoordinates + 1, 1},
		{rowCoordinates + 2, many},
		{rowCoordinates + 4, 600},
	} {
		d, m := c.d, c.m
		b := randomVectors(rand.New(rand.NewPCG(uint64(d), uint64(m))), m, d, 0.4)
		want := make(subsetSums, tableWords(d))
		for j := range m {
			want[b.set(j)>>1] += 1 << (32 * (b.set(j) & 1))
		}
		additions := int64(m) + sumOneByOne(want, d)
		if declared := Zeta.Cost(0, m, d)[finegrain.Additions]; declared != additions {
			t.Errorf("d = %d, m = %d: %d additions are declared, want %d", d, m, declared, additions)
		}
		for name, kernel := range zetaKernels() {
			for cores := 1; cores <= 3; cores++ {
				got, n, err := newSubsetSums(coresEnv(cores), b, kernel)
				if err != nil || n != additions || !slices.Equal(got, want) {
					t.Errorf("d = %d, m = %d, %s, %d cores: %d additions, want %d, or wrong sums; %v",
						d, m, name, cores, n, additions, err)
				}
			}
		}
	}
}

// TestZetaFindCounts: a search looks up rounds of 1, 2, … chunks, each to its first vector that has an
// orthogonal one, and then scans B; the count is the same on every number of cores.
func TestZetaFindCounts(t *testing.T) {
	const n, m, d = 4 * chunkVectors, chunkVectors + 100, 12
	for _, c := range []struct {
		rows     []int // that have an orthogonal vector, number m−2 of B
		lookedUp int
	}{
		{nil, n},
		{[]int{0}, 1},
		{[]int{5, 6}, 6},
		{[]int{chunkVectors - 1}, chunkVectors},
		{[]int{chunkVectors + 7}, chunkVectors + 8 + chunkVectors},
		{[]int{2*chunkVectors + 1, chunkVectors + 7}, chunkVectors + 8 + 2},
		{[]int{n - 1}, n},
	} {
		in := Instance{NewVectors(n, d), NewVectors(m, d)}
		for i := range n {
			in.A.Set(i, 0)
			in.A.Set(i, 1+i%(d-2))
		}
		for j := range m {
			in.B.Set(j, 0)
		}
		in.B.Clear(m-2, 0)
		for k := range d - 1 {
			in.B.Set(m-2, k+1)
		}
		want, operations := Found{}, c.lookedUp
		for _, i := range c.rows {
			clear(in.A.Row(i))
			in.A.Set(i, 0)
		}
		if len(c.rows) > 0 {
			want = Found{true, Pair{slices.Min(c.rows), m - 2}}
			operations += m - 1
		}
		for cores := 1; cores <= 3; cores++ {
			found, cost, err := Zeta.Find(coresEnv(cores), in)
			if err != nil || found != want || cost[finegrain.WordOperations] != int64(operations) {
				t.Errorf("%v, %d cores: %v with %v, want %v with %d; %v", c.rows, cores, found, cost, want, operations, err)
			}
		}
	}
}

// TestZetaRefusesStrayBits, in either list and wherever they are, with the words of Validate.
func TestZetaRefusesStrayBits(t *testing.T) {
	for _, at := range []int{0, chunkVectors, 2*chunkVectors - 1} {
		for side := range 2 {
			in := Instance{NewVectors(2*chunkVectors, 9), NewVectors(2*chunkVectors, 9)}
			[]Vectors{in.A, in.B}[side].Row(at)[0] = 1 << 9
			want := in.Validate()
			if want == nil {
				t.Fatal("Validate passes a stray bit")
			}
			if _, _, err := Zeta.Count(coresEnv(2), in); err == nil || err.Error() != want.Error() {
				t.Errorf("vector %d, side %d: %v, want %v", at, side, err, want)
			}
		}
	}
}

// table draws f̂'s argument for a benchmark.
func table(d int) subsetSums {
	f := make(subsetSums, tableWords(d))
	for i := range f {
		f[i] = 1
	}
	return f
}

// BenchmarkSubsetSums times the transform alone, in memory that is there already: one coordinate after the
// other, and with every kernel and number of cores, in additions of entries a second.
func BenchmarkSubsetSums(b *testing.B) {
	for _, d := range []int{16, 20, 24, 26} {
		f := table(d)
		run := func(name string, sum func()) {
			b.Run(fmt.Sprintf("d=%d/%s", d, name), func(b *testing.B) {
				for b.Loop() {
					sum()
				}
				b.ReportMetric(float64(d<<d>>1)*float64(b.N)/b.Elapsed().Seconds()/1e9, "Gadd/s")
			})
		}
		run("one by one", func() { sumOneByOne(f, d) })
		for _, isa := range simd.Supported() {
			for cores := 1; cores <= 2; cores++ {
				run(fmt.Sprintf("%v/cores=%d", isa, cores), func() { _, _ = f.sum(coresEnv(cores), d, zetaKernelOf(isa)) })
			}
		}
	}
}

// BenchmarkZetaLists times what zeta does with long lists, per vector.
func BenchmarkZetaLists(b *testing.B) {
	const n = 1 << 20
	for _, d := range []int{16, 20, 24, 26} {
		v := dense(0, n, d).B
		f := table(d)
		for cores := 1; cores <= 2; cores++ {
			run := func(name string, work func() error) {
				b.Run(fmt.Sprintf("d=%d/%s/cores=%d", d, name, cores), func(b *testing.B) {
					for b.Loop() {
						if err := work(); err != nil {
							b.Fatal(err)
						}
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/vector")
				})
			}
			run("tabulate", func() error { _, err := f.tabulate(coresEnv(cores), v); return err })
			run("look up", func() error { _, _, err := f.lookUp(coresEnv(cores), v); return err })
			run("validate", func() error { return Instance{v, v.Slice(0, 0)}.legal(coresEnv(cores)) })
		}
	}
}
