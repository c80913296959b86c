// Package reductions holds the fine-grained reductions of the workbench: oracle algorithms that answer
// instances of one problem by asking instances of another, with bounds on how many and how large.
//
// # Notation
//
// A formula has n variables and m clauses. An orthogonal-vectors instance has n vectors in A and m in B,
// of d bits; where theory has one n for both lists, the tolerances here use the number of data keys, m.
// An attention instance has queries × dim matrix Q, keys × dim matrix K, keys × values matrix V, entries
// at most B in absolute value, and asks for additive error ε.
//
// # Tour
//
//   - reduction.go: Reduction, Plan (the queries of one instance, listed lazily) and Reader (what is made
//     of the answers); Run.
//   - compose.go: Compose, which also composes plans.
//   - growth.go: how sizes grow, as data, for the calculus of exponents.
//   - law.go: Verify, the laws that every declared reduction is held to with adversarial and with wrong
//     oracles; catalogue.go: what is declared.
//   - splitandlist.go: SAT to orthogonal vectors. threshold.go, interpolation.go: orthogonal vectors to
//     attention, and the routes from SAT to attention that they make; routes.go lists those.
//
// # Adding a reduction
//
// One file that opens with the construction, its source and its proof, and declares
// `var X = declare(Reduction[…]{…})`. The laws, `finegrain verify` and the pages find it there.
//
// Reductions never import algorithms: they ask an oracle.
package reductions
