package simd

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// vectorSets are the sets of instructions that loops of assembly can be tested with here.
func vectorSets(t *testing.T) []ISA {
	sets := slices.DeleteFunc(Supported(), func(isa ISA) bool { return isa == Go })
	if len(sets) == 0 {
		t.Skip("this processor has neither AVX-512 nor AVX2")
	}
	return sets
}

// addEntry adds entry from to entry to.
func addEntry(f []uint64, from, to int) {
	x := uint32(f[from/2]>>(from%2*32)) + uint32(f[to/2]>>(to%2*32))
	f[to/2] = f[to/2]&^(0xffffffff<<(to%2*32)) | uint64(x)<<(to%2*32)
}

// TestZetaWithin: every coordinate of a block, and of every block, entry by entry; entries wrap.
func TestZetaWithin(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, isa := range vectorSets(t) {
		block := 1 << ZetaBlock(isa)
		for _, blocks := range []int{0, 1, 2, 3, 128, 129, 300} {
			f := make([]uint64, blocks*block/2+1) // the last word is not to be touched
			for i := range f {
				f[i] = r.Uint64()
			}
			want := slices.Clone(f)
			for k := range ZetaBlock(isa) {
				for set := range blocks * block {
					if set>>k&1 == 1 {
						addEntry(want, set^1<<k, set)
					}
				}
			}
			ZetaWithin(isa, f[:len(f)-1])
			if !slices.Equal(f, want) {
				t.Errorf("%v, %d blocks: wrong sums", isa, blocks)
			}
		}
	}
}

// TestZetaAcross: rows that are next to each other and rows that are not, whose gaps stay as they are.
func TestZetaAcross(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, isa := range vectorSets(t) {
		for coordinates := 1; coordinates <= ZetaMost; coordinates++ {
			for _, width := range []int{0, 8, 16, 24, 512, 520, 1040} {
				for _, gap := range []int{0, 1, 8, 13} {
					pitch := width + gap
					rows := 1 << coordinates
					f := make([]uint64, (rows-1)*pitch+width+1)
					for i := range f {
						f[i] = r.Uint64()
					}
					want := slices.Clone(f)
					for k := range coordinates {
						for row := range rows {
							for i := range 2 * width {
								if row>>k&1 == 1 {
									addEntry(want, 2*(row-1<<k)*pitch+i, 2*row*pitch+i)
								}
							}
						}
					}
					ZetaAcross(isa, f[:len(f)-1], pitch, width, coordinates)
					if !slices.Equal(f, want) {
						t.Errorf("%v, %d coordinates, rows of %d words, %d apart: wrong sums", isa, coordinates, width, pitch)
					}
				}
			}
		}
	}
}

// TestZetaMisuse: what would read or write elsewhere panics, and so do plain Go and what no processor has.
func TestZetaMisuse(t *testing.T) {
	f := make([]uint64, 128)
	for _, isa := range []ISA{Go, AVX512 + 1, -1} {
		refuses(t, "within, no such instructions", func() { ZetaWithin(isa, nil) })
		refuses(t, "across, no such instructions", func() { ZetaAcross(isa, f, 8, 8, 1) })
	}
	for _, isa := range vectorSets(t) {
		refuses(t, "a part of a block", func() { ZetaWithin(isa, f[:1<<ZetaBlock(isa)/2-1]) })
		for _, c := range [][4]int{ // words, pitch, width, coordinates
			{64, 8, 8, 0},
			{64, 8, 8, ZetaMost + 1},
			{63, 8, 8, 3},
			{64, 9, 8, 3},
			{64, 16, 12, 1},
			{64, 8, 16, 1},
			{64, 8, -8, 1},
			{4, 8, 8, 1},
		} {
			refuses(t, fmt.Sprint(c), func() { ZetaAcross(isa, f[:c[0]], c[1], c[2], c[3]) })
		}
	}
}
