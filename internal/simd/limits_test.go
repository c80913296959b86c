package simd

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestMultiplyAddCounts(t *testing.T) {
	per := map[ISA]int64{Go: 0, AVX2: 48, AVX512: 192} // float64 multiply-adds of an iteration
	for _, isa := range Supported() {
		for _, n := range []int{0, 1, chainIterations, 3*chainIterations + 5} {
			if got, want := MultiplyAdd64(isa, n), 2*per[isa]*int64(n); got != want {
				t.Errorf("%v float64, %d iterations: %d operations, want %d", isa, n, got, want)
			}
			if got, want := MultiplyAdd32(isa, n), 4*per[isa]*int64(n); got != want {
				t.Errorf("%v float32, %d iterations: %d operations, want %d", isa, n, got, want)
			}
		}
	}
}

// TestRead: every word counts, once, whatever the length and where the words begin.
func TestRead(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	words := make([]uint64, 1<<14)
	for i := range words {
		words[i] = r.Uint64()
	}
	for _, isa := range Supported() {
		for _, n := range []int{0, 1, 3, 4, 31, 32, 33, 63, 64, 65, 1000, 1 << 13, 1<<13 + 1, 1<<14 - 7} {
			for from := range 3 {
				var want uint64
				for _, x := range words[from : from+n] {
					want ^= x
				}
				if got := Read(isa, words[from:from+n]); got != want {
					t.Errorf("%v: %d words from %d: %#x, want %#x", isa, n, from, got, want)
				}
			}
		}
	}
}

func TestLimitsRefuse(t *testing.T) {
	for name, f := range map[string]func(){
		"instructions that are not there": func() { Read(AVX512+1, nil) },
		"a negative set":                  func() { MultiplyAdd32(-1, 1) },
		"negative iterations":             func() { MultiplyAdd64(Go, -1) },
	} {
		refuses(t, name, f)
	}
}

// refuses demands that a call panics with a reason of this package, and not because of what it went on to do.
func refuses(t *testing.T, what string, call func()) {
	t.Helper()
	defer func() {
		if reason, ok := recover().(string); !ok || !strings.HasPrefix(reason, "simd: ") {
			t.Errorf("%s: %q is no reason of this package", what, reason)
		}
	}()
	call()
}

func BenchmarkMultiplyAdd(b *testing.B) {
	for _, isa := range Supported() {
		for bits, f := range map[int]func(ISA, int) int64{64: MultiplyAdd64, 32: MultiplyAdd32} {
			if isa == Go {
				continue // no such limit
			}
			b.Run(fmt.Sprintf("%v/float%d", isa, bits), func(b *testing.B) {
				var flops int64
				for b.Loop() {
					flops += f(isa, 100*chainIterations)
				}
				b.ReportMetric(float64(flops)/float64(b.Elapsed().Nanoseconds()), "Gflop/s")
			})
		}
	}
}

func BenchmarkRead(b *testing.B) {
	for _, size := range []int{1 << 12, 1 << 17, 1 << 25} { // words: first, second level, beyond
		words := make([]uint64, size)
		for i := range words {
			words[i] = uint64(i)
		}
		for _, isa := range Supported() {
			b.Run(fmt.Sprintf("%v/bytes=%d", isa, 8*size), func(b *testing.B) {
				b.SetBytes(int64(8 * size))
				for b.Loop() {
					Read(isa, words)
				}
			})
		}
	}
}
