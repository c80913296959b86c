package tree

import (
	"errors"
	"fmt"
	"math"
	"math/big"

	"finegrain"
	"finegrain/internal/pass"
	"finegrain/internal/roundoff"
	"finegrain/internal/simd"

	"gonum.org/v1/gonum/mat"
)

// Row maxima: for each query the key with the largest inner product, bichromatic maximum inner product row by
// row. The paper shifts scores by them, found by halfspace emptiness; here it is branch and bound in the tree of
// keys (after Friedman, Bentley and Finkel 1977), whose float64 scores decide where they can. Keys whose scores
// are nearer than rounding are compared exactly, as dyadic numbers, so that ties are ties.

// Maximum is the largest inner product of a query with the keys.
type Maximum struct {
	Key   int     // the row of K with the largest inner product, the first of them if there are several
	Ties  int     // how many keys have exactly this inner product: at least 1
	Score float64 // the inner product, rounded to nearest; ±Inf beyond float64
}

// RowMaxima is the maximum of every row of Q·Kᵀ, of n×d queries and m×d keys, and how many nodes of the tree all
// queries looked at. Both are exact for whatever finite entries. A query takes time by the nodes that it looks
// at, few if one key stands out, and by the keys that tie with it, unless they are equal. It panics where shapes
// do not fit or there is no key; the error is env's, or says what is not finite.
func RowMaxima(env finegrain.Env, q, k *mat.Dense) ([]Maximum, int64, error) {
	if q.IsEmpty() || k.IsEmpty() || q.RawMatrix().Cols != k.RawMatrix().Cols {
		panic("tree: row maxima of queries and keys that are none, or of different dimensions")
	}
	n, d := q.Dims()
	m, _ := k.Dims()
	if err := errors.Join(finite("Q", q), finite("K", k)); err != nil {
		return nil, 0, err
	}
	by, err := builderFor(Chosen(k, math.Inf(1)), m, d, padding)
	if err != nil {
		return nil, 0, err
	}
	t, err := grow(env, m, d, padding, func(dst []float64, j int) { copy(dst, k.RawRowView(j)) }, by)
	if err != nil {
		return nil, 0, stopped(err)
	}
	first := t.firsts()
	found := make([]Maximum, n)
	searches := pass.Scratch[summit]{Fresh: func() *summit { return &summit{tree: t, first: first} }}
	if err := pass.Rows(env, n, max(d, simd.Stride), func(from, to int) {
		searches.Use(func(s *summit) {
			for i := from; i < to && env.Err() == nil; i++ {
				found[i] = s.of(q.RawRowView(i))
			}
		})
	}); err != nil {
		return nil, 0, stopped(err)
	}
	var visits int64
	for _, s := range searches.All() {
		visits += s.visits
	}
	return found, visits, nil
}

func finite(name string, x *mat.Dense) error {
	rows, _ := x.Dims()
	for i := range rows {
		for l, y := range x.RawRowView(i) {
			if math.IsNaN(y) || math.IsInf(y, 0) {
				return fmt.Errorf("tree: %s is %v at row %d, column %d (counted from 0); maxima are of finite numbers",
					name, y, i, l)
			}
		}
	}
	return nil
}

// firsts is the first row of K in each node.
func (t *tree) firsts() []int32 {
	first := make([]int32, len(t.nodes))
	for v := len(t.nodes) - 1; v >= 0; v-- { // children come after their parent
		n := t.nodes[v]
		if n.left != 0 {
			first[v] = min(first[n.left], first[n.right])
			continue
		}
		first[v] = t.order[n.from]
		for _, j := range t.order[n.from:n.to] {
			first[v] = min(first[v], j)
		}
	}
	return first
}

// summit is the search for the maximum of a row. The best key has a score of low … high in exact numbers.
type summit struct {
	*tree
	first  []int32
	visits int64

	q         []float64
	norm      float64
	best      Maximum
	at        int // the tree's point of the best key
	low, high float64
	exact     *big.Float // its score; nil: not needed yet
}

func (s *summit) of(q []float64) Maximum {
	s.q, s.norm = q, norm(q)
	s.best, s.low, s.high, s.exact = Maximum{}, math.Inf(-1), math.Inf(-1), nil
	s.visit(0, math.Inf(1))
	s.best.Score, _ = s.score().Float64()
	return s.best
}

// interval holds the inner product of q and x: computed, it errs by at most γ_d·Σ|q_l·x_l| and what products lose
// below 2^−1022.
func (s *summit) interval(x []float64) (low, high float64) {
	sum, size := 0.0, 0.0
	for l, y := range s.q {
		p := y * x[l]
		sum += p
		size += math.Abs(p)
	}
	off := 2*roundoff.Gamma(float64(s.dim+2))*size + float64(s.dim)*0x1p-1073
	if off >= 0 && size < math.MaxFloat64/4 {
		return sum - off, sum + off
	}
	return math.Inf(-1), math.Inf(1)
}

// most is at least the scores of a node.
func (s *summit) most(v int32) float64 {
	_, high := s.interval(s.centre[int(v)*s.dim:][:s.dim])
	w := s.width(v, s.q, s.norm) + float64(s.dim)*0x1p-1073
	if sum := high + w; sum < math.MaxFloat64/4 {
		return sum + 2*roundoff.Unit*(math.Abs(high)+w)
	}
	return math.Inf(1)
}

func (s *summit) visit(v int32, most float64) {
	s.visits++
	if most < s.low {
		return
	}
	n := s.nodes[v]
	if s.alike(v) {
		s.meet(int(n.from), int(n.to-n.from), int(s.first[v]))
		return
	}
	if n.left == 0 {
		for j := int(n.from); j < int(n.to); j++ {
			s.meet(j, 1, int(s.order[j]))
		}
		return
	}
	left, right := s.most(n.left), s.most(n.right)
	if left >= right {
		s.visit(n.left, left)
		s.visit(n.right, right)
	} else {
		s.visit(n.right, right)
		s.visit(n.left, left)
	}
}

// alike reports whether all keys of a node are equal.
func (s *summit) alike(v int32) bool {
	if s.frame(v) != nil {
		return false
	}
	_, half := s.box(v)
	for _, h := range half {
		if h > 0 {
			return false
		}
	}
	return true
}

// meet compares point j, which stands for so many equal keys, the first of them row first, with the best.
func (s *summit) meet(j, count, first int) {
	low, high := s.interval(s.point(j))
	if high < s.low {
		return
	}
	order := 1 // of this key against the best
	var exact *big.Float
	if s.best.Ties > 0 && !(low > s.high) {
		exact = dot(s.q, s.point(j))
		order = exact.Cmp(s.score())
	}
	switch {
	case order > 0:
		s.best, s.at, s.low, s.high, s.exact = Maximum{Key: first, Ties: count}, j, low, high, exact
	case order == 0:
		s.best.Key, s.best.Ties = min(s.best.Key, first), s.best.Ties+count
	}
}

// score is the exact score of the best key.
func (s *summit) score() *big.Float {
	if s.exact == nil {
		s.exact = dot(s.q, s.point(s.at))
	}
	return s.exact
}

// wide is a precision at which sums of products of float64s are exact: the products are multiples of 2^−2148
// below 2^2048, and fewer than 2^64 of them are added.
const wide = 2148 + 2048 + 64

// dot is the exact inner product.
func dot(q, k []float64) *big.Float {
	sum, p := new(big.Float).SetPrec(wide), new(big.Float).SetPrec(wide)
	x := new(big.Float).SetPrec(53)
	for l, y := range q {
		sum.Add(sum, p.Mul(p.SetFloat64(y), x.SetFloat64(k[l])))
	}
	return sum
}
