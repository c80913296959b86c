// Package polynomial computes attention with bounded scores in time linear in the number of queries and keys: the
// polynomial method of Alman and Song, "Fast Attention Requires Bounded Entries" (2023), with the degree of
// Aggarwal and Alman, "Optimal-Degree Polynomial Approximations for Exponentials and Gaussian Kernel Density
// Estimation" (2022).
//
// If no |x_ij| = |s·⟨q_i,k_j⟩| exceeds M, a polynomial P of small degree g has |P(x) − e^x| ≤ ε_A·e^x there, and
// P(s·⟨q,k⟩) is an inner product of r = C(d+g,g) features of q with as many of k. The keys then are summed up once,
// in r·(dv+1) numbers, and each query reads its row off them: no pair of a query and a key is looked at, and neither
// n×m nor n×r numbers are held. With a causal mask or ranges of keys few pairs are looked at.
//
//   - degree.go: the degree that an error needs, for Chebyshev and for even Taylor polynomials; the rank.
//   - coefficients.go: the polynomials in powers of x, degree after degree.
//   - features.go: the monomials of a row, one product each.
//   - scores.go: bounds on scores that take no more than a pass over Q and K; centring of the keys.
//   - bound.go: the proof of what is promised, and why polynomials whose terms cancel are refused.
//   - plan.go: which polynomial serves an instance, or why none does.
//   - polynomial.go: the method.
//   - causal.go, ranges.go: its sums with a causal mask, and with ranges of keys; near.go: the pairs that are looked at.
//   - gradient.go: the gradient of an attention layer's loss.
//   - degreelaw.go: the least degree of any polynomial, from both sides, and the law that it follows.
//   - transition.go: the exponent of the method's work as a function of n and B alone, and its limit.
//
// # Notation
//
// M bounds |x_ij|, and M_abs ≥ M bounds s·Σ_l|q_il||k_jl|, by which the terms of P(s·⟨q,k⟩) are measured: they may
// be large where the scores are small. ε_A is the relative error of P, c_m its coefficient of x^m. For the rest see
// package attention.
package polynomial
