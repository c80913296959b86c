package attention

import (
	"math"

	"finegrain/internal/roundoff"
)

// Error-free transformations and double-double numbers: pairs hi + lo of float64s that carry about 106
// bits. Dekker 1971 and Knuth 1969 for the transformations; Ogita, Rump and Oishi, "Accurate sum and dot
// product", 2005, for the inner product and its bound. Conversions float64(x*y) keep compilers of other
// architectures from fusing a product into a sum, which would break the transformations.

// unit is u.
const unit = roundoff.Unit

// twoSum returns fl(a+b) and the rounding error: sum + lost = a + b exactly, barring overflow.
func twoSum(a, b float64) (sum, lost float64) {
	sum = a + b
	v := sum - a
	return sum, (a - (sum - v)) + (b - v)
}

// twoProduct returns fl(a·b) and the rounding error, exact unless the error is below the float64 range.
func twoProduct(a, b float64) (product, lost float64) {
	product = float64(a * b)
	return product, math.FMA(a, b, -product)
}

// doubleDouble is the number hi + lo, |lo| ≤ u|hi| up to a factor near 1.
type doubleDouble struct{ hi, lo float64 }

// dot2 is the inner product as hi + lo with error at most γ²Σ|q_l||k_l|, γ = 2d·u/(1 − 2d·u), plus what
// products below 2^−968 may lose (2^−1074 each).
//
// Proof (Ogita, Rump and Oishi, algorithm Dot2, keeping the pair): the products p_l + π_l and the partial
// sums are error-free, so ⟨q,k⟩ = hi + Σ(π_l + σ_l) exactly. Only the corrections are summed in rounded
// arithmetic, in at most 2d additions: the error is at most γ Σ(|π_l| + |σ_l|), and |π_l| ≤ u|p_l|,
// Σ|σ_l| ≤ γ_d Σ|p_l|, so that the sum in parentheses is at most γ Σ|q_l||k_l|.
func dot2(q, k []float64) doubleDouble {
	var hi, lo float64
	k = k[:len(q)]
	for l, x := range q {
		p, pi := twoProduct(x, k[l])
		var sigma float64
		hi, sigma = twoSum(hi, p)
		lo += pi + sigma
	}
	return doubleDouble{hi, lo}.normal()
}

// normal returns the same number with hi the nearest float64.
func (a doubleDouble) normal() doubleDouble {
	hi, lo := twoSum(a.hi, a.lo)
	return doubleDouble{hi, lo}
}

// times returns a·b with relative error at most 4u².
func (a doubleDouble) times(b float64) doubleDouble {
	p, lost := twoProduct(a.hi, b)
	return doubleDouble{p, math.FMA(a.lo, b, lost)}.normal()
}

// minus returns a − b as one float64. Its error is at most 2u|a−b| + 8u²(|a| + |b|).
func (a doubleDouble) minus(b doubleDouble) float64 {
	hi, lost := twoSum(a.hi, -b.hi)
	return hi + (lost + (a.lo - b.lo))
}

// add returns a + b with b one float64: the correction absorbs the rounding error of the leading sum.
func (a doubleDouble) add(b float64) doubleDouble {
	hi, lost := twoSum(a.hi, b)
	return doubleDouble{hi, a.lo + lost}
}
