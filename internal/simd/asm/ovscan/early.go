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
	count := s.tally()
	at, left := GP64(), GP64()
	block := s.block(l, count)
	CMPQ(l.groups, U8(0))
	JE(LabelRef("end"))
	loop("rows", l.rows, 4, func() {
		block.begin()
		MOVQ(l.b, at)
		MOVQ(l.groups, left)
		Label("block")
		block.first(at)
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
	block.further(pa, pb)
	JEQ(LabelRef("next"))
	DECQ(word)
	JNZ(LabelRef("word"))
	block.count()
	JMP(LabelRef("next"))
}

// block is how a width knows which pairs of a block are left. Both first and further leave the flags equal if
// none is.
type block struct {
	begin   func()                     // is called for every four vectors of A, at l.a
	first   func(pb reg.GPVirtual)     // looks at their first word and that of the group at pb
	further func(pa, pb reg.GPVirtual) // looks at the words at pa and pb
	count   func()                     // counts what is left
}

func (s set) block(l lists, count *tally) block {
	if s.wide {
		return s.inMasks(l, count)
	}
	return s.inLanes(l, count)
}

// inMasks keeps in four masks which pairs are left: a test under a mask leaves what both have.
func (s set) inMasks(l lists, count *tally) block {
	as, y := s.vectors(4), s.vector()
	anyLeft := func() {
		KORW(reg.K1, reg.K2, reg.K5)
		KORW(reg.K3, reg.K4, reg.K6)
		KORTESTW(reg.K5, reg.K6)
	}
	return block{
		begin: func() {
			for i, x := range as {
				VPBROADCASTQ(l.row.from(l.a, i), x)
			}
		},
		first: func(pb reg.GPVirtual) {
			s.load(Mem{Base: pb}, y)
			for i, x := range as {
				VPTESTNMQ(y, x, masks[i])
			}
			anyLeft()
		},
		further: func(pa, pb reg.GPVirtual) {
			s.load(Mem{Base: pb}, y)
			for i := range as {
				VPTESTNMQ_BCST(l.row.from(pa, i), y, masks[i], masks[i])
			}
			anyLeft()
		},
		count: func() {
			for i := range as {
				count.masked(masks[i])
			}
		},
	}
}

// inLanes keeps what met in lanes: a pair is left where it is 0.
func (s set) inLanes(l lists, count *tally) block {
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
	return block{
		begin:   func() {},
		first:   func(pb reg.GPVirtual) { look(l.a, pb, s.and) },
		further: func(pa, pb reg.GPVirtual) { look(pa, pb, s.orAnd) },
		count: func() {
			for _, m := range met {
				VPCMPEQQ(m, zero, m)
				count.equal(m)
			}
		},
	}
}
