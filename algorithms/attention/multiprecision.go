package attention

import (
	"fmt"
	"math"
	"math/big"
	"runtime"
	"sync"

	"finegrain"
	"finegrain/internal/pass"
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
	Method: nameMultiprecision,
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
		precision := bitsFor(r)
		return int64(runtime.GOMAXPROCS(0))*bigRowBytes(r, precision) + bigOutputBytes(r, precision)
	},
}

func validBig(r Regime) error {
	if score := r.Score(); !(score < maxBigScore) {
		return fmt.Errorf("scores may reach %.3g, above 2^60; scale Q or K down", score)
	}
	return nil
}

func runMultiprecision(env finegrain.Env, in Instance) (Output, finegrain.Cost, error) {
	s, err := guaranteeMultiprecision.Admit(env, in)
	if err != nil {
		return Output{}, nil, err
	}
	r := s.Regime
	return definition(env, in, r, nil, bitsFor(r))
}

// Reference computes the given rows by definition, with error at most 2^−bits·max|V|; rows nil means all
// of them. Row number x of the output belongs to query rows[x]. The instance's ε is not looked at.
func Reference(env finegrain.Env, in Instance, rows []int, bits uint) (Output, error) {
	s, err := guaranteeMultiprecision.Admit(env, in)
	if err != nil {
		return Output{}, err
	}
	r := s.Regime
	for _, i := range rows {
		if i < 0 || i >= r.Queries {
			panic(fmt.Sprintf("attention: Reference asked for row %d of %d", i, r.Queries))
		}
	}
	out, _, err := definition(env, in, r, rows, max(bits, 8))
	return out, err
}

// definition computes rows of attention with error at most 2^−bits·max|V|, on all cores. Each row is
// computed alone, so the result does not depend on their number. The bytes counted are those of one core.
func definition(env finegrain.Env, in Instance, r Regime, rows []int, precision uint) (Output, finegrain.Cost, error) {
	count := r.Queries
	if rows != nil {
		count = len(rows)
	}
	out := Output{Big: make([][]*big.Float, count), Bound: bigBound(r.MaxV, precision)}
	shared := &bigShared{in: in, regime: r, fraction: precision + fractionGuard(r.Keys)}
	if r.VGrain > 0 {
		shared.unitExponent = math.Ilogb(r.VGrain)
	}

	var lock sync.Mutex // of progress
	done := 0
	workers := pass.Scratch[bigRow]{Fresh: func() *bigRow { return newBigRow(shared) }}
	err := env.ForEach(count, func(x int) {
		i := x
		if rows != nil {
			i = rows[x]
		}
		workers.Use(func(w *bigRow) { out.Big[x] = w.row(env, i) })
		lock.Lock()
		defer lock.Unlock()
		if done++; done%16 == 0 {
			env.Report(done, count, "rows by definition")
		}
	})
	cost := finegrain.Cost{finegrain.Bytes: bigRowBytes(r, precision)}
	for _, w := range workers.All() {
		cost.Add(finegrain.Cost{finegrain.InnerProducts: w.pairs, finegrain.Exponentials: w.pairs})
	}
	if err != nil {
		return Output{}, cost, fmt.Errorf("attention: %s stopped: %w", nameMultiprecision, err)
	}
	return out, cost, nil
}
