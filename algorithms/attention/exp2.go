package attention

import (
	"math"
	"math/big"
)

// The exponential of the streaming algorithm: 2^y by a table of 2^(i/512) and a polynomial
// (Tang, "Table-driven implementation of the exponential function", 1989). Working to base 2 makes the
// reduction exact: y = n/512 + f with n an integer and |f| ≤ 1/1024, all three of them float64s.

const (
	exp2Bits  = 9
	exp2Size  = 1 << exp2Bits
	exp2Magic = 1.5 * (1 << 52) / exp2Size // y + exp2Magic is rounded to a multiple of 1/512

	exp2MagicBits = 0x42A8 << 48 // of exp2Magic as a float64

	// exp2Flush is where 2^y becomes 0: keys so far below the row's largest carry no weight that any
	// float64 shows, and numbers below 2^−1022 would be slow.
	exp2Flush = -1000

	// Exp2Error bounds the relative error of Exp2 above exp2Flush: the table entry is off by at most u, the
	// last addition by u; the correction 2^f − 1 is below 6.8e-4 and is computed to 7 units, the series
	// having been cut at (ln 2/1024)^5/120 < 2e-18 = 0.02u. In all 2.03u, up to squares of u.
	Exp2Error = 2.1 * unit
)

// The Taylor coefficients ln²/k! of 2^f.
const (
	exp2C1 = math.Ln2
	exp2C2 = exp2C1 * math.Ln2 / 2
	exp2C3 = exp2C2 * math.Ln2 / 3
	exp2C4 = exp2C3 * math.Ln2 / 4
)

// exp2Table holds 2^(i/512), correctly rounded but for ties within 2^−100 of a half unit.
var exp2Table = func() (table [exp2Size]float64) {
	root := new(big.Float).SetPrec(192).SetInt64(2)
	for range exp2Bits {
		root.Sqrt(root)
	}
	power := new(big.Float).SetPrec(192).SetInt64(1)
	for i := range table {
		table[i], _ = power.Float64()
		power.Mul(power, root)
	}
	return table
}()

// Exp2 returns 2^y for y ≤ −exp2Flush with relative error at most Exp2Error, and 0 below exp2Flush.
func Exp2(y float64) float64 {
	if y < exp2Flush {
		return 0
	}
	t := y + exp2Magic
	n := math.Float64bits(t) - exp2MagicBits // 512 times the rounded y, in two's complement
	f := y - (t - exp2Magic)
	p := exp2Table[n%exp2Size]
	p += p * (f * (exp2C1 + f*(exp2C2+f*(exp2C3+f*exp2C4))))
	return math.Float64frombits(math.Float64bits(p) + n>>exp2Bits<<52)
}
