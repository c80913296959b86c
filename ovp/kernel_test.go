package ovp

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// TestKernels holds every kernel to the definition at every width that plainKernels tells apart, for
// blocks of every raggedness.
func TestKernels(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := rapid.IntRange(1, 14).Draw(t, "words")
		d := 64 * w
		n, m := rapid.IntRange(0, 9).Draw(t, "n"), rapid.IntRange(1, 9).Draw(t, "m")
		if rapid.Bool().Draw(t, "long") {
			m += 256
		}
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		density := rapid.SampledFrom([]float64{0, 0.05, 0.1, 0.5, 1}).Draw(t, "density")
		in := Instance{randomVectors(r, n, d, density), randomVectors(r, m, d, density)}
		want := must(HistogramByDefinition(unbounded(), in))

		k := plainKernels(w)
		for name, count := range map[string]func(a, b []uint64, w int) uint64{
			"count": k.count, "countAny": countAny,
		} {
			if got := count(in.A.words, in.B.words, w); got != want.Totals[0] {
				t.Fatalf("%s = %d, want %d", name, got, want.Totals[0])
			}
		}
		for i := range n {
			row := must(HistogramByDefinition(unbounded(), Instance{in.A.Slice(i, i+1), in.B}))
			for name, histogram := range map[string]func(a, b, totals []uint64) (entry, entry){
				"histogram": k.histogram, "histogramAny": histogramAny,
			} {
				totals := make([]uint64, d+1)
				largest, least := histogram(in.A.Row(i), in.B.words, totals)
				if largest != (entry{row.Max.Value, row.Max.J}) || least != (entry{row.Min.Value, row.Min.J}) {
					t.Fatalf("%s: largest %v, least %v; want %v, %v", name, largest, least, row.Max, row.Min)
				}
				for v := range totals {
					if totals[v] != row.Totals[v] {
						t.Fatalf("%s: %d products are %d, want %d", name, totals[v], v, row.Totals[v])
					}
				}
			}
		}
	})
}

// BenchmarkKernels times the counting kernels of every width on one strip of B, in words a second.
func BenchmarkKernels(b *testing.B) {
	for _, w := range []int{1, 2, 3, 4, 5, 6, 8, 12, 16, 31} {
		in := dense(256, stripWords/w, 64*w)
		run := func(name string, count func(a, b []uint64, w int) uint64) {
			b.Run(fmt.Sprintf("w=%d/%s", w, name), func(b *testing.B) {
				for b.Loop() {
					count(in.A.words, in.B.words, w)
				}
				perPair(b, in)
				words := float64(in.A.N()) * float64(in.B.N()) * float64(w) * float64(b.N)
				b.ReportMetric(words/b.Elapsed().Seconds()/1e9, "Gword/s")
			})
		}
		run("plain", plainKernels(w).count)
		run("any", countAny)
	}
}
