package attention

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"finegrain"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
)

// Streaming is one pass over the keys in tiles, with a running maximum for each query (Milakov and
// Gimelshein 2018; the tiled form of Dao et al. 2022), on all cores, without any n×n object.
//
// After some keys a query holds an integer M, l = Σ_j 2^(y_j − M) and o = Σ_j 2^(y_j − M)·v_j, where
// y_j = s·log₂e·⟨q,k_j⟩ and M is at least every y_j so far. A tile whose largest score exceeds M raises M
// to its ceiling and multiplies l and o by a power of two, which is exact: rescaling costs no accuracy,
// however often it happens. At the end o/l is the row of the output.
//
// Each query is computed alone and its keys are cut into the same tiles always, so the result does not
// depend on how the queries are spread over cores. Error bounds are in bound.go; rows whose bound is too
// large are done again by refine.
var Streaming = Method{
	Name:      "streaming",
	Doc:       "one pass over keys in tiles with a running maximum, in float64, on all cores",
	Guarantee: guaranteeStreaming,
	Run:       func(env finegrain.Env, in Instance) (Output, finegrain.Cost, error) { return stream(env, in, portable) },
}

// The tile: keys × queries. BenchmarkStreaming at d = 64 is flat to a tenth between 48 and 96 keys and from
// 32 queries on: a tile of K or V stays in the first-level cache of 48 KiB, and each load of it serves 64
// queries. The error bound grows with tileKeys + m/tileKeys, which is least at √m.
const (
	tileKeys    = 64
	tileQueries = 64
)

// Kinds of operation that only refined rows count.
const (
	RefinedRows     = "refined_rows"
	RefinedProducts = "refined_inner_products" // in double-double
)

func stream(env finegrain.Env, in Instance, k kernel) (Output, finegrain.Cost, error) {
	r, err := guaranteeStreaming.admit(in)
	if err != nil {
		return Output{}, nil, err
	}
	// Bounds depend on norms only, so what cannot be promised is refused before any work.
	refined, bound := planRefinement(in, r)
	if r.Epsilon > 0 && bound > r.Epsilon {
		return Output{}, nil, &CannotPromise{Method: guaranteeStreaming.Method, Asked: r.Epsilon, Bound: bound}
	}
	out := Output{Float: mat.NewDense(r.Queries, r.ValueDim, nil), Bound: bound}
	values, exponent := normalValues(in.V, r)
	block := min(tileQueries, max(1, r.Queries/(4*env.Workers())))
	blocks := (r.Queries + block - 1) / block

	var lock sync.Mutex // of progress
	done := 0
	tiles := scratch[tile]{fresh: func() *tile { return newTile(in, r, values, k, block) }}
	err = env.ForEach(blocks, func(b int) {
		from, to := b*block, min((b+1)*block, r.Queries)
		tiles.use(func(t *tile) { t.rows(env, out.Float, from, to, refined, exponent) })
		lock.Lock()
		defer lock.Unlock()
		done++
		env.Report(done, blocks, "blocks of queries")
	})

	// The bytes are those of one core, so that the count does not depend on their number.
	cost := finegrain.Cost{finegrain.Bytes: streamingBytes(r, 1, slices.Contains(refined, true), values != in.V)}
	for _, t := range tiles.all {
		cost.Add(t.cost())
	}
	if err != nil {
		return Output{}, cost, fmt.Errorf("attention: streaming stopped: %w", err)
	}
	return out, cost, nil
}

// planRefinement says which rows plain float64 does not resolve, and what can be promised of all.
func planRefinement(in Instance, r Regime) (refined []bool, bound float64) {
	spread := spreadOf(in.V)
	refined = make([]bool, r.Queries)
	for i := range refined {
		row := r
		row.QNorm = norm2(in.Q.RawRowView(i))
		off := streamingError(row, spread)
		if again := refinedError(row, spread); off > refineAbove(r) && again < off {
			refined[i], off = true, again
		}
		bound = max(bound, off)
	}
	return refined, bound
}

// normalValues returns V·2^−exponent, its largest entry near 1 unless V's own magnitude, below 2^500 and
// above 2^−500, is safe from overflow and underflow. Scaling is exact but for entries below 2^−1022 of
// the largest.
func normalValues(v *mat.Dense, r Regime) (values *mat.Dense, exponent int) {
	if e := math.Ilogb(r.MaxV); r.MaxV != 0 && (e < -500 || e > 500) {
		values = mat.NewDense(r.Keys, r.ValueDim, nil)
		values.Apply(func(_, _ int, x float64) float64 { return math.Ldexp(x, -e) }, v)
		return values, e
	}
	return v, 0
}

// tile is one worker's state for a block of queries.
type tile struct {
	kernel kernel
	in     Instance
	regime Regime
	keys   blas64.General
	values blas64.General

	queries blas64.General // block × d, times s·log₂e
	scores  blas64.General // block × tileKeys; then weights
	part    blas64.General // block × dv: the tile's part of the numerator
	shift   []float64      // M
	sum     []float64      // l
	refined *refinement    // made when first needed

	pairs, refinedRows, refinedProducts int64
}

func newTile(in Instance, r Regime, values *mat.Dense, k kernel, block int) *tile {
	return &tile{
		kernel: k, in: in, regime: r,
		keys: in.K.RawMatrix(), values: values.RawMatrix(),
		queries: general(block, r.Dim), scores: general(block, tileKeys), part: general(block, r.ValueDim),
		shift: make([]float64, block), sum: make([]float64, block),
	}
}

func general(rows, cols int) blas64.General {
	return blas64.General{Rows: rows, Cols: cols, Stride: cols, Data: make([]float64, rows*cols)}
}

// window is the rows from … to−1 of g.
func window(g blas64.General, from, to int) blas64.General {
	return blas64.General{Rows: to - from, Cols: g.Cols, Stride: g.Stride, Data: g.Data[from*g.Stride:]}
}

// rows computes the rows from … to−1 of out; it stops half-way if env is done.
func (t *tile) rows(env finegrain.Env, out *mat.Dense, from, to int, refined []bool, exponent int) {
	if !t.block(env, out, from, to) {
		return
	}
	for i := from; i < to; i++ {
		o := out.RawRowView(i)
		if refined[i] && !t.refine(env, o, i) {
			return
		}
		for c := range o {
			o[c] = math.Ldexp(o[c], exponent)
		}
	}
}

// block computes the rows from … to−1 of out, up to the scaling of V; it returns false if it was stopped.
func (t *tile) block(env finegrain.Env, out *mat.Dense, from, to int) bool {
	rows := to - from
	for i := range rows {
		q := t.queries.Data[i*t.queries.Stride:]
		for l, x := range t.in.Q.RawRowView(from + i) {
			q[l] = t.regime.Scale * x * math.Log2E // s·x first: s·log₂e may overflow
		}
		t.shift[i], t.sum[i] = math.Inf(-1), 0
	}
	for low := 0; low < t.in.Visible(to-1); low += tileKeys {
		if env.Err() != nil {
			return false
		}
		high := min(low+tileKeys, t.regime.Keys)
		if high <= t.in.Visible(from) { // every query of the block sees every key of the tile
			t.rectangle(out, from, 0, rows, low, high)
			continue
		}
		for i := range rows { // on the diagonal each query sees its own part
			if end := min(high, t.in.Visible(from+i)); end > low {
				t.rectangle(out, from, i, i+1, low, end)
			}
		}
	}
	for i := range rows {
		o := out.RawRowView(from + i)
		for c := range o {
			o[c] /= t.sum[i]
		}
	}
	return true
}

// rectangle lets the queries from+first … from+last−1 take in the keys low … high−1.
func (t *tile) rectangle(out *mat.Dense, from, first, last, low, high int) {
	scores := window(t.scores, first, last)
	scores.Cols = high - low
	t.kernel.scores(scores, window(t.queries, first, last), window(t.keys, low, high))
	for i := first; i < last; i++ {
		y := t.scores.Data[i*t.scores.Stride:][:high-low]
		if top := math.Ceil(t.kernel.most(y, t.shift[i])); top > t.shift[i] {
			rescale := powerOfTwo(t.shift[i] - top)
			t.shift[i] = top
			t.sum[i] *= rescale
			o := out.RawRowView(from + i)
			for c := range o {
				o[c] *= rescale
			}
		}
		t.sum[i] += t.kernel.exponentials(y, t.shift[i])
	}
	part := window(t.part, first, last)
	t.kernel.values(part, scores, window(t.values, low, high))
	for i := first; i < last; i++ {
		o := out.RawRowView(from + i)
		for c, x := range t.part.Data[i*t.part.Stride:][:len(o)] {
			o[c] += x
		}
	}
	t.pairs += int64(last-first) * int64(high-low)
}

// powerOfTwo is 2^x for an integer x ≤ 0 or −Inf, and 0 where that is below 2^−1022.
func powerOfTwo(x float64) float64 {
	if x < -1022 {
		return 0
	}
	return math.Float64frombits(uint64(1023+int(x)) << 52)
}

func (t *tile) cost() finegrain.Cost {
	d, dv := int64(t.regime.Dim), int64(t.regime.ValueDim)
	return finegrain.Cost{
		finegrain.InnerProducts: t.pairs,
		finegrain.MultiplyAdds:  t.pairs * (d + dv),
		finegrain.Exponentials:  t.pairs,
		RefinedRows:             t.refinedRows,
		RefinedProducts:         t.refinedProducts,
	}
}

// streamingBytes is the working memory on so many cores: blocks of queries, what refinement needs, and a
// copy of V.
func streamingBytes(r Regime, cores int, refining, copying bool) int64 {
	n, m, d, dv := int64(r.Queries), int64(r.Keys), int64(r.Dim), int64(r.ValueDim)
	words := tileQueries * (d + dv + tileKeys + 2)
	if refining {
		words += refinementWords(m, dv)
	}
	words *= int64(cores)
	if copying {
		words += m * dv
	}
	return 8*words + n // a byte for each query: whether it is refined
}
