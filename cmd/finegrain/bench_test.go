package main

import (
	"math"
	"strings"
	"testing"

	"finegrain/experiments"
	"finegrain/internal/simd"
)

// TestBenchTable: what is not known is a dash, and what is not steady is marked and warned of.
func TestBenchTable(t *testing.T) {
	attention := experiments.Subject{
		Name: "attention", ISA: simd.AVX512, Type: "float32", N: 4096, D: 16, DV: 8, Causal: true, Cores: 2,
	}
	loop := experiments.Subject{Name: "triple loop", N: 4096, D: 16, DV: 16, Cores: 1}
	other := attention
	other.Name, other.ISA = "loop", simd.Go
	nan := math.NaN()
	figure := func(median, spread float64) experiments.Figure {
		return experiments.Figure{Median: median, Spread: spread}
	}
	b := benchedOf(experiments.BenchReport{
		BenchRequest: experiments.BenchRequest{Kernel: simd.AVX512, Rounds: 5},
		Cores:        2,
		Limits: []experiments.LimitRow{{
			Subject: experiments.Subject{Name: "test and count", ISA: simd.AVX2, D: 128, Cores: 1},
			Unit:    "pair", Rate: figure(1.5e10, 0.25),
		}, {
			Subject: experiments.Subject{Name: "memory read", N: 1 << 28, Cores: 2},
			Unit:    "byte", Rate: figure(2e10, 0.01),
		}},
		Kernels: []experiments.KernelRow{{
			Subject: attention, Limit: "everything",
			Seconds: 0.0125, Fraction: figure(0.65, 0.02), Steady: figure(0.65, 0.02),
		}, {
			Subject: loop, Seconds: 1.5, Fraction: figure(nan, nan), Steady: figure(1.5, 0.11),
		}},
		Ratios:  []experiments.RatioRow{{Name: "slower", Numerator: other, Denominator: attention, Ratio: figure(120, nan)}},
		Seconds: 41.5,
	})
	b.Machine.CPU, b.Machine.Go, b.Machine.Kernel, b.Seed = "Abacus", "go1", "avx512", 3
	var out strings.Builder
	b.write(&out)
	want := `Abacus, 2 cores, go1, kernel avx512

limit           isa   of       cores  rate        spread
test and count  avx2  d=128    1      15 Gpair/s  25.0 % !
memory read     go    256 MiB  2      20 Gbyte/s  1.0 %

kernel             isa     type     n     d   dv  cores  ms    fraction  spread    of
attention, causal  avx512  float32  4096  16  8   2      12.5  0.650     2.0 %     everything
triple loop        go      –        4096  16  16  1      1500  –         11.0 % !  –

ratio of times                                       type     n     d   dv  cores  ratio   spread
loop, causal in go over attention, causal in avx512  float32  4096  16  8   2      120.00  –

5 rounds, seed 3, 41.5 s
warning: 2 figures marked ! spread by more than 10 %; something else uses the machine
`
	if out.String() != want {
		t.Errorf("the table is\n%s\nwant\n%s", &out, want)
	}
	b.Rounds = 1
	out.Reset()
	b.write(&out)
	if note := "1 round, seed 3, 41.5 s\nnote: with one round there is no spread"; !strings.Contains(out.String(), note) {
		t.Errorf("the table of one round lacks %q:\n%s", note, &out)
	}
	data, err := marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		`"fraction": null`, `"fraction": 0.65`, `"spread": null`, `"steady": false`, `"steady": true`, `"steady": null`, `"kernel": "avx512"`, `"causal": true`,
	} {
		if !strings.Contains(string(data), part) {
			t.Errorf("the JSON lacks %s:\n%s", part, data)
		}
	}
}
