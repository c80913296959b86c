package attention

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// The numbers of an instance that bounds and costs depend on. Norms and products of norms are rounded up,
// whatever their magnitude: every error bound rests on them.

// Regime is what guarantees are stated in: the numbers of an instance that bounds depend on.
type Regime struct {
	Queries, Keys, Dim, ValueDim int

	B            float64 // largest absolute entry of Q and K
	Scale        float64
	QNorm, KNorm float64 // largest 2-norm of a row of Q, of K, rounded up
	MaxV         float64 // largest absolute entry of V
	VGrain       float64 // largest power of two that every entry of V is a multiple of; 0 if V is 0, or if unknown
	Epsilon      float64 // error asked; 0: as good as it gets
	Causal       bool
}

// Regime measures the instance, which must be valid, in one pass over its entries.
func (in Instance) Regime() Regime {
	r := Regime{Scale: in.Scale, Epsilon: in.Epsilon, Causal: in.Causal}
	r.Queries, r.Dim = in.Q.Dims()
	r.Keys, r.ValueDim = in.V.Dims()
	measure := func(x *mat.Dense, rows int) (norm float64) {
		for i := range rows {
			row := x.RawRowView(i)
			r.B = max(r.B, maxAbs(row))
			norm = max(norm, norm2(row))
		}
		return norm
	}
	r.QNorm = measure(in.Q, r.Queries)
	r.KNorm = measure(in.K, r.Keys)
	for j := range r.Keys {
		r.MaxV = max(r.MaxV, maxAbs(in.V.RawRowView(j)))
	}
	r.VGrain = grain(in.V)
	return r
}

// Score is an upper bound on |s·⟨q,k⟩| over all pairs, by Cauchy and Schwarz; +Inf if it overflows.
func (r Regime) Score() float64 {
	s := math.Abs(r.Scale)
	switch {
	case s == 0 || r.QNorm == 0 || r.KNorm == 0:
		return 0
	case math.IsInf(r.QNorm, 0) || math.IsInf(r.KNorm, 0):
		return math.Inf(1)
	}
	// Add exponents first, so that only a bound that is itself out of range overflows; the last step up is
	// for one below the range, which Ldexp rounds.
	fs, es := math.Frexp(s)
	fq, eq := math.Frexp(r.QNorm)
	fk, ek := math.Frexp(r.KNorm)
	return math.Nextafter(math.Ldexp(fs*fq*fk*(1+8*unit), es+eq+ek), math.Inf(1))
}

// Pairs is the number of (query, key) pairs of which the query sees the key.
func (r Regime) Pairs() int64 {
	n, m := int64(r.Queries), int64(r.Keys)
	if !r.Causal {
		return n * m
	}
	c := min(n, m) // queries 0…c−1 see 1…c keys, the rest see all
	return c*(c+1)/2 + (n-c)*m
}
