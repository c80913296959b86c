package claims

// What is possible and what is forbidden, over dimension and entries: for each regime the best upper bound of the papers,
// and the lower bound that applies with the hypotheses that it rests on. The scale is 1/d throughout, as in Alman and
// Song, so that no score exceeds B²: with the scale 1 of Gupta et al. entries of B/√d have the same scores. The error is
// 1/poly(n), values are bounded.
//
// Derived here:
//
//   - For few dimensions the polynomial method is fast beyond √log n. A degree g = O(B² + log n) serves scores up to B²
//     to a relative 1/poly(n), and the rank is C(d+g,d) ≤ (e(1+g/d))^d. For B polylogarithmic that is polylog(n) if d is
//     constant, and n^o(1) as long as d = o(log n/log log n).
//   - For constant d and B = n^β it takes time n^(1+2dβ) up to logarithms: cut [−B,B]^d into cells of side 1/B. Within
//     one, q·(k−c) ≤ d for its centre c and every query, at scale 1, so that a degree O(log n/log log n) about the centre
//     gives e^(q·(k−c)) to a relative 1/poly(n): each cell keeps its polylog(n) moments, of 1 and of the values, and each
//     query sums over the O(B²)^d cells, relative to the largest q·c, in numbers of O(log n) bits. No more cells are
//     filled than there are keys, so that n^2 is never exceeded.
//   - A lower bound holds for larger entries too: what serves entries up to B serves all smaller.
//   - Zeros pad vectors to more dimensions. At scale 1/d entries grow by the root of the ratio of dimensions: from
//     Θ(log n) to poly(n) dimensions they become poly(n).

import (
	"fmt"
	"slices"
	"strings"

	"finegrain/figure"
	"finegrain/hypotheses"
)

// Dimensions and entries of the map, from below.
const (
	oneDim = iota
	twoDims
	threeDims
	fourDims
	logStarDims
	logDims
	polyDims
)

const (
	belowRoot = iota // o(√log n)
	atRoot           // Θ(√log n), the constant as large as a lower bound wants it
	polylogEntries
	polyEntries
)

var (
	mapDims    = []string{"1", "2", "3", "4", "2^Θ(log* n)", "Θ(log n)", "poly(n)"}
	mapEntries = []string{"o(√log n)", "Θ(√log n)", "polylog(n)", "poly(n)"}
)

// What is known of a regime, as the figure has it.
const (
	unsettled = iota
	almostLinear
	almostLinearDerived
	subquadratic
	forbidden
	forbiddenCited
	multiplication
)

// knownOf is what is known of a regime.
func knownOf(dim, entries int) int {
	switch {
	case dim == polyDims && entries == polyEntries:
		return multiplication
	case dim == polyDims:
		return unsettled
	case dim == logDims && entries == belowRoot:
		return almostLinear
	case dim == logDims:
		return forbidden
	case entries < polyEntries:
		return almostLinearDerived
	case dim == logStarDims:
		return forbiddenCited
	}
	return subquadratic
}

// restsOn names the hypotheses that a claim's lower bound rests on: each is enough.
func restsOn(c Claim) ([]hypotheses.Key, error) {
	supports, err := c.Support()
	return Keys(supports), err
}

func names(keys []hypotheses.Key) (all []string) {
	for _, k := range keys {
		all = append(all, string(k))
	}
	return all
}

func anyOf(keys []hypotheses.Key) string { return strings.Join(names(keys), " or ") }

// standing says of each hypothesis where it stands, in the order given.
func standing(keys []hypotheses.Key) (string, error) {
	var all []string
	for _, k := range keys {
		h, err := hypotheses.Named(k)
		if err != nil {
			return "", err
		}
		all = append(all, fmt.Sprintf("%s is %v (%s)", k, h.Status, h.Date))
	}
	return strings.Join(all, ", "), nil
}

// possibilities draws the map. It is no measurement: bounds are the papers', or derived above.
func possibilities(Evidence) (figure.Figure, error) {
	bounded, err := restsOn(BoundedEntriesLowerBound)
	if err != nil {
		return figure.Figure{}, err
	}
	high, err := restsOn(HighDimensionLowerBound)
	if err != nil {
		return figure.Figure{}, err
	}
	cited := []hypotheses.Key{hypotheses.SETH} // Gupta et al. 2025, Theorem 1.4; no reduction here carries it
	keys := bounded
	for _, k := range slices.Concat(cited, high) {
		if !slices.Contains(keys, k) {
			keys = append(slices.Clip(keys), k)
		}
	}
	stand, err := standing(keys)
	if err != nil {
		return figure.Figure{}, err
	}
	f := figure.Figure{
		Title: "Attention, possible and forbidden: dimension against the size of entries",
		Caption: "Scale 1/d, so that no score exceeds B²; error 1/poly(n). Each cell has the best upper bound of the papers, or the " +
			"lower bound that applies, with the hypotheses of which each one is enough. In Θ(log n) dimensions the step lies at √log n " +
			"(Alman and Song 2023), with constants as large as the lower bound wants them. In constant dimension the same method is fast " +
			"for every polylogarithmic B, and from there on n^(2−1/d), polylog(B) times, is known for every B (Gupta et al. 2025, theorem " +
			"1.1, constants unchecked). The lower bound in 2^Θ(log* n) dimensions is their theorem 1.4, cited: no reduction here carries " +
			"it. That for poly(n) entries and dimensions begins at B = √(d ln 2n), where the threshold route applies. T_MUL is the time " +
			"to multiply an n×d by a d×n matrix. Here " + stand + "; this project has verified none of the claims to have refuted one.",
		Alt: "A table of seven dimensions by four sizes of entries. Almost linear time: all columns but the last up to 2^Θ(log* n) " +
			"dimensions, and the first column at Θ(log n). Subquadratic: poly(n) entries in constant dimension. Forbidden under " +
			"hypotheses: poly(n) entries from 2^Θ(log* n) dimensions on, and everything from Θ(√log n) on in Θ(log n) dimensions.",
		Notes: []string{
			"No running time is evidence for a lower bound, and nothing in this figure is measured.",
			"The paper has the bound in 2^Θ(log* n) dimensions under " + anyOf(cited) + ". The encoding behind it starts from orthogonal " +
				"vectors in Θ(log n) dimensions, so that each of " + strings.Join(names(bounded), " and ") + " by itself is enough for it (derived " +
				"here). Padded with zeros, that one applies to poly(n) entries in poly(n) dimensions as well.",
			"For poly(n) entries in 2, 3, … dimensions nothing here says that n^(2−1/d) is needed.",
		},
		X: figure.Axis{Label: "B, largest entry of Q and K, at scale 1/d", Categories: mapEntries},
		Y: figure.Axis{Label: "d", Categories: mapDims},
		Grid: &figure.Grid{Label: "time", Categories: []string{
			unsettled:           "not settled by these papers",
			almostLinear:        "n^(1+o(1)), Alman and Song 2023",
			almostLinearDerived: "n^(1+o(1)), by the same method, derived here",
			subquadratic:        "n^(2−1/d+o(1)), Gupta et al. 2025",
			forbidden:           "no n^(2−δ), if " + anyOf(bounded),
			forbiddenCited:      "no n^(2−δ), if " + anyOf(cited) + ", cited",
			multiplication:      "no T_MUL(n,d,n)^(1−δ), if " + anyOf(high),
		}},
	}
	for j := range mapDims {
		var row []float64
		for i := range mapEntries {
			row = append(row, float64(knownOf(j, i)))
		}
		f.Grid.Values = append(f.Grid.Values, row)
		f.Grid.Y = append(f.Grid.Y, float64(j))
	}
	for i := range mapEntries {
		f.Grid.X = append(f.Grid.X, float64(i))
	}
	return f, nil
}

// cellsExponent is the exponent of time by cells, and treeExponent that of Gupta et al. 2025, at d dimensions and
// entries B = n^β.
func cellsExponent(d, beta float64) float64 { return min(2, 1+2*d*beta) }

func treeExponent(d float64) float64 { return 2 - 1/d }

// meetingEntries is the β at which the two are equal.
func meetingEntries(d float64) float64 { return (1 - 1/d) / (2 * d) }

// bestExponents draws the best exponent that these methods have for constant dimension, against entries B = n^β.
func bestExponents(Evidence) (figure.Figure, error) {
	const most, steps, dims = 0.2, 40, 6
	f := figure.Figure{
		Title: "The better exponent of two methods, for entries n^β in constant dimension",
		Caption: "Colour: y where n^y, up to logarithms, is the time of the better of two methods at error 1/poly(n). To the left of the " +
			"marks expansions of scores, n^(1+2dβ): the polynomial method's rank, or cells of side 1/B with moments each (derived here). " +
			"To the right the trees of Gupta et al. 2025, n^(2−1/d) for every B. They meet at β = (1−1/d)/(2d), largest, 1/8, for d = 2; " +
			"in one dimension trees are never behind. Computed from the formulas; nothing is measured, and no lower bound is known here " +
			"for constant d.",
		Alt: "The exponent rises with d, and with β up to the marks: at d = 2 to 1.5 at 0.125, at d = 3 to 1.667 at 0.111, at d = 6 " +
			"to 1.833 at 0.069; it is 1 for d = 1 and for β = 0.",
		X:    figure.Axis{Label: "β, where B = n^β"},
		Y:    figure.Axis{Label: "d"},
		Grid: &figure.Grid{Label: "exponent of n"},
	}
	for i := range steps + 1 {
		f.Grid.X = append(f.Grid.X, most*float64(i)/steps)
	}
	meet := figure.Series{Name: "the methods take the same time", Kind: figure.Computed}
	for d := 1.0; d <= dims; d++ {
		var row []float64
		for _, beta := range f.Grid.X {
			row = append(row, min(cellsExponent(d, beta), treeExponent(d)))
		}
		f.Grid.Y, f.Grid.Values = append(f.Grid.Y, d), append(f.Grid.Values, row)
		if at := meetingEntries(d); at > 0 {
			meet.Points = append(meet.Points, figure.Point{X: at, Y: d})
		}
	}
	f.Series = []figure.Series{meet}
	return f, nil
}
