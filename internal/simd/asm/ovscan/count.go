package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Counting: every word of every pair, in tiles of some vectors of A by some groups of B. What met so far of
// a pair is or-ed in a lane of a register of its own; a lane that is 0 in the end counts.

// count1 writes the loop for one word: as many vectors of A as there are registers for, then one, against
// all of B.
func (s set) count1() {
	TEXT("count1"+s.name, NOSPLIT, "func(a *uint64, rows int, b *uint64, groups int) (pairs uint64)")
	Doc("count1" + s.name + " counts the orthogonal pairs of a list and a grouped list of one word a vector.")
	Pragma("noescape")
	a, rows, b, groups := argument("a"), argument("rows"), argument("b"), argument("groups")
	count, zero := s.tally(), s.vector()
	if !s.wide {
		s.zero(zero)
	}
	for _, tall := range []int{8, 1} {
		loop(fmt.Sprintf("rows%d", tall), rows, tall, func() {
			as := s.vectors(tall)
			for i, x := range as {
				VPBROADCASTQ(Mem{Base: a, Disp: 8 * i}, x)
			}
			at, left := fresh(b), fresh(groups)
			for _, unroll := range []int{4, 1} {
				loop(fmt.Sprintf("groups%dx%d", tall, unroll), left, unroll, func() {
					for part := range unroll * s.parts {
						y := s.vector()
						s.load(Mem{Base: at, Disp: s.bytes * part}, y)
						for _, x := range as {
							count.disjoint(x, y, s.vector(), zero)
						}
					}
					ADDQ(U32(64*uint32(unroll)), at)
				})
			}
			ADDQ(U32(8*uint32(tall)), a)
		})
	}
	total := count.total()
	VZEROUPPER()
	Store(total, ReturnIndex(0))
	RET()
}

// countAny writes the loop for any number of words: tiles of 4 vectors of A, then of one, by several groups
// of B, then by one.
func (s set) countAny() {
	TEXT("countAny"+s.name, NOSPLIT, "func(a *uint64, rows int, b *uint64, groups int, words int) (pairs uint64)")
	Doc("countAny" + s.name + " counts the orthogonal pairs of a list and a grouped list of words ≥ 1 a vector.")
	Pragma("noescape")
	l := loadLists()
	count, tile, zero := s.tally(), s.vectors(4*s.across*s.parts), s.vector()
	if !s.wide {
		s.zero(zero)
	}
	for _, tall := range []int{4, 1} {
		loop(fmt.Sprintf("rows%d", tall), l.rows, tall, func() {
			at, left := fresh(l.b), fresh(l.groups)
			across := []int{s.across}
			if s.across > 1 {
				across = append(across, 1)
			}
			for _, across := range across {
				label := fmt.Sprintf("tile%dx%d", tall, across)
				loop(label, left, across, func() {
					met := tile[:tall*across*s.parts]
					s.zero(met...)
					s.meet(label, l, fresh(l.a), fresh(at), tall, across, met)
					for _, m := range met {
						count.disjoint(m, m, m, zero)
					}
					l.group.advance(at, across)
				})
			}
			l.row.advance(l.a, tall)
		})
	}
	total := count.total()
	VZEROUPPER()
	Store(total, ReturnIndex(0))
	RET()
}

// meet ors into met what all words of a tile have in common. It moves pa and pb.
func (s set) meet(label string, l lists, pa, pb reg.GPVirtual, tall, across int, met []reg.VecVirtual) {
	word := fresh(l.words)
	Label(label + "_word")
	ys := s.vectors(across * s.parts)
	for i, y := range ys {
		s.load(plus(l.group.from(pb, i/s.parts), i%s.parts*s.bytes), y)
	}
	for i := range tall {
		x := s.vector()
		VPBROADCASTQ(l.row.from(pa, i), x)
		for j, y := range ys {
			s.orAnd(x, y, met[i*len(ys)+j])
		}
	}
	ADDQ(U8(8), pa)
	ADDQ(U8(64), pb)
	DECQ(word)
	JNZ(LabelRef(label + "_word"))
}
