package attention

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// taylorExp is e^x by the Taylor series alone, without any reduction, at a precision that outlasts the
// cancellation of alternating terms: another method than bigExp's, for |x| ≤ 200.
func taylorExp(x *big.Float, precision uint) *big.Float {
	p := 2*precision + 1200
	term := new(big.Float).SetPrec(p).SetInt64(1)
	sum := new(big.Float).SetPrec(p).SetInt64(1)
	for i := int64(1); ; i++ {
		term.Mul(term, x)
		term.Quo(term, new(big.Float).SetInt64(i))
		if term.Sign() == 0 || i > 300 && term.MantExp(nil) < -int(p) {
			return sum
		}
		sum.Add(sum, term)
	}
}

// fixedExp is e^x as a big.Float, for a float64 x, by bigExp.
func fixedExp(x float64, precision uint) *big.Float {
	e := newBigExp(precision, 1)
	fixed, _ := new(big.Float).SetMantExp(new(big.Float).SetPrec(2000).SetFloat64(x), int(e.work)).Int(nil)
	m, k := e.exp(fixed)
	return new(big.Float).SetMantExp(new(big.Float).SetInt(m), int(k)-int(precision))
}

// unitsOff is |got − want| in units of want·2^−precision.
func unitsOff(got, want *big.Float, precision uint) float64 {
	diff := new(big.Float).SetPrec(2*precision+2000).Sub(got, want)
	diff.Quo(diff, want)
	f, _ := diff.SetMantExp(diff, int(precision)).Float64()
	return math.Abs(f)
}

// A mantissa is off by at most 1 unit and is at least 0.69.
const allowedUnits = 1 / 0.69

func TestBigExpAgainstTaylor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		precision := uint(rapid.IntRange(8, 700).Draw(t, "precision"))
		x := rapid.Float64Range(-200, 200).Draw(t, "x")
		want := taylorExp(new(big.Float).SetPrec(3000).SetFloat64(x), precision)
		if off := unitsOff(fixedExp(x, precision), want, precision); off > allowedUnits {
			t.Fatalf("e^%v at %d bits is %v units off", x, precision, off)
		}
	})
}

func TestBigExpKnownDigits(t *testing.T) {
	for _, c := range []struct {
		x      float64
		digits string
	}{
		{0, "1"},
		{1, "2.71828182845904523536028747135266249775724709369995957496696762772407663035354759457138217852516643"},
		{-1, "0.367879441171442321595523770161460867445811131031767834507836801697461495744899803357147274345919644"},
		{100, "2.6881171418161354484126255515800135873611118773741922415191608615280287034909564914158871097e43"},
	} {
		want, _, err := big.ParseFloat(c.digits, 10, 1000, big.ToNearestEven)
		if err != nil {
			t.Fatal(err)
		}
		if off := unitsOff(fixedExp(c.x, 290), want, 290); off > allowedUnits+1 { // and the digits' own end
			t.Errorf("e^%v is %v units off its known digits", c.x, off)
		}
	}
}

func TestExp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		precision := uint(rapid.IntRange(1, 500).Draw(t, "precision"))
		x := new(big.Float).SetPrec(600).SetFloat64(rapid.Float64Range(-150, 150).Draw(t, "x"))
		x.Quo(x, big.NewFloat(3)) // more digits than a float64 has
		if off := unitsOff(Exp(x, precision), taylorExp(x, precision+600), precision); off >= 1 {
			t.Fatalf("Exp(%v) at %d bits is %v units off", x, precision, off)
		}
	})
}

// Scores of 10^7 and more are far beyond the series, but not beyond e^x·e^y = e^{x+y}.
func TestBigExpAddition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		precision := uint(rapid.IntRange(64, 400).Draw(t, "precision"))
		x := math.Floor(rapid.Float64Range(-1e9, 1e9).Draw(t, "x")) // big.Float holds e^x up to 2^(2^31)
		y := math.Floor(rapid.Float64Range(-1e4, 1e4).Draw(t, "y"))
		product := new(big.Float).SetPrec(3*precision).Mul(fixedExp(x, precision), fixedExp(y, precision))
		if off := unitsOff(product, fixedExp(x+y, precision), precision); off > 3*allowedUnits {
			t.Fatalf("e^%v · e^%v is %v units off e^%v", x, y, off, x+y)
		}
	})
}

func TestLnTwo(t *testing.T) {
	const digits = "0.693147180559945309417232121458176568075500134360255254120680009493393621969694715605863326996418687"
	want, _, _ := big.ParseFloat(digits, 10, 1000, big.ToNearestEven)
	for _, precision := range []uint{1, 64, 320, 100, 320} { // up and down: the cache must not matter
		scaled, _ := new(big.Float).SetMantExp(want, int(precision)).Int(nil)
		if diff := scaled.Sub(scaled, lnTwo(precision)); diff.CmpAbs(one) > 0 {
			t.Errorf("lnTwo(%d) is %v off", precision, diff)
		}
	}
}

// A reduction that rounds k·ln 2 at the working precision alone, without the 62 further bits, must fail
// the addition test at large arguments: else that test shows nothing.
func TestBigExpMutantShortLnTwo(t *testing.T) {
	const precision, x = 128, 1e9
	e := newBigExp(precision, 1)
	e.ln2.Rsh(e.ln2, 62).Lsh(e.ln2, 62)
	fixed, _ := new(big.Float).SetMantExp(new(big.Float).SetPrec(2000).SetFloat64(x), int(e.work)).Int(nil)
	m, k := e.exp(fixed)
	got := new(big.Float).SetMantExp(new(big.Float).SetInt(m), int(k)-precision)
	if off := unitsOff(got, fixedExp(x, precision), precision); off < 10 {
		t.Errorf("with a short ln 2 the result is only %v units off", off)
	}
}

// An argument may be a sum of many truncated summands, each short by nearly a unit of 2^−work: the guard that
// newBigExp adds for them keeps the result right, and without it the result is wrong.
func TestBigExpManySummands(t *testing.T) {
	const precision, summands, x = 64, 1 << 20, -0.75
	off := func(e *bigExp) float64 {
		short := new(big.Int).Rsh(new(big.Int).Lsh(big.NewInt(-3), e.work), 2)
		m, k := e.exp(short.Sub(short, big.NewInt(summands)))
		got := new(big.Float).SetMantExp(new(big.Float).SetInt(m), int(k)-precision)
		return unitsOff(got, taylorExp(big.NewFloat(x), precision), precision)
	}
	if units := off(newBigExp(precision, summands)); units > allowedUnits {
		t.Errorf("e^%v of %d summands is %v units off", x, summands, units)
	}
	if units := off(newBigExp(precision, 1)); units <= allowedUnits {
		t.Errorf("without the guard for summands the result is only %v units off", units)
	}
}

func BenchmarkBigExp(b *testing.B) {
	for _, precision := range []uint{64, 256, 640} {
		e := newBigExp(precision, 1)
		x := new(big.Int).Lsh(big.NewInt(-7), e.work-3)
		b.Run(new(big.Int).SetUint64(uint64(precision)).String(), func(b *testing.B) {
			for b.Loop() {
				e.exp(x)
			}
		})
	}
}
