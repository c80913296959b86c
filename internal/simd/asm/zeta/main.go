// Command zeta generates the loops of ../../zeta.go: sums over subsets, several coordinates at a time. A
// vector register has 8 or 16 consecutive entries; 8 or 16 registers hold entries that differ in 3 or 4
// coordinates, which are all done between one load and one store.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// width is a size of vector register.
type width struct {
	name   string
	bytes  int
	block  int    // coordinates between the registers of a block: 2^block, which leaves some for what is shifted
	before func() // what the shifts need
	vector func() reg.VecVirtual
	load   func(from, to Op)
	store  func(from, to Op)
	add    func(x, y, to Op)
	within []func(x, shifted Op) // per coordinate within a register: entries with it get those without it, others 0
}

// mostAcross is the most coordinates across rows. Rows that begin at multiples of 4 KiB compete for one set of the
// first-level cache, which has 8 places or 12: with 16 rows, tables of 2^16 and 2^20 entries took a fifth longer,
// and larger ones, which wait for memory, as long.
const mostAcross = 3

func main() {
	for _, w := range []width{avx512(), avx2()} {
		within(w)
		for coordinates := 1; coordinates <= mostAcross; coordinates++ {
			across(w, coordinates)
		}
	}
	Generate()
}

func avx512() width {
	var lanes1, lanes23 reg.Register // masks of the 64-bit words in the lanes with an odd number, and in the upper two
	return width{
		name: "AVX512", bytes: 64, block: 4, vector: ZMM,
		before: func() { lanes1, lanes23 = mask(0b11001100), mask(0b11110000) },
		load:   func(from, to Op) { VMOVDQU64(from, to) },
		store:  func(from, to Op) { VMOVDQU64(from, to) },
		add:    func(x, y, to Op) { VPADDD(x, y, to) },
		within: []func(x, shifted Op){
			func(x, shifted Op) { VPSLLQ(U8(32), x, shifted) },
			func(x, shifted Op) { VPSLLDQ(U8(8), x, shifted) },
			func(x, shifted Op) { VSHUFI64X2_Z(U8(0b10_10_00_00), x, x, lanes1, shifted) },
			func(x, shifted Op) { VSHUFI64X2_Z(U8(0b01_00_01_00), x, x, lanes23, shifted) },
		},
	}
}

func mask(bits uint32) reg.Register {
	k, general := K(), GP32()
	MOVL(U32(bits), general)
	KMOVW(general, k)
	return k
}

func avx2() width {
	return width{
		name: "AVX2", bytes: 32, block: 3, vector: YMM,
		before: func() {},
		load:   func(from, to Op) { VMOVDQU(from, to) },
		store:  func(from, to Op) { VMOVDQU(from, to) },
		add:    func(x, y, to Op) { VPADDD(x, y, to) },
		within: []func(x, shifted Op){
			func(x, shifted Op) { VPSLLQ(U8(32), x, shifted) },
			func(x, shifted Op) { VPSLLDQ(U8(8), x, shifted) },
			func(x, shifted Op) { VPERM2I128(U8(0x08), x, x, shifted) },
		},
	}
}

// sums does the coordinates between registers.
func (w width) sums(v []reg.VecVirtual) {
	for step := 1; step < len(v); step *= 2 {
		for i := range v {
			if i&step != 0 {
				w.add(v[i-step], v[i], v[i])
			}
		}
	}
}

func (w width) vectors(n int) []reg.VecVirtual {
	v := make([]reg.VecVirtual, n)
	for i := range v {
		v[i] = w.vector()
	}
	return v
}

// within does the coordinates within a register and those between the registers of a block.
func within(w width) {
	n := 1 << w.block
	TEXT("zetaWithin"+w.name, NOSPLIT, "func(f *uint64, blocks int)")
	Doc(fmt.Sprintf("zetaWithin%s sums over subsets in each of blocks ≥ 1 of %d bytes.", w.name, n*w.bytes))
	Pragma("noescape")
	f := Load(Param("f"), GP64())
	blocks := Load(Param("blocks"), GP64())
	w.before()
	v := w.vectors(n)
	Label("block")
	for i := range v {
		w.load(Mem{Base: f, Disp: i * w.bytes}, v[i])
	}
	for _, shift := range w.within {
		for i := range v {
			shifted := w.vector()
			shift(v[i], shifted)
			w.add(shifted, v[i], v[i])
		}
	}
	w.sums(v)
	for i := range v {
		w.store(v[i], Mem{Base: f, Disp: i * w.bytes})
	}
	ADDQ(U32(n*w.bytes), f)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	VZEROUPPER()
	RET()
}

// across does coordinates between rows.
func across(w width, coordinates int) {
	n := 1 << coordinates
	TEXT(fmt.Sprintf("zetaAcross%d%s", coordinates, w.name), NOSPLIT, "func(f *uint64, pitch int, vectors int)")
	Doc(
		fmt.Sprintf("zetaAcross%d%s sums over subsets of coordinates that tell %d rows apart, which begin at multiples",
			coordinates, w.name, n),
		fmt.Sprintf("of pitch bytes and have vectors ≥ 1 times %d bytes each.", w.bytes),
	)
	Pragma("noescape")
	f := Load(Param("f"), GP64())
	pitch := Load(Param("pitch"), GP64())
	vectors := Load(Param("vectors"), GP64())
	odd := map[int]reg.Register{1: pitch} // odd multiples of the pitch; an index has a scale of 1, 2, 4 or 8
	for i := 3; i < n; i += 2 {
		multiple := GP64()
		LEAQ(Mem{Base: odd[i-2], Index: pitch, Scale: 2}, multiple)
		odd[i] = multiple
	}
	at := func(i int) Mem {
		if i == 0 {
			return Mem{Base: f}
		}
		scale := i & -i
		return Mem{Base: f, Index: odd[i/scale], Scale: uint8(scale)}
	}
	v := w.vectors(n)
	Label("vector")
	for i := range v {
		w.load(at(i), v[i])
	}
	w.sums(v)
	for i := range v {
		w.store(v[i], at(i))
	}
	ADDQ(U32(w.bytes), f)
	DECQ(vectors)
	JNZ(LabelRef("vector"))
	VZEROUPPER()
	RET()
}
