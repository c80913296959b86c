package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The products: scores from queries and keys, output from weights and values. A register tile of
// rows × 2 vectors of sums takes, at each step, two loads of vectors and a broadcast a row, so that the
// multipliers are the only thing that binds (Goto and van de Geijn 2008).

func (t target) scores() {
	t.begin("scores", "dst, q, k "+t.float()+", d, panels int",
		"sets rows of the score tile to the inner products of packed queries with panels ≥ 1 of packed keys.")
	dst, q0, k := argument("dst"), argument("q"), argument("k")
	d, panels := argument("d"), argument("panels")
	sums := t.vecs(2 * t.rows())
	q, left := GP64(), GP64()
	DECQ(d)
	step := func(first bool) {
		k0, k1, x := t.vec(), t.vec(), t.vec()
		t.move(Mem{Base: k}, k0)
		t.move(Mem{Base: k, Disp: t.vector()}, k1)
		for i := range t.rows() {
			t.broadcast(Mem{Base: q, Disp: i * t.size()}, x)
			if first {
				t.mul(x, k0, sums[2*i])
				t.mul(x, k1, sums[2*i+1])
			} else {
				t.fma(x, k0, sums[2*i])
				t.fma(x, k1, sums[2*i+1])
			}
		}
		ADDQ(U32(2*t.vector()), k)
		ADDQ(U32(t.rows()*t.size()), q)
	}
	loop("panel", panels, func() {
		MOVQ(q0, q)
		step(true)
		MOVQ(d, left)
		TESTQ(left, left)
		JZ(LabelRef("store"))
		loop("coordinate", left, func() { step(false) })
		Label("store")
		for i := range t.rows() {
			t.move(sums[2*i], t.at(dst, i, 0))
			t.move(sums[2*i+1], Mem{Base: dst, Disp: i*stride*t.size() + t.vector()})
		}
		ADDQ(U32(2*t.vector()), dst)
	})
	t.end()
}

// values goes through panels of two vectors of columns, then through one of one vector if single is 1. After a
// panel's keys, skip bytes lead to the same first key of the next panel of two.
func (t target) values() {
	t.begin("values", "out, p, v "+t.float()+", keys, pairs, single, skip int",
		"adds weights times packed values to packed sums.")
	out, p0, v := argument("out"), argument("p"), argument("v")
	keys, pairs, single, skip := argument("keys"), argument("pairs"), argument("single"), argument("skip")
	p, left := GP64(), GP64()
	all := t.vecs(2 * t.rows())
	panel := func(label string, width int) {
		sums := all[:width*t.rows()]
		for _, s := range sums {
			t.zero(s)
		}
		MOVQ(p0, p)
		MOVQ(keys, left)
		loop(label, left, func() {
			columns, x := t.vecs(width), t.vec()
			for c := range columns {
				t.move(Mem{Base: v, Disp: c * t.vector()}, columns[c])
			}
			for i := range t.rows() {
				t.broadcast(t.at(p, i, 0), x)
				for c := range columns {
					t.fma(x, columns[c], sums[i*width+c])
				}
			}
			ADDQ(U32(width*t.vector()), v)
			ADDQ(U32(t.size()), p)
		})
		for i, s := range sums {
			t.add(Mem{Base: out, Disp: i * t.vector()}, s, s)
			t.move(s, Mem{Base: out, Disp: i * t.vector()})
		}
		ADDQ(U32(len(sums)*t.vector()), out)
		ADDQ(skip, v)
	}
	t.panels(pairs, single, panel)
}

// columns keeps keys in lanes: for few columns, whose vectors would be mostly empty. From a key of a column, next
// bytes lead to that of the next column.
func (t target) columns() {
	t.begin("columns", "out, p, v "+t.float()+", keys, pairs, single, next int",
		"adds weights times values, keys in lanes, to sums of a vector a row and column.")
	out, p0, v0 := argument("out"), argument("p"), argument("v")
	keys, pairs, single, next := argument("keys"), argument("pairs"), argument("single"), argument("next")
	p, left, at := GP64(), GP64(), GP64()
	all := t.vecs(2 * t.rows())
	panel := func(label string, width int) {
		sums := all[:width*t.rows()]
		for _, s := range sums {
			t.zero(s)
		}
		MOVQ(p0, p)
		MOVQ(v0, at)
		MOVQ(keys, left)
		loop(label, left, func() {
			columns := t.vecs(width)
			t.move(Mem{Base: at}, columns[0])
			if width == 2 {
				t.move(Mem{Base: at, Index: next, Scale: 1}, columns[1])
			}
			x := t.vec()
			for i := range t.rows() {
				if width == 1 {
					t.fma(t.at(p, i, 0), columns[0], sums[i])
					continue
				}
				t.move(t.at(p, i, 0), x)
				for c := range columns {
					t.fma(x, columns[c], sums[i*width+c])
				}
			}
			ADDQ(U32(t.vector()), at)
			ADDQ(U32(t.vector()), p)
		})
		for c := range width {
			for i := range t.rows() {
				s, slot := sums[i*width+c], Mem{Base: out, Disp: (c*t.rows() + i) * t.vector()}
				t.add(slot, s, s)
				t.move(s, slot)
			}
		}
		ADDQ(U32(len(sums)*t.vector()), out)
		for range width {
			ADDQ(next, v0)
		}
	}
	t.panels(pairs, single, panel)
}

// panels ends a function: with as many panels of two columns or vectors of them as pairs says, and one of one if
// single is 1. Each names its loop.
func (t target) panels(pairs, single reg.Register, panel func(label string, width int)) {
	TESTQ(pairs, pairs)
	JZ(LabelRef("rest"))
	loop("pair", pairs, func() { panel("pairkeys", 2) })
	Label("rest")
	TESTQ(single, single)
	JZ(LabelRef("done"))
	panel("singlekeys", 1)
	Label("done")
	t.end()
}
