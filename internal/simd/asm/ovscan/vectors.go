package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The few operations that the loops are written in, for either width.

// group is how many vectors of B lie together, word by word.
const group = 8

// set is the instructions that a loop is written in.
type set struct {
	name   string
	wide   bool // AVX-512, otherwise AVX2
	bytes  int  // of a register
	parts  int  // registers of a group's word
	across int  // groups of a tile
}

var (
	avx512 = set{name: "AVX512", wide: true, bytes: 64, parts: 1, across: 4}
	avx2   = set{name: "AVX2", bytes: 32, parts: 2, across: 1}
)

func (s set) vector() reg.VecVirtual {
	if s.wide {
		return ZMM()
	}
	return YMM()
}

func (s set) vectors(n int) []reg.VecVirtual {
	out := make([]reg.VecVirtual, n)
	for i := range out {
		out[i] = s.vector()
	}
	return out
}

func (s set) load(m Mem, v reg.VecVirtual) {
	if s.wide {
		VMOVDQU64(m, v)
	} else {
		VMOVDQU(m, v)
	}
}

func (s set) zero(vectors ...reg.VecVirtual) {
	for _, v := range vectors {
		if s.wide {
			VPXORQ(v, v, v)
		} else {
			VPXOR(v, v, v)
		}
	}
}

// and sets t to x & y.
func (s set) and(x, y, t reg.VecVirtual) {
	if s.wide {
		VPANDQ(x, y, t)
	} else {
		VPAND(x, y, t)
	}
}

// orAnd sets t to t | x&y.
func (s set) orAnd(x, y, t reg.VecVirtual) {
	if s.wide {
		VPTERNLOGQ(U8(0xf8), x, y, t) // 0xf8 is the truth table
		return
	}
	both := s.vector()
	VPAND(x, y, both)
	VPOR(both, t, t)
}

// tally counts, lane by lane, what is 0: in several sums, lest one addition waits for another.
type tally struct {
	set
	sums []reg.VecVirtual
	next int
	ones reg.VecVirtual // for AVX-512
}

// masks are what tests of AVX-512 write, in turn; K0 cannot mask an addition.
var masks = []reg.Register{reg.K1, reg.K2, reg.K3, reg.K4, reg.K5, reg.K6, reg.K7}

func (s set) tally() *tally {
	t := &tally{set: s, sums: s.vectors(2 * s.bytes / 32)}
	s.zero(t.sums...)
	if s.wide {
		one := GP64()
		t.ones = s.vector()
		MOVQ(U32(1), one)
		VPBROADCASTQ(one, t.ones)
	}
	return t
}

// disjoint counts the lanes where x & y is 0. The register met may be overwritten: AVX2 has nothing that does
// both at once, and compares what met with zero.
func (t *tally) disjoint(x, y, met, zero reg.VecVirtual) {
	if t.wide {
		mask := masks[t.next%len(masks)]
		VPTESTNMQ(x, y, mask)
		t.masked(mask)
		return
	}
	if x != y {
		t.and(x, y, met)
	}
	VPCMPEQQ(met, zero, met)
	t.equal(met)
}

// masked counts the lanes that a mask has.
func (t *tally) masked(mask reg.Register) {
	sum := t.sums[t.next%len(t.sums)]
	VPADDQ(t.ones, sum, mask, sum)
	t.next++
}

// equal counts the lanes that a comparison has set to −1.
func (t *tally) equal(lanes reg.VecVirtual) {
	sum := t.sums[t.next%len(t.sums)]
	VPSUBQ(lanes, sum, sum)
	t.next++
}

// total adds the sums and their lanes up.
func (t *tally) total() reg.GPVirtual {
	sum, high, total := t.sums[0], YMM(), GP64()
	for _, c := range t.sums[1:] {
		VPADDQ(c, sum, sum)
	}
	if t.wide {
		VEXTRACTI64X4(U8(1), sum, high)
		VPADDQ(high, sum.AsY(), sum.AsY())
		VEXTRACTI64X2(U8(1), sum.AsY(), high.AsX())
	} else {
		VEXTRACTI128(U8(1), sum, high.AsX())
	}
	VPADDQ(high.AsX(), sum.AsX(), sum.AsX())
	VPSHUFD(U8(0x4e), sum.AsX(), high.AsX())
	VPADDQ(high.AsX(), sum.AsX(), sum.AsX())
	VMOVQ(sum.AsX(), total)
	return total
}

func argument(name string) reg.GPVirtual { return Load(Param(name), GP64()).(reg.GPVirtual) }

// loop writes a body that runs while step of count are left, which are taken off each time. Count is not
// negative.
func loop(label string, count reg.GPVirtual, step int, body func()) {
	SUBQ(U32(uint32(step)), count)
	JLT(LabelRef(label + "_done"))
	Label(label)
	body()
	SUBQ(U32(uint32(step)), count)
	JGE(LabelRef(label))
	Label(label + "_done")
	ADDQ(U32(uint32(step)), count)
}

// lists are the arguments of a loop over vectors of any number of words.
type lists struct {
	a, rows, b, groups, words reg.GPVirtual
	row, group                stride
}

// stride is the bytes from one vector of A, or group of B, to the next.
type stride struct{ once, thrice reg.GPVirtual }

func newStride(words reg.GPVirtual, scale int) stride {
	s := stride{GP64(), GP64()}
	MOVQ(words, s.once)
	SHLQ(U8(scale), s.once)
	LEAQ(Mem{Base: s.once, Index: s.once, Scale: 2}, s.thrice)
	return s
}

// from is the memory i ≤ 3 strides from a base.
func (s stride) from(base reg.Register, i int) Mem {
	switch i {
	case 0:
		return Mem{Base: base}
	case 3:
		return Mem{Base: base, Index: s.thrice, Scale: 1}
	default:
		return Mem{Base: base, Index: s.once, Scale: uint8(i)}
	}
}

// advance moves a base by 1 or 4 strides.
func (s stride) advance(base reg.GPVirtual, by int) {
	LEAQ(Mem{Base: base, Index: s.once, Scale: uint8(by)}, base)
}

func loadLists() lists {
	l := lists{a: argument("a"), rows: argument("rows"), b: argument("b"), groups: argument("groups")}
	l.words = argument("words")
	l.row, l.group = newStride(l.words, 3), newStride(l.words, 6)
	return l
}

func plus(m Mem, bytes int) Mem {
	m.Disp += bytes
	return m
}

func fresh(r reg.GPVirtual) reg.GPVirtual {
	c := GP64()
	MOVQ(r, c)
	return c
}
