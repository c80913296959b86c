package attention

import (
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"runtime"
	"sync"
	"sync/atomic"

	"finegrain"
)

// Multiprecision is the definition at any precision: the reference that every other method is judged by,
// and the oracle of reductions whose tolerance no float64 can meet.
//
// The entries are float64s, so scores are computed exactly; exponentials, sums and the quotient are in
// fixed point with as many bits as the ε asked needs. Keys of equal score share one exponential, and keys
// whose values are 0 cost the numerator nothing: an instance that encodes orthogonal vectors has only
// d+1 different scores.
//
// The error. Scale everything by the row's largest power of two, so that weights w_j lie in (0, 1.45)
// and their sum D is at least 0.69. With F fraction bits a computed weight is off by at most 3·2^−F (score
// 1, exponential 1, shift 1; a weight shifted out entirely was below 2^−F), hence Σ w_j v_j by at most
// 3m·2^−F·max|V| and D by 3m·2^−F; their quotient, at most max|V|, by less than
// 2·3m·2^−F·max|V|/(0.69 − 3m·2^−F) < 9m·2^−F·max|V|; the last rounding adds 2^−F·max|V|. F = bits +
// log₂ m + 5 keeps the sum below 2^−bits·max|V|.
var Multiprecision = Method{
	Name:      nameMultiprecision,
	Doc:       "the definition with math/big, at a precision derived from the error asked",
	Guarantee: guaranteeMultiprecision,
	Run:       runMultiprecision,
}

const nameMultiprecision = "multiprecision"

var guaranteeMultiprecision = Guarantee{
	Source: finegrain.Source{
		Provenance: finegrain.Derived,
		Argument:   "fixed-point arithmetic with guard bits for the rounding of every weight, sum and quotient",
	},
	Valid: validBig,
	Error: func(r Regime) float64 { return bigBound(r.MaxV, bitsFor(r)) },
	Cost: func(r Regime) finegrain.Cost {
		return finegrain.Cost{finegrain.InnerProducts: r.Pairs(), finegrain.Exponentials: r.Pairs()}
	},
	Bytes: func(r Regime) int64 {
		number := int64(bitsFor(r)+fractionGuard(r.Keys))/8 + 96 // an integer, its header, its place in the map
		return int64(runtime.GOMAXPROCS(0)) * (int64(r.Keys) + memoLimit) * number
	},
}

// defaultBits is the precision, relative to max|V|, where no error is asked.
const defaultBits = 128

func validBig(r Regime) error {
	if score := r.Score(); !(score < maxBigScore) {
		return fmt.Errorf("scores may reach %.3g, above 2^60; scale Q or K down", score)
	}
	return nil
}

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

func runMultiprecision(env finegrain.Env, in Instance) (Output, finegrain.Cost, error) {
	r, err := guaranteeMultiprecision.admit(nameMultiprecision, in)
	if err != nil {
		return Output{}, nil, err
	}
	return definition(env, in, r, nil, bitsFor(r))
}

// Reference computes the given rows by definition, with error at most 2^−bits·max|V|; rows nil means all
// of them. Row number x of the output belongs to query rows[x]. The instance's ε is not looked at.
func Reference(env finegrain.Env, in Instance, rows []int, bits uint) (Output, error) {
	r, err := guaranteeMultiprecision.admit(nameMultiprecision, in)
	if err != nil {
		return Output{}, err
	}
	for _, i := range rows {
		if i < 0 || i >= r.Queries {
			panic(fmt.Sprintf("attention: Reference asked for row %d of %d", i, r.Queries))
		}
	}
	out, _, err := definition(env, in, r, rows, max(bits, 8))
	return out, err
}

// definition computes rows of attention with error at most 2^−bits·max|V|, on all cores. Each row is
// computed alone, so the result does not depend on their number.
func definition(env finegrain.Env, in Instance, r Regime, rows []int, precision uint) (Output, finegrain.Cost, error) {
	count := r.Queries
	if rows != nil {
		count = len(rows)
	}
	out := Output{Big: make([][]*big.Float, count), Bound: bigBound(r.MaxV, precision)}
	shared := &bigShared{
		in: in, regime: r, unitExponent: valueExponent(in),
		fraction: precision + fractionGuard(r.Keys),
	}

	cost := finegrain.Cost{}
	var next atomic.Int64
	var group sync.WaitGroup
	var lock sync.Mutex
	for range min(env.Workers(), count) {
		group.Go(func() {
			w := newBigRow(shared)
			for env.Err() == nil {
				x := int(next.Add(1)) - 1
				if x >= count {
					break
				}
				i := x
				if rows != nil {
					i = rows[x]
				}
				out.Big[x] = w.row(env, i)
				if x&15 == 15 {
					lock.Lock()
					env.Report(x+1, count, "rows by definition")
					lock.Unlock()
				}
			}
			lock.Lock()
			cost.Add(finegrain.Cost{finegrain.InnerProducts: w.pairs, finegrain.Exponentials: w.pairs})
			lock.Unlock()
		})
	}
	group.Wait()
	if err := env.Err(); err != nil {
		return Output{}, cost, fmt.Errorf("attention: %s stopped: %w", nameMultiprecision, err)
	}
	return out, cost, nil
}

// fractionGuard is what the sum over the keys needs beyond the bits asked: log₂ m + 5, rounded up.
func fractionGuard(keys int) uint { return uint(bits.Len(uint(keys))) + 5 }

// bigShared is what the workers of one call read.
type bigShared struct {
	in           Instance
	regime       Regime
	unitExponent int // every value is an integer times 2^unitExponent
	fraction     uint
}

// valueExponent returns the largest e such that every entry of V is a multiple of 2^e.
func valueExponent(in Instance) int {
	m, _ := in.V.Dims()
	least := math.MaxInt
	for j := range m {
		for _, v := range in.V.RawRowView(j) {
			if v != 0 {
				_, e := integer(v)
				least = min(least, e)
			}
		}
	}
	if least == math.MaxInt {
		return 0
	}
	return least
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

// memoLimit bounds the exponentials that a worker remembers: enough for the d+1 scores of an encoded
// instance, little beside the matrices of one whose scores are all different.
const memoLimit = 1 << 12

// scoreKey identifies a score by its exact expansion; longer ones are not remembered.
type scoreKey [4]float64

type power struct {
	mantissa *big.Int // fraction bits as in bigShared
	exponent int64
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

// row computes query i; it returns nil if it was stopped.
func (w *bigRow) row(env finegrain.Env, i int) []*big.Float {
	q := w.in.Q.RawRowView(i)
	visible := w.in.Visible(i)
	powers := w.powers[:visible]
	top := int64(math.MinInt64)
	for j := range powers {
		if j&127 == 0 && env.Err() != nil {
			return nil
		}
		powers[j] = w.power(q, w.in.K.RawRowView(j))
		top = max(top, powers[j].exponent)
	}
	w.total.SetInt64(0)
	for _, sum := range w.sums {
		sum.SetInt64(0)
	}
	for j, p := range powers {
		shift := top - p.exponent
		if shift > int64(w.fraction)+1 {
			continue // below 2^−fraction
		}
		weight := p.mantissa
		if shift > 0 {
			weight = w.weight.Rsh(p.mantissa, uint(shift))
		}
		w.total.Add(&w.total, weight)
		for c, v := range w.in.V.RawRowView(j) {
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
