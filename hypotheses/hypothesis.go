package hypotheses

import (
	"fmt"
	"slices"

	"finegrain"
)

// The hypotheses that fine-grained lower bounds rest on, each in one exact variant: names are used loosely in the
// literature, and what follows from one variant need not follow from another. An algorithm may be randomised, with
// bounded error.

// Key is the short name of a hypothesis, as the command line writes it.
type Key string

// The hypotheses there are.
const (
	ETH     Key = "ETH"
	SETH    Key = "SETH"
	LDOVC   Key = "LDOVC"
	MDOVC   Key = "MDOVC"
	HDOVC   Key = "HDOVC"
	ThreeOV Key = "3OV"
)

// Status is where a hypothesis stands.
type Status int

const (
	Open           Status = iota // neither proved nor refuted, and nobody known here claims either
	ClaimedRefuted               // someone claims to have refuted it; this project has verified no such claim
)

// String returns the words that pages and scripts use.
func (s Status) String() string {
	switch s {
	case Open:
		return "open"
	case ClaimedRefuted:
		return "claimed refuted"
	}
	return fmt.Sprintf("Status(%d)", int(s))
}

// Dimension is how the dimension d of vectors grows with their number n. A lower bound says it, since the same
// problem is believed hard for different reasons in low and in high dimension.
type Dimension int

const (
	NoDimension Dimension = iota // the problem has none, as satisfiability; no lower bound on vectors says this
	Logarithmic                  // d = c·log n, where the constant c may be taken as large as needed
	Moderate                     // every d; an algorithm in the way may take any polynomial in d as a factor
	Polynomial                   // d is a power of n; time is compared with that of multiplying n×d by d×n matrices
)

// String describes the growth.
func (d Dimension) String() string {
	switch d {
	case NoDimension:
		return "no dimension"
	case Logarithmic:
		return "d = c·log n"
	case Moderate:
		return "any d, up to a factor poly(d)"
	case Polynomial:
		return "d = poly(n)"
	}
	return fmt.Sprintf("Dimension(%d)", int(d))
}

// Hypothesis is an assumption that lower bounds rest on.
type Hypothesis struct {
	Key       Key
	Name      string
	Statement string           // the exact variant
	StatedBy  finegrain.Source // who stated it, or this variant of it
	Concerns  string           // the problem that it says needs much time, as reductions name it

	// Exponent is e where the hypothesis says that time 2^{(e−ε)n} on formulas of n variables, or n^{e−ε} on
	// lists of n vectors, is not enough for any ε > 0; 0 where it names no such exponent. Dimension is the
	// dimension of the vectors.
	Exponent  int
	Dimension Dimension

	Status  Status
	Date    string             // month of the status, as in "2026-11"
	Sources []finegrain.Source // of the status
	Notes   string
}

const asOf = "2026-11"

// refutations are the claims that ETH is false.
var refutations = []finegrain.Source{
	cited(openAI2026, "preprint of 17 October 2026, revised 25 October"),
	cited(anthropic2026, "preprint of October 2026"),
}

var all = []Hypothesis{
	{
		Key:       ETH,
		Name:      "Exponential Time Hypothesis",
		Statement: "3-SAT on n variables needs time 2^{Ω(n)}.",
		StatedBy:  cited(impagliazzoPaturi2001, ""),
		Concerns:  "satisfiability",
		Status:    ClaimedRefuted,
		Date:      asOf,
		Sources:   refutations,
		Notes: "OpenAI 2026 claims #k-SAT for fixed k in time 2^{n/(log n)^{1/2+o(1)}}, Anthropic 2026 #3-SAT " +
			"in time 2^{O(n·loglog n/√log n)}; each was published with a Lean 4 formalisation by its authors. " +
			"This project has verified neither.",
	},
	{
		Key:       SETH,
		Name:      "Strong Exponential Time Hypothesis",
		Statement: "For every ε > 0 there is a k such that k-SAT on n variables needs time 2^{(1−ε)n}.",
		StatedBy:  cited(impagliazzoPaturi2001, ""),
		Concerns:  "satisfiability",
		Exponent:  1,
		Status:    ClaimedRefuted,
		Date:      asOf,
		Sources:   refutations,
		Notes: "It falls with ETH, since SETH implies ETH, if one of the claims against ETH stands; OpenAI's " +
			"is about every fixed width k itself. This project has verified neither.",
	},
	{
		Key:  LDOVC,
		Name: "Orthogonal Vectors Conjecture in low dimension",
		Statement: "For every ε > 0 there is a c such that orthogonal vectors on two lists of n vectors of " +
			"dimension c·log n needs time n^{2−ε}.",
		StatedBy:  cited(gao2017, ""),
		Concerns:  "orthogonal vectors",
		Exponent:  2,
		Dimension: Logarithmic,
		Status:    Open,
		Date:      asOf,
		Sources:   []finegrain.Source{cited(finegrain.Williams2005, ""), cited(chenWilliams2019, "")},
		Notes: "SETH implies it, but no implication from a fast algorithm for k-SAT to a fast one for " +
			"orthogonal vectors is known to this project: a refutation of SETH leaves it open. By Chen and " +
			"Williams 2019 it is equivalent, up to subquadratic reductions, to the same of exact and of " +
			"100-approximate maximum and minimum inner product, of (1+Ω(1))-approximate bichromatic closest " +
			"pair in ℓp and of approximate furthest pair.",
	},
	{
		Key:  MDOVC,
		Name: "Orthogonal Vectors Conjecture in moderate dimension",
		Statement: "For no ε > 0 does an algorithm solve orthogonal vectors on two lists of n vectors of " +
			"dimension d in time n^{2−ε}·poly(d).",
		StatedBy:  cited(gao2017, ""),
		Concerns:  "orthogonal vectors",
		Exponent:  2,
		Dimension: Moderate,
		Status:    Open,
		Date:      asOf,
		Sources:   []finegrain.Source{cited(abboud2018, "")},
		Notes: "Abboud, Bringmann, Dell and Nederlof 2018: refuting it gives fast algorithms for clique " +
			"problems with weights.",
	},
	{
		Key:  HDOVC,
		Name: "Orthogonal Vectors Conjecture in high dimension",
		Statement: "Orthogonal vectors on two lists of n vectors of dimension d = poly(n) needs time " +
			"T_MUL(n,d,n)^{1−o(1)}, that of multiplying an n×d by a d×n matrix, of whose product one looks for " +
			"a zero.",
		StatedBy:  cited(finegrain.Gupta2025, ""),
		Concerns:  "orthogonal vectors",
		Dimension: Polynomial,
		Status:    Open,
		Date:      asOf,
		Sources:   []finegrain.Source{cited(finegrain.Gupta2025, "")},
		Notes: "The exact published wording was not checked, in particular whether every power of n is meant; " +
			"so no implication between it and the other hypotheses is recorded.",
	},
	{
		Key:  ThreeOV,
		Name: "3-Orthogonal Vectors Hypothesis",
		Statement: "For every d = ω(log n), finding in three lists of n vectors of dimension d one of each " +
			"with no common coordinate where all three are 1 needs time n^{3−o(1)}.",
		StatedBy:  cited(vassilevskaWilliams2018, ""),
		Concerns:  "3-orthogonal vectors",
		Exponent:  3,
		Dimension: Moderate,
		Status:    Open,
		Date:      asOf,
		Sources:   []finegrain.Source{cited(vassilevskaWilliams2018, "")},
		Notes: "The case k = 3 of k-OV. Lower bounds on tensor attention rest on it. No declared reduction " +
			"starts from its problem.",
	},
}

// All lists the hypotheses, in the order of the table.
func All() []Hypothesis { return slices.Clone(all) }

// Named returns the hypothesis of a key, or an error that lists the keys there are.
func Named(key Key) (Hypothesis, error) {
	i := slices.IndexFunc(all, func(h Hypothesis) bool { return h.Key == key })
	if i < 0 {
		return Hypothesis{}, fmt.Errorf("there is no hypothesis %q; there are %q", key, Known().Keys())
	}
	return all[i], nil
}
