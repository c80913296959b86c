package ovp

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"finegrain"
	"finegrain/internal/simd"
)

func coresEnv(cores int) finegrain.Env {
	env := finegrain.NewEnv(context.Background(), 1)
	env.Cores = cores
	return env
}

func dense(n, m, d int) Instance {
	r := rand.New(rand.NewPCG(uint64(n), uint64(d)))
	return Instance{randomVectors(r, n, d, 0.5), randomVectors(r, m, d, 0.5)}
}

// perPair reports pairs of an n×m instance a second.
func perPair(b *testing.B, in Instance) {
	pairs := float64(in.A.N()) * float64(in.B.N()) * float64(b.N)
	b.ReportMetric(pairs/b.Elapsed().Seconds()/1e9, "Gpair/s")
}

// onEach runs a benchmark of the scan in all instructions that this machine has, on one core and on two.
func onEach(b *testing.B, name string, in Instance, run func(finegrain.Env, Algorithm) error) {
	for _, isa := range simd.Supported() {
		for cores := 1; cores <= 2; cores++ {
			b.Run(fmt.Sprintf("isa=%v/%s/n=%d/cores=%d", isa, name, in.A.N(), cores), func(b *testing.B) {
				for b.Loop() {
					if err := run(coresEnv(cores), ScanIn(isa)); err != nil {
						b.Fatal(err)
					}
				}
				perPair(b, in)
			})
		}
	}
}

func countPairs(in Instance) func(finegrain.Env, Algorithm) error {
	return func(env finegrain.Env, a Algorithm) error { _, _, err := a.Count(env, in); return err }
}

func BenchmarkScanCount(b *testing.B) {
	for _, d := range []int{64, 128, 192, 256, 512, 1000} {
		for _, n := range []int{1 << 12, 1 << 15} { // in and out of the second-level cache
			in := dense(n, n, d)
			onEach(b, fmt.Sprintf("d=%d", d), in, countPairs(in))
		}
	}
}

// BenchmarkEarlyExit counts at densities where early exits pay, where they might, and where they do not. Full
// is the same with early exits turned off.
func BenchmarkEarlyExit(b *testing.B) {
	for _, d := range []int{128, 256, 512} {
		for _, density := range []float64{0.5, 0.3, 0.25, 0.2, 0.1} {
			in := must(Random(coresEnv(1), 1<<12, 1<<12, d, density))
			onEach(b, fmt.Sprintf("d=%d/density=%v/adaptive", d, density), in, countPairs(in))
			for _, isa := range simd.Supported() {
				b.Run(fmt.Sprintf("isa=%v/d=%d/density=%v/full/n=%d/cores=1", isa, d, density, in.A.N()), func(b *testing.B) {
					for b.Loop() {
						g := must(newGrid(coresEnv(1), in, isa))
						for task := range g.bands * g.strips {
							_, a := g.bandAt(task / g.strips)
							g.countIn(a, g.stripAt(task%g.strips), &exits{off: true})
						}
						g.release()
					}
					perPair(b, in)
				})
			}
		}
	}
}

// BenchmarkScanFind decides: where no pair is orthogonal, and where one in the middle is.
func BenchmarkScanFind(b *testing.B) {
	for _, pair := range []bool{false, true} {
		for _, d := range []int{64, 128, 256} {
			in := must(Adversarial(coresEnv(1), 1<<12, 1<<12, d, pair))
			onEach(b, fmt.Sprintf("d=%d/pair=%t", d, pair), in, func(env finegrain.Env, a Algorithm) error {
				found, _, err := a.Find(env, in)
				if err == nil && found.Any != pair {
					return fmt.Errorf("found %v", found)
				}
				return err
			})
		}
	}
}

func BenchmarkScanHistogram(b *testing.B) {
	for _, d := range []int{64, 128, 256, 512} {
		in := dense(1<<12, 1<<12, d)
		onEach(b, fmt.Sprintf("d=%d", d), in, func(env finegrain.Env, a Algorithm) error {
			_, _, err := a.Histogram(env, in)
			return err
		})
	}
}

func BenchmarkZetaCount(b *testing.B) {
	for _, d := range []int{16, 20, 24, 26} {
		in := dense(1<<15, 1<<15, d)
		for cores := 1; cores <= 2; cores++ {
			b.Run(fmt.Sprintf("d=%d/cores=%d", d, cores), func(b *testing.B) {
				for b.Loop() {
					if _, _, err := Zeta.Count(coresEnv(cores), in); err != nil {
						b.Fatal(err)
					}
				}
				perPair(b, in)
				b.ReportMetric(float64(d<<d>>1)*float64(b.N)/b.Elapsed().Seconds()/1e9, "Gadd/s")
			})
		}
	}
}
