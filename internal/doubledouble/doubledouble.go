// Package doubledouble computes with pairs of float64s, which carry about 106 bits.
package doubledouble

import (
	"math"
)

// Error-free transformations and double-double numbers: pairs hi + lo of float64s that carry about 106
// bits. Dekker 1971 and Knuth 1969 for the transformations; Ogita, Rump and Oishi, "Accurate sum and dot
// product", 2005, for the inner product and its bound. Conversions float64(x*y) keep compilers of other
// architectures from fusing a product into a sum, which would break the transformations.

// TwoSum returns fl(a+b) and the rounding error: sum + lost = a + b exactly, barring overflow.
func TwoSum(a, b float64) (sum, lost float64) {
	sum = a + b
	v := sum - a
	return sum, (a - (sum - v)) + (b - v)
}

// TwoProduct returns fl(a·b) and the rounding error, exact unless the error is below the float64 range.
func TwoProduct(a, b float64) (product, lost float64) {
	product = float64(a * b)
	return product, math.FMA(a, b, -product)
}

// Number is the number hi + lo, |lo| ≤ u|hi| up to a factor near 1.
type Number struct{ Hi, Lo float64 }

// Dot is the inner product as hi + lo with error at most γ²Σ|q_l||k_l|, γ = 2d·u/(1 − 2d·u), plus what
// products below 2^−968 may lose (2^−1074 each).
//
// Proof (Ogita, Rump and Oishi, algorithm Dot2, keeping the pair): the products p_l + π_l and the partial
// sums are error-free, so ⟨q,k⟩ = hi + Σ(π_l + σ_l) exactly. Only the corrections are summed in rounded
// arithmetic, in at most 2d additions: the error is at most γ Σ(|π_l| + |σ_l|), and |π_l| ≤ u|p_l|,
// Σ|σ_l| ≤ γ_d Σ|p_l|, so that the sum in parentheses is at most γ Σ|q_l||k_l|.
func Dot(q, k []float64) Number {
	var hi, lo float64
	k = k[:len(q)]
	for l, x := range q {
		p, pi := TwoProduct(x, k[l])
		var sigma float64
		hi, sigma = TwoSum(hi, p)
		lo += pi + sigma
	}
	return Number{hi, lo}.normal()
}

// normal returns the same number with hi the nearest float64.
func (a Number) normal() Number {
	hi, lo := TwoSum(a.Hi, a.Lo)
	return Number{hi, lo}
}

// Times returns a·b with relative error at most 4u².
func (a Number) Times(b float64) Number {
	p, lost := TwoProduct(a.Hi, b)
	return Number{p, math.FMA(a.Lo, b, lost)}.normal()
}

// Minus returns a − b as one float64. Its error is at most 2u|a−b| + 8u²(|a| + |b|).
func (a Number) Minus(b Number) float64 {
	hi, lost := TwoSum(a.Hi, -b.Hi)
	return hi + (lost + (a.Lo - b.Lo))
}

// Add returns a + b with b one float64: the correction absorbs the rounding error of the leading sum.
func (a Number) Add(b float64) Number {
	hi, lost := TwoSum(a.Hi, b)
	return Number{hi, a.Lo + lost}
}
