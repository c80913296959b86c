package attention

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"finegrain"
	"finegrain/internal/pass"
	"finegrain/internal/simd"

	"gonum.org/v1/gonum/mat"
)

// Streaming attention is one pass over the keys in tiles, with a running maximum for each query (Milakov and
// Gimelshein 2018; the tiled form of Dao et al. 2022), on all cores, without any n×n object.
//
// After some keys a query holds an integer M, l = Σ_j 2^(y_j − M) and o = Σ_j 2^(y_j − M)·v_j, where
// y_j = s·log₂e·⟨q,k_j⟩. M is the ceiling of the largest y_j so far: a tile whose largest score exceeds M raises
// it and multiplies l and o by a power of two, which is exact but for what falls below the type's range and weighs
// nothing, so that rescaling costs no accuracy however often it happens. At the end o/l is the row of the output.
//
// Each query is computed alone and its keys are cut into the same tiles always, so the result does not
// depend on how the queries are spread over cores. The arithmetic of a tile is that of vector instructions
// (vector.go) or of plain Go (portable.go). Error bounds are in bound.go; rows of the float64 method whose bound is
// too large are done again by refine.

// Streaming is streaming attention in float64, with the instructions that package simd chooses.
var Streaming Method = streaming64(simd.Chosen())

// StreamingIn is Streaming with the instructions that are named. It panics if the processor lacks them.
func StreamingIn(isa simd.ISA) Method { return streaming64(supported(isa), nil) }

// Streaming32 is streaming attention in float32, with the instructions that package simd chooses: about twice as
// fast with vector loops, no faster in plain Go, and for errors from some 10^−5 of max|V| on.
var Streaming32 Method = streaming32(simd.Chosen())

// Streaming32In is Streaming32 with the instructions that are named. It panics if the processor lacks them.
func Streaming32In(isa simd.ISA) Method { return streaming32(supported(isa), nil) }

func supported(isa simd.ISA) simd.ISA {
	if !slices.Contains(simd.Supported(), isa) {
		panic(fmt.Sprintf("attention: this processor has no %v instructions; ask simd.Supported", isa))
	}
	return isa
}

// streaming64 is the method for a choice of instructions; a choice that failed is the error of every run.
func streaming64(isa simd.ISA, failed error) Method {
	s := streaming[float64]{
		guarantee: guaranteeStreaming(isa), rounding: rounding64(isa),
		loops: simd.Attention64(isa), portable: portable64, refines: true, steady: steady64,
	}
	return Method{
		Name:      s.guarantee.Method,
		Doc:       "one pass over keys in tiles with a running maximum, in float64, on all cores",
		Guarantee: s.guarantee,
		Run:       s.method(failed),
	}
}

// streaming32 is streaming64 in float32.
func streaming32(isa simd.ISA, failed error) Method {
	s := streaming[float32]{
		guarantee: guaranteeStreaming32(isa), rounding: rounding32(isa),
		loops: simd.Attention32(isa), portable: portable32, steady: steady32,
	}
	return Method{
		Name:      s.guarantee.Method,
		Doc:       "the same in float32: half the time with vector instructions, for errors from some 10^−5 of max|V| on",
		Guarantee: s.guarantee,
		Run:       s.method(failed),
	}
}

// streaming is what differs between the methods.
type streaming[F simd.Float] struct {
	guarantee Guarantee
	rounding  rounding
	loops     *simd.Attention[F] // nil: portable
	portable  kernel[F]
	refines   bool    // rows whose bound is too large
	steady    float64 // scores to base 2 up to here need no shift
}

// Kinds of operation that only refined rows count.
const (
	RefinedRows     = "refined_rows"
	RefinedProducts = "refined_inner_products" // in double-double
)

// mostQueries is the number of queries of a task at most: with vector loops 192, as a tile of K and V is read from
// memory or from the outer caches once for each block, which with 24 queries takes 5 to 10 % longer in all, and with
// more than 192 no shorter. Long rows are fewer, but for the group that the loops take at once.
func (s streaming[F]) mostQueries(r Regime) int {
	if s.loops == nil {
		return tileQueries
	}
	const entries = 1 << 18
	return max(s.loops.Rows, min(192, entries/(r.Dim+s.loops.Columns(r.ValueDim))))
}

func (s streaming[F]) method(failed error) func(finegrain.Env, Instance) (Output, finegrain.Cost, error) {
	return func(env finegrain.Env, in Instance) (Output, finegrain.Cost, error) {
		if failed != nil {
			return Output{}, nil, fmt.Errorf("attention: %w", failed)
		}
		var out Output
		var cost finegrain.Cost
		err := env.Together(func(env finegrain.Env) (err error) {
			out, cost, err = s.run(env, in)
			return err
		})
		return out, cost, err
	}
}

func (s streaming[F]) run(env finegrain.Env, in Instance) (Output, finegrain.Cost, error) {
	surveyed, err := s.guarantee.Admit(env, in)
	if err != nil {
		return Output{}, nil, err
	}
	r := surveyed.Regime
	stopped := func(cost finegrain.Cost, err error) (Output, finegrain.Cost, error) {
		return Output{}, cost, fmt.Errorf("attention: %s stopped: %w", s.guarantee.Method, err)
	}
	// Bounds depend on norms only, so what cannot be promised is refused before any work.
	refined, bound, err := s.plan(env, in, surveyed)
	if err != nil {
		return stopped(nil, err)
	}
	if r.Epsilon > 0 && !(bound <= r.Epsilon) {
		return Output{}, nil, &CannotPromise{Method: s.guarantee.Method, Asked: r.Epsilon, Bound: bound}
	}
	out := Output{Float: mat.NewDense(r.Queries, r.ValueDim, nil), Bound: bound}
	block := min(s.mostQueries(r), max(1, r.Queries/(16*env.Workers())))
	if s.loops != nil {
		block = (block + s.loops.Rows - 1) / s.loops.Rows * s.loops.Rows
	}
	x, err := operandsOf(env, in, r, s.refines)
	cost := finegrain.Cost{finegrain.Bytes: s.bytes(r, 1, slices.Contains(refined, true), x.copied)}
	if err != nil {
		return stopped(cost, err)
	}
	fresh, err := s.tiles(env, in, r, x, block)
	if err != nil {
		return stopped(cost, err)
	}

	blocks := (r.Queries + block - 1) / block
	var lock sync.Mutex // of progress
	done := 0
	workers := pass.Scratch[worker]{Fresh: func() *worker {
		return &worker{tile: fresh(), in: in, regime: r, operands: x, valueScale: newScaler[float64](-x.valueExponent)}
	}}
	err = env.ForEach(blocks, func(b int) {
		b = blocks - 1 - b // with a causal mask the last have most keys, and the longest work should not begin last
		from, to := b*block, min((b+1)*block, r.Queries)
		workers.Use(func(w *worker) { w.rows(env, out.Float, from, to, refined) })
		lock.Lock()
		defer lock.Unlock()
		done++
		env.Report(done, blocks, "blocks of queries")
	})
	for _, w := range workers.All() {
		cost.Add(w.cost())
	}
	if err != nil {
		return stopped(cost, err)
	}
	return out, cost, nil
}

// plan says which rows are to be refined (nil: none is), and what can be promised of all.
func (s streaming[F]) plan(env finegrain.Env, in Instance, r Survey) (refined []bool, bound float64, err error) {
	// The bound grows with the norm of the query.
	bound = s.rounding.streamingError(r.Regime, r.Spread)
	if !s.refines || bound <= refineAbove(r.Regime) {
		return nil, bound, nil
	}
	refined, bound = make([]bool, r.Queries), 0
	var lock sync.Mutex // of bound
	err = pass.Rows(env, r.Queries, r.Dim, func(from, to int) {
		worst := 0.0
		for i := from; i < to; i++ {
			row := r.Regime
			row.QNorm = norm2(in.Q.RawRowView(i))
			off := s.rounding.streamingError(row, r.Spread)
			if again := refinedError(row, r.Spread); off > refineAbove(row) && again < off {
				refined[i], off = true, again
			}
			worst = max(worst, off)
		}
		lock.Lock()
		defer lock.Unlock()
		bound = max(bound, worst)
	})
	return refined, bound, err
}

// steady64 and steady32 are the largest scores to base 2 with which weights need no shift: with |y| up to there
// neither weights nor their sums and products with V' leave the range, and M = 0 will do. A greater score takes
// the running maximum.
const (
	steady64 = 200
	steady32 = 40
)

// tile is the working memory of a worker: a block of queries against a run of keys.
type tile interface {
	// block computes rows from … to−1 of out, up to the scaling of V; it returns false if it was stopped.
	block(env finegrain.Env, out *mat.Dense, from, to int) bool

	// pairs is the number of pairs of a query and a key that it sees which were worked on so far.
	pairs() int64
}

// tiles prepares what all workers share and returns what makes the working memory of one.
func (s streaming[F]) tiles(env finegrain.Env, in Instance, r Regime, x operands, block int) (func() tile, error) {
	// The factor is for the rounding of the scores. (With d > 2^14 in float32 that may be more, but while there is a
	// bound at all scores err by less than themselves, and the loops take twice what is steady.)
	steady := r.Score()*math.Log2E*(1+0x1p-10) <= s.steady
	if s.loops == nil {
		shared, err := convert[F](env, in, x)
		return func() tile { return newPortableTile(in, r, x, s.portable, shared, steady, block) }, err
	}
	packed, err := pack(env, s.loops, in, r, x)
	return func() tile { return newVectorTile(s.loops, packed, in, r, x, steady, block) }, err
}

// worker computes rows and what they need beside the tile.
type worker struct {
	tile     tile
	in       Instance
	regime   Regime
	operands operands
	refined  *refinement // made when first needed

	valueScale scaler[float64] // by 2^ν

	refinedRows, refinedProducts int64
}

// rows computes the rows from … to−1 of out; it stops half-way if env is done.
func (w *worker) rows(env finegrain.Env, out *mat.Dense, from, to int, refined []bool) {
	if !w.tile.block(env, out, from, to) {
		return
	}
	for i := from; i < to; i++ {
		o := out.RawRowView(i)
		if refined != nil && refined[i] && !w.refine(env, o, i) {
			return
		}
		if w.operands.valueExponent == 0 {
			continue
		}
		w.valueScale.row(o, 1, o)
	}
}

func (w *worker) cost() finegrain.Cost {
	d, dv, pairs := int64(w.regime.Dim), int64(w.regime.ValueDim), w.tile.pairs()
	return finegrain.Cost{
		finegrain.InnerProducts: pairs,
		finegrain.MultiplyAdds:  pairs * (d + dv),
		finegrain.Exponentials:  pairs,
		RefinedRows:             w.refinedRows,
		RefinedProducts:         w.refinedProducts,
	}
}

// powerOfTwo is 2^x for an integer x ≤ 0 or −Inf, and 0 where that is below 2^−1022.
func powerOfTwo(x float64) float64 {
	if x < -1022 {
		return 0
	}
	return math.Float64frombits(uint64(1023+int(x)) << 52)
}

// bytes is the most working memory on so many cores, blocks being rounded up to groups and arrays to cache lines: a
// copy of V where it is scaled, K and V packed or converted, blocks of queries, and what refinement needs.
func (s streaming[F]) bytes(r Regime, cores int, refining, copying bool) int64 {
	n, m, d, dv := int64(r.Queries), int64(r.Keys), int64(r.Dim), int64(r.ValueDim)
	size := int64(8)
	if simd.Single[F]() {
		size = 4
	}
	var shared, each int64 // in bytes
	switch {
	case s.loops != nil:
		columns, rows, lanes := int64(s.loops.Columns(r.ValueDim)), int64(s.loops.Rows), int64(s.loops.Lanes)
		width, totals := columns, int64(1)
		if s.loops.Few(r.ValueDim) {
			width, totals = dv, dv+1
		}
		shared = size*int64(s.loops.Keys(r.Keys))*(d+width) + 2*64
		queries := int64(s.mostQueries(r)) + rows - 1
		each = size*(queries*(d+columns+lanes+1+totals)+rows*(simd.Stride+lanes)+simd.MaxKeys) + 8*d + 6*64
	default:
		d, dv := int64(rowStride[F](r.Dim)), int64(rowStride[F](r.ValueDim))
		each = size*tileQueries*(d+2*dv+tileKeys+2) + 8*d + 4*64
		if simd.Single[F]() {
			shared = size*m*(d+dv) + 2*64
		}
	}
	if refining {
		each += 8 * refinementWords(m, dv)
	}
	if copying {
		shared += 8 * m * dv
	}
	return shared + each*int64(cores) + n // a byte for each query: whether it is refined
}
