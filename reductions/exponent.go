package reductions

// The calculus of exponents: what a fast algorithm for a reduction's target would give for its source ("derived
// here", from the reduction's Growth; the notion of a fine-grained reduction is Vassilevska Williams's).
//
// Let N be the rows of all lists of a query together, d its dimension, and let an algorithm answer queries in time
// N^e·poly(d) with e ≥ 1, to the error and with the entries that the reduction asks for. Growth bounds log2 of the
// calls and of each list by forms. Every declared reduction writes its queries and reads their answers in time
// N·poly(d, log N) a call, which e ≥ 1 covers up to powers of log N, which are left out with constants. So
//
//	time ≤ calls·N^e·poly(d),  log2 of it ≤ calls' form + e·(the largest list's form + O(1)) + O(log d).
//
// On formulas of n variables, with ρ the largest coefficient of n in a list's form and κ that in the calls' form,
// this is 2^{(κ + eρ)n}·poly(n, m). A k-CNF has at most (2n+1)^k clauses, so for every fixed k the time is
// 2^{(κ + eρ + o(1))n}. An algorithm that serves only d = c·log N, for every c, needs sparsification first
// (Impagliazzo, Paturi and Zane 2001): 2^{εn} formulas of O_{k,ε}(n) clauses each, for every ε > 0. That decides and
// finds; it does not count, since the formulas share models.
//
// On lists of n vectors each, the largest list has n^ρ rows up to factors in d, and the time is n^{κ + eρ}·poly(d).
//
// Coefficients are rational, and e is affine in δ, so that nothing is rounded: "N^{2−δ} gives 2^{(1 − δ/2)n}".

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"finegrain/hypotheses"
)

// Exponent is Constant + Slope·δ; nil stands for 0.
type Exponent struct{ Constant, Slope *big.Rat }

// Below is the exponent e − δ for a δ left open.
func Below(e int64) Exponent { return Exponent{big.NewRat(e, 1), big.NewRat(-1, 1)} }

// Exactly is the exponent e.
func Exactly(e *big.Rat) Exponent { return Exponent{Constant: e} }

// At is the value for a δ.
func (x Exponent) At(delta *big.Rat) *big.Rat {
	v := new(big.Rat).Mul(rat(x.Slope), delta)
	return v.Add(v, rat(x.Constant))
}

// Open reports whether the exponent depends on δ.
func (x Exponent) Open() bool { return rat(x.Slope).Sign() != 0 }

// String writes the exponent as "2 − δ", "1 − δ/2" or "19/20".
func (x Exponent) String() string {
	constant, slope := rat(x.Constant), rat(x.Slope)
	if slope.Sign() == 0 {
		return constant.RatString()
	}
	size := new(big.Rat).Abs(slope)
	term := "δ"
	if !size.Num().IsInt64() || size.Num().Int64() != 1 {
		term = size.Num().String() + "δ"
	}
	if !size.IsInt() {
		term += "/" + size.Denom().String()
	}
	sign := map[int]string{1: "+", -1: "−"}[slope.Sign()]
	switch {
	case constant.Sign() != 0:
		return fmt.Sprintf("%s %s %s", constant.RatString(), sign, term)
	case slope.Sign() < 0:
		return "−" + term
	}
	return term
}

// scaled is c·x, plus is x + c.
func (x Exponent) scaled(c *big.Rat) Exponent {
	return Exponent{new(big.Rat).Mul(rat(x.Constant), c), new(big.Rat).Mul(rat(x.Slope), c)}
}

func (x Exponent) plus(c *big.Rat) Exponent {
	return Exponent{new(big.Rat).Add(rat(x.Constant), c), rat(x.Slope)}
}

func rat(x *big.Rat) *big.Rat {
	if x == nil {
		return new(big.Rat)
	}
	return x
}

// shape says what the parameters of a problem's size are.
type shape struct {
	variables string   // formulas: 2^{variables} assignments
	lists     []string // otherwise: lists of rows, whose lengths count in the exponent
	others    []string // what only polynomial factors come of: clauses, dimensions
	dimension string   // of these the dimension of vectors
}

// shapes is by family, which decision, search, counting and census share.
var shapes = map[string]shape{
	"satisfiability":     {variables: "n", others: []string{"m"}},
	"orthogonal vectors": {lists: []string{"n", "m"}, others: []string{"d"}, dimension: "d"},
	"attention":          {lists: []string{"queries", "keys"}, others: []string{"dim", "values"}, dimension: "dim"},
}

// Family is the name of a problem without the kind of its answer: that of "orthogonal vectors, search" is
// "orthogonal vectors". Whoever searches, counts or takes a census also decides.
func Family(problem string) string {
	family, _, _ := strings.Cut(problem, ",")
	return family
}

func shapeOf(problem string) (shape, error) {
	s, ok := shapes[Family(problem)]
	if !ok {
		return s, fmt.Errorf("the calculus of exponents does not know the parameters of %q", problem)
	}
	return s, nil
}

// Chain describes the reductions one after the other, without Doc and Source. It panics if there are none, or if
// one does not start where the one before it ends.
func Chain(steps ...Description) Description {
	chain := steps[0]
	for _, next := range steps[1:] {
		if chain.To != next.From {
			panic(fmt.Sprintf("reductions: %q ends in %q, %q starts from %q", chain.Name, chain.To, next.Name, next.From))
		}
		if next.Kind != ManyOne {
			chain.Kind = next.Kind
		}
		chain.Randomised = chain.Randomised || next.Randomised
		chain.Name += " → " + next.Name
		chain.To, chain.Growth = next.To, chain.Growth.Then(next.Growth)
	}
	return chain
}

// Transfer is what an algorithm of time N^Target·poly(d) for a reduction's target gives for its source.
type Transfer struct {
	Reduction, From, To string
	Formulas            bool     // the source is formulas of n variables and takes 2^{Source·n}; else n^Source on lists of n
	Target, Source      Exponent // without the factors in Suppressed
	Calls, Rows         *big.Rat // κ and ρ
	// Dimension is p if a query's dimension is O(d^p) for vectors of dimension d, or O(n^p) for formulas of O(n)
	// clauses.
	Dimension *big.Rat
	// Suppressed lists the factors that the exponent leaves out.
	Suppressed []string
	// Refutes says which hypotheses on the source cannot hold, and when; implied ones are not listed.
	Refutes []Refutation
	Algebra []Line
}

// Refutation is a hypothesis that a transfer contradicts; If is "always", or a condition on δ.
type Refutation struct {
	Key hypotheses.Key
	If  string
}

// Line is a step of the algebra: what is stated, and why.
type Line struct{ States, Because string }

// Transfer computes what an algorithm of time N^e·poly(d) for the target gives for the source. The error says
// why no exponent can be had: an e below 1, for which the reduction itself would take longer (a δ left open is
// taken to be at most 1); a problem with unknown parameters; or a growth exponential in what should be a
// polynomial factor.
func (r Description) Transfer(e Exponent) (Transfer, error) {
	none := func(format string, args ...any) (Transfer, error) {
		return Transfer{}, fmt.Errorf("no exponent of %q: %w", r.Name, fmt.Errorf(format, args...))
	}
	one := big.NewRat(1, 1)
	if rat(e.Slope).Sign() > 0 {
		return none("e = %v grows with δ; write it as falling", e)
	}
	if e.At(one).Cmp(one) < 0 && e.Open() || rat(e.Constant).Cmp(one) < 0 {
		return none("an algorithm of time N^e with e = %v takes less than reading its input; it must be at least 1", e)
	}
	source, err := shapeOf(r.From)
	if err != nil {
		return none("%w", err)
	}
	target, err := shapeOf(r.To)
	if err != nil {
		return none("%w", err)
	}
	if target.lists == nil {
		return none("%s has no lists in whose length an algorithm could be fast", r.To)
	}
	t := Transfer{
		Reduction: r.Name, From: r.From, To: r.To, Formulas: source.variables != "",
		Target: e, Rows: new(big.Rat),
	}
	if t.Calls, err = source.exponent(r.Growth.Calls); err != nil {
		return none("the calls: %w", err)
	}
	for _, list := range target.lists {
		rows, err := source.exponent(r.Growth.form(list))
		if err != nil {
			return none("%s: %w", list, err)
		}
		if rows.Cmp(t.Rows) > 0 {
			t.Rows = rows
		}
	}
	t.Dimension = new(big.Rat)
	for _, other := range target.others {
		form := r.Growth.form(other)
		if main, err := source.exponent(form); err != nil || main.Sign() > 0 {
			return none("%s grows too fast for a polynomial factor: log2 %s ≤ %v", other, other, form)
		}
		if other == target.dimension {
			for _, c := range form.Log {
				t.Dimension.Add(t.Dimension, ratOf(c))
			}
		}
	}
	t.Source = e.scaled(t.Rows).plus(t.Calls)
	for _, h := range hypotheses.All() {
		if when, ok := t.Contradicts(h); ok {
			t.Refutes = append(t.Refutes, Refutation{h.Key, when})
		}
	}
	t.write(r.Growth, source, target)
	return t, nil
}

// KeepsSize reports whether a reduction between problems on lists of vectors asks a constant number of queries whose
// lists and dimensions are, up to constant factors, at most those of its instance. Such a reduction carries over
// comparisons with any cost that constant factors of the size change by constant factors.
func (r Description) KeepsSize() bool {
	source, errSource := shapeOf(r.From)
	target, errTarget := shapeOf(r.To)
	if errSource != nil || errTarget != nil || source.lists == nil || target.lists == nil {
		return false
	}
	// atMost: the form bounds one of the parameters, or a constant.
	atMost := func(f Form, parameters []string) bool {
		sum := 0.0
		for _, c := range f.Linear {
			if c != 0 {
				return false
			}
		}
		for p, c := range f.Log {
			if c != 0 && !slices.Contains(parameters, p) {
				return false
			}
			sum += c
		}
		return sum <= 1
	}
	if !atMost(r.Growth.Calls, nil) {
		return false
	}
	for _, list := range target.lists {
		if !atMost(r.Growth.form(list), source.lists) {
			return false
		}
	}
	for _, other := range target.others {
		if parameters := []string{source.dimension}; !atMost(r.Growth.form(other), parameters) {
			return false
		}
	}
	return true
}

// exponent is the coefficient of a form that counts: of n in 2^{…n} on formulas, in n^… on lists of n each. Others
// may only come as logarithms, hence as polynomial factors.
func (s shape) exponent(f Form) (*big.Rat, error) {
	for p, c := range f.Linear {
		if c != 0 && p != s.variables {
			return nil, fmt.Errorf("%v is exponential in %s", f, p)
		}
	}
	if s.variables != "" {
		return ratOf(f.Linear[s.variables]), nil
	}
	sum := new(big.Rat)
	for _, list := range s.lists {
		sum.Add(sum, ratOf(f.Log[list]))
	}
	return sum, nil
}

// ratOf is a coefficient exactly. Those of declared forms are finite.
func ratOf(c float64) *big.Rat { return new(big.Rat).SetFloat64(c) }

// Contradicts says when the transfer contradicts the hypothesis: "always", or from which δ on, which is "δ > 0" if any
// gain does. ok is false if it never does, or the hypothesis concerns another problem, or names no exponent, as where
// time is compared with that of multiplying matrices. An algorithm that may take poly(d) serves d = c·log n for
// every c, so that the dimension of the hypothesis makes no difference.
func (t Transfer) Contradicts(h hypotheses.Hypothesis) (when string, ok bool) {
	if h.Exponent == 0 || Family(h.Concerns) != Family(t.From) {
		return "", false
	}
	// Source < h.Exponent; the slope is never positive.
	gap := new(big.Rat).Sub(rat(t.Source.Constant), big.NewRat(int64(h.Exponent), 1))
	slope := rat(t.Source.Slope)
	switch {
	case gap.Sign() < 0:
		return "always", true
	case slope.Sign() < 0:
		return "δ > " + gap.Quo(gap, new(big.Rat).Neg(slope)).RatString(), true
	}
	return "", false
}

// write derives the result line by line.
func (t *Transfer) write(g Growth, source, target shape) {
	line := func(because, format string, args ...any) {
		t.Algebra = append(t.Algebra, Line{fmt.Sprintf(format, args...), because})
	}
	from, equal := "a formula of n variables and m clauses", "both lists"
	polynomial := "poly(n, m)"
	if !t.Formulas {
		from, polynomial = "lists of "+strings.Join(source.lists, " and ")+" vectors", "poly("+source.dimension+")"
		equal = strings.Join(source.lists, " = ")
	}
	growth := func(names []string) {
		for _, name := range names {
			line("a query's, from "+from, "log2 %s ≤ %v", name, g.Size[name])
		}
	}
	line("assumed, for the entries and errors that the reduction asks for",
		"%s in time N^{%v}·poly(%s), N = %s", t.To, t.Target, target.dimension, strings.Join(target.lists, " + "))
	growth(target.lists)
	line(equal+", up to factors that are polynomial", "N ≤ %s", times(t.power(Exactly(t.Rows)), polynomial))
	growth(target.others)
	line("from "+from, "log2 calls ≤ %v", g.Calls)
	rows := t.power(Exactly(t.Rows))
	switch {
	case rows == "n":
		rows = fmt.Sprintf("n^{%v}", t.Target)
	case rows != "":
		rows = fmt.Sprintf("(%s)^{%v}", rows, t.Target)
	}
	line("calls·N^e·poly, which covers writing queries and reading answers", "time ≤ %s = %s",
		times(t.power(Exactly(t.Calls)), rows, polynomial),
		times(t.power(t.Source), polynomial))
	if t.Formulas {
		line("a k-CNF has at most (2n+1)^k clauses", "%s = 2^{o(n)}, for every fixed k", polynomial)
	}
	line("result", "%s", t.Result())
	if low := t.Dimension.Cmp(big.NewRat(1, 1)) <= 0; low && t.Formulas && !t.counts() {
		line("sparsification (Impagliazzo, Paturi and Zane 2001): 2^{εn} formulas of O(n) clauses, for every ε > 0",
			"an algorithm that serves only d = c·log N, for every c, is enough")
	} else if low && !t.Formulas {
		line("the dimension is kept up to a constant, for lists with d = c·log n",
			"an algorithm that serves only d = c·log N, for every c, is enough")
	}

	t.Suppressed = []string{"constants and powers of log N", "the algorithm's poly(" + target.dimension + "), and factors of N, as " + polynomial}
	for p, c := range g.Calls.Log {
		if c != 0 && !slices.Contains(source.lists, p) {
			t.Suppressed = append(t.Suppressed, "calls, as "+polynomial)
			break
		}
	}
}

// Result says what is obtained: "k-SAT in 2^{(1 − δ/2 + o(1))n}".
func (t Transfer) Result() string {
	if !t.Formulas {
		return fmt.Sprintf("%s in %s·poly(d)", t.From, t.power(t.Source))
	}
	name := "k-SAT"
	if t.counts() {
		name = "#k-SAT"
	}
	return fmt.Sprintf("%s in 2^{(%v + o(1))n}", name, t.Source)
}

// counts reports whether answers of the source are numbers, which the pieces of a formula do not add up to.
func (t Transfer) counts() bool {
	return strings.HasSuffix(t.From, ", counting") || strings.HasSuffix(t.From, ", census")
}

// String states the transfer in one line.
func (t Transfer) String() string {
	return fmt.Sprintf("%s in N^{%v} would give %s", t.To, t.Target, t.Result())
}

// power is 2^{x·n} on formulas and n^x on lists; empty for x = 0.
func (t Transfer) power(x Exponent) string {
	if !x.Open() && rat(x.Constant).Sign() == 0 {
		return ""
	}
	text := x.String()
	switch c := rat(x.Constant); {
	case !t.Formulas && text == "1":
		return "n"
	case !t.Formulas:
		return fmt.Sprintf("n^{%s}", text)
	case x.Open():
		return fmt.Sprintf("2^{(%s)n}", text)
	case text == "1":
		return "2^n"
	case c.IsInt() || c.Num().Cmp(big.NewInt(1)) != 0:
		return fmt.Sprintf("2^{%sn%s}", c.Num(), strings.TrimPrefix(text, c.Num().String()))
	default:
		return fmt.Sprintf("2^{n/%s}", c.Denom())
	}
}

// times writes a product, of which empty factors are left out; 1 if all are.
func times(factors ...string) string {
	var all []string
	for _, f := range factors {
		if f != "" {
			all = append(all, f)
		}
	}
	if all == nil {
		return "1"
	}
	return strings.Join(all, "·")
}
