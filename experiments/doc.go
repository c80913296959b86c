// Package experiments joins reductions with algorithms and measures what happens: it runs formulas
// through routes, times the steps, checks the answers against independent solvers, computes the quantities that
// the routes' theory predicts, and declares what can be measured for package measure. It draws nothing; package
// reports does.
//
//   - pipeline.go: Solve, one formula through one route with one algorithm.
//   - estimate.go: what a run would take, before it is begun.
//   - corpus.go: the formulas that come with the workbench.
//   - subject.go: what experiments can measure, one subject in each file subject….go.
//   - entries.go: entries and tolerances of the routes against n, computed.
//   - picture.go: the attention matrix of one small formula, with the read-off and the witness.
//   - reproduce.go: the formulas of the corpus through every route, as one value.
//   - laws.go: everything declared, ready to be held to its laws.
//   - bench.go: kernels as fractions of what the machine can do; benchplan.go: which, and of which limits;
//     benchlimits.go: the limits.
package experiments
