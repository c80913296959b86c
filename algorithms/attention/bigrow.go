package attention

import (
	"math"
	"math/big"

	"finegrain"
)

// A row by definition, at any precision: scores exactly, then weights and sums in fixed point.

// bigShared is what the workers of one call read.
type bigShared struct {
	in           Instance
	regime       Regime
	unitExponent int // every value is an integer times 2^unitExponent
	fraction     uint
}

// bigRow computes one row after another.
type bigRow struct {
	*bigShared
	exp     *bigExp
	memo    map[scoreKey]power
	score   expansion
	powers  []power
	sums    []*big.Int // Σ w_j v_j, in units of 2^(unitExponent − fraction)
	total   big.Int
	weight  big.Int
	product big.Int
	factor  big.Int
	fixed   big.Int
	pairs   int64 // inner products, and exponentials asked for: equal scores share one evaluation
}

func newBigRow(s *bigShared) *bigRow {
	w := &bigRow{bigShared: s, exp: newBigExp(s.fraction, 2*s.regime.Dim), memo: map[scoreKey]power{}}
	w.powers = make([]power, s.regime.Keys)
	for range s.regime.ValueDim {
		w.sums = append(w.sums, new(big.Int))
	}
	return w
}

// What an exponential and an operation on long numbers cost, to a power of two, in multiply-adds of float64.
const (
	workPower  = 1 << 10
	workNumber = 1 << 6
)

// row computes query i; it returns nil if it was stopped.
func (w *bigRow) row(env finegrain.Env, i int) []*big.Float {
	q := w.in.Q.RawRowView(i)
	seen := w.in.Visible(i)
	powers := w.powers[:seen.Len()]
	top := int64(math.MinInt64)
	p := pace{env: env}
	for j := range powers {
		if p.stopped(workPower + workNumber*len(q)) {
			return nil
		}
		powers[j] = w.power(q, w.in.K.RawRowView(seen.From+j))
		top = max(top, powers[j].exponent)
	}
	w.total.SetInt64(0)
	for _, sum := range w.sums {
		sum.SetInt64(0)
	}
	for j, power := range powers {
		values := w.in.V.RawRowView(seen.From + j)
		if p.stopped(workNumber * len(values)) {
			return nil
		}
		shift := top - power.exponent
		if shift > int64(w.fraction)+1 {
			continue // below 2^−fraction
		}
		weight := power.mantissa
		if shift > 0 {
			weight = w.weight.Rsh(power.mantissa, uint(shift))
		}
		w.total.Add(&w.total, weight)
		for c, v := range values {
			if v == 0 {
				continue
			}
			m, e := integer(v)
			term := weight
			if m != 1 {
				term = w.product.Mul(weight, w.factor.SetInt64(m))
			}
			if e > w.unitExponent {
				term = w.product.Lsh(term, uint(e-w.unitExponent))
			}
			w.sums[c].Add(w.sums[c], term)
		}
	}
	out := make([]*big.Float, len(w.sums))
	total := new(big.Float).SetInt(&w.total)
	for c, sum := range w.sums {
		out[c] = new(big.Float).SetPrec(w.fraction)
		if sum.Sign() != 0 {
			out[c].Quo(new(big.Float).SetInt(sum), total)
			out[c].SetMantExp(out[c], w.unitExponent)
		}
	}
	return out
}

// power returns e^(s⟨q,k⟩).
func (w *bigRow) power(q, k []float64) power {
	w.pairs++
	var key scoreKey
	var exact bool
	w.score, exact = w.score.exactDot(q, k)
	short := exact && len(w.score) <= len(key)
	if short {
		copy(key[:], w.score)
		if p, ok := w.memo[key]; ok {
			return p
		}
	}
	x := w.fixed.SetInt64(0)
	if exact {
		for _, c := range w.score {
			w.addProduct(x, c, 1)
		}
	} else {
		for l, c := range q {
			w.addProduct(x, c, k[l])
		}
	}
	var p power
	p.mantissa, p.exponent = w.exp.exp(x)
	if short && len(w.memo) < memoLimit {
		w.memo[key] = p
	}
	return p
}

// addProduct adds ⌊s·a·b·2^work⌋ to x: off by less than 2^−work. At most 2d of them make a
// score (an expansion has no more components than were added to it), and bigExp was told so.
func (w *bigRow) addProduct(x *big.Int, a, b float64) {
	s := w.regime.Scale
	if a == 0 || b == 0 || s == 0 {
		return
	}
	ma, ea := integer(a)
	mb, eb := integer(b)
	ms, es := integer(s)
	term := w.product.Mul(w.factor.SetInt64(ma), w.weight.SetInt64(ms))
	if mb != 1 {
		term = w.product.Mul(term, w.factor.SetInt64(mb))
	}
	if shift := ea + eb + es + int(w.exp.work); shift >= 0 {
		term.Lsh(term, uint(shift))
	} else {
		term.Rsh(term, uint(-shift))
	}
	x.Add(x, term)
}

// integer returns v ≠ 0 as m·2^e with m odd.
func integer(v float64) (m int64, e int) {
	f, exp := math.Frexp(v)
	m, e = int64(f*(1<<53)), exp-53
	for m&0xff == 0 {
		m, e = m>>8, e+8
	}
	for m&1 == 0 {
		m, e = m>>1, e+1
	}
	return m, e
}
