package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// mostMoments is the most columns that one loop of moments takes. It is the same constant in moments.go.
const mostMoments = 4

// moments has queries in lanes, two vectors of them: for each monomial two products, and for every column of
// moments a broadcast number that meets both. A table says for each monomial but the first from where, in bytes, its
// factors come: so there is one loop, whose branch is foreseen, for every order of monomials. With three columns the
// six sums keep the multipliers busy but for a third of the time; what else there is then lies beside them.
func (t target) moments(columns int) {
	t.begin(fmt.Sprintf("moments%dx", columns), "sums, products, x "+t.float()+", steps *int32, moments "+t.float()+
		", next, count int",
		fmt.Sprintf("adds products times moments to sums of %d columns, for the first product, which is given, and for "+
			"count ≥ 0 that it makes.", columns))
	sums, p := argument("sums"), t.products()
	mu, next, count := argument("moments"), argument("next"), argument("count")
	column := t.column(mu, next, columns)
	y, parts := t.vec(), t.vecs(2*columns)
	p.first()
	for c := range columns {
		t.broadcast(column(c), y)
		t.mul(p.a, y, parts[2*c])
		t.mul(p.b, y, parts[2*c+1])
	}
	p.others(count, func() {
		ADDQ(U32(t.size()), mu)
		for c := range columns {
			t.broadcast(column(c), y)
			t.fma(p.a, y, parts[2*c])
			t.fma(p.b, y, parts[2*c+1])
		}
	})
	for i, s := range parts {
		slot := Mem{Base: sums, Disp: i * t.vector()}
		t.add(slot, s, s)
		t.move(s, slot)
	}
	t.end()
}

// collect is the other way round: keys are in lanes, their values stay in registers, and sums, a vector of lanes for
// each product and column, are in memory.
func (t target) collect(columns int) {
	t.begin(fmt.Sprintf("collect%dx", columns), "sums, products, x "+t.float()+", steps *int32, values "+t.float()+
		", next, count int",
		fmt.Sprintf("adds products times values of %d columns to a vector of lanes for each, next bytes after that of the "+
			"product before: of the first product, which is given, and of count ≥ 0 that it makes.", columns))
	sums, p := argument("sums"), t.products()
	from, next, count := argument("values"), argument("next"), argument("count")
	values := t.vecs(2 * columns)
	for i, v := range values {
		t.move(Mem{Base: from, Disp: i * t.vector()}, v)
	}
	sum := t.vec()
	add := func() {
		for c := range columns {
			slot := Mem{Base: sums, Disp: c * t.vector()}
			t.move(slot, sum)
			t.fma(p.a, values[2*c], sum)
			t.fma(p.b, values[2*c+1], sum)
			t.move(sum, slot)
		}
	}
	p.first()
	add()
	p.others(count, func() {
		ADDQ(next, sums)
		add()
	})
	t.end()
}

// products are two vectors of them in a and b, of one monomial after the other.
type products struct {
	target
	start, x, steps reg.Register
	a, b            reg.VecVirtual
}

func (t target) products() products {
	return products{t, argument("products"), argument("x"), argument("steps"), t.vec(), t.vec()}
}

// first takes the one that is given.
func (p products) first() {
	p.move(Mem{Base: p.start}, p.a)
	p.move(Mem{Base: p.start, Disp: p.vector()}, p.b)
}

// others makes count ≥ 0 more, and after each does what else is to be done.
func (p products) others(count reg.Register, each func()) {
	TESTQ(count, count)
	JZ(LabelRef("made"))
	of, by, to := GP64(), GP64(), GP64()
	MOVQ(p.start, to)
	loop("monomial", count, func() {
		MOVLQSX(Mem{Base: p.steps}, of)
		MOVLQSX(Mem{Base: p.steps, Disp: 4}, by)
		ADDQ(U32(8), p.steps)
		ADDQ(U32(2*p.vector()), to)
		for i, v := range []reg.VecVirtual{p.a, p.b} {
			p.move(Mem{Base: p.start, Index: of, Scale: 1, Disp: i * p.vector()}, v)
			p.mul(Mem{Base: p.x, Index: by, Scale: 1, Disp: i * p.vector()}, v, v)
			p.move(v, Mem{Base: to, Disp: i * p.vector()})
		}
		each()
	})
	Label("made")
}

// column returns where the number of a column is, next bytes after that of the column before.
func (t target) column(base, next reg.Register, columns int) func(c int) Mem {
	third := reg.Register(nil)
	if columns > 3 {
		third = GP64()
		LEAQ(Mem{Base: next, Index: next, Scale: 2}, third)
	}
	return func(c int) Mem {
		switch c {
		case 0:
			return Mem{Base: base}
		case 3:
			return Mem{Base: base, Index: third, Scale: 1}
		}
		return Mem{Base: base, Index: next, Scale: uint8(c)}
	}
}
