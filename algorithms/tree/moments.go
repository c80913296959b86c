package tree

import (
	"math"
	"sync"

	"finegrain"
	"finegrain/internal/monomials"
	"finegrain/internal/pass"
	"finegrain/internal/roundoff"

	"gonum.org/v1/gonum/floats"
)

// Moments. With y = (F(k−c))∘h⁻¹ in [−1,1]^d for the keys of a node, c, h and F the centre, the half sides and
// the frame of its box,
//
//	Σ_j e^⟨q,k_j−c⟩·v_j ≈ Σ_{|α|≤g} (Fq∘h)^α·μ_α,   μ_α = Σ_j y_j^α/α!·v_j,
//
// since Σ_{|α|=i} p^α·y^α/α! = ⟨p,y⟩^i/i! and ⟨Fq∘h,y⟩ = ⟨q,FᵀF(k−c)⟩. Those of a node follow from those of its
// children in the same frame: with t = F(c'−c)∘h⁻¹ and s = h'∘h⁻¹ a key's y is t + s∘y', so that by the binomial
// theorem
//
//	μ_α = Σ_{β≤α} t^(α−β)/(α−β)!·s^β·μ'_β,
//
// a coordinate at a time. A side of length 0 is no coordinate: there y = 0. From a child in another frame they
// follow key by key.

// moments are those of the nodes of a tree, made when they are first asked for. Those of node v are columns, of
// the values and of 1, of stride numbers each, rank of them and zeros.
type moments struct {
	*tree
	basis        monomials.Basis
	rank, stride int
	columns      int
	least        int       // keys that a node with moments has at least, and one more
	near         int       // keys of a node up to which its moments are made key by key, whatever its children have
	values       []float64 // of the keys in the tree's order, scaled: columns of total; the last is 1
	total        int

	inverse []float64             // 1/α!
	pred    [][]int32             // pred[l][α] is the index of α − e_l, −1 if α_l = 0
	steps   [][]int32             // the monomials with α_l ≥ 1, descending
	of      []lazy                // by node
	toward  func(float64) float64 // of a translation
	keen    bool                  // expand wherever it serves
	idle    []bool                // nodes whose moments are not worth making; nil: none

	loop       loops
	recipe     recipe // of the basis
	collectors *pass.Scratch[collector]
}

type lazy struct {
	formed sync.Once
	form
	made sync.Once
	sum  []float64
}

// form is how the moments of a node come about. They are, but for rounding in K_μ operations (bound.go), those
// of keys that are off by at most off: what centring loses.
type form struct {
	moved  bool    // from the children's
	summed float64 // additions key by key, of a node below, at most
	moves  float64 // since
	off    float64
}

// roundings is K_μ of moments up to a degree.
func (f *form) roundings(degree int) float64 { return f.summed + (f.moves+1)*float64(9*degree+9) }

// newMoments has no moments of any degree yet.
func newMoments(t *tree, values []float64, columns, total int, l loops) *moments {
	return &moments{tree: t, columns: columns, values: values, total: total, loop: l, of: make([]lazy, len(t.nodes))}
}

// grade sets the degree, before any moments are made.
func (x *moments) grade(degree int) {
	t, b := x.tree, monomials.New(x.dim, degree)
	x.basis, x.rank, x.recipe = b, b.Rank(degree), x.loop.recipe(b)
	x.collectors = &pass.Scratch[collector]{Fresh: x.newCollector}
	x.stride = (x.rank + padding - 1) / padding * padding
	x.steps, x.pred = make([][]int32, t.dim), make([][]int32, t.dim)
	x.inverse = make([]float64, x.rank)
	x.inverse[0] = 1
	for l := range x.pred {
		x.pred[l] = make([]int32, x.rank)
		x.pred[l][0] = -1
	}
	exponents := make([][]byte, x.rank)
	index := map[string]int32{string(make([]byte, t.dim)): 0}
	exponents[0] = make([]byte, t.dim)
	b.Exponents(func(i, l, times, parent int) {
		x.inverse[i] = x.inverse[parent] / float64(times)
		e := append([]byte(nil), exponents[parent]...)
		e[l]++
		exponents[i], index[string(e)] = e, int32(i)
		for k := range t.dim {
			x.pred[k][i] = -1
			if e[k] > 0 {
				e[k]--
				x.pred[k][i] = index[string(e)]
				e[k]++
			}
		}
	})
	for l := range t.dim {
		for i := x.rank - 1; i >= 0; i-- {
			if x.pred[l][i] >= 0 {
				x.steps[l] = append(x.steps[l], int32(i))
			}
		}
	}
}

// padding is the multiple of numbers that loops read.
const padding = 16

// has reports whether a node may have moments: where it has more keys than least.
func (x *moments) has(v int32) bool { return x.size(v) > x.least }

// serves reports whether a node is to be expanded.
func (x *moments) serves(v int32) bool { return x.has(v) && (x.idle == nil || !x.idle[v]) }

// at returns the moments of node v, made now if they were not before.
func (x *moments) at(v int32) []float64 {
	l := &x.of[v]
	l.made.Do(func() {
		mu, n := make([]float64, x.stride*x.columns), x.nodes[v]
		if !x.formOf(v).moved {
			x.add(mu, v)
		} else {
			part := make([]float64, x.stride*x.columns)
			for _, child := range []int32{n.left, n.right} {
				copy(part, x.at(child))
				x.move(part, child, v)
				for i, y := range part {
					mu[i] += y
				}
			}
		}
		l.sum = mu
	})
	return l.sum
}

// formOf says how the moments of node v come about, without making them.
func (x *moments) formOf(v int32) *form {
	l := &x.of[v]
	l.formed.Do(func() {
		n := x.nodes[v]
		l.moved = n.left != 0 && x.size(v) > x.near && x.has(n.left) && x.has(n.right) &&
			x.within(n.left, v) && x.within(n.right, v)
		if l.moved {
			for _, child := range []int32{n.left, n.right} {
				below := x.formOf(child)
				l.summed, l.moves, l.off = max(l.summed, below.summed), max(l.moves, below.moves), max(l.off, below.off)
			}
			l.moves++
		} else {
			l.summed = x.loop.additions(int(n.to - n.from))
		}
		l.off += x.centring(v)
	})
	return &l.form
}

// work is what making a number of node v takes, where some nodes' are made.
func (x *moments) work(v int32, made []bool, p prices) float64 {
	if made[v] {
		return 0
	}
	n := x.nodes[v]
	if !x.formOf(v).moved {
		return float64(n.to-n.from) * p.moment
	}
	return 2*terms(x.dim, x.basis.Degree)*p.term + x.work(n.left, made, p) + x.work(n.right, made, p)
}

// terms is what moving a number takes on average: Σα terms, and by symmetry Σα is d/(d+1) of the degree, as if one
// more variable filled that up.
func terms(d, degree int) float64 { return float64(degree*d) / float64(d+1) }

// nearOf is a multiple of how many keys take as long as moving two children's moments, at a degree that is usual: since
// most often nothing else wants the children's, and those below. From 6 to 24 times as many, all takes the same.
func nearOf(d int, p prices) int {
	const usual, multiple = 16, 12
	return int(math.Round(multiple * 2 * terms(d, min(usual, degree(d))) * p.term / p.moment))
}

// make notes that the moments of node v are made, and with them those that theirs come from.
func (x *moments) make(v int32, made []bool) {
	if made[v] {
		return
	}
	made[v] = true
	if n := x.nodes[v]; x.formOf(v).moved {
		x.make(n.left, made)
		x.make(n.right, made)
	}
}

// centring bounds what computing y, or s and t, and p of a query moves a key, over ‖q‖ for a score: κ‖x‖ for a
// frame that is not quite one, d+3 roundings of ‖x‖ in each coordinate of y or t and d+2 of h in each of p, with
// ‖x‖ ≤ Σh·(1+2κ). Along the axes errors are relative to each product, and bound.go has them.
func (x *moments) centring(v int32) float64 {
	if x.nodes[v].frame < 0 {
		return 0
	}
	_, half := x.box(v)
	sum := 0.0
	for _, h := range half {
		sum += h
	}
	return (x.kappa[x.nodes[v].frame] + 2*float64(x.dim+1)*roundoff.Gamma(float64(x.dim+4))) * 1.01 * sum
}

// coordinates writes F(k−c)∘h⁻¹ to y.
func (x *moments) coordinates(y, k []float64, v int32) {
	d := x.dim
	centre, half := x.box(v)
	f := x.frame(v)
	for l, h := range half {
		y[l] = 0
		if h == 0 {
			continue
		}
		if f == nil {
			y[l] = (k[l] - centre[l]) / h
			continue
		}
		for i, g := range f[l*d:][:d] {
			y[l] += g * (k[i] - centre[i])
		}
		y[l] /= h
	}
}

// within reports whether the moments of u can be moved to v: one frame, and the box of u in that of v but for
// rounding.
func (x *moments) within(u, v int32) bool {
	if x.nodes[u].frame != x.nodes[v].frame {
		return false
	}
	t := make([]float64, x.dim)
	x.coordinates(t, x.centre[int(u)*x.dim:][:x.dim], v)
	for l, y := range t {
		h := x.half[int(v)*x.dim+l]
		if h > 0 && !(math.Abs(y)+x.half[int(u)*x.dim+l]/h <= 1+0x1p-30) {
			return false
		}
	}
	return true
}

// makeServing makes the moments that are wanted from keys, on all cores: those of nodes that serve, or of nodes
// below whose moments theirs come from. The rest, which takes less, is made when it is asked for. The error is
// env's.
func (x *moments) makeServing(env finegrain.Env) error {
	var wanted []int32
	var below func(v int32)
	seen := make([]bool, len(x.nodes))
	below = func(v int32) {
		if seen[v] {
			return
		}
		seen[v] = true
		if n := x.nodes[v]; x.formOf(v).moved {
			below(n.left)
			below(n.right)
		} else {
			wanted = append(wanted, v)
		}
	}
	for v, idle := range x.idle {
		if x.has(int32(v)) && !idle {
			below(int32(v))
		}
	}
	return env.ForEach(len(wanted), func(i int) { x.at(wanted[i]) })
}

// move turns moments about node u into those about v, which holds it.
func (x *moments) move(mu []float64, u, v int32) {
	d := x.dim
	s, t := make([]float64, d), make([]float64, d)
	x.coordinates(t, x.centre[int(u)*d:][:d], v)
	for l := range d {
		if h := x.half[int(v)*d+l]; h > 0 {
			s[l] = x.half[int(u)*d+l] / h
		}
		t[l] = x.toward(t[l])
	}
	powers := make([]float64, x.rank)
	powers[0] = 1
	x.basis.Row(powers, s, x.basis.Degree)
	factors := make([]float64, x.basis.Degree+1) // t^k/k!
	for c := 0; c < x.columns; c += atOnce {
		var m [atOnce][]float64 // columns; where there are fewer, the last again
		for i := range m {
			m[i] = mu[min(c+i, x.columns-1)*x.stride:][:x.rank]
		}
		for i := range min(atOnce, x.columns-c) {
			floats.Mul(m[i], powers)
		}
		for l, shift := range t {
			if shift == 0 {
				continue
			}
			factors[0] = 1
			for k := 1; k < len(factors); k++ {
				factors[k] = factors[k-1] * (shift / float64(k))
			}
			x.moveAlong(l, factors, m[0], m[1], m[2], m[3])
		}
	}
}

// atOnce is how many columns are moved at once, so that one's sum does not wait for itself.
const atOnce = 4

// moveAlong moves columns, or the same several times, along one coordinate. What is read is of a lower degree and not
// yet moved.
func (x *moments) moveAlong(l int, factors, a, b, c, d []float64) {
	pred := x.pred[l]
	for _, i := range x.steps[l] {
		p, q, r, s := a[i], b[i], c[i], d[i]
		for j, k := pred[i], 1; j >= 0; j, k = pred[j], k+1 {
			f := factors[k]
			p += f * a[j]
			q += f * b[j]
			r += f * c[j]
			s += f * d[j]
		}
		a[i], b[i], c[i], d[i] = p, q, r, s
	}
}
