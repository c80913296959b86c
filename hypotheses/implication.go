package hypotheses

// Which hypothesis implies which. An implication is a theorem: a fast algorithm for what the weaker hypothesis
// speaks of gives one for what the stronger speaks of. Those derived here carry the argument; what this project
// cannot argue is left out.
//
// In particular neither ETH ⇒ LDOVC nor LDOVC ⇒ ETH is known: a refutation of either leaves the other open.

import (
	"fmt"
	"slices"

	"finegrain"
)

// Implication says that if From holds, so does To.
type Implication struct {
	From, To Key
	Source   finegrain.Source
	// Reductions names declared reductions that carry it; none if it is cited or derived without them.
	Reductions []string
	Argument   string
}

// String writes the implication with its source.
func (i Implication) String() string { return fmt.Sprintf("%s ⇒ %s (%s)", i.From, i.To, i.by()) }

// by says whose the implication is, in few words.
func (i Implication) by() string {
	if i.Source.Provenance == finegrain.Derived {
		return "derived here"
	}
	return fmt.Sprintf("%s %d", i.Source.Paper.Authors, i.Source.Paper.Year)
}

func derived() finegrain.Source { return finegrain.Source{Provenance: finegrain.Derived} }

var implications = []Implication{
	{
		From:   SETH,
		To:     ETH,
		Source: cited(impagliazzoPaturiZane2001, ""),
		Argument: "By the sparsification lemma, 3-SAT in time 2^{εn} for every ε > 0 gives k-SAT in time " +
			"2^{εn} for every k and ε > 0: k-CNFs become sparse ones, and these 3-CNFs of O(n) variables.",
	},
	{
		From:       SETH,
		To:         LDOVC,
		Source:     cited(finegrain.Williams2005, ""),
		Reductions: []string{"split and list (decision)"},
		Argument: "Sparsification (Impagliazzo, Paturi and Zane 2001) leaves 2^{εn} formulas of O(n) clauses; " +
			"split and list makes of each two lists of N = 2^{n/2} vectors of dimension O(n) = O(log N), so " +
			"that N^{2−δ} is 2^{(1−δ/2)n}.",
	},
	{
		From:   LDOVC,
		To:     MDOVC,
		Source: derived(),
		Argument: "An algorithm of time n^{2−ε}·poly(d) takes n^{2−ε}·polylog(n) at d = c·log n, for every c " +
			"with one ε.",
	},
	{
		From:   SETH,
		To:     ThreeOV,
		Source: derived(),
		Argument: "Split the variables in three: N = 2^{n/3} vectors a list, three of which stand for a model " +
			"iff no clause is left unsatisfied by all. After sparsification the dimension is O(n) = O(log N), " +
			"which zeros pad to any d = ω(log N); so N^{3−δ} is 2^{(1−δ/3)n} for each of 2^{εn} formulas.",
	},
	{
		From:   ThreeOV,
		To:     MDOVC,
		Source: derived(),
		Argument: "For each of the n vectors of the third list, take its coordinatewise AND with every vector " +
			"of the second, and ask for orthogonal vectors: n calls of time n^{2−ε}·poly(d), which is " +
			"n^{3−ε}·polylog(n) at d = log² n.",
	},
}

// Implications lists the implications.
func Implications() []Implication { return slices.Clone(implications) }
