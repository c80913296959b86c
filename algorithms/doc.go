// Package algorithms is the catalogue of methods: every attention algorithm and every
// orthogonal-vectors algorithm of the workbench, by name, each ready to serve as an oracle.
//
// The problem of attention, its definition and the exact methods are in algorithms/attention; a method
// with an idea of its own has a package of its own below this one, and one line in catalogue.go.
// Reductions and algorithms never import each other: what joins them is an oracle.
package algorithms
