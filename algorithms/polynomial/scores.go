package polynomial

import (
	"math"
	"math/big"
	"sync"

	"finegrain"
	"finegrain/algorithms/attention"

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
	distance  float64   // max ‖k_j − c‖, rounded up
	uncentred []float64 // max_j|k_jl|
}

// measure finds the least bound, and whether centring gives it. The error is that of env.
func measure(env finegrain.Env, in attention.Instance, r attention.Regime) (measured, error) {
	queries, err := extentOf(env, in.Q)
	if err != nil {
		return measured{}, err
	}
	keys, err := extentOf(env, in.K)
	if err != nil {
		return measured{}, err
	}
	plain := measured{centre: make([]float64, r.Dim), keys: keys.around(make([]float64, r.Dim)), distance: r.KNorm}
	middle := measured{centre: keys.middle()}
	middle.keys = keys.around(middle.centre)
	if middle.distance, err = longest(env, in.K, middle.centre, middle.keys); err != nil {
		return measured{}, err
	}
	magnitudes := queries.around(make([]float64, r.Dim))
	for _, x := range []*measured{&plain, &middle} {
		norms := r
		norms.KNorm = x.distance
		m := min(norms.Score(), box(r.Scale, magnitudes, x.keys))
		x.scores = scores{m, m}
	}
	plain.uncentred, middle.uncentred = plain.keys, plain.keys
	plain.uncentred, middle.uncentred = plain.keys, plain.keys
	if middle.m < plain.m {
		return middle, nil
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

// extent is the least and the largest entry of each column.
type extent struct{ least, most []float64 }

func extentOf(env finegrain.Env, x *mat.Dense) (extent, error) {
	rows, cols := x.Dims()
	all := extent{mat.Row(nil, 0, x), mat.Row(nil, 0, x)}
	var lock sync.Mutex
	err := byRows(env, rows, cols, func(from, to int) {
		part := extent{mat.Row(nil, from, x), mat.Row(nil, from, x)}
		part.include(x, from+1, to)
		lock.Lock()
		defer lock.Unlock()
		for l := range cols {
			all.least[l], all.most[l] = min(all.least[l], part.least[l]), max(all.most[l], part.most[l])
		}
	})
	return all, err
}

func (e extent) include(x *mat.Dense, from, to int) {
	least, most := e.least, e.most[:len(e.least)]
	for i := from; i < to; i++ {
		row := x.RawRowView(i)[:len(least)]
		for l, y := range row {
			if y < least[l] {
				least[l] = y
			}
			if y > most[l] {
				most[l] = y
			}
		}
	}
}

// middle is the middle of each column's range.
func (e extent) middle() []float64 {
	c := make([]float64, len(e.least))
	for l := range c {
		c[l] = e.least[l]/2 + e.most[l]/2
	}
	return c
}

// around is the largest distance of an entry of each column from c, rounded up.
func (e extent) around(c []float64) []float64 {
	widest := make([]float64, len(c))
	for l := range c {
		widest[l] = max(e.most[l]-c[l], c[l]-e.least[l])
		if c[l] != 0 {
			widest[l] = math.Nextafter(widest[l], math.Inf(1))
		}
	}
	return widest
}

// spread is the largest difference of two entries of a column, rounded up.
func (e extent) spread() float64 {
	widest := 0.0
	for l := range e.least {
		widest = max(widest, e.most[l]-e.least[l])
	}
	return widest * (1 + 2*unit)
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
	err := byRows(env, rows, cols, func(from, to int) {
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
	return math.Sqrt(most) * (1 + float64(3*cols+16)*unit), err
}

// byRows gives rows from … to−1 to work, in parallel.
func byRows(env finegrain.Env, rows, cols int, work func(from, to int)) error {
	block := max(1, 1<<14/cols)
	return env.ForEach((rows+block-1)/block, func(b int) { work(b*block, min((b+1)*block, rows)) })
}

// plain is the same data without centring, for bounds by norms.
func (x measured) plain(r attention.Regime) measured {
	return measured{scores: aPriori(r), centre: make([]float64, r.Dim), keys: x.uncentred, distance: r.KNorm}
}
