package attention

import (
	"math"

	"finegrain"
	"finegrain/internal/pass"
	"finegrain/internal/simd"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
	"gonum.org/v1/gonum/mat"
)

// The tile in plain Go: what every platform runs, and what the vector loops are compared with. In float64 it takes
// K and V as they are, without copies; it has no padding to mask.

// The tile: keys × queries. BenchmarkStreaming at d = 64 is flat to a tenth between 48 and 96 keys and from
// 32 queries on: a tile of K or V stays in the first-level cache of 48 KiB, and each load of it serves 64
// queries. The error bound grows with tileKeys + m/tileKeys, which is least at √m.
const (
	tileKeys    = 64
	tileQueries = 64
)

// matrix is row-major.
type matrix[F simd.Float] struct {
	rows, cols, stride int
	data               []F
}

// newMatrix returns zeros. Rows of float32 begin at multiples of 16 bytes: gonum's inner product of float32 adds
// in an order that depends on the address.
func newMatrix[F simd.Float](rows, cols int) matrix[F] {
	stride := rowStride[F](cols)
	return matrix[F]{rows, cols, stride, simd.Aligned[F](rows * stride)}
}

func rowStride[F simd.Float](cols int) int {
	if simd.Single[F]() {
		return (cols + 3) / 4 * 4
	}
	return cols
}

// window is the rows from … to−1 of m.
func (m matrix[F]) window(from, to int) matrix[F] {
	return matrix[F]{to - from, m.cols, m.stride, m.data[from*m.stride:]}
}

func (m matrix[F]) row(i int) []F { return m.data[i*m.stride:][:m.cols] }

// kernel is the arithmetic of one tile: everything that the streaming algorithm does n·m times. Its error bounds
// hold for any order of summation within a tile; bit-equality asks that an entry's result does not depend on how
// many rows are computed with it.
type kernel[F simd.Float] struct {
	// scores sets dst[i][j] = ⟨q_i, k_j⟩.
	scores func(dst, q, k matrix[F])

	// most returns the largest of most and x.
	most func(x []F, most F) F

	// exponentials replaces each x by 2^(x − shift) and returns their sum; x − shift is at most steady. The relative
	// error is that of the method's rounding, beside that of the subtraction.
	exponentials func(x []F, shift F) F

	// values sets dst[i] = Σ_j p[i][j]·v_j.
	values func(dst, p, v matrix[F])
}

// portable64 takes matrix–vector products of gonum (SSE2 on amd64, plain Go elsewhere) and loops in Go.
//
// What was tried for the products, in ns per multiply-add at d = 64 on one core of a 3.9 GHz Xeon with two
// 128-bit multipliers (the best of 60 short runs); the triple loop takes 0.34 for an inner product and 0.45 for its
// update of the output:
//
//	packed panels in plain Go, 4×2 outputs in registers      0.26   bounds checks dominate
//	4×4 outputs                                              0.38   15 registers are not enough
//	4×2 or 3×3, four coordinates a step                      0.19   the limit of scalar SSE2
//	4×2 with math.FMA                                        0.48   a check and a call path each time
//	gonum Dot, a call for each pair                          0.17
//	gonum Gemv, a call for each query and tile               0.10   chosen
//	the same with K packed by columns                        0.10   a copy of K for nothing
//
// An exponential takes 2.4 ns (math.Exp 5.1), the maximum 0.4. Together a pair of query and key takes 17.0 ns
// at n = m = 4096, d = dv = 64, against 61 for the triple loop and 73 for Exact; two cores halve it. See
// BenchmarkStreaming with FINEGRAIN_KERNEL=go.
var portable64 = kernel[float64]{
	scores: products(blasGo.Dgemv),
	most:   largest[float64],
	exponentials: func(x []float64, shift float64) float64 {
		var sum, other float64
		for len(x) >= 2 {
			p, r := Exp2(x[0]-shift), Exp2(x[1]-shift)
			x[0], x[1] = p, r
			sum, other = sum+p, other+r
			x = x[2:]
		}
		for i, y := range x {
			x[i] = Exp2(y - shift)
			sum += x[i]
		}
		return sum + other
	},
	values: averages(blasGo.Dgemv),
}

// portable32 computes exponentials in float64 and rounds them.
var portable32 = kernel[float32]{
	scores: products(blasGo.Sgemv),
	most:   largest[float32],
	exponentials: func(x []float32, shift float32) float32 {
		var sum, other float32
		for len(x) >= 2 {
			p, r := exp2Single(x[0]-shift), exp2Single(x[1]-shift)
			x[0], x[1] = p, r
			sum, other = sum+p, other+r
			x = x[2:]
		}
		for i, y := range x {
			x[i] = exp2Single(y - shift)
			sum += x[i]
		}
		return sum + other
	},
	values: averages(blasGo.Sgemv),
}

// exp2Single is 2^y for y ≤ 100 rounded to float32, and 0 below simd.Floor32.
func exp2Single(y float32) float32 {
	if y < simd.Floor32 {
		return 0
	}
	return float32(Exp2(float64(y)))
}

// blasGo is gonum's implementation itself, not blas64's exchangeable one: the result must not depend on
// what else a program registers.
var blasGo gonum.Implementation

// gemv is y = α·A·x + β·y, or Aᵀ.
type gemv[F simd.Float] func(
	t blas.Transpose, m, n int, alpha F, a []F, lda int, x []F, incX int, beta F, y []F, incY int,
)

func products[F simd.Float](multiply gemv[F]) func(dst, q, k matrix[F]) {
	return func(dst, q, k matrix[F]) {
		for i := range q.rows {
			multiply(blas.NoTrans, k.rows, k.cols, 1, k.data, k.stride, q.data[i*q.stride:], 1,
				0, dst.data[i*dst.stride:], 1)
		}
	}
}

func averages[F simd.Float](multiply gemv[F]) func(dst, p, v matrix[F]) {
	return func(dst, p, v matrix[F]) {
		for i := range p.rows {
			multiply(blas.Trans, v.rows, v.cols, 1, v.data, v.stride, p.data[i*p.stride:], 1,
				0, dst.data[i*dst.stride:], 1)
		}
	}
}

// largest has branches that are not taken once most is the running maximum.
func largest[F simd.Float](x []F, most F) F {
	for len(x) >= 4 {
		if x[0] > most {
			most = x[0]
		}
		if x[1] > most {
			most = x[1]
		}
		if x[2] > most {
			most = x[2]
		}
		if x[3] > most {
			most = x[3]
		}
		x = x[4:]
	}
	for _, v := range x {
		if v > most {
			most = v
		}
	}
	return most
}

// converted is K' and V' for the plain tile.
type converted[F simd.Float] struct{ keys, values matrix[F] }

// convert copies K and V, unless they are float64s already.
func convert[F simd.Float](env finegrain.Env, in Instance, x operands) (c converted[F], err error) {
	if c.keys, err = asMatrix[F](env, in.K, x.keyExponent); err == nil {
		c.values, err = asMatrix[F](env, x.values, x.exponentLeft())
	}
	return c, err
}

// exponentLeft is what the values are still to be scaled by.
func (x operands) exponentLeft() int {
	if x.copied {
		return 0
	}
	return x.valueExponent
}

func asMatrix[F simd.Float](env finegrain.Env, a *mat.Dense, exponent int) (matrix[F], error) {
	raw := a.RawMatrix()
	if data, ok := any(raw.Data).([]F); ok {
		return matrix[F]{raw.Rows, raw.Cols, raw.Stride, data}, nil
	}
	to, by := newMatrix[F](raw.Rows, raw.Cols), newScaler[F](exponent)
	err := pass.Rows(env, raw.Rows, raw.Cols, func(first, end int) {
		for i := first; i < end; i++ {
			by.row(to.row(i), 1, a.RawRowView(i))
		}
	})
	return to, err
}

// portableTile is the working memory of a worker.
type portableTile[F simd.Float] struct {
	kernel   kernel[F]
	in       Instance
	regime   Regime
	keyScale scaler[F] // by 2^κ
	converted[F]
	steady bool // weights need no shift

	queries matrix[F] // block × d
	scores  matrix[F] // block × tileKeys; then weights
	part    matrix[F] // block × dv: the tile's part of the numerator
	output  matrix[F] // block × dv: the numerator
	buffer  []float64 // d
	shift   []F       // M
	sum     []F       // l

	worked int64
}

func newPortableTile[F simd.Float](
	in Instance, r Regime, x operands, k kernel[F], shared converted[F], steady bool, block int,
) *portableTile[F] {
	return &portableTile[F]{
		kernel: k, in: in, regime: r, keyScale: newScaler[F](-x.keyExponent), converted: shared, steady: steady,
		queries: newMatrix[F](block, r.Dim), scores: newMatrix[F](block, tileKeys),
		part: newMatrix[F](block, r.ValueDim), output: newMatrix[F](block, r.ValueDim),
		buffer: make([]float64, r.Dim), shift: make([]F, block), sum: make([]F, block),
	}
}

func (t *portableTile[F]) pairs() int64 { return t.worked }

func (t *portableTile[F]) block(env finegrain.Env, out *mat.Dense, from, to int) bool {
	rows := to - from
	clear(t.output.data)
	for i := range rows {
		query(t.queries.row(i), 1, t.in, t.keyScale, from+i, t.buffer)
		t.shift[i], t.sum[i] = F(math.Inf(-1)), 0
	}
	for low := 0; low < t.regime.Visible(to-1); low += tileKeys {
		if env.Err() != nil {
			return false
		}
		high := min(low+tileKeys, t.regime.Keys)
		if high <= t.regime.Visible(from) { // every query of the block sees every key of the tile
			t.rectangle(0, rows, low, high)
			continue
		}
		for i := range rows { // on the diagonal each query sees its own part
			if end := min(high, t.regime.Visible(from+i)); end > low {
				t.rectangle(i, i+1, low, end)
			}
		}
	}
	for i := range rows {
		o := out.RawRowView(from + i)
		for c, x := range t.output.row(i) {
			o[c] = float64(x) / float64(t.sum[i])
		}
	}
	return true
}

// rectangle lets the queries first … last−1 of the block take in the keys low … high−1.
func (t *portableTile[F]) rectangle(first, last, low, high int) {
	scores := t.scores.window(first, last)
	scores.cols = high - low
	t.kernel.scores(scores, t.queries.window(first, last), t.keys.window(low, high))
	for i := first; i < last; i++ {
		y := t.scores.data[i*t.scores.stride:][:high-low]
		if t.steady {
			t.sum[i] += t.kernel.exponentials(y, 0)
			continue
		}
		if top := F(math.Ceil(float64(t.kernel.most(y, t.shift[i])))); top > t.shift[i] {
			rescale := F(powerOfTwo(float64(t.shift[i]) - float64(top)))
			t.shift[i] = top
			t.sum[i] *= rescale
			for c := range t.output.row(i) {
				t.output.data[i*t.output.stride+c] *= rescale
			}
		}
		t.sum[i] += t.kernel.exponentials(y, t.shift[i])
	}
	part := t.part.window(first, last)
	t.kernel.values(part, scores, t.values.window(low, high))
	for i := first; i < last; i++ {
		o := t.output.row(i)
		for c, x := range t.part.row(i) {
			o[c] += x
		}
	}
	t.worked += int64(last-first) * int64(high-low)
}
