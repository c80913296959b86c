package tree

import (
	"finegrain/algorithms/attention"
	"finegrain/internal/simd"
)

// The loops: weights of a tile of queries and keys, sums of weights times values, and of monomials times moments, in
// the layouts of package simd: its vector loops, or the same in plain Go.
//
//	queries [coordinate][rows]
//	keys    [panel][coordinate][padding]
//	tile    [rows][simd.Stride]
//	values  [column][total]
//	output  [column][rows][lanes]
type loops struct {
	vector   *simd.Attention[float64] // nil: plain Go
	products *simd.Moments            // nil with it
	rows     int
	lanes    int     // parts of an output
	expError float64 // of a weight, relative
	few      int     // columns at once
	panel    int
	block    int // rows that meet moments, or keys that have them collected, in lanes
}

func loopsOf(isa simd.ISA) loops {
	if v := simd.Attention64(isa); v != nil {
		return loops{
			vector: v, products: simd.MomentsOf(isa), rows: v.Rows, lanes: v.Lanes, expError: v.ExpError,
			few: v.Lanes - 1, panel: 2 * v.Lanes, block: 2 * v.Lanes,
		}
	}
	return loops{rows: 4, lanes: 1, expError: attention.Exp2Error, few: 1, panel: padding, block: plainBlock}
}

// weights sets the tile to 2^⟨q,k⟩ for so many keys, which fill panels. steady: no exponent is below
// simd.Floor64; weights of those that are are 0. None is above 1000.
func (l loops) weights(tile, ignored, queries, keys []float64, d, count int, steady bool) {
	if v := l.vector; v != nil {
		if steady && d <= simd.Small {
			v.Weights(tile, ignored, queries, keys, d, v.Panels(count))
			return
		}
		v.Scores(tile, queries, keys, d, v.Panels(count))
		v.Powers(tile, ignored, count)
		return
	}
	for i := range l.rows {
		row := tile[i*simd.Stride:][:count]
		for first := 0; first < count; first += l.panel {
			to := row[first:][:l.panel]
			clear(to)
			for c := range d {
				q := queries[c*l.rows+i]
				for e, k := range keys[first*d+c*l.panel:][:l.panel] {
					to[e] += q * k
				}
			}
		}
		for e, y := range row {
			row[e] = attention.Exp2(y)
		}
	}
}

// add adds the tile's entries times values to the output: entry e of a row meets first+e of a column.
func (l loops) add(out, tile, values []float64, first, count, total, columns int) {
	for c := 0; c < columns; c += l.few {
		n := min(l.few, columns-c)
		if l.vector != nil {
			l.vector.Values(out[c*l.rows*l.lanes:], tile, values[c*total:], first, count, total, n)
			continue
		}
		column := values[c*total+first:][:count]
		for i := range l.rows {
			sum := 0.0
			for e, y := range tile[i*simd.Stride:][:count] {
				sum += y * column[e]
			}
			out[c*l.rows+i] += sum
		}
	}
}

// totals puts the parts of an output together: [column][rows].
func (l loops) totals(dst, out []float64) {
	if l.vector == nil {
		copy(dst, out)
		return
	}
	l.vector.Totals(dst, out)
}

// plainBlock is the rows of a block in plain Go.
const plainBlock = 8

// moments makes the first rank of the products that the recipe tells, of which the first is given, for a block of
// rows, and adds them times the moments, columns stride apart, to the sums. Each sum is added up by itself first.
//
//	products   [product][block]
//	variables  [variable][block]
//	sums       [column][block]
func (l loops) moments(sums, products, variables []float64, how *recipe, mu []float64, rank, stride, columns int) {
	if v := l.products; v != nil {
		v.Add(sums, products, variables, how.vector, mu, rank, stride, columns)
		return
	}
	line := func(x []float64, i int) *[plainBlock]float64 { return (*[plainBlock]float64)(x[i*plainBlock:]) }
	for i, s := range how.steps[:rank-1] {
		from, by, to := line(products, int(s.Of)), line(variables, int(s.By)), line(products, i+1)
		for j := range to {
			to[j] = from[j] * by[j]
		}
	}
	for c := range columns {
		var s0, s1, s2, s3, s4, s5, s6, s7 float64 // in registers
		for i, y := range mu[c*stride:][:rank] {
			p := line(products, i)
			s0 += p[0] * y
			s1 += p[1] * y
			s2 += p[2] * y
			s3 += p[3] * y
			s4 += p[4] * y
			s5 += p[5] * y
			s6 += p[6] * y
			s7 += p[7] * y
		}
		to := line(sums, c)
		for j, s := range [plainBlock]float64{s0, s1, s2, s3, s4, s5, s6, s7} {
			to[j] += s
		}
	}
}
