package polynomial

import (
	"math"
	"math/big"
	"sync"

	"finegrain"
	"finegrain/algorithms/attention"
	"finegrain/internal/pass"
	"finegrain/internal/roundoff"

	"gonum.org/v1/gonum/mat"
)

// Bounds on scores without looking at pairs. Three are known, each also of Σ_l|s·q_l·k_l|, since it sees absolute
// values only; so M = M_abs here, and the least serves.
//
//	norms    |s|·max‖q‖·max‖k‖           (Cauchy and Schwarz)
//	entries  |s|·d·B²                    (never less than the one with norms, but known earlier)
//	box      |s|·Σ_l max_i|q_il|·max_j|k_jl|
//
// Softmax does not change when one vector c is taken from all keys: each score of a row falls by s·⟨q,c⟩. With the
// middle of each coordinate's range for c the box is the least that it can be. (The mean would do as well, and would
// have to be summed in a fixed order.) M may fall that way, or rise, but by less than 2 times: both are measured.

// scores are bounds on an instance's scores.
type scores struct {
	m, abs float64 // M, and M_abs ≥ M
}

// aPriori is what a regime says; where its norms are not known, what B says.
func aPriori(r attention.Regime) scores {
	m := r.Score()
	if r.QNorm == 0 && r.KNorm == 0 && r.B > 0 {
		m = math.Abs(r.Scale) * float64(r.Dim) * r.B * r.B * roundUp
	}
	return scores{m, m}
}

// measured is what a pass over the entries says.
type measured struct {
	scores
	centre    []float64 // what is taken from the keys
	keys      []float64 // max_j|k_jl − c_l|, rounded up
	uncentred []float64 // max_j|k_jl|
}

// measure finds the least bound, and whether centring gives it. The error is that of env.
func measure(env finegrain.Env, in attention.Instance, r attention.Regime) (measured, error) {
	queries, err := pass.Columns(env, in.Q)
	if err != nil {
		return measured{}, err
	}
	keys, err := pass.Columns(env, in.K)
	if err != nil {
		return measured{}, err
	}
	origin, middle := make([]float64, r.Dim), middleOf(keys)
	magnitudes, widths := around(queries, origin), around(keys, middle)
	distance, err := longest(env, in.K, middle, widths)
	if err != nil {
		return measured{}, err
	}
	uncentred := around(keys, origin)
	bounded := func(centre, keys []float64, distance float64) measured {
		norms := r
		norms.KNorm = distance
		m := min(norms.Score(), box(r.Scale, magnitudes, keys))
		return measured{scores{m, m}, centre, keys, uncentred}
	}
	plain, centred := bounded(origin, uncentred, r.KNorm), bounded(middle, widths, distance)
	if centred.m < plain.m {
		return centred, nil
	}
	return plain, nil
}

// box is |s|·Σ_l q_l·k_l, rounded up.
func box(s float64, q, k []float64) float64 {
	fresh := func() *big.Float { return new(big.Float).SetPrec(64).SetMode(big.ToPositiveInf) }
	sum := fresh()
	for l := range q {
		p := fresh().SetFloat64(q[l])
		sum.Add(sum, p.Mul(p, fresh().SetFloat64(k[l])))
	}
	sum.Mul(sum, fresh().SetFloat64(math.Abs(s)))
	x, _ := sum.Float64()
	if x == 0 && sum.Sign() == 0 {
		return 0
	}
	return math.Nextafter(x, math.Inf(1))
}

// middleOf is the middle of each column's range.
func middleOf(e *pass.Extent) []float64 {
	c := make([]float64, len(e.Least))
	for l := range c {
		c[l] = e.Least[l]/2 + e.Most[l]/2
	}
	return c
}

// around is the largest distance of an entry of each column from c, rounded up.
func around(e *pass.Extent, c []float64) []float64 {
	widest := make([]float64, len(c))
	for l := range c {
		widest[l] = max(e.Most[l]-c[l], c[l]-e.Least[l])
		if c[l] != 0 {
			widest[l] = math.Nextafter(widest[l], math.Inf(1))
		}
	}
	return widest
}

// longest is max‖x_j − c‖, rounded up; keys are the largest |x_jl − c_l|.
func longest(env finegrain.Env, x *mat.Dense, c, keys []float64) (float64, error) {
	rows, cols := x.Dims()
	widest := 0.0
	for _, k := range keys {
		widest = max(widest, k)
	}
	if !(widest > 0x1p-400 && widest < 0x1p400) { // squares leave the range
		return raised(widest * math.Sqrt(float64(cols))), nil
	}
	most := 0.0
	var lock sync.Mutex
	err := pass.Rows(env, rows, cols, func(from, to int) {
		part := 0.0
		for j := from; j < to; j++ {
			square := 0.0
			for l, y := range x.RawRowView(j) {
				square += (y - c[l]) * (y - c[l])
			}
			part = max(part, square)
		}
		lock.Lock()
		defer lock.Unlock()
		most = max(most, part)
	})
	// A difference, its square and the sum round d+3 times; 2^−1022 is far below the widest square.
	return math.Sqrt(most) * (1 + float64(3*cols+16)*roundoff.Unit), err
}

// plain is the same data without centring, for bounds by norms.
func (x measured) plain(r attention.Regime) measured {
	return measured{aPriori(r), make([]float64, r.Dim), x.uncentred, x.uncentred}
}
