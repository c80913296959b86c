package ovp

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"finegrain/internal/simd"
	"pgregory.net/rapid"
)

// TestKernels holds every kernel of every set of instructions to the definition, at every width that kernels
// tell apart, for blocks of every raggedness.
func TestKernels(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := rapid.IntRange(1, 17).Draw(t, "words")
		n, m := rapid.IntRange(0, 21).Draw(t, "n"), rapid.IntRange(1, 70).Draw(t, "m")
		if rapid.Bool().Draw(t, "long") {
			m += 256
		}
		in := sampleOfDensities(t, n, m, 64*w)
		want := must(HistogramByDefinition(unbounded(), in))
		if got := countAny(in.A.words, in.B.words, w); got != want.Totals[0] {
			t.Fatalf("countAny = %d, want %d", got, want.Totals[0])
		}
		for _, isa := range simd.Supported() {
			k, b := kernelsOn(isa, in)
			if got := k.count(in.A.words, b, w); got != want.Totals[0] {
				t.Fatalf("%v: count = %d, want %d", isa, got, want.Totals[0])
			}
			got := partial{Histogram: Histogram{Totals: make([]uint64, in.D()+1)}, products: make([]uint64, m)}
			for i := range n {
				k.histogram(i, in.A.Row(i), b, &got)
			}
			if !slices.Equal(got.Totals, want.Totals) || got.Max != want.Max || got.Min != want.Min {
				t.Fatalf("%v: histogram %v, want %v", isa, got.Histogram, want)
			}
		}
	})
}

// TestEarlyKernels holds the early exits of every set of instructions to blocks looked at coordinate by
// coordinate.
func TestEarlyKernels(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := rapid.IntRange(2, 17).Draw(t, "words")
		n := simd.Block * rapid.IntRange(1, 4).Draw(t, "blocks")
		m := simd.Group * rapid.IntRange(1, 9).Draw(t, "groups")
		in := sampleOfDensities(t, n, m, 64*w)
		var pairs, looked uint64
		for i := 0; i < n; i += simd.Block {
			for j := 0; j < m; j += simd.Group {
				p, l := blockByDefinition(in, i, j)
				pairs, looked = pairs+p, looked+l
			}
		}
		for _, isa := range simd.Supported() {
			k, b := kernelsOn(isa, in)
			if p, l := k.early(in.A.words, b, w); p != pairs || l != looked {
				t.Fatalf("%v: %d pairs, %d words looked at; want %d and %d", isa, p, l, pairs, looked)
			}
		}
	})
}

// blockByDefinition counts the orthogonal pairs of the block that begins at (i, j), and the words that it is
// looked at: one more than before all of its pairs have met, or all.
func blockByDefinition(in Instance, i, j int) (pairs, looked uint64) {
	for p := range simd.Block * simd.Group {
		a, b := i+p/simd.Group, j+p%simd.Group
		k := 0
		for k < in.D() && !(in.A.Bit(a, k) && in.B.Bit(b, k)) {
			k++
		}
		if k == in.D() {
			pairs++
		}
		looked = max(looked, uint64(min(k/64+1, in.A.Words())))
	}
	return pairs, looked
}

// sampleOfDensities draws vectors of which each has a density of its own, zero and full ones among them.
func sampleOfDensities(t *rapid.T, n, m, d int) Instance {
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
	density := rapid.SampledFrom([]float64{0, 0.02, 0.05, 0.1, 0.3, 0.5, 0.9, 1})
	densities := rapid.SliceOfN(density, 1, 3).Draw(t, "densities")
	side := func(n int) Vectors {
		v := NewVectors(n, d)
		for i := range n {
			copy(v.Row(i), randomVectors(r, 1, d, densities[r.IntN(len(densities))]).words)
		}
		return v
	}
	return Instance{side(n), side(m)}
}

// kernelsOn returns the kernels for an instance and its B as they read it.
func kernelsOn(isa simd.ISA, in Instance) (kernels, strip) {
	k := kernelsFor(isa, in.A.Words())
	b, _, err := in.B.group(unbounded(), k.grouped)
	return k, must(b, err)
}

// BenchmarkKernels times the kernels of every width on a strip of B and as many vectors of A as a call gets,
// in pairs and words a second. The lists are dense: early is at its best.
func BenchmarkKernels(b *testing.B) {
	for _, isa := range simd.Supported() {
		for _, w := range []int{1, 2, 3, 4, 5, 6, 8, 12, 16, 31} {
			in := dense(16, stripVectors(w), 64*w)
			k, s := kernelsOn(isa, in)
			run := func(name string, kernel func()) {
				b.Run(fmt.Sprintf("isa=%v/w=%d/%s", isa, w, name), func(b *testing.B) {
					for b.Loop() {
						kernel()
					}
					perPair(b, in)
					words := float64(in.A.N()) * float64(in.B.N()) * float64(w) * float64(b.N)
					b.ReportMetric(words/b.Elapsed().Seconds()/1e9, "Gword/s")
				})
			}
			run("count", func() { k.count(in.A.words, s, w) })
			if w > 1 {
				run("early", func() { k.early(in.A.words, s, w) })
			}
			to := partial{Histogram: Histogram{Totals: make([]uint64, in.D()+1)}, products: make([]uint64, in.B.N())}
			run("histogram", func() {
				for i := range in.A.N() {
					k.histogram(i, in.A.Row(i), s, &to)
				}
			})
		}
	}
}
