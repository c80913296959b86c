package tree

import (
	"cmp"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"

	"finegrain"
)

// The path tree: a balanced tree over a spanning path of low crossing number. Every set of n points in R^d has a
// spanning path of which every hyperplane separates only O(n^{1−1/d}) edges (Welzl, "Partition trees for triangle
// counting and other range searching problems", 1988; Chazelle and Welzl, "Quasi-optimal range searching in spaces
// of finite VC-dimension", 1989). A node is a stretch of the path, so that on each level a hyperplane has points on
// both sides of at most as many nodes as it separates edges, X, and of 2^l at most on the l-th: of
// O(X·log(n/X)) in all, whatever the points.
//
// The path is found as there, by multiplicative weights of a test set (testset.go), but in batches and with samples:
// the paths found so far, at first the points, are joined at their ends.
//
//   - Each test hyperplane has the weight e^{ηX_h}, where X_h is how many edges it separates so far. Hyperplanes are
//     drawn by weight. The first L of them make at most φ_d(L) = Σ_{i≤d} C(L,i) cells; L is the most with φ_d(L) ≤ m/2,
//     where m is the number of paths: of the order of m^{1/d}.
//   - Ends in one cell are paired, those first that agree on the most hyperplanes in the order drawn. At most one end of a
//     cell is left over, and ends of one path are not paired, so that at least m/4 pairs agree on L. Joining them,
//     best first, but for those that would close a path, takes at least m/8 of them; so many are joined in a batch at most.
//   - With probability at least 1 − δ no pair ever agrees on L while hyperplanes of more than κ = (3·ln n + ln(1/δ))/L of
//     the weight separate it: it does so with probability (1−κ)^L < δ/n³, and there are fewer than n² pairs and n batches.
//   - A batch ends also when a hyperplane separates 1/η of its edges. So no weight grows by more than
//     e^{ηc} ≤ 1 + (e−1)ηc, c its edges of the batch, and all together by the factor 1 + (e−1)·η·Σκ, the sum over the
//     edges of the batch. At the end e^{ηX_h} ≤ |T|·e^{(e−1)·η·Σκ}, hence
//     X_h ≤ ln|T|/η + (e−1)·Σκ, and Σκ = Σ_m O(log n/m^{1/d}) = O(n^{1−1/d}·log n). With η = ln|T|/n^{1−1/d}, so is X_h.
//
// So for d ≥ 2 the exponent is proved up to logarithms, with high probability over the seed; in one dimension the
// path is the sorted order. Points of a flat, but for roundings, count by its dimension. That pairs are sought beyond
// L, that ends which nothing drawn tells apart are paired along a coordinate, and the constants, are what was found to
// do better, and no part of the argument.

// mostPath is the most points of a path tree: its build takes some n² tests of sides, and n²/8 bytes.
const mostPath = 1 << 14

// mostPathDim is the most coordinates: a test hyperplane takes d³ operations, and there are more than d.
const mostPathDim = 64

// further is how many times L hyperplanes are drawn, and joined the fraction of paths that are joined in a batch.
const (
	further = 16
	joined  = 1. / 8
)

var pathTree = builder{name: PathTree, turn: true, order: alongPath, halve: func(*tree, int32, int) {}}

// alongPath puts the points of a tree in the order of the path. The error is env's.
func alongPath(env finegrain.Env, t *tree) error {
	path, err := spanningPath(env, t.standardised())
	if path == nil || err != nil {
		return err
	}
	points, order := make([]float64, 0, len(t.points)), make([]int32, 0, len(t.order))
	for _, i := range path {
		points, order = append(points, t.point(int(i))...), append(order, t.order[i])
	}
	t.points, t.order = points, order
	return nil
}

// spanningPath is the points with these coordinates along the path; nil: they are all equal. The error is env's.
func spanningPath(env finegrain.Env, columns [][]float64) ([]int32, error) {
	switch len(columns) {
	case 0:
		return nil, nil
	case 1:
		path := upTo(len(columns[0]))
		sortAlong(path, columns[0])
		return path, nil
	}
	r := env.Rand("path")
	s, err := newSides(env, r, columns)
	if err != nil {
		return nil, err
	}
	p := newPaths(s)
	for p.count > 1 {
		if err := env.Err(); err != nil {
			return nil, err
		}
		p.batch(r)
	}
	return p.walk(), nil
}

// paths are disjoint paths through all points.
type paths struct {
	*sides
	count int
	links [][]int32 // of each point, at most two
	ends  []int32   // points with less than two
	other []int32   // of an end, that of its path at the other end

	eta       float64
	separated []int32   // by plane: edges
	growth    []int32   // by plane: edges of a batch
	weights   []float64 // by plane: the sum of the weights up to its own
	drawn     []int32   // planes
	pairs     []pair
}

// pair is two ends that agree on the first agree planes drawn.
type pair struct{ a, b, agree int32 }

func newPaths(s *sides) *paths {
	d, n := len(s.columns), len(s.columns[0])
	return &paths{
		sides: s, count: n, links: make([][]int32, n), ends: upTo(n), other: upTo(n),
		eta:       min(0.5, math.Log(float64(s.planes)+1)/math.Pow(float64(n), 1-1/float64(d))),
		separated: make([]int32, s.planes), growth: make([]int32, s.planes), weights: make([]float64, s.planes),
	}
}

// batch joins some paths, at least two.
func (p *paths) batch(r *rand.Rand) {
	p.draw(r, further*max(1, fewCells(p.count/2, len(p.columns))))
	p.pairs = p.pairs[:0]
	p.pairUp(slices.Clone(p.ends), 0)
	slices.SortStableFunc(p.pairs, func(x, y pair) int { return cmp.Compare(y.agree, x.agree) })
	clear(p.growth)
	most := max(1, int(joined*float64(p.count)))
	for _, x := range p.pairs {
		if p.other[x.a] == x.b {
			continue // two pairs of this batch made them ends of one path
		}
		growth := p.join(x.a, x.b)
		if most--; most == 0 || float64(growth+1)*p.eta > 1 {
			break
		}
	}
	p.ends = slices.DeleteFunc(p.ends, func(i int32) bool { return len(p.links[i]) == 2 })
}

// draw draws planes by weight.
func (p *paths) draw(r *rand.Rand, count int) {
	most, sum := slices.Max(p.separated), 0.0
	for h, x := range p.separated {
		sum += math.Exp(p.eta * float64(x-most))
		p.weights[h] = sum
	}
	p.drawn = p.drawn[:0]
	for range count {
		h, _ := slices.BinarySearch(p.weights, r.Float64()*sum)
		p.drawn = append(p.drawn, int32(min(h, p.planes-1)))
	}
}

// pairUp pairs ends that agree on the planes before depth, those of one path not, and returns the one that is left
// over; −1: none. It reorders among.
func (p *paths) pairUp(among []int32, depth int) (left int32) {
	for ; len(among) > 1 && depth < len(p.drawn); depth++ {
		above := 0
		for k, i := range among {
			if !p.of(i, p.drawn[depth]) {
				among[above], among[k] = among[k], among[above]
				above++
			}
		}
		if above > 0 && above < len(among) {
			left = p.pairUp(among[:above], depth+1)
			return p.pair(left, p.pairUp(among[above:], depth+1), depth)
		}
	}
	if len(among) > 2 {
		sortAlong(among, p.widest(among))
	}
	left = -1
	for _, i := range among {
		left = p.pair(left, i, depth)
	}
	return left
}

// pair notes that a and b agree on so many planes, unless one is none or they are of one path; it returns what is left.
func (p *paths) pair(a, b int32, agree int) (left int32) {
	switch {
	case a < 0:
		return b
	case b < 0 || p.other[a] == b:
		return a
	}
	p.pairs = append(p.pairs, pair{a, b, int32(agree)})
	return -1
}

// widest is the coordinate in which some points differ most.
func (p *paths) widest(among []int32) (coordinate []float64) {
	most := -1.0
	for _, c := range p.columns {
		low, high := c[among[0]], c[among[0]]
		for _, i := range among {
			low, high = min(low, c[i]), max(high, c[i])
		}
		if high-low > most {
			coordinate, most = c, high-low
		}
	}
	return coordinate
}

// join makes one path of those that end at a and b. growth is the most edges of this batch that a plane separates which
// separates this one.
func (p *paths) join(a, b int32) (growth int32) {
	p.links[a], p.links[b] = append(p.links[a], b), append(p.links[b], a)
	p.other[p.other[a]], p.other[p.other[b]] = p.other[b], p.other[a]
	p.count--
	y := p.row(b)
	for w, x := range p.row(a) {
		for differ := x ^ y[w]; differ != 0; differ &= differ - 1 {
			h := 64*w + bits.TrailingZeros64(differ)
			p.separated[h]++
			p.growth[h]++
			growth = max(growth, p.growth[h])
		}
	}
	return growth
}

// walk is the points of the only path.
func (p *paths) walk() []int32 {
	var path []int32
	from, at := int32(-1), p.ends[0]
	for len(path) < len(p.links) {
		path = append(path, at)
		for _, i := range p.links[at] {
			if i != from {
				from, at = at, i
				break
			}
		}
	}
	return path
}

// fewCells is the most hyperplanes in d dimensions that always make at most cells cells.
func fewCells(cells, d int) (planes int) {
	for {
		sum, term := 1.0, 1.0
		for i := range d {
			term *= float64(planes+1-i) / float64(i+1)
			sum += term
		}
		if sum > float64(cells) {
			return planes
		}
		planes++
	}
}

func upTo(n int) []int32 {
	all := make([]int32, n)
	for i := range all {
		all[i] = int32(i)
	}
	return all
}

func sortAlong(points []int32, coordinate []float64) {
	slices.SortStableFunc(points, func(a, b int32) int { return cmp.Compare(coordinate[a], coordinate[b]) })
}
