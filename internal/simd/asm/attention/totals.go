package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// totals adds the lanes of vectors, two at a time: halves are added until a vector has 128 bits, in between
// neighbours of both vectors, so that the end has a number of each.
func (t target) totals() {
	t.begin("totals", "dst, parts "+t.float()+", pairs int", "sets dst to the sums of the lanes of pairs ≥ 1 of vectors.")
	dst, parts, pairs := argument("dst"), argument("parts"), argument("pairs")
	neighbours, store := VHADDPS, VMOVLPS
	if t.double {
		neighbours, store = VHADDPD, VMOVUPD
	}
	loop("vectors", pairs, func() {
		a, b := t.half(parts, 0), t.half(parts, t.vector())
		neighbours(b, a, a)
		low, high := a.AsX(), XMM()
		VEXTRACTF128(U8(1), a, high)
		t.add(high, low, low)
		if !t.double {
			neighbours(low, low, low)
		}
		store(low, Mem{Base: dst})
		ADDQ(U32(2*t.vector()), parts)
		ADDQ(U32(2*t.size()), dst)
	})
	t.end()
}

// half returns a vector of 256 bits: that of memory, the upper half of a wider one added to it.
func (t target) half(base reg.Register, at int) reg.VecVirtual {
	low := YMM()
	t.move(Mem{Base: base, Disp: at}, low)
	if t.wide {
		t.add(Mem{Base: base, Disp: at + 32}, low, low)
	}
	return low
}
