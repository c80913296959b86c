package attention

import (
	"math"
	"math/big"
	"math/bits"
)

// The precision of Multiprecision: how many bits an error takes, and how much memory the bits take.
// Precisions are relative to max|V|.

// defaultBits is the precision where no error is asked.
const defaultBits = 128

// bitsFor returns the least number of bits with 2^−bits·max|V| ≤ ε, up to 1 more.
func bitsFor(r Regime) uint {
	if r.Epsilon == 0 || r.MaxV == 0 {
		return defaultBits
	}
	_, v := math.Frexp(r.MaxV)    // max|V| < 2^v
	_, e := math.Frexp(r.Epsilon) // ε ≥ 2^(e−1)
	return uint(max(v-e+1, 8))
}

// bigBound is 2^−bits·max|V|, rounded up where float64 cannot hold it.
func bigBound(maxV float64, bits uint) float64 {
	x := new(big.Float).SetFloat64(maxV)
	return roundUp(x.SetMantExp(x, -int(bits)))
}

// fractionGuard is what the sum over the keys needs beyond the bits asked: log₂ m + 5, rounded up.
func fractionGuard(keys int) uint { return uint(bits.Len(uint(keys))) + 5 }

// valueBits is how many bits a value may have as a multiple of the grain of V.
func valueBits(r Regime) uint {
	if r.MaxV == 0 {
		return 0
	}
	return uint(math.Ilogb(r.MaxV) - math.Ilogb(max(r.VGrain, math.SmallestNonzeroFloat64)) + 1)
}

// bigRowBytes is the memory of one bigRow at most: its powers, the powers it remembers, its sums, and the
// numbers on the way to them.
func bigRowBytes(r Regime, precision uint) int64 {
	fraction := precision + fractionGuard(r.Keys)
	_, work := bigExpBits(fraction, 2*r.Dim)
	sum := numberBytes(fraction + uint(bits.Len(uint(r.Keys))) + valueBits(r) + 1)
	product := numberBytes(2*work + 256) // inside the exponential, whose argument is below 2^60
	const place, remembered = 16, 128    // a power beside its mantissa; the same in a half-filled map, with its key
	return int64(r.Keys)*(numberBytes(work)+place) +
		memoLimit*(numberBytes(work)+remembered) +
		int64(r.ValueDim)*(sum+8) + 4*sum + 16*product
}

// bigOutputBytes is the memory of the output.
func bigOutputBytes(r Regime, precision uint) int64 {
	const header, row = 64, 24 // of a big.Float beside its mantissa, and its place in the row
	return int64(r.Queries) * (row + int64(r.ValueDim)*(header+numberBytes(precision+fractionGuard(r.Keys))))
}

// numberBytes is the memory of a big.Int of so many bits: math/big keeps four words to spare, and
// allocations are rounded up by at most an eighth.
func numberBytes(bits uint) int64 { return int64(bits)/7 + 96 }
