package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// The limit: the fewest instructions that test and count pairs, on registers. A few vectors of A in turn, the
// masks in turn and several sums leave no chain that anything waits for.

// tests is how many registers of pairs an iteration tests.
const tests = 64

func (s set) limit(words int) {
	name := fmt.Sprintf("testAndCount%d%s", words, s.name)
	rows := s.bytes / 16 // 4 and 2
	if !s.wide && words == 4 {
		rows = 1 // there are 16 registers
	}
	TEXT(name, NOSPLIT, "func(a *[16]uint64, b *[32]uint64, iterations int) (pairs uint64)")
	Doc(fmt.Sprintf("%s counts the orthogonal pairs of %d vectors a, in turn, and %d vectors b, %d vectors of A",
		name, rows, s.bytes/8, tests), "an iteration, of which there is at least one.")
	Pragma("noescape")
	a, b, iterations := argument("a"), argument("b"), argument("iterations")
	as, bs, met := s.vectors(rows*words), s.vectors(words), s.vectors(2)
	for i, x := range as {
		VPBROADCASTQ(Mem{Base: a, Disp: 8 * i}, x)
	}
	for k, y := range bs {
		s.load(Mem{Base: b, Disp: 64 * k}, y)
	}
	count, zero := s.tally(), s.vector()
	if !s.wide {
		s.zero(zero)
	}
	Label("loop")
	for i := range tests {
		row, m := as[i%rows*words:][:words], met[i%len(met)]
		if words == 1 {
			count.disjoint(row[0], bs[0], m, zero)
			continue
		}
		s.and(row[0], bs[0], m)
		for k := 1; k < words; k++ {
			s.orAnd(row[k], bs[k], m)
		}
		count.disjoint(m, m, m, zero)
	}
	DECQ(iterations)
	JNZ(LabelRef("loop"))
	total := count.total()
	VZEROUPPER()
	Store(total, ReturnIndex(0))
	RET()
}
