package attention

import (
	"fmt"
	"math"
	"sync"
	"sync/atomic"

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

// Dao2022 is the source of the tiled form.
var Dao2022 = finegrain.Paper{
	Key: "dao-2022", Authors: "Dao, Fu, Ermon, Rudra and Ré", Year: 2022, ArXiv: "2205.14135",
	Title: "FlashAttention: Fast and Memory-Efficient Exact Attention with IO-Awareness",
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
	r, err := guaranteeStreaming.admit("streaming", in)
	if err != nil {
		return Output{}, nil, err
	}
	values, exponent := normalValues(in.V, r)
	spread := math.Ldexp(spreadOf(values), exponent)

	// Bounds depend on norms only, so what cannot be promised is refused before any work.
	out := Output{Float: mat.NewDense(r.Queries, r.ValueDim, nil)}
	refined := make([]bool, r.Queries)
	for i := range refined {
		row := r
		row.QNorm = norm2(in.Q.RawRowView(i))
		bound := streamingError(row, spread)
		if again := refinedError(row, spread); bound > refineAbove(r) && again < bound {
			refined[i], bound = true, again
		}
		out.Bound = max(out.Bound, bound)
	}
	if r.Epsilon > 0 && out.Bound > r.Epsilon {
		return Output{}, nil, &CannotPromise{Asked: r.Epsilon, Bound: out.Bound}
	}

	workers := env.Workers()
	block := min(tileQueries, max(1, r.Queries/(4*workers)))
	blocks := (r.Queries + block - 1) / block
	cost := finegrain.Cost{}
	var next atomic.Int64
	var group sync.WaitGroup
	var lock sync.Mutex
	done := 0
	for range min(workers, blocks) {
		group.Go(func() {
			w := newTile(in, r, values, k, block)
			for {
				b := int(next.Add(1)) - 1
				if b >= blocks || !w.block(env, out.Float, b*block, min((b+1)*block, r.Queries)) {
					break
				}
				for i := b * block; i < min((b+1)*block, r.Queries); i++ {
					o := out.Float.RawRowView(i)
					if refined[i] && !w.refine(env, o, i) {
						return
					}
					for c := range o {
						o[c] = math.Ldexp(o[c], exponent)
					}
				}
				lock.Lock()
				done++
				env.Report(done, blocks, "blocks of queries")
				lock.Unlock()
			}
			lock.Lock()
			cost.Add(w.cost())
			cost[finegrain.Bytes] += w.bytes()
			lock.Unlock()
		})
	}
	group.Wait()
	if err := env.Err(); err != nil {
		return Output{}, cost, fmt.Errorf("attention: streaming stopped: %w", err)
	}
	return out, cost, nil
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

// spreadOf is the largest difference between two values of one column, rounded up.
func spreadOf(v *mat.Dense) float64 {
	rows, cols := v.Dims()
	least, most := make([]float64, cols), make([]float64, cols)
	copy(least, v.RawRowView(0))
	copy(most, v.RawRowView(0))
	for j := 1; j < rows; j++ {
		for c, x := range v.RawRowView(j) {
			least[c], most[c] = min(least[c], x), max(most[c], x)
		}
	}
	var spread float64
	for c := range least {
		spread = max(spread, most[c]-least[c])
	}
	return spread * (1 + 2*unit)
}

// tile is one worker's state for a block of queries.
type tile struct {
	kernel
	in     Instance
	regime Regime
	keys   blas64.General
	values blas64.General

	queries blas64.General // block × d, times s·log₂e
	scores  blas64.General // block × tileKeys; then weights
	part    blas64.General // block × dv: the tile's part of the numerator
	shift   []float64      // M
	sum     []float64      // l
	row     []float64      // one row of scores, for refine; made when first needed
	near    []nearKey      // of that row; never above m

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

// block computes the rows from … to−1 of out, up to the scaling of V; it returns false if it was stopped.
func (t *tile) block(env finegrain.Env, out *mat.Dense, from, to int) bool {
	rows := to - from
	factor := t.regime.Scale * math.Log2E
	for i := range rows {
		q := t.queries.Data[i*t.queries.Stride:]
		for l, x := range t.in.Q.RawRowView(from + i) {
			q[l] = factor * x
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
		if top := math.Ceil(t.most(y, t.shift[i])); top > t.shift[i] {
			rescale := powerOfTwo(t.shift[i] - top)
			t.shift[i] = top
			t.sum[i] *= rescale
			o := out.RawRowView(from + i)
			for c := range o {
				o[c] *= rescale
			}
		}
		t.sum[i] += t.exponentials(y, t.shift[i])
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

func (t *tile) bytes() int64 {
	return 8 * int64(len(t.queries.Data)+len(t.scores.Data)+len(t.part.Data)+len(t.shift)+len(t.sum)+len(t.row)+3*cap(t.near))
}
