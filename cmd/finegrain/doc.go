// Command finegrain is the command line of the workbench.
//
//	finegrain solve FILE.cnf          decide a formula, or count its models, through attention
//	finegrain reduce FILE.cnf         write the instances that a formula becomes
//	finegrain ov TASK FILE.ov         the algorithms for orthogonal vectors
//	finegrain attend                  attention on one's own arrays, with a guaranteed error
//	finegrain gradient                the gradient of an attention layer's loss, with a guaranteed error
//	finegrain generate WHAT KIND      formulas, orthogonal vectors, attention instances
//	finegrain routes, algorithms      what is declared
//	finegrain verify                  the laws over everything declared
//	finegrain reproduce               the main job: every claim measured and judged, one offline page
//	finegrain claims                  the claims with their verdicts; whatif, hypotheses: what they rest on
//	finegrain transfer                what a faster algorithm would give
//	finegrain run SPEC.toml           experiments of one's own; subjects, status, fit, report, export
//	finegrain bench                   kernels as fractions of what the machine can do
//
// Every command has --help with an example, and --json where it computes something: one JSON value on
// standard output and nothing else there. Messages and progress go to standard error. Exit codes are in
// exit.go.
//
// A command is a file named after it; root.go joins them; files.go opens what users name, and package
// outfile writes what they ask for, whole or not at all.
package main
