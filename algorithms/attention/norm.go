package attention

import (
	"math"
	"math/bits"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Norms, spread and grain: what is measured of rows and columns. All upper bounds are rounded up.

func maxAbs(x []float64) float64 {
	var most float64
	for _, v := range x {
		most = max(most, math.Abs(v))
	}
	return most
}

// norm2 is the Euclidean norm, rounded up. Gonum scales by the largest entry so far; a step of its sum of
// squares, whether it changes the scale or not, adds at most 5u to the relative error, hence 2.5u to the
// root's, and the root and the last product 3u. The step up is for a last product below 2^−1022, which is
// rounded to a multiple of 2^−1074.
func norm2(x []float64) float64 {
	norm := floats.Norm(x, 2)
	if norm == 0 {
		return 0
	}
	return math.Nextafter(norm*(1+float64(3*len(x)+8)*unit), math.Inf(1))
}

// spreadOf is the largest difference between two values of one column, rounded up. It is at most
// widestSpread, since rounding is monotone and 2·max|V| is a float64.
func spreadOf(v *mat.Dense) float64 {
	rows, cols := v.Dims()
	least, most := make([]float64, cols), make([]float64, cols)
	copy(least, v.RawRowView(0))
	copy(most, v.RawRowView(0))
	for j := 1; j < rows; j++ {
		for c, x := range v.RawRowView(j) {
			least[c], most[c] = min(least[c], x), max(most[c], x)
		}
	}
	var spread float64
	for c := range least {
		spread = max(spread, most[c]-least[c])
	}
	return spread * (1 + 2*unit)
}

// widestSpread is the largest spread that the regime allows: spreadOf for a column with both of ±max|V|.
func widestSpread(r Regime) float64 { return 2 * r.MaxV * (1 + 2*unit) }

// grain is the largest power of two that every entry is a multiple of, or 0 if all are 0.
func grain(x *mat.Dense) float64 {
	rows, _ := x.Dims()
	least := math.MaxInt
	for i := range rows {
		for _, v := range x.RawRowView(i) {
			if v == 0 {
				continue
			}
			// v = m·2^(e−1075), the implicit bit of m set unless e is that of numbers below 2^−1022.
			b := math.Float64bits(v)
			m, e := b&(1<<52-1), int(b>>52&0x7ff)
			if e == 0 {
				e = 1
			} else {
				m |= 1 << 52
			}
			least = min(least, e-1075+bits.TrailingZeros64(m))
		}
	}
	if least == math.MaxInt {
		return 0
	}
	return math.Ldexp(1, least)
}
