package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// Inner products: one vector of A against groups of B, several at a time, with the instruction that counts
// the bits of 64-bit lanes. A product has fewer than 32 bits, so that extremes are taken of 32-bit lanes.

func products() {
	s := avx512
	TEXT("productsAVX512", NOSPLIT,
		"func(a *uint64, b *uint64, groups int, words int, products *uint64, extremes *[16]uint64)")
	Doc("productsAVX512 writes the inner products of a vector and groups ≥ 1 of a grouped list, of words ≥ 1 a",
		"vector. Lanes 0 to 7 of extremes become the largest products at their places of the groups, the others",
		"the least.")
	Pragma("noescape")
	a, at, left, words := argument("a"), argument("b"), argument("groups"), argument("words")
	out, extremes := argument("products"), argument("extremes")
	stride := newStride(words, 6)
	most, least := s.vector(), s.vector()
	s.zero(most)
	VPTERNLOGQ(U8(0xff), least, least, least) // all ones
	for _, across := range []int{4, 1} {
		label := fmt.Sprintf("groups%d", across)
		loop(label, left, across, func() {
			sums := s.vectors(across)
			s.zero(sums...)
			pa, pb, word := fresh(a), fresh(at), fresh(words)
			Label(label + "_word")
			x := s.vector()
			VPBROADCASTQ(Mem{Base: pa}, x)
			for i, sum := range sums {
				t := s.vector()
				VPANDQ(stride.from(pb, i), x, t)
				VPOPCNTQ(t, t)
				VPADDQ(t, sum, sum)
			}
			ADDQ(U8(8), pa)
			ADDQ(U8(64), pb)
			DECQ(word)
			JNZ(LabelRef(label + "_word"))
			for i, sum := range sums {
				VMOVDQU64(sum, Mem{Base: out, Disp: 64 * i})
				VPMAXUD(sum, most, most)
				VPMINUD(sum, least, least)
			}
			ADDQ(U32(64*uint32(across)), out)
			stride.advance(at, across)
		})
	}
	// The upper halves of least are still all ones where no product was: mask them away.
	low := s.vector()
	VPTERNLOGQ(U8(0xff), low, low, low)
	VPSRLQ(U8(32), low, low)
	VPANDQ(low, least, least)
	VMOVDQU64(most, Mem{Base: extremes})
	VMOVDQU64(least, Mem{Base: extremes, Disp: 64})
	VZEROUPPER()
	RET()
}
