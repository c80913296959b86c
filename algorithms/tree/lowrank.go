package tree

import (
	"cmp"
	"math"
	"slices"

	"finegrain"
	"finegrain/algorithms/attention"
	"finegrain/internal/doubledouble"
	"finegrain/internal/pass"
	"finegrain/internal/roundoff"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"
	"gonum.org/v1/gonum/mat"
)

// Low rank. Where Q or K has rank r < d the head dimension that matters is r: with K = Y·Wᵀ the scores are
// ⟨Wᵀq, y⟩ (Gupta et al. 2025, theorem 1.2). W is found by QR with column pivoting (Businger and Golub 1965) of a
// few rows; it need not be right, since what it leaves of every row is measured.
//
// The bound (derived here). Let W be any d×r matrix, y_j and z_i any r numbers each, E_j = k_j − W·y_j and D_i =
// Wᵀq_i − z_i. Then, with no rounding and whatever W,
//
//	s·⟨q_i,k_j⟩ = s·⟨z_i,y_j⟩ + s·⟨D_i,y_j⟩ + s·⟨q_i,E_j⟩,
//
// so the scores of the instance (z, y, V) with r coordinates are off by at most
//
//	δ = |s|·(max‖q‖·max‖E‖ + max‖y‖·max‖D‖).
//
// Let o(τ) be the output with scores that are off by τ·δ_j, |δ_j| ≤ δ, and let the values be scaled to [0,1]:
// do/dτ = Σ p_j·δ_j·(v_j − o), and Σ p_j|v_j − o| ≤ 2o(1 − o), so that ln(o/(1 − o)) moves by at most 2δ, and o by at
// most tanh(δ/2), which two keys of values 0 and 1 reach. The output then is off by at most
//
//	spread·tanh(δ/2) ≤ spread·δ/2
//
// beside what the method promises of the smaller instance. The same holds with the parts of Q and K changed.
//
// y and z are Wᵀ times the rows, taken in double-double and rounded once, so that D is what that rounding lost, and
// E is computed in double-double too: with γ = γ_(2k) of inner products of k terms, as doubledouble.Dot errs,
//
//	‖E‖ ≤ ‖Ê‖(1 + u) + γ²(‖k‖ + ‖W‖_F‖y‖),   ‖D‖ ≤ ‖D̂‖ + γ²‖W‖_F‖q‖,
//
// and what products lose below 2^−968 is at most lostProducts in each.

const (
	leastDim    = 3    // dimensions from which low rank is looked for
	mostHead    = 16   // the largest rank that is used
	headSample  = 32   // rows of a sample: twice mostHead, so that few ranks look lower than they are
	headRounds  = 3    // bases that are tried: rows that one leaves too much of go into the next
	headShare   = 0.25 // of the error asked, for δ
	mostDim     = 1024 // dimensions in which a tree is grown at most
	reflections = 2    // multiply-adds of QR for each entry and row of a sample, about
)

// ReductionMultiplyAdds counts the products of coordinates with a basis of the span of Q or K and the other way
// round, in double-double; not those of the QR of some thirty rows.
const ReductionMultiplyAdds = "reduction_multiply_adds"

// HeadRank is the name of the rank, in Output.Chosen, if it is used: the head dimension that remains, at least 1.
const HeadRank = "head_rank"

// doublePrice is what a multiply-add in double-double takes, beside prices.
const doublePrice = 2.5

// reduction is an instance with the head dimension that matters.
type reduction struct {
	in     attention.Instance
	regime attention.Regime
	added  float64 // to the error of its output
}

// side is Q or K as a product of few columns, up to tolerance.
type side struct {
	keys       bool       // K is low, and Q is other; else the other way round
	low, other *mat.Dense // n×d
	longest    float64    // the largest norm of a row of other, at most
	tolerance  float64    // ‖E‖ at most
	basis      basis
}

// basis is W.
type basis struct {
	rank   int
	w      []float64 // [rank][d]
	pivots []int     // the rows that are its span
}

// headBytes is the memory that looking for low rank and its instance of so many coordinates take.
func headBytes(r attention.Regime, rank, cores int) int64 {
	n, m, d := int64(r.Queries), int64(r.Keys), int64(r.Dim)
	looking := d*int64(2*(headSample+mostHead)+4*mostHead+4) + 64*(headSample+mostHead)
	return 8 * (looking + (n+m)*int64(rank) + max(n, m) + int64(cores)*(2*d+4*mostHead))
}

// lookPays reports whether finding and measuring a rank takes no more than half of what it saves at least: what
// streaming takes less for the smaller instance.
func (w *work) lookPays(rank int) bool {
	r := w.regime
	if w.eager {
		return true
	}
	n, m, d, p := float64(r.Queries), float64(r.Keys), float64(r.Dim), pricesOf(w.loops)
	takes := (n+m)*d*float64(2*rank+1)*doublePrice + 2*d*headSample*headSample*reflections*p.moment
	return takes <= n*m*(d-float64(rank))*p.pairCoordinate/2
}

// room is the error that matters: the goal, or that of any average of values.
func (w *work) room() float64 { return min(w.goal, w.whole.WidestSpread()) }

// sides are those of Q and K whose samples have low rank, the lowest first.
func (w *work) sides() []side {
	r := w.regime
	within := func(norm float64) bool { return norm == 0 || norm < largestNorm && norm > 1/largestNorm }
	if r.Dim < leastDim || !within(r.QNorm) || !within(r.KNorm) || !w.lookPays(1) {
		return nil
	}
	allowed := math.Inf(1) // δ
	if w.spread > 0 {
		allowed = headShare * w.room() * 2 / w.spread
	}
	var sides []side
	for _, s := range []side{
		{keys: true, low: w.in.K, other: w.in.Q, longest: r.QNorm}, {low: w.in.Q, other: w.in.K, longest: r.KNorm},
	} {
		// D takes about half of what rounding each score once would.
		s.tolerance = (allowed - roundoff.Unit/2*r.Score()) / (math.Abs(r.Scale) * s.longest)
		rows, _ := s.low.Dims()
		sample := make([]int, min(rows, headSample))
		for i := range sample {
			sample[i] = i * rows / len(sample)
		}
		if s.span(sample, s.tolerance) && w.lookPays(s.basis.rank) {
			sides = append(sides, s)
		}
	}
	slices.SortStableFunc(sides, func(a, b side) int { return cmp.Compare(a.basis.rank, b.basis.rank) })
	return sides
}

// span makes the basis of some rows: as many directions as leave no more than so much of each; false: those are too
// many.
func (s *side) span(rows []int, most float64) bool {
	_, d := s.low.Dims()
	a := blas64.General{Rows: d, Cols: len(rows), Stride: len(rows), Data: make([]float64, d*len(rows))}
	order := make([]int, len(rows))
	for c, i := range rows {
		order[c] = -1 // wherever it comes
		for l, x := range s.low.RawRowView(i) {
			a.Data[l*a.Stride+c] = x
		}
	}
	tau, size := make([]float64, min(d, len(rows))), make([]float64, 1)
	lapack64.Geqp3(a, order, tau, size, -1)
	work := make([]float64, int(size[0]))
	lapack64.Geqp3(a, order, tau, work, len(work))
	// With column pivoting entry k of the diagonal is the most that k directions leave of a row.
	rank := 0
	for rank < len(tau) && math.Abs(a.Data[rank*a.Stride+rank]) > most {
		rank++
	}
	rank = max(1, rank)
	if rank > mostHead || rank >= d {
		return false
	}
	a.Cols = rank
	lapack64.Orgqr(a, tau[:rank], work, len(work))
	s.basis = basis{rank: rank, w: make([]float64, rank*d)}
	for t := range rank {
		s.basis.pivots = append(s.basis.pivots, rows[order[t]])
		for l := range d {
			s.basis.w[t*d+l] = a.Data[l*a.Stride+t]
		}
	}
	return norm(s.basis.w) < 2*mostHead // and no NaN
}

// project writes z = Wᵀ·row, rounded, and what the rounding lost.
func (b basis) project(z, lost, row []float64) {
	for t := range b.rank {
		y := doubledouble.Dot(b.w[t*len(row):][:len(row)], row)
		z[t], lost[t] = y.Hi, y.Lo
	}
}

// lostProducts is what products below 2^−968 lose, of all coordinates of a vector.
const lostProducts = 0x1p-1000

// square is γ_(2k)².
func square(k int) float64 {
	g := roundoff.Gamma(float64(2 * k))
	return g * g
}

// numbers writes z_i of rows to dst; longest bounds their norms, lost those of D.
func (b basis) numbers(env finegrain.Env, dst, rows *mat.Dense) (longest, lost float64, err error) {
	n, d := rows.Dims()
	each, whole := make([]float64, n), norm(b.w)
	err = pass.Rows(env, n, d*b.rank, func(from, to int) {
		off := make([]float64, b.rank)
		for i := from; i < to; i++ {
			row := rows.RawRowView(i)
			b.project(dst.RawRowView(i), off, row)
			each[i] = norm(off) + square(d)*whole*norm(row) + lostProducts
		}
	})
	for i := range n {
		longest = max(longest, norm(dst.RawRowView(i)))
	}
	return longest, slices.Max(each), err
}

// coordinates writes y_j of rows to dst, and bounds on the norms of E to left; longest bounds those of y.
func (b basis) coordinates(env finegrain.Env, dst, rows *mat.Dense, left []float64) (longest float64, err error) {
	n, d := rows.Dims()
	whole := norm(b.w)
	across := make([]float64, d*(b.rank+1)) // of a coordinate: 1, and its row of −W
	for l := range d {
		x := across[l*(b.rank+1):][:b.rank+1]
		x[0] = 1
		for t := range b.rank {
			x[1+t] = -b.w[t*d+l]
		}
	}
	err = pass.Rows(env, n, 2*d*b.rank, func(from, to int) {
		off, x, e := make([]float64, b.rank), make([]float64, b.rank+1), make([]float64, d)
		for j := from; j < to; j++ {
			row, y := rows.RawRowView(j), dst.RawRowView(j)
			b.project(y, off, row)
			copy(x[1:], y)
			for l, k := range row {
				x[0] = k
				e[l] = doubledouble.Dot(across[l*len(x):][:len(x)], x).Hi
			}
			left[j] = norm(e)*(1+2*roundoff.Unit) + square(b.rank+1)*(norm(row)+whole*norm(y)) + lostProducts
		}
	})
	for j := range n {
		longest = max(longest, norm(dst.RawRowView(j)))
	}
	return longest, err
}

// again is the rows of a next basis: the pivots and, of each stretch of rows, the one of which most is left.
func (b basis) again(left []float64) []int {
	rows, parts := slices.Clone(b.pivots), min(len(left), headSample)
	for p := range parts {
		from, to := p*len(left)/parts, (p+1)*len(left)/parts
		worst := from
		for i := from; i < to; i++ {
			if left[i] > left[worst] {
				worst = i
			}
		}
		if !slices.Contains(rows, worst) {
			rows = append(rows, worst)
		}
	}
	return rows
}

// reduce is the instance with the coordinates of a side; nil: it would be off by too much. multiplyAdds is what
// that took.
func (w *work) reduce(env finegrain.Env, s side) (x *reduction, multiplyAdds int64, err error) {
	rows, d := s.low.Dims()
	others, _ := s.other.Dims()
	left := make([]float64, rows)
	var low *mat.Dense
	var lowest float64
	for round := 1; ; round++ {
		low = mat.NewDense(rows, s.basis.rank, nil)
		multiplyAdds += int64(rows) * int64(d) * int64(2*s.basis.rank+1)
		if lowest, err = s.basis.coordinates(env, low, s.low, left); err != nil {
			return nil, multiplyAdds, err
		}
		if round == headRounds || slices.Max(left) <= s.tolerance {
			break
		}
		if !s.span(s.basis.again(left), s.tolerance/2) { // other rows have less left then, too
			return nil, multiplyAdds, nil
		}
	}
	other := mat.NewDense(others, s.basis.rank, nil)
	multiplyAdds += int64(others) * int64(d) * int64(s.basis.rank)
	longest, lost, err := s.basis.numbers(env, other, s.other)
	if err != nil {
		return nil, multiplyAdds, err
	}
	x = &reduction{in: w.in, regime: w.regime}
	if x.in.Q, x.in.K = low, other; s.keys {
		x.in.Q, x.in.K = other, low
	}
	if x.regime.QNorm, x.regime.KNorm = lowest, longest; s.keys {
		x.regime.QNorm, x.regime.KNorm = longest, lowest
	}
	x.regime.Dim, x.regime.B = s.basis.rank, max(lowest, longest) // at most
	delta := math.Abs(w.regime.Scale) * (s.longest*slices.Max(left) + lowest*lost)
	x.added = w.spread * min(1, delta/2) * roundoff.Margin
	if !(x.added <= headShare*w.room()) || valid(x.regime) != nil {
		return nil, multiplyAdds, nil
	}
	return x, multiplyAdds, nil
}
