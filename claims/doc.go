// Package claims is what the papers say, each claim one file: the statement and whose it is, the hypotheses that it
// rests on, the experiments that test it, the figures that show it, and the rule that judges.
//
// # How a claim comes to its verdict
//
// A claim declares experiments; they are run into a store (package measure), and its Judge reads the store's rows
// and nothing else. Counts are judged before seconds. A lower bound is never judged by a slope: what is tested is
// its reduction, on yes- and no-instances, within its stated sizes and error; and what it rests on is derived by
// walking the declared reductions back to hypotheses (support.go).
//
// # Tour
//
//   - claim.go: Claim, All.
//   - evidence.go: rows of a store as samples to fit and points to draw.
//   - judge.go: claims with their verdicts, figures and support; which experiments they need.
//   - support.go: what a lower bound rests on; what becomes of it if a hypothesis fails.
//   - all other files: a claim each.
//
// # Adding a claim
//
// One file that declares `var x = declare(Claim{…})`. The page, the commands and the tests find it.
package claims
