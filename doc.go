// Package finegrain is the floor that everything stands on: the words that problems, oracles, reductions
// and algorithms share. This page is also the map of the workbench.
//
// Fine-grained complexity asks how fast a problem can be solved exactly, down to the exponent. The
// workbench makes the theorems of four papers about attention, D^{-1}exp(s·QKᵀ)V, into things to run,
// check, measure and take apart: AlmanSong2023, Gupta2025, Liang2024, Deng2023.
//
// # Notation
//
// n queries and keys, d head dimension, i over queries, j over keys, B the largest absolute entry of Q
// and K, ε the additive error max|out − exact| over all entries. The scale s is part of an instance: 1/d
// in Alman and Song, 1 in Gupta et al. Logarithms are natural unless written log2.
//
// # Floors
//
// A package imports only from floors below its own; a test holds the table.
//
//	6  cmd/finegrain          the command line
//	5  reports                pages and figures: draws, measures nothing
//	4  claims                 what the papers say, with what tests it, draws it and judges it
//	3  experiments            what can be measured: joins reductions with algorithms; draws nothing
//	2  reductions             oracle algorithms between problems; their laws; the calculus of exponents
//	2  algorithms             the catalogue of methods, each made an oracle
//	2  algorithms/polynomial  the polynomial method for bounded scores
//	2  algorithms/tree        trees of keys with moments, for small head dimensions at every temperature
//	1  sat                    formulas: files, generators, independent solver and counter
//	1  ovp                    orthogonal vectors: instances, files, algorithms
//	1  algorithms/attention   attention: the definition, exact and streaming algorithms, error bounds
//	1  hypotheses             what lower bounds rest on, and where each hypothesis stands
//	1  measure                experiments: grids, limits, the runner, the store
//	1  fit                    exponents with intervals, models, judgements
//	1  figure                 figures as data
//	0  finegrain              Env, Size, Cost, Problem, Oracle, Paper, LawReport, Verdict
//	0  internal/…             what no user may import
//
// Reductions and algorithms never import each other: what joins them is an Oracle.
//
// # The main words
//
// A Problem says what an instance is, what a correct answer is, and the slow way to one; it also knows
// how to hurt: adversaries, which are always correct and never helpful, and wrong oracles. An Oracle
// answers instances of a problem and says beforehand what it can promise. A reduction (package
// reductions) answers one problem by asking an oracle for another. Everything declared is held to laws,
// which report as LawReport; `finegrain verify` runs them all.
//
// A claim (package claims) is what a paper says, with the experiments that test it. Experiments are run into a store
// (package measure), rows become exponents with intervals (package fit), exponents a Verdict: consistent, refuted,
// undecided, unmeasured. Nothing is ever proved by measuring, and a lower bound names the hypotheses that it rests
// on, which are data too (package hypotheses).
//
// Randomness is an argument: every stream is named by a path below a seed (Env). Computations keep no
// clock; who wants to know where the time goes hands in Env.Watch.
//
// # Provenance
//
// A Source says whose a statement is, and keeps apart what a paper states, what is cited from it with
// constants unchecked, and what is derived here. A lower bound is never stated without the hypothesis
// that it rests on.
package finegrain
