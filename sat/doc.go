// Package sat holds Boolean formulas in conjunctive normal form: reading and writing them, making them,
// and deciding and counting them by independent algorithms, so that each can referee the others: they share
// only which variables are used and, but for brute force, the test for tautologies.
//
// # Notation
//
// A formula has n variables, numbered 1 to n, and m clauses. A literal is +v or −v as in DIMACS; a clause
// is the disjunction of its literals, a formula the conjunction of its clauses. The empty clause is false
// and the formula without clauses true. Duplicate literals, duplicate clauses and tautologies are legal and
// kept as they are. An assignment gives a value to each of the n variables, whether it occurs or not; a
// model is a satisfying assignment. A used variable occurs in some clause; every other one doubles the
// count of models. k is the width of a clause, its number of literals.
//
// # Tour
//
//	formula.go     Literal, Formula, Model; what it means to satisfy
//	dimacs.go      the DIMACS format, read within bounds and written
//	problem.go     the Problems Decision, Search and Counting, their adversaries and wrong oracles
//	census.go      Counting and Search in one
//	sample.go      the small formulas that laws are tried on
//	bruteforce.go  the definition: all assignments, 64 at a time
//	solve.go       conflict-driven clause learning, by the library gini
//	count.go       exact model counting, by DPLL on components that are cached (cache.go)
//	patience.go    when these three look at their context
//	generator.go   the catalogue of the generators:
//	               uniform.go, planted.go, threshold.go       random k-CNF
//	               pigeonhole.go, parity.go, colouring.go     structure (on the graphs of graph.go)
//
// To decide a formula use [Solve], to count its models [Count]; [BruteForce] does both slowly. Randomness
// is an argument; the same generator state gives the same formula.
package sat
