package simd

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"
)

// grouped is a list of vectors, each of its own density, as it lies and in groups.
func grouped(r *rand.Rand, groups, words int) (list, b []uint64) {
	list, b = vectors(r, Group*groups, words), make([]uint64, Group*groups*words)
	for i, x := range list {
		j, k := i/words, i%words
		b[(j/Group*words+k)*Group+j%Group] = x
	}
	return list, b
}

func vectors(r *rand.Rand, n, words int) []uint64 {
	list := make([]uint64, n*words)
	for j := range n {
		density := []int{-1, 0, 1, 2, 5, 40}[r.IntN(6)] // 2^−density; −1 is density 0
		for k := range words {
			x := ^uint64(0)
			for range density {
				x &= r.Uint64()
			}
			if density >= 0 {
				list[j*words+k] = x
			}
		}
	}
	return list
}

// TestScanLoops holds the loops of every set of instructions to their definition, for lists of every shape.
func TestScanLoops(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		n, groups, words := r.IntN(22), r.IntN(10), 1+r.IntN(17)
		a := vectors(r, n, words)
		list, b := grouped(r, groups, words)
		var pairs, blocked, looked uint64 // blocked pairs are in whole blocks
		for i := 0; i < n; i += Block {
			for j := 0; j < Group*groups; j += Group {
				most := 0
				for p := range Block * Group {
					row, column := i+p/Group, j+p%Group
					if row >= n {
						continue
					}
					k := 0
					for k < words && a[row*words+k]&list[column*words+k] == 0 {
						k++
					}
					if most = max(most, min(k+1, words)); k == words {
						pairs++
						if i+Block <= n {
							blocked++
						}
					}
				}
				if i+Block <= n {
					looked += uint64(most)
				}
			}
		}
		for _, isa := range Supported() {
			if isa == Go {
				continue
			}
			shape := fmt.Sprintf("%v, %d × %d groups, %d words", isa, n, groups, words)
			if got := CountOrthogonal(isa, a, b, words); got != pairs {
				t.Fatalf("%s: %d pairs, want %d", shape, got, pairs)
			}
			if words > 1 {
				p, l := CountOrthogonalEarly(isa, a[:n/Block*Block*words], b, words)
				if p != blocked || l != looked {
					t.Fatalf("%s: early %d pairs and %d words, want %d and %d", shape, p, l, blocked, looked)
				}
			}
			if n == 0 || groups == 0 || !HasInnerProducts(isa) {
				continue
			}
			want, got := make([]uint64, Group*groups), make([]uint64, Group*groups)
			for i, x := range list {
				want[i/words] += uint64(bits.OnesCount64(a[i%words] & x))
			}
			most, least := InnerProducts(isa, a[:words], b, got)
			if !slices.Equal(got, want) || most != slices.Max(want) || least != slices.Min(want) {
				t.Fatalf("%s: products %v, most %d, least %d; want %v", shape, got, most, least, want)
			}
		}
	}
}

// TestTestAndCount: a limit kernel tests as many pairs as it says, and counts those that are orthogonal.
func TestTestAndCount(t *testing.T) {
	for _, isa := range Supported() {
		for _, words := range []int{1, 2, 4} {
			const iterations = 2*testsAtOnce + 3
			tested := map[ISA]int64{Go: 0, AVX2: 256, AVX512: 512}[isa] * iterations
			if got := TestAndCount(isa, words, iterations); got != tested {
				t.Errorf("%v, %d words: %d pairs, want %d", isa, words, got, tested)
			}
			if isa == Go {
				continue
			}
			var a [16]uint64
			var b [32]uint64
			for _, c := range []struct {
				part int64 // of all pairs are orthogonal: one in part
				set  func()
			}{
				{1, func() {}},
				{2, func() { // every other vector of b meets all of a in the last word
					for i := range a {
						a[i] = 1
					}
					for j := 0; j < Group; j += 2 {
						b[(words-1)*Group+j] = 1
					}
				}},
			} {
				c.set()
				if got := testAndCount(isa, words, &a, &b, 3); int64(got) != 3*tested/iterations/c.part {
					t.Errorf("%v, %d words: %d pairs are orthogonal, one in %d expected", isa, words, got, c.part)
				}
			}
		}
	}
}

func TestScanMisuse(t *testing.T) {
	x, eight := make([]uint64, 6), make([]uint64, 48)
	for name, misuse := range map[string]func(isa ISA){
		"no words":           func(isa ISA) { CountOrthogonal(isa, x, eight, 0) },
		"half a vector":      func(isa ISA) { CountOrthogonal(isa, x[:5], eight, 2) },
		"half a group":       func(isa ISA) { CountOrthogonal(isa, x, eight[:40], 2) },
		"half a block":       func(isa ISA) { CountOrthogonalEarly(isa, x, eight, 2) },
		"exit of one word":   func(isa ISA) { CountOrthogonalEarly(isa, x[:4], eight, 1) },
		"no vector":          func(isa ISA) { InnerProducts(isa, nil, eight, nil) },
		"too few places":     func(isa ISA) { InnerProducts(isa, x, eight, x) },
		"no group":           func(isa ISA) { InnerProducts(isa, x, nil, nil) },
		"three words":        func(isa ISA) { TestAndCount(isa, 3, 1) },
		"negative":           func(isa ISA) { TestAndCount(isa, 1, -1) },
		"other instructions": func(ISA) { CountOrthogonal(AVX512+1, x, eight, 1) },
		"plain Go":           func(ISA) { CountOrthogonal(Go, nil, nil, 1) },
		"early, plain Go":    func(ISA) { CountOrthogonalEarly(Go, nil, nil, 2) },
		"products, plain Go": func(ISA) { InnerProducts(Go, x[:1], eight, make([]uint64, 48)) },
	} {
		for _, isa := range Supported() {
			refuses(t, fmt.Sprintf("%s, %v", name, isa), func() { misuse(isa) })
		}
	}
}
