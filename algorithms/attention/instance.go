package attention

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Instance is an instance of the attention problem: queries, keys, values, and how they are combined.
// The matrices may be views into larger ones (stride above the number of columns); no algorithm of the
// workbench modifies them.
type Instance struct {
	Q, K, V *mat.Dense // n×d queries, m×d keys, m×dv values
	Scale   float64    // s; 1/d in Alman and Song, 1 in Gupta et al., 1/τ for a temperature τ
	Causal  bool       // query i sees only the keys j ≤ i, hence all of them from i = m−1 on
	Epsilon float64    // additive error asked of max|out − exact|; 0: as good as it gets, and say how good
}

// Validate returns nil if the instance is one: shapes that fit, at least one query, key, coordinate and
// value column, finite numbers, ε ≥ 0. Otherwise it says which matrix, row and column is at fault.
func (in Instance) Validate() error {
	for _, x := range []struct {
		name string
		m    *mat.Dense
	}{{"Q", in.Q}, {"K", in.K}, {"V", in.V}} {
		if x.m == nil || x.m.IsEmpty() {
			return fmt.Errorf("attention: %s is empty; at least one row and one column are needed", x.name)
		}
	}
	n, d := in.Q.Dims()
	m, dk := in.K.Dims()
	mv, _ := in.V.Dims()
	switch {
	case d != dk:
		return fmt.Errorf("attention: Q has %d columns and K has %d; they must agree", d, dk)
	case m != mv:
		return fmt.Errorf("attention: K has %d rows and V has %d; each key needs one row of values", m, mv)
	case math.IsNaN(in.Scale) || math.IsInf(in.Scale, 0):
		return fmt.Errorf("attention: the scale is %v; it must be a finite number", in.Scale)
	case !(in.Epsilon >= 0) || math.IsInf(in.Epsilon, 0):
		return fmt.Errorf("attention: the error asked is %v; it must be a finite number, at least 0", in.Epsilon)
	}
	if err := finite("Q", in.Q, n); err != nil {
		return err
	}
	if err := finite("K", in.K, m); err != nil {
		return err
	}
	return finite("V", in.V, m)
}

// finite returns an error that names the first entry that is NaN or infinite.
func finite(name string, x *mat.Dense, rows int) error {
	for i := range rows {
		for j, v := range x.RawRowView(i) {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("attention: %s is %v at row %d, column %d (counted from 0); "+
					"entries must be finite", name, v, i, j)
			}
		}
	}
	return nil
}

// Visible is the number of keys that query i sees: the first Visible(i) of them.
func (in Instance) Visible(i int) int {
	m, _ := in.K.Dims()
	if in.Causal {
		return min(i+1, m)
	}
	return m
}

// Regime is what guarantees are stated in: the numbers of an instance that bounds depend on.
type Regime struct {
	Queries, Keys, Dim, ValueDim int

	B            float64 // largest absolute entry of Q and K
	Scale        float64
	QNorm, KNorm float64 // largest 2-norm of a row of Q, of K, rounded up
	MaxV         float64 // largest absolute entry of V
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
	return r
}

// Score is an upper bound on |s·⟨q,k⟩| over all pairs, by Cauchy and Schwarz; +Inf if it overflows.
func (r Regime) Score() float64 {
	s := math.Abs(r.Scale)
	if s == 0 || r.QNorm == 0 || r.KNorm == 0 {
		return 0
	}
	// Add exponents first, so that only a bound that is itself out of range overflows.
	fs, es := math.Frexp(s)
	fq, eq := math.Frexp(r.QNorm)
	fk, ek := math.Frexp(r.KNorm)
	if math.IsInf(r.QNorm, 0) || math.IsInf(r.KNorm, 0) {
		return math.Inf(1)
	}
	return math.Ldexp(fs*fq*fk*(1+8*unit), es+eq+ek)
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

func maxAbs(x []float64) float64 {
	var most float64
	for _, v := range x {
		most = max(most, math.Abs(v))
	}
	return most
}

// norm2 is the Euclidean norm, rounded up: gonum's scaled sum errs by less than (len+4) units.
func norm2(x []float64) float64 { return floats.Norm(x, 2) * (1 + float64(len(x)+8)*unit) }
