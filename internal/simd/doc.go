// Package simd holds the inner loops that the workbench spends its time in, in the vector instructions of
// the processor: AVX-512, or AVX2 with FMA. What uses them keeps the same loop in plain Go beside, which is
// the definition that they are tested against and what every other platform runs.
//
//   - isa.go: which instructions are used, and FINEGRAIN_KERNEL, which overrides the choice.
//   - attention.go: the loops of attention, float64 and float32, for algorithms/attention; exponential.go: their
//     2^y, with its error.
//   - moments.go: sums of monomials times moments, and moments of points, for algorithms/tree.
//   - ovscan.go: counting and histogram of orthogonal pairs, for ovp.
//   - zeta.go: sums over subsets, for ovp.
//   - rate.go, limits.go: loops that show what the machine can do at most, for finegrain bench.
//
// The assembly is generated: asm is a module of its own, so that its generator library is no dependency of
// the workbench; each folder there writes one file X_amd64.s with its declarations X_amd64.go. Files
// Xcalls_amd64.go choose among the loops, and Xcalls_other.go stand in on other platforms.
//
// An assembly loop cannot be interrupted and does not check its arguments. Every call must be short: some
// microseconds, or, of attention in thousands of dimensions, a fraction of a millisecond. Every exported function
// checks the lengths that its loop relies on; misuse panics.
//
// # What was tried for attention
//
// On a Xeon at some 3.1 GHz with two 512-bit multipliers, in ns a pair of query and key, best of 400 rounds, data
// in the first-level cache; finegrain bench repeats the totals. At the multipliers' peak an inner product or an
// update of the output takes 1.27 ns at d = 64 in float64, and half of that in float32; an exponential alone 0.28
// and 0.11.
//
//	register tile of 12×2 vectors, packed panels    1.28 and 1.27 at d = 64: nothing left to gain
//	the same at d = 16                              0.33 and 0.32 (0.17 and 0.18 in float32)
//	output of one vector of columns                 load ports bind: 13 loads for 12 multiply-adds; reading the
//	                                                broadcast as an operand changes nothing
//	exponential, 2 vectors in flight                0.28; 4 in flight 0.27, not worth longer panels
//	exponential with its result stored              0.32
//	scores and exponential in one loop, d = 2       0.32, against 0.06 and 0.32 in two loops
//	few columns, keys in lanes, d = 2               0.05; with columns in lanes most of a vector is empty
//	tiles of 128 keys instead of 256                3 to 10 % more in all for small d and float32, and a bound on
//	                                                the error that is half as large
//	prefetching keys and values                     no difference
//	blocks of 24, 48, 96, 192, 384 queries          from 192 on no difference; 24 take 5 to 10 % more
//	no maximum and no subtraction where no score    3 to 6 % less, and one rounding less
//	  is large
//	norms, checks and conversion in parallel        15 % less in float32 with a causal mask at n = 4096
//
// # What was tried for moments
//
// In ns a point and monomial, 153 monomials of two coordinates, three columns of moments.
//
//	monomials a point at a time in plain Go, then   0.67
//	  multiplied by the loop for few columns
//	points in lanes, one loop for both              0.12: six chains of multiply-adds bind, and loads nearly do
//	the same with 800 monomials                     0.16: the products leave the first-level cache
//	moments of points, sums in memory               0.18, against 0.9 a point at a time
package simd
