package polynomial

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestDegrees holds the table of degrees: Chebyshev and even Taylor, by M and ε_A.
func TestDegrees(t *testing.T) {
	for _, c := range []struct {
		epsilon float64
		want    string
	}{
		{1e-2, "2/4 4/6 6/10 10/16 19/30 37/58 "},
		{1e-4, "4/6 6/8 8/12 13/20 22/34 40/62 "},
		{1e-8, "7/8 9/12 12/16 17/24 27/40 45/68 "},
	} {
		got := ""
		for _, m := range []float64{0.5, 1, 2, 4, 8, 16} {
			chebyshev, ok := ChebyshevDegree(m, c.epsilon)
			taylor, okToo := TaylorDegree(m, c.epsilon)
			if !ok || !okToo {
				t.Fatalf("no degree for M = %g, ε_A = %g", m, c.epsilon)
			}
			got += fmt.Sprintf("%d/%d ", chebyshev, taylor)
		}
		if got != c.want {
			t.Errorf("ε_A = %g: degrees %s, want %s", c.epsilon, got, c.want)
		}
	}
	for _, m := range []float64{1e4, math.Inf(1), math.NaN()} {
		if g, ok := ChebyshevDegree(m, 0.1); ok {
			t.Errorf("a Chebyshev degree %d for M = %g", g, m)
		}
		if g, ok := TaylorDegree(m, 0.1); ok {
			t.Errorf("a Taylor degree %d for M = %g", g, m)
		}
	}
	if g, ok := ChebyshevDegree(0, 1e-300); g != 0 || !ok {
		t.Errorf("M = 0 takes degree %d", g)
	}
}

func TestTaylorErrorPanicsOnOddDegrees(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("degree 3 was taken")
		}
	}()
	TaylorError(1, 3)
}

func TestRank(t *testing.T) {
	for _, c := range []struct {
		d, g int
		want int64
	}{{8, 6, 3003}, {16, 4, 4845}, {32, 4, 58905}, {64, 4, 814385}, {8, 4, 495}, {3, 0, 1}, {1, 9, 10}, {512, 512, math.MaxInt64}} {
		if got := Rank(c.d, c.g); got != c.want {
			t.Errorf("Rank(%d, %d) = %d, want %d", c.d, c.g, got, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		d, g := rapid.IntRange(1, 40).Draw(t, "d"), rapid.IntRange(0, 40).Draw(t, "g")
		if want := new(big.Int).Binomial(int64(d+g), int64(g)); want.IsInt64() && want.Int64() < math.MaxInt64/100 && want.Int64() != Rank(d, g) {
			t.Errorf("Rank(%d, %d) = %d, want %v", d, g, Rank(d, g), want)
		}
	})
}

// exponential is e^x to some 300 bits, by squaring and Taylor.
func exponential(x *big.Float) *big.Float {
	x = fresh().SetMantExp(x, -20)
	sum, term := number(1), number(1)
	for j := 1; j < 40; j++ {
		term.Mul(term, x)
		term.Quo(term, number(float64(j)))
		sum.Add(sum, term)
	}
	for range 20 {
		sum.Mul(sum, sum)
	}
	return sum
}

// at is P(x), with the coefficients of the ladder before they are rounded.
func (l *ladder) at(x *big.Float) *big.Float {
	sum := fresh()
	for _, c := range slices.Backward(l.coefficient) {
		sum.Mul(sum, x)
		sum.Add(sum, c)
	}
	return sum
}

// TestChebyshevErrorIsAttained: at x = M every T_k is 1, so that the error there is the tail of the series and
// nothing less; elsewhere on [−M,M] it is not more. This ties the coefficients, computed one way, to the tail,
// computed another.
func TestChebyshevErrorIsAttained(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.Float64Range(0.01, mostM).Draw(t, "M")
		g := rapid.IntRange(0, 40).Draw(t, "g")
		l := newLadder(m)
		for range g + 1 {
			l.climb()
		}
		off := func(x *big.Float) float64 {
			e := exponential(x)
			e.Sub(e, l.at(x))
			y, _ := e.Abs(e).Float64()
			return y
		}
		bound := ChebyshevError(m, g) * math.Exp(-m)
		const lost = 1e-80 // digits of the reference
		if made := off(number(m)); made > bound+lost || made < bound*(1-1e-9)-lost {
			t.Fatalf("M = %g, degree %d: at M the error is %g, and the bound %g", m, g, made, bound)
		}
		x := number(m * rapid.Float64Range(-1, 1).Draw(t, "x/M"))
		if made := off(x); made > bound+lost {
			t.Fatalf("M = %g, degree %d: at %v the error is %g, and the bound %g", m, g, x, made, bound)
		}
	})
}

func TestTaylorError(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.Float64Range(0, 16).Draw(t, "M")
		g := 2 * rapid.IntRange(0, 30).Draw(t, "g/2")
		x := m * rapid.Float64Range(-1, 1).Draw(t, "x/M")
		sum, term := fresh(), number(1)
		for j := 0; j <= g; j++ {
			sum.Add(sum, term)
			term.Mul(term, number(x))
			term.Quo(term, number(float64(j+1)))
		}
		e := exponential(number(x))
		sum.Sub(sum, e)
		sum.Quo(sum, e)
		if relative, _ := sum.Abs(sum).Float64(); relative > TaylorError(m, g)+0x1p-250 {
			t.Fatalf("degree %d on [−%g,%g] errs at %g by %g, and the bound is %g", g, m, m, x, relative, TaylorError(m, g))
		}
	})
}

// TestFeatures: with weights they make the polynomial of the inner product, here in exact arithmetic.
func TestFeatures(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, g := rapid.IntRange(1, 5).Draw(t, "d"), rapid.IntRange(0, 6).Draw(t, "g")
		vector := rapid.SliceOfN(rapid.Map(rapid.IntRange(-3, 3), func(x int) float64 { return float64(x) }), d, d)
		q, k := vector.Draw(t, "q"), vector.Draw(t, "k")
		factors := make([]float64, g+1) // m!·c_m
		for m := range factors {
			factors[m] = float64(rapid.IntRange(-4, 4).Draw(t, "factor"))
		}
		b := newBasis(d, g)
		if b.rank != int(Rank(d, g)) {
			t.Fatalf("rank %d, want %d", b.rank, Rank(d, g))
		}
		phi, psi := make([]float64, b.rank), make([]float64, b.rank)
		b.row(phi, q)
		b.row(psi, k)
		w := b.weights(factors)
		var got, x float64
		for a := range w {
			got += w[a] * phi[a] * psi[a]
		}
		for l := range q {
			x += q[l] * k[l]
		}
		want, term, size := 0.0, 1.0, 0.0
		for m, f := range factors {
			want += f * term
			size += math.Abs(f) * math.Pow(45, float64(m))
			term *= x / float64(m+1)
		}
		if math.Abs(got-want) > 1e-14*size {
			t.Fatalf("features give %g, and the polynomial is %g", got, want)
		}
	})
}
