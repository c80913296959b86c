package attention

import "math/big"

// Exp returns e^x with a relative error below 2^−precision. It panics unless |x| < 2^60; from 2^30 on the
// result may be beyond the exponents of big.Float, and is then +Inf or 0.
func Exp(x *big.Float, precision uint) *big.Float {
	if x.IsInf() || x.MantExp(nil) > 60 {
		panic("attention: Exp of an argument beyond 2^60")
	}
	e := newBigExp(precision+3, 1)
	scaled := new(big.Float).SetPrec(max(x.Prec(), 64)).SetMantExp(x, int(e.work))
	fixed, _ := scaled.Int(nil)
	m, k := e.exp(fixed)
	out := new(big.Float).SetPrec(precision + 3).SetInt(m)
	return out.SetMantExp(out, int(k)-int(e.bits))
}
