package polynomial

import "finegrain/internal/monomials"

// The features of a row x of d numbers are all monomials x^α with |α| ≤ g. As (Σ_l q_l·k_l)^m = Σ_{|α|=m} m!/α!·q^α·k^α,
//
//	P(⟨q,k⟩) = Σ_α w_α·q^α·k^α,   w_α = |α|!/α!·c_|α|,
//
// an inner product of r = C(d+g,g) features. The weights w are multiplied into the sums over keys, once, so the
// features of queries and keys are bare monomials and take one product each.

// basis is the monomials of a plan.
type basis struct {
	monomials.Basis
	rank int
}

// newBasis panics on a rank beyond int32: plans have refused it.
func newBasis(d, g int) basis {
	b := monomials.New(d, g)
	return basis{b, b.Rank(g)}
}

// row writes the monomials of x, of d numbers, to dst, of rank numbers.
func (b basis) row(dst, x []float64) {
	dst[0] = 1
	b.Row(dst, x, b.Degree)
}

// features is the number of products of a row as they are counted: each monomial but the constant is one.
func (b basis) features() int64 { return int64(b.rank - 1) }

// weights returns w_α for factors m!·c_m. 1/α! takes a quotient for each degree: if x_l is the last variable of α,
// and occurs a times, 1/α! is that of α less one x_l, divided by a.
func (b basis) weights(factors []float64) []float64 {
	w, degree := make([]float64, b.rank), make([]int, b.rank)
	w[0] = 1
	b.Exponents(func(index, _, times, parent int) {
		w[index], degree[index] = w[parent]/float64(times), degree[parent]+1
	})
	for i, g := range degree {
		w[i] *= factors[g]
	}
	return w
}
