package attention

import (
	"math"

	"finegrain"
	"finegrain/internal/pass"
	"finegrain/internal/roundoff"
	"finegrain/internal/simd"

	"gonum.org/v1/gonum/mat"
)

// Operands are Q, K and V as the streaming methods compute with them: scaled by powers of two, which is exact,
// so that nothing overflows or underflows that need not. With k' = k·2^−κ and v' = v·2^−ν the scores are
// y = ⟨q',k'⟩ for q' = s·log₂e·2^κ·q, and the output is 2^ν times that of V'.
//
// In float64 κ = 0, and ν = 0 unless V's own magnitude is beyond 2^±500. Scaling V then is exact but for entries
// below 2^−1022 of the largest. In float32 the largest row of K' has its norm in [1, 2) and the largest entry of
// V' its magnitude; entries of Q', K' and V' below tiny become 0.

type operands struct {
	values        *mat.Dense // V; V·2^−ν if copied
	copied        bool
	keyExponent   int // κ
	valueExponent int // ν
}

// tiny is the least magnitude that float32 operands keep: products of two of them are zero or nearly so, and
// numbers below 2^−126, with which processors are slow, do not occur.
const tiny = 0x1p-100

// nowhere is an exponent that makes every float64 0 in float32.
const nowhere = -3000

func operandsOf(env finegrain.Env, in Instance, r Regime, double bool) (operands, error) {
	x := operands{values: in.V}
	switch e := math.Ilogb(r.MaxV); {
	case r.MaxV == 0:
	case !double:
		x.valueExponent = e
	case e < -500 || e > 500:
		x.values, x.copied, x.valueExponent = mat.NewDense(r.Keys, r.ValueDim, nil), true, e
		scale := newScaler[float64](e)
		err := pass.Rows(env, r.Keys, r.ValueDim, func(from, to int) {
			for j := from; j < to; j++ {
				scale.row(x.values.RawRowView(j), 1, in.V.RawRowView(j))
			}
		})
		if err != nil {
			return x, err
		}
	}
	switch {
	case double:
	case r.KNorm == 0: // Q does not matter: 0 does not overflow
		x.keyExponent = nowhere
	default:
		x.keyExponent = math.Ilogb(r.KNorm)
	}
	return x, nil
}

// query writes q' to dst, its entries stride apart; by is 2^κ, and buffer holds d numbers. The product s·q comes
// first: s·log₂e may overflow.
func query[F simd.Float](dst []F, stride int, in Instance, by scaler[F], i int, buffer []float64) {
	for l, q := range in.Q.RawRowView(i) {
		buffer[l] = in.Scale * q * math.Log2E
	}
	by.row(dst, stride, buffer)
}

// scaler multiplies by 2^−exponent and rounds to F; in float32 what is tiny then becomes 0.
type scaler[F simd.Float] struct{ roundoff.Scale }

func newScaler[F simd.Float](exponent int) scaler[F] {
	return scaler[F]{roundoff.NewScale(1, -exponent)}
}

// row scales the entries of src into dst, stride apart.
func (s scaler[F]) row(dst []F, stride int, src []float64) {
	single := simd.Single[F]()
	if s.Factor == 0 {
		for l, x := range src {
			y := s.Times(x)
			if single && math.Abs(y) < tiny {
				y = 0
			}
			dst[l*stride] = F(y)
		}
		return
	}
	at := 0
	for _, x := range src {
		y := x * s.Factor
		if single && math.Abs(y) < tiny {
			y = 0
		}
		dst[at] = F(y)
		at += stride
	}
}

// column scales entries of src, stride apart, into dst.
func (s scaler[F]) column(dst []F, src []float64, stride int) {
	single := simd.Single[F]()
	at := 0
	for c := range dst {
		y := src[at] * s.Factor
		if s.Factor == 0 {
			y = s.Times(src[at])
		}
		if single && math.Abs(y) < tiny {
			y = 0
		}
		dst[c] = F(y)
		at += stride
	}
}
