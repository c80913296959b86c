package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The loops that go along rows of the score tile: the largest entry, and the exponential with its sum. Both
// leave a vector of lanes for each row, which is put together only when all tiles are done.

// largest takes two vectors at a time, a panel of keys, hence two chains.
func (t target) largest() {
	t.begin("largest", "s, most "+t.float()+", pairs int",
		"replaces each row's vector of maxima by those of it and of the row's pairs ≥ 1 of vectors.")
	s0, most, pairs := argument("s"), argument("most"), argument("pairs")
	s, left, rows := GP64(), GP64(), GP64()
	MOVQ(U32(t.rows()), rows)
	loop("row", rows, func() {
		a, b := t.vec(), t.vec()
		t.move(Mem{Base: most}, a)
		t.move(a, b)
		MOVQ(s0, s)
		MOVQ(pairs, left)
		loop("vectors", left, func() {
			t.max(Mem{Base: s}, a, a)
			t.max(Mem{Base: s, Disp: t.vector()}, b, b)
			ADDQ(U32(2*t.vector()), s)
		})
		t.max(a, b, a)
		t.move(a, Mem{Base: most})
		ADDQ(U32(t.vector()), most)
		ADDQ(U32(stride*t.size()), s0)
	})
	t.end()
}

// The constants of an exponential, each a vector: the same order as in exponential.go.
const (
	magic = iota
	floor
	coefficients // c₁ first
)

// degree and tableBits are those of exponential.go, whose TestExponentialError fails for any others: it would read
// coefficients for the table.
func (t target) degree() int {
	switch {
	case t.wide && t.double:
		return 6
	case t.wide:
		return 3
	case t.double:
		return 11
	}
	return 4
}

func (t target) tableBits() int {
	switch {
	case t.wide:
		return 4
	case t.double:
		return 0
	}
	return 3
}

// A source says where the loop of an exponential finds y.
type source int

const (
	tile    source = iota // in the score tile, which then holds the exponential
	shifted               // the same, less the row's shift
	read                  // in the score tile, which is left alone
	made                  // in queries and keys of few coordinates: the score tile need not hold scores at all
)

// exponential writes 2^y, or 0 if y is below the floor, to rows of the score tile, and adds it to each row's vector
// of sums; method and error are in exponential.go. Two vectors, a panel of keys, are in flight at a time, each
// stage of them together.
func (t target) exponential(from source, d int) {
	pointers := "s, sum, constants " + t.float()
	doc := "sets y in rows of the score tile to 2^y and adds that to each row's vector of sums."
	var name string
	switch from {
	case tile:
		name = "powers"
	case shifted:
		name, pointers = "exponentials", "s, sum, shift, constants "+t.float()
		doc = "sets y in rows of the score tile to 2^(y − shift) and adds that to each row's vector of sums."
	case read:
		name, doc = "rate", "adds 2^y for the y in rows of the score tile to each row's vector of sums."
	case made:
		name, pointers = fmt.Sprintf("weights%dx", d), "s, sum, q, k, constants "+t.float()
		doc = fmt.Sprintf("sets rows of the score tile to 2^⟨q,k⟩ in %d coordinates and adds that to each row's vector"+
			" of sums.", d)
	}
	t.begin(name, pointers+", pairs int", doc)
	const unroll = 2
	s0, sum, constants, pairs := argument("s"), argument("sum"), argument("constants"), argument("pairs")
	var shift reg.Register
	if from == shifted {
		shift = argument("shift")
	}
	var q, k0, k reg.Register
	if from == made {
		q, k0, k = argument("q"), argument("k"), GP64()
	}
	constant := func(i int) Op {
		slot := Mem{Base: constants, Disp: i * t.vector()}
		if !t.wide && i >= floor {
			return slot // 16 registers do not hold all
		}
		x := t.vec()
		t.move(slot, x)
		return x
	}
	magic, floor := constant(magic), constant(floor)
	c := make([]Op, t.degree()+1)
	for k := 1; k <= t.degree(); k++ {
		c[k] = constant(coefficients + k - 1)
	}
	var table []Op
	for i := 0; t.tableBits() > 0 && i < 1<<t.tableBits()*t.size()/t.vector(); i++ {
		x := t.vec()
		t.move(Mem{Base: constants, Disp: (coefficients + t.degree() + i) * t.vector()}, x)
		table = append(table, x)
	}

	var one Op
	if len(table) == 0 {
		one = constant(coefficients + t.degree())
	}

	s, left, rows := GP64(), GP64(), GP64()
	MOVQ(U32(t.rows()), rows)
	loop("row", rows, func() {
		sums := t.vecs(unroll)
		for _, x := range sums { // the tile's, which then count as one term of the whole
			t.zero(x)
		}
		m := t.vec()
		if from == shifted {
			t.broadcast(Mem{Base: shift}, m)
		}
		coordinate := func(l int) Mem { return Mem{Base: q, Disp: l * t.rows() * t.size()} }
		queries := t.vecs(d)
		if from == made {
			MOVQ(k0, k)
			for l := range d {
				if t.wide {
					t.broadcast(coordinate(l), queries[l])
				}
			}
		}
		MOVQ(s0, s)
		MOVQ(pairs, left)
		loop("vectors", left, func() {
			y, n, p := t.vecs(unroll), t.vecs(unroll), t.vecs(unroll)
			keep, lanes := make([]Op, unroll), t.vecs(unroll)
			each := func(stage func(i int)) {
				for i := range unroll {
					stage(i)
				}
			}
			if from == made {
				for l := range d {
					query := queries[l]
					if !t.wide { // 16 registers do not hold them
						query = m
						t.broadcast(coordinate(l), query)
					}
					each(func(i int) {
						keys := Mem{Base: k, Disp: (2*l + i) * t.vector()}
						if l == 0 {
							t.mul(keys, query, y[i])
						} else {
							t.fma(keys, query, y[i])
						}
					})
				}
				ADDQ(U32(2*d*t.vector()), k)
			} else {
				each(func(i int) { t.move(Mem{Base: s, Disp: i * t.vector()}, y[i]) })
			}
			if from == shifted {
				each(func(i int) { t.sub(m, y[i], y[i]) })
			}
			each(func(i int) {
				switch {
				case from == made: // nothing is below the floor
				case t.wide:
					k := K()
					t.pick(VCMPPD, VCMPPS)(U8(13), floor, y[i], k) // y ≥ floor
					keep[i] = k
				default:
					t.pick(VCMPPD, VCMPPS)(U8(13), floor, y[i], lanes[i])
				}
			})
			each(func(i int) { t.add(magic, y[i], n[i]) })
			each(func(i int) { t.sub(magic, n[i], p[i]) })
			each(func(i int) { t.sub(p[i], y[i], y[i]) }) // f
			g := p
			each(func(i int) { t.move(c[t.degree()], g[i]) })
			for degree := t.degree() - 1; degree >= 1; degree-- {
				each(func(i int) { t.horner(c[degree], y[i], g[i]) })
			}
			t.scale(g, n, y, table, one, each)
			each(func(i int) {
				switch {
				case len(table) == 0:
				case t.wide && from != made: // g ← 2^n·g + 2^n where kept
					t.hornerKept(n[i], n[i], keep[i], g[i])
				default:
					t.horner(n[i], n[i], g[i])
				}
				if !t.wide && from != made {
					t.pick(VANDPD, VANDPS)(lanes[i], g[i], g[i])
				}
			})
			if from != read {
				each(func(i int) { t.move(g[i], Mem{Base: s, Disp: i * t.vector()}) })
			}
			each(func(i int) { t.add(g[i], sums[i], sums[i]) })
			ADDQ(U32(unroll*t.vector()), s)
		})
		t.add(sums[0], sums[1], sums[0])
		t.add(Mem{Base: sum}, sums[0], sums[0])
		t.move(sums[0], Mem{Base: sum})
		ADDQ(U32(t.vector()), sum)
		ADDQ(U32(stride*t.size()), s0)
		switch from {
		case shifted:
			ADDQ(U32(t.size()), shift)
		case made:
			ADDQ(U32(t.size()), q)
		}
	})
	t.end()
}

// scale sets n, which is y + magic, to the power of two that belongs to it and q, which is g(f), to f·g(f); or,
// where there is no table, q to the whole exponential. The low bits of n count the steps of the table, the next
// ones are the exponent.
func (t target) scale(q, n, f []reg.VecVirtual, table []Op, one Op, each func(func(i int))) {
	shift, mantissa, sum := VPSLLQ, 52, VPADDQ
	if !t.double {
		shift, mantissa, sum = VPSLLD, 23, VPADDD
	}
	up := t.vecs(len(n))
	each(func(i int) { shift(U8(mantissa-t.tableBits()), n[i], up[i]) })
	if len(table) == 0 {
		each(func(i int) { t.horner(one, f[i], q[i]) })
		each(func(i int) { sum(up[i], q[i], q[i]) })
		return
	}
	each(func(i int) { t.mul(f[i], q[i], q[i]) })
	each(func(i int) {
		if t.double {
			VPERMI2PD(table[1], table[0], n[i])
		} else {
			VPERMPS(table[0], n[i], n[i])
		}
	})
	each(func(i int) { sum(up[i], n[i], n[i]) })
}

// hornerKept is horner where the mask is set, and 0 elsewhere.
func (t target) hornerKept(c, x, mask, to Op) {
	if t.double {
		VFMADD213PD_Z(c, x, mask, to)
	} else {
		VFMADD213PS_Z(c, x, mask, to)
	}
}
