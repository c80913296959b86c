package attention

import (
	"math"
	"math/bits"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Norms, spread and grain: what is measured of rows and columns. All upper bounds are rounded up. The loops are
// written out since every instance goes through them, and float32 attention of 4096 keys takes only a hundred
// times as long.

// Rows whose largest entry is between these, in bits, are squared as they are: 2^±480.
const (
	leastSquared = (1023 - 480) << 52
	mostSquared  = (1023 + 480) << 52

	infinite = 0x7ff << 52 // the bits of +Inf; those of numbers are less, those of NaN are more
)

// norm2 is the Euclidean norm, rounded up. A plain sum of squares adds at most (len + 1)u/2 to its relative error,
// in any order. Where squares leave the range gonum's norm serves, which scales by the largest entry so far; a
// step of its sum of squares, whether it changes the scale or not, adds at most 5u to the relative error, hence
// 2.5u to the root's, and the root and the last product 3u. The step up is for a last product below 2^−1022, which
// is rounded to a multiple of 2^−1074.
func norm2(x []float64) float64 {
	square, largest := squareAndLargest(x)
	if squares(largest) {
		return rootUp(square, len(x))
	}
	return scaledNorm(x)
}

// squares reports whether rows with this largest entry, in bits, are squared as they are.
func squares(largest uint64) bool { return largest > leastSquared && largest < mostSquared }

// squareAndLargest is the sum of squares, and the bits of the largest absolute entry: they are ordered as the
// numbers are, and what is not finite is above them all.
func squareAndLargest(x []float64) (square float64, largest uint64) {
	var a, b, c, d float64
	for ; len(x) >= 4; x = x[4:] {
		p, q, r, s := x[0], x[1], x[2], x[3]
		a, b, c, d = a+p*p, b+q*q, c+r*r, d+s*s
		largest = max(largest, magnitude(p), magnitude(q), magnitude(r), magnitude(s))
	}
	for _, p := range x {
		a += p * p
		largest = max(largest, magnitude(p))
	}
	return (a + b) + (c + d), largest
}

// rootUp is an upper bound on the norm of a row whose computed sum of squares is given, which grows with it. What
// squares below 2^−1022 lose is less than u of the largest.
func rootUp(square float64, entries int) float64 { return up(math.Sqrt(square), entries) }

func scaledNorm(x []float64) float64 {
	norm := floats.Norm(x, 2)
	if norm == 0 {
		return 0
	}
	return up(norm, len(x))
}

func up(norm float64, entries int) float64 {
	return math.Nextafter(norm*(1+float64(3*entries+8)*unit), math.Inf(1))
}

// magnitude is the bits of |x|.
func magnitude(x float64) uint64 { return math.Float64bits(x) &^ (1 << 63) }

// largestOf is the bits of the largest absolute entry.
func largestOf(x []float64) (largest uint64) {
	for ; len(x) >= 4; x = x[4:] {
		largest = max(largest, magnitude(x[0]), magnitude(x[1]), magnitude(x[2]), magnitude(x[3]))
	}
	for _, p := range x {
		largest = max(largest, magnitude(p))
	}
	return largest
}

// WidestSpread is the largest spread of values that the regime allows: that of a column with both of ±max|V|. No
// spread of a Survey exceeds it, since rounding is monotone and 2·max|V| is a float64.
func (r Regime) WidestSpread() float64 { return 2 * r.MaxV * (1 + 2*unit) }

// grain is the largest power of two that every entry is a multiple of, or 0 if all are 0.
func grain(x *mat.Dense) float64 {
	rows, _ := x.Dims()
	return powerOf(grainExponent(x, 0, rows))
}

// noGrain is the exponent of a grain of nothing but zeros.
const noGrain = math.MaxInt

func powerOf(exponent int) float64 {
	if exponent == noGrain {
		return 0
	}
	return math.Ldexp(1, exponent)
}

// grainExponent is that of the grain of the rows from … to−1.
func grainExponent(x *mat.Dense, from, to int) int {
	least := noGrain
	for i := from; i < to; i++ {
		for _, v := range x.RawRowView(i) {
			// v = m·2^(e−1075), the implicit bit of m set unless e is that of numbers below 2^−1022.
			b := math.Float64bits(v)
			m, e := b&(1<<52-1), int(b>>52&0x7ff)
			if e-1075 >= least || v == 0 {
				continue // m·2^(e−1075) is a multiple of 2^least
			}
			if e == 0 {
				e = 1
			} else {
				m |= 1 << 52
			}
			least = min(least, e-1075+bits.TrailingZeros64(m))
		}
	}
	return least
}
