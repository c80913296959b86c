// Package ovp is the orthogonal vectors problem: instances, exact algorithms, and ways to make instances.
//
// Given a list A of n vectors and a list B of m vectors from {0,1}^d, is there a pair (i, j) with
// ⟨a_i, b_j⟩ = 0? Quadratic time is easy; the orthogonal vectors conjecture, which the strong exponential
// time hypothesis implies (Williams 2005), says that n^{2−ε} is impossible for n = m and d = ω(log n). The
// problem is the gate through which satisfiability reaches problems in polynomial time.
//
// # Notation
//
// Indices i over A, j over B and k over coordinates count from 0; w = ⌈d/64⌉ is the number of machine
// words of a vector. A vector is also the set of its coordinates that are 1, and orthogonal means
// disjoint. The lists are multisets: pairs of indices are found and counted, so equal vectors count as
// often as they occur, and no list is ever deduplicated. Pairs are ordered by i, then by j.
//
// # Tour
//
//   - vectors.go, instance.go: bit-packed lists, instances, and what is found in them.
//   - definition.go: the problem as it is defined, slow, the referee of everything else.
//   - problem.go, sample.go: decision, search, counting, maximum and minimum inner product as Problems,
//     with adversaries, wrong oracles and small instances for laws.
//   - algorithm.go: what an exact algorithm declares, and the catalogue. scan.go: every pair, 64
//     coordinates at a time; strip.go: B as its loops read it; scankernel.go and scanvector.go: the loops, in
//     plain Go and in vector instructions; earlyexit.go: which words of a pair they need not look at.
//     histogram.go: the same with inner products. zeta.go: counting by sums over subsets for small d, which
//     zetasums.go computes. parallel.go: all cores, one result.
//   - law.go: the law that the algorithms are held to, on the instances of lawinstances.go;
//     lawpromptness.go: its part about cancellation.
//   - random.go, planted.go, adversarial.go, generators.go: ways to make instances.
//   - remainders.go: bits as few large integers, with inner products that tell orthogonality; remaindersizes.go:
//     what such encodings take at sizes at which none is made.
//   - textformat.go: reading and writing. square.go: lists of one length, as the format wants them.
//
// Operations are counted exactly: a word operation is one and of a word of A with a word of B, with the
// test or popcount of the outcome.
package ovp
