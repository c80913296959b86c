// Package measure runs experiments and keeps what comes out: grids of cells, trials, limits, and a store that
// loses nothing and rewrites nothing. It knows nothing of what is measured: that is a Subject's affair.
//
// # The words
//
// A Subject is something that can be measured, with parameters. An Experiment says which of its cells, that is which
// combinations of parameters, are measured how often and within which limits. A measurement is one trial of one cell:
// operations counted, values, seconds, and how it ended. What hits a limit is censored, and kept as such.
//
// # Tour
//
//   - experiment.go: the types; cell.go: values, cells and their text; grid.go: from axes to cells.
//   - spec.go: experiments in TOML, every error with its line.
//   - trial.go: one measurement, what is timed and what ends it; run.go: the rounds of a run; forecast.go: how long
//     it will take.
//   - store.go, schema.go: SQLite, one row a measurement; lock.go: one process at a time; export.go: CSV and JSON.
package measure
