package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Counting with an early exit: blocks of four vectors of A and a group of B, word by word, until no pair of
// the block is left. The rest of a block is out of the way of those that end with the first word.

func (s set) early() {
	TEXT("early"+s.name, NOSPLIT, "func(a *uint64, rows int, b *uint64, groups int, words int) (pairs, more uint64)")
	Doc("early"+s.name+" counts the orthogonal pairs of a list of a multiple of 4 vectors and a grouped list, of",
		"words ≥ 2 a vector, and the words beyond the first that blocks of 4 by 8 pairs were looked at.")
	Pragma("noescape")
	l := loadLists()
	more := GP64()
	XORQ(more, more)
	if s.wide {
		earlyMasks(l, more)
	} else {
		earlyLanes(l, more)
	}
}

// earlyMasks keeps in four masks which pairs are left: a test under a mask leaves what both have.
func earlyMasks(l lists, more reg.GPVirtual) {
	s := avx512
	count := s.tally()
	at, left := GP64(), GP64()
	first := s.vectors(4)
	anyLeft := func() {
		KORW(reg.K1, reg.K2, reg.K5)
		KORW(reg.K3, reg.K4, reg.K6)
		KORTESTW(reg.K5, reg.K6)
	}
	CMPQ(l.groups, U8(0))
	JE(LabelRef("end"))
	loop("rows", l.rows, 4, func() {
		for i, x := range first {
			VPBROADCASTQ(l.row.from(l.a, i), x)
		}
		MOVQ(l.b, at)
		MOVQ(l.groups, left)
		Label("block")
		y := s.vector()
		s.load(Mem{Base: at}, y)
		for i, x := range first {
			VPTESTNMQ(y, x, masks[i])
		}
		anyLeft()
		JNE(LabelRef("rest"))
		Label("next")
		ADDQ(l.group.once, at)
		DECQ(left)
		JNZ(LabelRef("block"))
		l.row.advance(l.a, 4)
	})
	Label("end")
	total := count.total()
	VZEROUPPER()
	Store(total, ReturnIndex(0))
	Store(more, ReturnIndex(1))
	RET()

	Label("rest")
	pa, pb, word, y := fresh(l.a), fresh(at), fresh(l.words), s.vector()
	DECQ(word)
	Label("word")
	INCQ(more)
	ADDQ(U8(8), pa)
	ADDQ(U8(64), pb)
	s.load(Mem{Base: pb}, y)
	for i := range 4 {
		VPTESTNMQ_BCST(l.row.from(pa, i), y, masks[i], masks[i])
	}
	anyLeft()
	JEQ(LabelRef("next"))
	DECQ(word)
	JNZ(LabelRef("word"))
	for i := range 4 {
		count.masked(masks[i])
	}
	JMP(LabelRef("next"))
}

// earlyLanes keeps what met in lanes: a pair is left where it is 0.
func earlyLanes(l lists, more reg.GPVirtual) {
	s := avx2
	count := s.tally()
	at, left := GP64(), GP64()
	zero, met := s.vector(), s.vectors(8)
	s.zero(zero)
	look := func(pa, pb reg.GPVirtual, meet func(x, y, met reg.VecVirtual)) {
		ys := s.vectors(2)
		s.load(Mem{Base: pb}, ys[0])
		s.load(Mem{Base: pb, Disp: 32}, ys[1])
		for i := range 4 {
			x := s.vector()
			VPBROADCASTQ(l.row.from(pa, i), x)
			meet(x, ys[0], met[2*i])
			meet(x, ys[1], met[2*i+1])
		}
		some, equal := s.vector(), s.vector()
		VPCMPEQQ(met[0], zero, some)
		for _, m := range met[1:] {
			VPCMPEQQ(m, zero, equal)
			VPOR(equal, some, some)
		}
		VPTEST(some, some)
	}
	CMPQ(l.groups, U8(0))
	JE(LabelRef("end"))
	loop("rows", l.rows, 4, func() {
		MOVQ(l.b, at)
		MOVQ(l.groups, left)
		Label("block")
		look(l.a, at, s.and)
		JNE(LabelRef("rest"))
		Label("next")
		ADDQ(l.group.once, at)
		DECQ(left)
		JNZ(LabelRef("block"))
		l.row.advance(l.a, 4)
	})
	Label("end")
	total := count.total()
	VZEROUPPER()
	Store(total, ReturnIndex(0))
	Store(more, ReturnIndex(1))
	RET()

	Label("rest")
	pa, pb, word := fresh(l.a), fresh(at), fresh(l.words)
	DECQ(word)
	Label("word")
	INCQ(more)
	ADDQ(U8(8), pa)
	ADDQ(U8(64), pb)
	look(pa, pb, s.orAnd)
	JEQ(LabelRef("next"))
	DECQ(word)
	JNZ(LabelRef("word"))
	for _, m := range met {
		VPCMPEQQ(m, zero, m)
		count.equal(m)
	}
	JMP(LabelRef("next"))
}
