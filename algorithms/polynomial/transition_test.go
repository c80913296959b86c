package polynomial

import (
	"fmt"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// logarithmic is d = log2 n and ε_A = 1/n.
var logarithmic = Transition{Dim: 1 / math.Ln2, Error: 1}

// TestLimit holds values of the limit curve that were computed by hand.
func TestLimit(t *testing.T) {
	for _, c := range []struct{ what, got, want string }{
		{"γ(.02)", fmt.Sprintf("%.3f", logarithmic.Gamma(0.02)), "0.385"},
		{"ρ(.02)", fmt.Sprintf("%.2f", logarithmic.Limit(0.02)-1), "0.94"},
		{"γ(.05)", fmt.Sprintf("%.3f", logarithmic.Gamma(0.05)), "0.518"},
		{"ρ(.05)", fmt.Sprintf("%.2f", logarithmic.Limit(0.05)-1), "1.13"},
		{"κ*", fmt.Sprintf("%.4f", logarithmic.Crossing()), "0.0276"},
		{"√κ*", fmt.Sprintf("%.3f", math.Sqrt(logarithmic.Crossing())), "0.166"},
		{"the limit at κ = 0", fmt.Sprint(logarithmic.Limit(0)), "1"},
	} {
		if c.got != c.want {
			t.Errorf("%s is %s, want %s", c.what, c.got, c.want)
		}
	}
	// ρ tends to 0 as κ does, as slowly as γ·ln(1/γ), γ ≈ C/ln(1/κ).
	for _, kappa := range []float64{1e-30, 1e-100, 1e-300} {
		gamma := logarithmic.Error / math.Log(1/kappa)
		if ratio := (logarithmic.Limit(kappa) - 1) / (gamma * math.Log(1/gamma)); ratio < 1 || ratio > 1.6 {
			t.Errorf("κ = %g: ρ is %.3f times γ·ln(1/γ)", kappa, ratio)
		}
	}
}

// TestCrossing: the limit is 2 there, and grows with κ, C and c.
func TestCrossing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string, low, high float64) float64 {
			return math.Exp(rapid.Float64Range(math.Log(low), math.Log(high)).Draw(t, "ln "+name))
		}
		x := Transition{Dim: draw("c", 0.2, 20), Error: draw("C", 0.1, 20)}
		kappa := x.Crossing()
		if limit := x.Limit(kappa); math.Abs(limit-2) > 1e-9 {
			t.Fatalf("%+v: the limit at κ* = %g is %.12f", x, kappa, limit)
		}
		if c := CrossingError(x.Dim, kappa); math.Abs(c/x.Error-1) > 1e-9 {
			t.Fatalf("%+v: κ* = %g, whose error exponent is %.12f", x, kappa, c)
		}
		kappa = draw("κ", 1e-9, 10)
		more := 1 + draw("more", 1e-3, 1)
		at := x.Limit(kappa)
		if x.Limit(kappa*more) <= at || (Transition{x.Dim * more, x.Error}).Limit(kappa) <= at ||
			(Transition{x.Dim, x.Error * more}).Limit(kappa) <= at {
			t.Fatalf("%+v: the limit %g at κ = %g does not grow", x, at, kappa)
		}
	})
}

// TestRelativeDegrees: they are those of degree.go, up to the margins of both.
func TestRelativeDegrees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := math.Exp(rapid.Float64Range(math.Log(1e-9), math.Log(40)).Draw(t, "ln M"))
		epsilon := math.Exp(-rapid.Float64Range(0.01, 200).Draw(t, "ln 1/ε_A"))
		chebyshev, taylor := RelativeDegrees(m, -math.Log(epsilon))
		for _, c := range []struct {
			name   string
			got    int
			degree func(m, epsilonA float64) (int, bool)
		}{{"Chebyshev", chebyshev, ChebyshevDegree}, {"Taylor", taylor, TaylorDegree}} {
			low, _ := c.degree(m, epsilon)
			high, ok := c.degree(m, epsilon*(1-0x1p-20))
			if c.got < low || ok && c.got > high {
				t.Fatalf("M = %g, ε_A = %g: %s degree %d, want %d to %d", m, epsilon, c.name, c.got, low, high)
			}
		}
	})
}

// TestSmallestScores: at the least M there is, where degree g errs by about M^(g+1)/(2^g·(g+1)!) in the one series, and by
// M^(g+1)/(g+1)! in the other, level 5000 takes degree 7, ⌈5000/690.8⌉ − 1, and the even one above.
func TestSmallestScores(t *testing.T) {
	for level, want := range map[float64][2]int{1: {0, 0}, 5000: {7, 8}, 1 << 14: {23, 24}} {
		if chebyshev, taylor := RelativeDegrees(leastM, level); [2]int{chebyshev, taylor} != want {
			t.Errorf("M = %g, ln 1/ε_A = %g: degrees %d, %d, want %d", leastM, level, chebyshev, taylor, want)
		}
	}
}

func TestLogRank(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, g := rapid.IntRange(1, 3000).Draw(t, "d"), rapid.IntRange(0, 3000).Draw(t, "g")
		rank := new(big.Float).SetInt(new(big.Int).Binomial(int64(d+g), int64(g)))
		mantissa := new(big.Float)
		exponent := rank.MantExp(mantissa)
		m, _ := mantissa.Float64()
		want := math.Log(m) + float64(exponent)*math.Ln2
		if got := LogRank(d, g); math.Abs(got-want) > 1e-9 {
			t.Fatalf("ln C(%d+%d, %d) = %.12g, want %.12g", d, g, g, got, want)
		}
	})
}

func TestDimension(t *testing.T) {
	for k := 1; k <= 1<<14; k++ {
		if d := logarithmic.Dimension(float64(k) * math.Ln2); d != k {
			t.Fatalf("⌈log2 2^%d⌉ is %d", k, d)
		}
	}
	for n, want := range map[float64]int{256: 23, 1 << 40: 111} { // 22.18, 110.9
		if d := (Transition{Dim: 4, Error: 1}).Dimension(math.Log(n)); d != want {
			t.Errorf("⌈4·ln %g⌉ is %d, want %d", n, d, want)
		}
	}
}

// TestApproach: in three settings, what is computed at n lies below the limit, by less than 3·ln ln n/ln n, and by ever
// less; mutants of the limit curve are told from it.
func TestApproach(t *testing.T) {
	far := func(logN float64, limit func(Transition, float64) float64) (least, most float64) {
		least, most = math.Inf(1), math.Inf(-1)
		for _, x := range []Transition{logarithmic, {Dim: 4, Error: 1}, {Dim: 1, Error: 3}} {
			for root := 1e-4; root < 1; root *= 1.3 {
				d := limit(x, root*root) - x.At(logN, root*root).Exponent
				least, most = min(least, d), max(most, d)
			}
		}
		return least, most
	}
	before := math.Inf(1)
	for _, bits := range []float64{8, 16, 24, 32, 40, 100, 1000, 10000} {
		logN := bits * math.Ln2
		rate := math.Log(logN) / logN
		least, most := far(logN, Transition.Limit)
		t.Logf("n = 2^%g: the limit less what is computed is between %.5f and %.5f, %.2f to %.2f times ln ln n/ln n",
			bits, least, most, least/rate, most/rate)
		if least < 0 || most > 3*rate || most >= before {
			t.Errorf("n = 2^%g: the limit less what is computed is between %g and %g, before %g", bits, least, most, before)
		}
		before = most
	}
	for name, mutant := range map[string]func(x Transition, kappa float64) float64{
		"Taylor's degree": func(x Transition, kappa float64) float64 {
			return 1 + rankExponent(root(func(g float64) bool { return g*math.Log(g/kappa)-g-kappa >= x.Error }), x.Dim)
		},
		"an error not relative to e^x": func(x Transition, kappa float64) float64 {
			return 1 + rankExponent(root(func(g float64) bool { return errorExponent(g, kappa)+kappa >= x.Error }), x.Dim)
		},
		"the paper's count C(2(d+g), 2g)": func(x Transition, kappa float64) float64 {
			return 1 + rankExponent(2*x.Gamma(kappa), 2*x.Dim)
		},
		"entropy in bits": func(x Transition, kappa float64) float64 { return 1 + (x.Limit(kappa)-1)/math.Ln2 },
	} {
		logN := 10000 * math.Ln2
		if least, most := far(logN, mutant); least >= 0 && most <= 3*math.Log(logN)/logN {
			t.Errorf("%s was not noticed", name)
		}
	}
}
