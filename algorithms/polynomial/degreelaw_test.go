package polynomial

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

// bestError is the definition: the least sup-error of a polynomial of degree g for e^−x on [0,m], by Remez's exchange on
// a grid, to five digits.
func bestError(t *testing.T, m float64, g int) float64 {
	const grid = 4000
	at := func(i int) float64 { return -math.Cos(math.Pi * float64(i) / grid) } // in [−1,1]
	f := func(y float64) float64 { return math.Exp(-m / 2 * (y + 1)) }
	points := make([]int, g+2)
	for k := range points {
		points[k] = k * grid / (g + 1)
	}
	for range 50 {
		a, b := mat.NewDense(g+2, g+2, nil), mat.NewVecDense(g+2, nil)
		for row, i := range points {
			for k := range g + 1 {
				a.Set(row, k, math.Cos(float64(k)*math.Acos(at(i))))
			}
			a.Set(row, g+1, float64(1-2*(row%2)))
			b.SetVec(row, f(at(i)))
		}
		var c mat.VecDense
		if err := c.SolveVec(a, b); err != nil {
			t.Fatal(err)
		}
		off := func(i int) float64 {
			e := f(at(i))
			for k := range g + 1 {
				e -= c.AtVec(k) * math.Cos(float64(k)*math.Acos(at(i)))
			}
			return e
		}
		// The new points: on each run of one sign, the largest error.
		var next []int
		worst, last := 0.0, 0.0
		for i := range grid + 1 {
			e := off(i)
			worst = max(worst, math.Abs(e))
			switch {
			case len(next) == 0 || e*last < 0:
				next, last = append(next, i), e
			case math.Abs(e) > math.Abs(last):
				next[len(next)-1], last = i, e
			}
		}
		if worst <= math.Abs(c.AtVec(g+1))*(1+1e-5) {
			return worst
		}
		if len(next) < g+2 {
			t.Fatalf("M = %g, degree %d: only %d alternations", m, g, len(next))
		}
		points = next[:g+2]
	}
	t.Fatalf("M = %g, degree %d: the exchange does not end", m, g)
	return 0
}

// TestBracket: the least error, by its definition, lies within the bracket; and not within that of mutants.
func TestBracket(t *testing.T) {
	outside := func(bracket func(z float64, g int) (low, high float64)) (first string) {
		for m, most := range map[float64]int{0.5: 4, 2: 6, 8: 9, 20: 12} { // where errors exceed 10⁻⁹
			for g := range most {
				best := math.Log(bestError(t, m, g))
				if low, high := bracket(m/2, g); first == "" && !(low <= best && best <= high) {
					first = fmt.Sprintf("M = %g, degree %d: ln E is %g, and the bracket from %g to %g", m, g, best, low, high)
				}
			}
		}
		return first
	}
	sides := func(z float64, g int) (low, high float64) {
		s := newSeries(z, 64)
		return s.below[g] - logMargin, s.above[g] + logMargin
	}
	if found := outside(sides); found != "" {
		t.Error(found)
	}
	for name, mutant := range map[string]func(z float64, g int) (low, high float64){
		"one degree too many":       func(z float64, g int) (float64, float64) { return sides(z, g+1) },
		"the interval's own length": func(z float64, g int) (float64, float64) { return sides(2*z, g) },
		"all of the tail below": func(z float64, g int) (float64, float64) {
			_, high := sides(z, g)
			return high - 2*logMargin, high
		},
		"squares above": func(z float64, g int) (float64, float64) {
			low, _ := sides(z, g)
			return low, low + 2*logMargin
		},
	} {
		if outside(mutant) == "" {
			t.Errorf("a bracket with %s was not noticed", name)
		}
	}
}

// TestSeries: tails by recurrence are those by sums of the power series, where float64 holds them.
func TestSeries(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		z := math.Exp(rapid.Float64Range(math.Log(1e-3), math.Log(200)).Draw(t, "ln z"))
		g := rapid.IntRange(0, 60).Draw(t, "g")
		want := math.Log(2*besselTail(z, g+1)) - z
		if got := newSeries(z, 512).above[g]; math.Abs(got-want) > 1e-9 && want > -700 {
			t.Fatalf("z = %g: ln Σ_{k>%d} is %.12g, want %.12g", z, g, got, want)
		}
	})
}

func TestLeastDegree(t *testing.T) {
	for _, c := range []struct {
		f         Function
		m, delta  float64
		low, high int
	}{
		{Growing, 1, 1e-10, 8, 8},
		{Growing, 4096, 1e-300, 5006, 5007},
		{Decaying, 4096, 1e-300, 1719, 1720},
		{Decaying, 1, 1e-300, 130, 130},
		{Decaying, 0, 1e-300, 0, 0},
		{Growing, 1e-300, 1e-299, 0, 0}, // degree 0 errs by M/2, degree 1 by M²/16
		{Growing, 1e-300, 1e-301, 1, 1},
	} {
		if low, high := LeastDegree(c.f, c.m, -math.Log(c.delta)); low != c.low || high != c.high {
			t.Errorf("%s on [0,%g] to %g: from %d to %d, want %d to %d", c.f, c.m, c.delta, low, high, c.low, c.high)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		m := math.Exp(rapid.Float64Range(-3, math.Log(4096)).Draw(t, "ln M"))
		level := math.Exp(rapid.Float64Range(-3, 7).Draw(t, "ln L"))
		low, high := LeastDegree(Decaying, m, level)
		again, top := LeastDegree(Growing, m, level)
		more, most := LeastDegree(Decaying, m, level+m)
		if low > high || again < low || top < high || again != more || top != most {
			t.Fatalf("M = %g, L = %g: e^−x takes %d to %d, e^x %d to %d, and e^−x to e^−M of the error %d to %d",
				m, level, low, high, again, top, more, most)
		}
		// What the method asks for on [−M/2,M/2], ε_A = δ relative to e^x, is δ for e^x on [0,M]: both are tails beyond g
		// with the same factors.
		if chebyshev, _ := RelativeDegrees(m/2, level); chebyshev != top {
			t.Fatalf("M = %g, L = %g: degree %d, and %d relative to e^x", m, level, top, chebyshev)
		}
	})
}

func TestDegreesOutOfRangePanic(t *testing.T) {
	for what, f := range map[string]func(){
		"an interval too long":   func() { LeastDegree(Growing, 1<<15, 1) },
		"an interval too short":  func() { LeastDegree(Decaying, 1e-301, 1) },
		"scores too small":       func() { RelativeDegrees(1e-309, 5000) },
		"entries too small":      func() { logarithmic.At(1, 1e-309) },
		"an error of 1":          func() { LeastDegree(Growing, 1, 0) },
		"an error that is none":  func() { LeastDegree(Growing, 1, math.NaN()) },
		"scores that are none":   func() { RelativeDegrees(math.NaN(), 1) },
		"an error out of range":  func() { RelativeDegrees(1, 1<<21) },
		"a transition of no d":   func() { Transition{Error: 1}.Limit(1) },
		"n = 1":                  func() { Transition{Dim: 1, Error: 1}.At(0, 1) },
		"n beyond what is meant": func() { Transition{Dim: 1, Error: 1}.At(1e9, 1) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s did not panic", what)
				}
			}()
			f()
		}()
	}
}
