package attention

import (
	"math"
	"math/big"
	"math/bits"
	"sync"
)

// The exponential at any precision, in fixed point: a number x is held as the integer ⌊x·2^w⌋. The
// argument is reduced by a multiple of ln 2, halved j times, put through the Taylor series, and the result
// squared j times (Brent, "Fast multiple-precision evaluation of elementary functions", 1976). With
// j ≈ √w both series and squarings take O(√w) multiplications.

// bigExp computes e^x to a fixed number of bits. Its integers are scratch space, so it serves one
// goroutine.
type bigExp struct {
	bits             uint     // fraction bits of the result
	work             uint     // fraction bits inside, and of the argument
	halvings         uint     // j
	ln2              *big.Int // ⌊ln 2 · 2^(work+62)⌋
	r, t, term, prod big.Int
}

// newBigExp returns an exponential whose results have the given number of fraction bits, for arguments
// that are sums of so many summands, each truncated to a multiple of 2^−work.
//
// The guard covers the error of the method. In units of 2^−work: the reduction by k·ln 2, |k| ≤ 2^61, is
// off by at most 2, halving by 1; each Taylor term by at most 2 (its predecessor's error shrinks, floors
// add 1 twice), so the series by 2·terms + 3; squaring maps a value y ≤ 1.42 with error δ to one with
// error at most 2.84δ + δ² + 1 at the last step and (2y+…)δ + 1 before, and since the y of the steps
// multiply to less than e^0.36 together, j squarings amplify by less than 1.5·2^j and add less than
// 1.5·2^(j+1). In all less than 2^(j+2)·(terms + 4), below half a unit of 2^−bits by the guard chosen.
func newBigExp(precision uint, summands int) *bigExp {
	e := &bigExp{bits: precision}
	e.halvings, e.work = bigExpBits(precision, summands)
	e.ln2 = lnTwo(e.work + 62)
	return e
}

// bigExpBits returns the number of halvings and of the fraction bits inside.
func bigExpBits(precision uint, summands int) (halvings, work uint) {
	halvings = uint(math.Sqrt(float64(precision)))*3/4 + 2
	terms := (precision+64)/halvings + 8 // more than are summed: term number t is below 2^(−t·halvings)
	return halvings, precision + halvings + uint(bits.Len(terms)+bits.Len(uint(summands))) + 6
}

// exp returns m and k with |m·2^−bits − e^x·2^−k| ≤ 2^−bits and 0.69 < m·2^−bits < 1.45, for x given as
// the integer x·2^work, |x| < 2^60. It leaves x unchanged. The result m is new.
func (e *bigExp) exp(x *big.Int) (m *big.Int, k int64) {
	// k = round(x/ln 2), in rounds because the quotient in float64 is only good to 52 bits; a round leaves
	// |r| ≤ 0.35 + |x|·2^−50, so that two suffice and the third finds nothing to do.
	r := e.r.Set(x)
	for range 3 {
		step := math.Round(scaledFloat(r, -int(e.work)) / math.Ln2)
		if step == 0 {
			break
		}
		k += int64(step)
		e.t.SetInt64(k)
		e.prod.Mul(&e.t, e.ln2)
		e.prod.Rsh(&e.prod, 62)
		r.Sub(x, &e.prod)
	}
	r.Rsh(r, e.halvings)

	// Σ r^i/i!, terms until they vanish. Rsh is floor, so a negative term ends at −1, not at 0.
	sum := new(big.Int).Lsh(one, e.work)
	term := e.term.Lsh(one, e.work)
	for i := int64(1); ; i++ {
		e.prod.Mul(term, r)
		e.prod.Rsh(&e.prod, e.work)
		term.Quo(&e.prod, e.t.SetInt64(i))
		if term.Sign() == 0 {
			break
		}
		sum.Add(sum, term)
	}
	for range e.halvings {
		e.prod.Mul(sum, sum)
		sum.Rsh(&e.prod, e.work)
	}
	return sum.Rsh(sum, e.work-e.bits), k
}

var one = big.NewInt(1)

// scaledFloat returns x·2^exponent, truncated to float64.
func scaledFloat(x *big.Int, exponent int) float64 {
	if excess := x.BitLen() - 62; excess > 0 {
		top := new(big.Int).Rsh(x, uint(excess))
		return math.Ldexp(float64(top.Int64()), excess+exponent)
	}
	return math.Ldexp(float64(x.Int64()), exponent)
}

var lnTwoCache struct {
	sync.Mutex
	bits  uint
	value *big.Int
}

// lnTwo returns ln 2 · 2^precision to within 1: ln 2 = 18 artanh(1/26) − 2 artanh(1/4801) +
// 8 artanh(1/8749), a formula of Machin's kind, since (27/25)^9 · (4800/4802) · (8750/8748)^4 = 2. The
// longest value so far is kept and shortened on demand.
func lnTwo(precision uint) *big.Int {
	c := &lnTwoCache
	c.Lock()
	defer c.Unlock()
	if c.value == nil || c.bits < precision {
		const guard = 32
		w := precision + guard
		sum := new(big.Int)
		for _, part := range []struct{ factor, x int64 }{{18, 26}, {-2, 4801}, {8, 8749}} {
			a := artanhInverse(part.x, w)
			sum.Add(sum, a.Mul(a, big.NewInt(part.factor)))
		}
		c.value, c.bits = sum.Rsh(sum, guard), precision
	}
	return new(big.Int).Rsh(c.value, c.bits-precision)
}

// artanhInverse returns artanh(1/x)·2^w = Σ x^−(2i+1)/(2i+1)·2^w, each term truncated twice: the error is
// below 2w units.
func artanhInverse(x int64, w uint) *big.Int {
	square := big.NewInt(x * x)
	power := new(big.Int).Lsh(one, w)
	power.Quo(power, big.NewInt(x))
	sum, term := new(big.Int), new(big.Int)
	for i := int64(1); power.Sign() != 0; i += 2 {
		sum.Add(sum, term.Quo(power, big.NewInt(i)))
		power.Quo(power, square)
	}
	return sum
}
