package reductions_test

import (
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"finegrain"
	"finegrain/hypotheses"
	"finegrain/reductions"
)

// An algorithm that is faster than quadratic for attention would decide k-SAT faster than by trying everything.
func ExampleDescription_Transfer() {
	transfer, err := reductions.ThresholdRoute.Search.Describe().Transfer(reductions.Below(2))
	fmt.Println(transfer, err)
	for _, line := range transfer.Algebra {
		fmt.Println(" ", line.States)
	}
	for _, r := range transfer.Refutes {
		fmt.Println("contradicts", r.Key, "if", r.If)
	}
	// Output:
	// attention in N^{2 − δ} would give k-SAT in 2^{(1 − δ/2 + o(1))n} <nil>
	//   attention in time N^{2 − δ}·poly(dim), N = queries + keys
	//   log2 queries ≤ 1.5 + 0.5·n
	//   log2 keys ≤ 1 + 0.5·n
	//   N ≤ 2^{n/2}·poly(n, m)
	//   log2 dim ≤ log2 m
	//   log2 values ≤ 0
	//   log2 calls ≤ 0
	//   time ≤ (2^{n/2})^{2 − δ}·poly(n, m) = 2^{(1 − δ/2)n}·poly(n, m)
	//   poly(n, m) = 2^{o(n)}, for every fixed k
	//   k-SAT in 2^{(1 − δ/2 + o(1))n}
	//   an algorithm that serves only d = c·log N, for every c, is enough
	// contradicts SETH if δ > 0
}

func ExampleTransfer_fixedExponent() {
	counting := reductions.SATByInterpolationCounting.Describe()
	transfer, err := counting.Transfer(reductions.Exactly(big.NewRat(19, 10)))
	fmt.Println(transfer, err)
	fmt.Println(strings.Join(transfer.Suppressed, "; "))
	// Output:
	// attention in N^{19/10} would give #k-SAT in 2^{(19/20 + o(1))n} <nil>
	// constants and powers of log N; the algorithm's poly(dim), and factors of N, as poly(n, m); calls, as poly(n, m)
}

func ExampleTransfer_orthogonalVectors() {
	transfer, err := reductions.InterpolationDecision.Describe().Transfer(reductions.Below(2))
	fmt.Println(transfer, err)
	for _, line := range transfer.Algebra {
		fmt.Println(" ", line.States)
	}
	fmt.Println(transfer.Refutes)
	// Output:
	// attention in N^{2 − δ} would give orthogonal vectors in n^{2 − δ}·poly(d) <nil>
	//   attention in time N^{2 − δ}·poly(dim), N = queries + keys
	//   log2 queries ≤ log2 n
	//   log2 keys ≤ 1 + log2 m
	//   N ≤ n·poly(d)
	//   log2 dim ≤ log2 d
	//   log2 values ≤ 0
	//   log2 calls ≤ log2 d
	//   time ≤ n^{2 − δ}·poly(d) = n^{2 − δ}·poly(d)
	//   orthogonal vectors in n^{2 − δ}·poly(d)
	//   an algorithm that serves only d = c·log N, for every c, is enough
	// [{LDOVC δ > 0} {MDOVC δ > 0}]
}

// TestTransferOfAll: every declared reduction has an exponent. All of them start from formulas, where N is 2^{n/2}, or
// keep the length of lists.
func TestTransferOfAll(t *testing.T) {
	for _, r := range reductions.All() {
		d := r.Describe()
		transfer, err := d.Transfer(reductions.Below(2))
		if err != nil {
			t.Error(err)
			continue
		}
		want := "2 − δ"
		if transfer.Formulas {
			want = "1 − δ/2"
		}
		if transfer.Source.String() != want || len(transfer.Refutes) == 0 || transfer.Dimension.RatString() != "1" {
			t.Errorf("%s: exponent %v, dimension %v, refutes %v", d.Name, transfer.Source, transfer.Dimension, transfer.Refutes)
		}
	}
}

// TestTransferAgainstBound compares the exponent with the Bound of the routes at sizes beyond what can be built:
// log2(calls·(queries + keys)^e) is source·n up to what is left out.
func TestTransferAgainstBound(t *testing.T) {
	for _, route := range reductions.Routes() {
		rapid.Check(t, func(t *rapid.T) {
			e := big.NewRat(rapid.Int64Range(100, 250).Draw(t, "100e"), 100)
			transfer, err := route.Search.Describe().Transfer(reductions.Exactly(e))
			if err != nil {
				t.Fatal(err)
			}
			n, m := rapid.IntRange(1, 4000).Draw(t, "n"), rapid.IntRange(1, 20000).Draw(t, "m")
			bound := route.Search.Bound(finegrain.Size{}.WithInt("n", n).WithInt("m", m))
			rows := new(big.Int).Add(bound.Size.Get("queries"), bound.Size.Get("keys"))
			exponent, _ := e.Float64()
			source, _ := transfer.Source.At(new(big.Rat)).Float64()
			got := log2(bound.Calls) + exponent*log2(rows)
			least, most := source*float64(n), source*float64(n)+4*exponent+math.Log2(float64(m))
			if got < least-1e-6 || got > most+1e-6 {
				t.Errorf("%s at n = %d, m = %d: log2 of calls·N^%v is %.3f, outside [%.3f, %.3f]",
					route.Name, n, m, e, got, least, most)
			}
		})
	}
}

func log2(v *big.Int) float64 {
	mantissa := new(big.Float)
	exponent := new(big.Float).SetInt(v).MantExp(mantissa)
	m, _ := mantissa.Float64()
	return math.Log2(m) + float64(exponent)
}

// TestChain: chaining descriptions has the exponents of the declared composition.
func TestChain(t *testing.T) {
	chain := reductions.Chain(reductions.SplitAndListCounting.Describe(), reductions.InterpolationCounting.Describe())
	declared := reductions.SATByInterpolationCounting.Describe()
	if chain.Name != declared.Name || chain.From != declared.From || chain.To != declared.To || chain.Kind != declared.Kind {
		t.Errorf("the chain is %+v, the composition %+v", chain, declared)
	}
	for name, form := range declared.Growth.Size {
		if chain.Growth.Size[name].String() != form.String() {
			t.Errorf("log2 %s: %v, composed %v", name, chain.Growth.Size[name], form)
		}
	}
	defer func() {
		if r := recover(); r == nil || !strings.HasPrefix(fmt.Sprint(r), "reductions: ") {
			t.Errorf("recovered %v, want a named reason", r)
		}
	}()
	reductions.Chain(reductions.InterpolationCounting.Describe(), reductions.SplitAndListCounting.Describe())
}

// mutated is the interpolation route's description with another growth.
func mutated(change func(*reductions.Growth)) reductions.Description {
	d := reductions.InterpolationDecision.Describe()
	d.Growth.Size = maps.Clone(d.Growth.Size)
	change(&d.Growth)
	return d
}

func logOf(p string, c float64) reductions.Form {
	return reductions.Form{Log: map[string]float64{p: c}}
}

// TestMutantsOfGrowth: a reduction that asks more, or larger, gives less.
func TestMutantsOfGrowth(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*reductions.Growth)
		source string // exponent
		when   string // LDOVC is refuted; empty: never
	}{
		"as it is":            {func(*reductions.Growth) {}, "2 − δ", "δ > 0"},
		"a call for each row": {func(g *reductions.Growth) { g.Calls = logOf("n", 1) }, "3 − δ", "δ > 1"},
		"√n calls":            {func(g *reductions.Growth) { g.Calls = logOf("m", 0.5) }, "5/2 − δ", "δ > 1/2"},
		"n^{3/2} keys":        {func(g *reductions.Growth) { g.Size["keys"] = logOf("m", 1.5) }, "3 − 3δ/2", "δ > 2/3"},
		"half as many rows": {func(g *reductions.Growth) {
			g.Size["queries"], g.Size["keys"] = logOf("n", 0.5), logOf("m", 0.5)
		}, "1 − δ/2", "always"},
		"d² calls": {func(g *reductions.Growth) { g.Calls = logOf("d", 2) }, "2 − δ", "δ > 0"},
	} {
		transfer, err := mutated(c.change).Transfer(reductions.Below(2))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		i := slices.IndexFunc(transfer.Refutes, func(r reductions.Refutation) bool { return r.Key == hypotheses.LDOVC })
		when := ""
		if i >= 0 {
			when = transfer.Refutes[i].If
		}
		if transfer.Source.String() != c.source || when != c.when {
			t.Errorf("%s: exponent %v, LDOVC refuted %q; want %s, %q", name, transfer.Source, when, c.source, c.when)
		}
	}
}

func TestTransferRefuses(t *testing.T) {
	interpolation := reductions.InterpolationDecision.Describe()
	elsewhere := interpolation
	elsewhere.From = "factoring"
	formulas := reductions.SplitAndListDecision.Describe()
	formulas.From, formulas.To = formulas.To, formulas.From
	for name, c := range map[string]struct {
		d     reductions.Description
		e     reductions.Exponent
		words string
	}{
		"sublinear":           {interpolation, reductions.Exactly(big.NewRat(9, 10)), "at least 1"},
		"sublinear for δ = 1": {interpolation, reductions.Exponent{Constant: big.NewRat(3, 2), Slope: big.NewRat(-1, 1)}, "at least 1"},
		"worse with δ":        {interpolation, reductions.Exponent{Constant: big.NewRat(2, 1), Slope: big.NewRat(1, 1)}, "grows with δ"},
		"an unknown problem":  {elsewhere, reductions.Below(2), `"factoring"`},
		"to formulas":         {formulas, reductions.Below(2), "no lists"},
		"2^d calls": {mutated(func(g *reductions.Growth) {
			g.Calls = reductions.Form{Linear: map[string]float64{"d": 1}}
		}), reductions.Below(2), "exponential in d"},
		"2^n keys": {mutated(func(g *reductions.Growth) {
			g.Size["keys"] = reductions.Form{Linear: map[string]float64{"n": 1}}
		}), reductions.Below(2), "exponential in n"},
		"n dimensions": {mutated(func(g *reductions.Growth) { g.Size["dim"] = logOf("n", 1) }), reductions.Below(2), "too fast"},
	} {
		if transfer, err := c.d.Transfer(c.e); err == nil || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: %v, %v; want an error with %q", name, transfer, err, c.words)
		}
	}
}

// TestKeepsSize: the threshold route keeps n and d and asks once. One that asks d times, or makes d grow, does not.
func TestKeepsSize(t *testing.T) {
	threshold := reductions.ThresholdDecision.Describe()
	for name, c := range map[string]struct {
		d    reductions.Description
		want bool
	}{
		"threshold":     {threshold, true},
		"d calls":       {reductions.InterpolationDecision.Describe(), false},
		"from formulas": {reductions.SATByThresholdDecision.Describe(), false},
		"one call":      {mutated(func(g *reductions.Growth) { g.Calls = reductions.Form{Constant: 3} }), true},
		"d² dimensions": {mutated(func(g *reductions.Growth) { g.Calls, g.Size["dim"] = reductions.Form{}, logOf("d", 2) }), false},
		"n·d keys":      {mutated(func(g *reductions.Growth) { g.Calls, g.Size["keys"] = reductions.Form{}, logOf("d", 1) }), false},
		"2^n queries": {mutated(func(g *reductions.Growth) {
			g.Calls, g.Size["queries"] = reductions.Form{}, reductions.Form{Linear: map[string]float64{"n": 1}}
		}), false},
		"n²  keys":       {mutated(func(g *reductions.Growth) { g.Calls, g.Size["keys"] = reductions.Form{}, logOf("m", 2) }), false},
		"values as dims": {mutated(func(g *reductions.Growth) { g.Calls, g.Size["values"] = reductions.Form{}, logOf("n", 1) }), false},
	} {
		if got := c.d.KeepsSize(); got != c.want {
			t.Errorf("%s: keeps size: %t", name, got)
		}
	}
}

func TestExponentText(t *testing.T) {
	for _, c := range []struct {
		constant, slope *big.Rat
		want            string
	}{
		{nil, nil, "0"},
		{big.NewRat(2, 1), nil, "2"},
		{big.NewRat(19, 20), nil, "19/20"},
		{big.NewRat(2, 1), big.NewRat(-1, 1), "2 − δ"},
		{big.NewRat(1, 1), big.NewRat(-1, 2), "1 − δ/2"},
		{big.NewRat(3, 1), big.NewRat(-3, 2), "3 − 3δ/2"},
		{nil, big.NewRat(-2, 3), "−2δ/3"},
		{nil, big.NewRat(1, 1), "δ"},
		{big.NewRat(1, 2), big.NewRat(4, 1), "1/2 + 4δ"},
	} {
		if got := (reductions.Exponent{Constant: c.constant, Slope: c.slope}).String(); got != c.want {
			t.Errorf("%v, %v is written %q, want %q", c.constant, c.slope, got, c.want)
		}
	}
}
