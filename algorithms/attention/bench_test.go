package attention

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"
)

func TestTripleLoopIsTheDefinition(t *testing.T) {
	in := random(9, 20, 3, 4)
	out := mat.NewDense(9, 4, nil)
	TripleLoop(out.RawMatrix().Data, in.Q.RawMatrix().Data, in.K.RawMatrix().Data, in.V.RawMatrix().Data, 9, 20, 3, 4, in.Scale)
	want, _ := run(t, Exact, in, 1)
	if off, _ := Distance(want, Output{Float: out}); off > want.Bound {
		t.Errorf("the triple loop is %g off", off)
	}
}

// BenchmarkStreaming times streaming attention and its opponents in turn, so that all meet the same
// machine, and reports the best of each in ns per pair of query and key and the ratios.
func BenchmarkStreaming(b *testing.B) {
	for _, size := range []struct{ n, m, d int }{{4096, 4096, 64}, {4096, 4096, 16}, {1024, 4096, 4}, {1024, 4096, 1}} {
		b.Run(fmt.Sprintf("n=%d,m=%d,d=%d", size.n, size.m, size.d), func(b *testing.B) {
			n, m, d := size.n, size.m, size.d
			in := random(n, m, d, d)
			out := make([]float64, n*d)
			runs := []func(){
				func() { run(b, Streaming, in, 1) },
				func() { run(b, Streaming, in, 2) },
				func() {
					TripleLoop(out, in.Q.RawMatrix().Data, in.K.RawMatrix().Data, in.V.RawMatrix().Data, n, m, d, d, in.Scale)
				},
				func() { run(b, Exact, in, 1) },
			}
			best := []float64{math.Inf(1), math.Inf(1), math.Inf(1), math.Inf(1)}
			for b.Loop() {
				for x, f := range runs {
					start := time.Now()
					f()
					best[x] = min(best[x], float64(time.Since(start).Nanoseconds())/float64(n*m))
				}
			}
			b.ReportMetric(best[0], "ns/pair")
			b.ReportMetric(best[2]/best[0], "x-triple-loop")
			b.ReportMetric(best[3]/best[0], "x-exact")
			b.ReportMetric(best[0]/best[1], "x-two-cores")
		})
	}
}

// BenchmarkKernels times every kernel by itself, for benchstat; finegrain bench sets them against the machine.
func BenchmarkKernels(b *testing.B) {
	for _, m := range kernels() {
		for _, d := range []int{64, 16, 2} {
			for _, causal := range []bool{false, true} {
				for cores := 1; cores <= 2; cores++ {
					name := strings.ReplaceAll(m.Name, " in ", "/")
					b.Run(fmt.Sprintf("%s/d=%d/causal=%t/cores=%d", name, d, causal, cores), func(b *testing.B) {
						in := random(4096, 4096, d, d)
						in.Causal = causal
						for b.Loop() {
							run(b, m, in, cores)
						}
						perPair := float64(b.Elapsed().Nanoseconds()) / float64(b.N) / float64(in.Regime().Pairs())
						b.ReportMetric(perPair, "ns/pair")
					})
				}
			}
		}
	}
}

// BenchmarkStreamingMemory runs n = 2^16, d = 16 and reports the peak resident size of the process.
func BenchmarkStreamingMemory(b *testing.B) {
	in := random(1<<16, 1<<16, 16, 16)
	in.Causal = true
	for b.Loop() {
		run(b, Streaming, in, 0)
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip("peak memory is read from /proc, which only Linux has")
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kilobytes, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(kilobytes/1024, "MiB-peak")
		}
	}
}

func BenchmarkExponentials(b *testing.B) {
	x, y := make([]float64, tileKeys), make([]float64, tileKeys)
	for i := range x {
		x[i] = -float64(i*i%37) / 10
	}
	for b.Loop() {
		copy(y, x)
		portable64.exponentials(y, 0)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/tileKeys, "ns/exp")
}

// BenchmarkRefined is the worst case of refinement: every row, every key.
func BenchmarkRefined(b *testing.B) {
	in := random(64, 4096, 3, 4)
	in.Q.Scale(1e6, in.Q)
	for j := range 4096 {
		in.K.SetRow(j, []float64{1e6, 1e6, math.Nextafter(1e6, float64(j%2)*2e6)})
	}
	for b.Loop() {
		run(b, Streaming, in, 1)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(64*4096), "ns/pair")
}
