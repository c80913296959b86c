// Package attention holds the attention problem, its definition, and the algorithms that compute it
// exactly up to rounding: the reference of every other attention algorithm.
//
// # Notation
//
// n queries q_i and m keys k_j of d coordinates; values v_j of dv; the scale s; scores x_ij = s·⟨q_i, k_j⟩;
// weights proportional to e^{x_ij}; the output
//
//	Att(Q,K,V) = D⁻¹ A V,  A = exp(s·QKᵀ) entrywise,  D = diag(A·1),
//
// so row i is the average of the values with the weights of query i. With a causal mask query i sees the
// keys j ≤ i; with ranges, those from s_i to before t_i. B is the largest absolute entry of Q and K, ε an additive
// error, max|out − exact|. Indices count from 0; i runs over queries, j over keys, l over coordinates, c over value
// columns. u = 2^−53 is the unit roundoff of float64.
//
// # Tour
//
// The words: instance.go, regime.go (the numbers of an instance that guarantees are stated in), output.go,
// method.go (Method and Guarantee: how every attention algorithm of the workbench is declared), problem.go with
// check.go, sample.go and adversary.go (correct but unhelpful oracles), and generate.go (instances by kind).
//
// The algorithms: exact.go is the definition in float64. multiprecision.go is the definition at any precision,
// chosen by precision.go; bigrow.go computes a row of it, with the exponential of bigexp.go, the exact inner
// products of expansion.go and the memory of scores of memo.go. streaming.go is one pass over tiles of keys, in
// float64 or float32, on operands.go; its tile is vector.go, on the vector loops of internal/simd, or portable.go,
// in plain Go with the exponential of exp2.go. refine.go computes rows again that plain float64 does not resolve, in
// the arithmetic of internal/doubledouble. All run in parallel, with working memory by internal/pass, and stop by pace.go.
// tripleloop.go is what they are timed against. training.go and the files whose names begin so are the gradient of the
// loss of an attention layer: exactly, through any Method, at any precision, with its bound and its law.
//
// The proofs: bound.go derives the error bounds that the algorithms in floating point report, from the norms of norm.go.
// law.go holds any Method to what it declares; observed.go measures the error that was made. epsilonrank.go bounds from
// below, by singular values, the rank of whatever approximates the weights.
//
// # What a bound means
//
// Output.Bound bounds max|out − exact| for the instance at hand, and never exceeds what Guarantee.Error promises
// from the regime alone. It is proved, but for one assumption that Exact makes: math.Exp errs by at most 4u,
// which a test holds to 3u. At n = 4096, d = 64, entries in [−1, 1] and s = 1/d streaming reports 3e-14 and errs
// by some 1e-16: bounds are worst cases.
package attention
