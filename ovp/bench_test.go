package ovp

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"finegrain"
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

func BenchmarkScanCount(b *testing.B) {
	for _, d := range []int{64, 128, 192, 256, 512, 1000} {
		in := dense(1<<15, 1<<15, d)
		for cores := 1; cores <= 2; cores++ {
			b.Run(fmt.Sprintf("d=%d/cores=%d", d, cores), func(b *testing.B) {
				for b.Loop() {
					if _, _, err := scanCount(coresEnv(cores), in); err != nil {
						b.Fatal(err)
					}
				}
				perPair(b, in)
			})
		}
	}
}

// BenchmarkScanFind decides: where no pair is orthogonal, and where one in the middle is.
func BenchmarkScanFind(b *testing.B) {
	for _, pair := range []bool{false, true} {
		in := must(Adversarial(coresEnv(1), 1<<15, 1<<15, 64, pair))
		b.Run(fmt.Sprintf("pair=%t/cores=1", pair), func(b *testing.B) {
			for b.Loop() {
				if found, _, err := scanFind(coresEnv(1), in); err != nil || found.Any != pair {
					b.Fatal(found, err)
				}
			}
			perPair(b, in)
		})
	}
}

func BenchmarkScanHistogram(b *testing.B) {
	for _, d := range []int{64, 128, 256} {
		in := dense(1<<14, 1<<14, d)
		for cores := 1; cores <= 2; cores++ {
			b.Run(fmt.Sprintf("d=%d/cores=%d", d, cores), func(b *testing.B) {
				for b.Loop() {
					if _, _, err := scanHistogram(coresEnv(cores), in); err != nil {
						b.Fatal(err)
					}
				}
				perPair(b, in)
			})
		}
	}
}

func BenchmarkZetaCount(b *testing.B) {
	for _, d := range []int{16, 20, 24, 26} {
		in := dense(1<<15, 1<<15, d)
		for cores := 1; cores <= 2; cores++ {
			b.Run(fmt.Sprintf("d=%d/cores=%d", d, cores), func(b *testing.B) {
				for b.Loop() {
					if _, _, err := zetaCount(coresEnv(cores), in); err != nil {
						b.Fatal(err)
					}
				}
				perPair(b, in)
				b.ReportMetric(float64(d<<d>>1)*float64(b.N)/b.Elapsed().Seconds()/1e9, "Gadd/s")
			})
		}
	}
}
