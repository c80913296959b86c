// Package hypotheses holds what lower bounds rest on, as data: each hypothesis in an exact variant, whose it is
// and where it stands, and which implies which.
//
// A reduction is a theorem and holds whatever becomes of a hypothesis. A lower bound is a reduction together with
// a hypothesis, so it falls when all that it can rest on have fallen, and not before. Nothing here decides what
// is true: a status says what is claimed, by whom, and as of when.
//
// # Tour
//
//   - hypothesis.go: Hypothesis, All; papers.go: the papers that they come from.
//   - implication.go: Implication, Implications, each with its argument.
//   - close.go: Theory.Close, what follows from holding some true and others false, with chains of reasons.
//
// Names of problems and of reductions are those that package reductions lists; what walks from a problem to its
// hypotheses is in package claims.
package hypotheses
