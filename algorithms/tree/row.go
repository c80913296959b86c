package tree

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"finegrain/internal/doubledouble"
	"finegrain/internal/roundoff"
)

// A row alone: for queries whose scores are so large that float64 does not tell nearly tied keys apart. The
// query walks the tree from the root, the child with the larger bound on scores first, so that the mass is known
// early. A node is dropped if all of it is too small to matter; expanded, if a degree that there is serves and
// costs less than its keys one by one; and else its children are visited, or its keys.

// walker answers queries, one at a time. All numbers of mass are over e^shift.
type walker struct {
	*moments
	limits
	scale float64
	reach []float64 // max_j|k_jl|
	keys  float64   // m

	q      []float64 // s·q, each entry with one rounding
	raw    []float64 // q
	norm   float64   // ‖s·q‖
	x      float64   // X
	double bool      // centres and shift in double-double
	shift  doubledouble.Number
	sums   []float64 // numerators, and the denominator last
	// dropped, erring and rounded are P, T but for scores, and R but for additions; scoring is the largest error
	// of a score that was not the same for the whole node.
	dropped, erring, rounded, scoring float64
	additions                         float64 // of leaves, each summed by itself, and expansions

	p, row []float64 // of an expansion
	scores []float64

	counts
}

// counts are made where the work is.
type counts struct{ visits, expansions, multiplyAdds, exponentials, doubles, splits, rows int64 }

func newWalker(x *moments, l limits, scale float64, reach []float64) *walker {
	return &walker{
		moments: x, limits: l, scale: scale, reach: reach, keys: float64(len(x.order)),
		q: make([]float64, x.dim), sums: make([]float64, x.columns),
		p: make([]float64, x.dim), row: make([]float64, x.rank), scores: make([]float64, x.leaf),
	}
}

// about returns the score of a node's centre less the shift, and the most that scores of its keys differ from it.
func (a *walker) about(v int32) (far, w float64) {
	c := a.centre[int(v)*a.dim:][:a.dim]
	w = a.width(v, a.q, a.norm)
	if a.double {
		return doubledouble.Dot(a.raw, c).Times(a.scale).Minus(a.shift), w
	}
	return inner(a.q, c) - a.shift.Hi, w
}

// answer computes the sums of the row of query q. Their bound is bound.
func (a *walker) answer(q []float64) {
	a.raw, a.x = q, 0
	for l, y := range q {
		a.q[l] = a.scale * y
		a.x += math.Abs(a.q[l]) * a.reach[l]
	}
	a.x *= up(a.dim)
	a.norm = norm(a.q)
	a.double = a.rules.plain(a.dim, a.x) > a.exact
	clear(a.sums)
	a.dropped, a.erring, a.rounded, a.scoring, a.additions = 0, 0, 0, 0, 0

	// The shift is the least that the best leaf's scores can be: a lower bound on the largest score.
	a.shift = doubledouble.Number{}
	v := int32(0)
	for a.nodes[v].left != 0 {
		n := a.nodes[v]
		left, wl := a.about(n.left)
		right, wr := a.about(n.right)
		if v = n.left; right+wr > left+wl {
			v = n.right
		}
	}
	far, w := a.about(v)
	a.shift = doubledouble.Number{Hi: far - w - a.slackOf(far, w)}
	far, w = a.about(0)
	a.visit(0, far, w)
}

// slackOf is the error of far + w.
func (a *walker) slackOf(far, w float64) float64 {
	off := 4 * roundoff.Unit * (math.Abs(far) + w)
	if a.double {
		return off + a.rules.double(a.dim, a.x, 0)
	}
	return off + a.rules.plain(a.dim, a.x)
}

// mass is a lower bound on the sum of all weights, but for errors: what was summed, and what the shift promises.
func (a *walker) mass() float64 { return max(1, a.sums[a.columns-1]) }

func (a *walker) visit(v int32, far, w float64) {
	a.visits++
	n := a.nodes[v]
	size := float64(n.to - n.from)
	share := a.drop * a.mass() / a.keys // of a key, of what may be dropped
	if most := math.Exp(far+w+a.slackOf(far, w)) * (1 + 0x1p-20); most <= share {
		a.dropped += a.rules.dropped(size * most)
		return
	}
	if a.expand(v, size, far, w, share) {
		return
	}
	if n.left == 0 {
		a.keysOf(v, far, share)
		return
	}
	left, wl := a.about(n.left)
	right, wr := a.about(n.right)
	first, second := n.left, n.right
	if left+wl < right+wr {
		first, second = n.right, n.left
		left, right, wl, wr = right, left, wr, wl
	}
	shift := a.shift
	a.visit(first, left, wl)
	if a.shift != shift {
		right, wr = a.about(second)
	}
	a.visit(second, right, wr)
}

// farthest is how far above the shift a score may lie before the shift is raised.
const farthest = 60

// raise adds by to the shift.
func (a *walker) raise(by float64) {
	if a.double {
		a.shift = a.shift.Add(by)
	} else {
		raised := a.shift.Hi + by
		by = raised - a.shift.Hi
		a.shift.Hi = raised
	}
	f := math.Exp(-by)
	for c := range a.sums {
		a.sums[c] *= a.rules.raised(f)
	}
	a.dropped, a.erring, a.rounded = a.dropped*f, a.erring*f, a.rounded*f
	a.additions += 12 // of the product and the exponential, for all terms so far
}

// expand adds the node by its moments, if that serves and pays.
func (a *walker) expand(v int32, size, far, w, share float64) bool {
	if !(w <= widest && far <= farthest) || !a.serves(v) {
		return false
	}
	form := a.formOf(v)
	off := a.rules.near(a.dim, w) + a.rules.centred(a.norm*form.off)
	if !(off <= a.exact) {
		return false
	}
	w += a.norm * form.off // of what is computed
	high := math.Exp(far + w)
	degree, e, ok := a.rules.series(w, max(a.drop, share/high), a.basis.Degree)
	if !ok {
		return false
	}
	r := a.basis.Rank(degree)
	if !a.keen && float64(r*(a.columns+1)) >= size*float64(a.dim+a.columns+16) {
		return false
	}
	rounding := a.rules.rounded(form.roundings(degree)+float64(3*degree+r+8)) * high * size
	if rounding > a.round*max(size*math.Exp(far), size*share/a.drop) {
		return false // the terms cancel
	}
	a.scoring = max(a.scoring, off)
	d, f := a.dim, a.frame(v)
	for l, h := range a.half[int(v)*d:][:d] {
		y := a.q[l]
		if f != nil {
			y = inner(f[l*d:][:d], a.q)
		}
		a.p[l] = y * h
	}
	sum := a.at(v)
	a.row[0] = 1
	a.basis.Row(a.row, a.p, degree)
	weight := math.Exp(far)
	for c := range a.sums {
		x := weight * floats.Dot(a.row[:r], sum[c*a.stride:][:r])
		a.sums[c] += x
		if c == a.columns-1 {
			if e <= a.drop {
				a.erring += e / (1 - e) * (x + rounding)
			} else {
				a.erring += a.rules.lost(e * high * size)
			}
		}
	}
	a.rounded += rounding
	a.additions++
	a.expansions++
	a.multiplyAdds += int64(r * (a.columns + 1))
	a.exponentials++
	return true
}

// keysOf adds the keys of a leaf one by one.
func (a *walker) keysOf(v int32, far, share float64) {
	n := a.nodes[v]
	d, scores := a.dim, a.scores[:n.to-n.from]
	centre, half := a.box(v)
	sum := a.slack[v]
	for _, h := range half {
		sum += h
	}
	off := a.rules.near(d, a.norm*sum)
	double := a.double && off > a.exact
	if !double {
		a.scoring = max(a.scoring, off)
	}
	// In double-double differences are rounded relative to the shift: once it is raised they are taken anew.
	var most, dropped float64
	for again := true; again; {
		again, most, dropped = false, math.Inf(-1), 0
		for i := range scores {
			j := int(n.from) + i
			x := 0.0
			for l, k := range a.point(j) {
				x += a.q[l] * (k - centre[l])
			}
			x += far
			if double {
				if bound := math.Exp(x+off+a.slackOf(far, x)) * (1 + 0x1p-20); bound <= share {
					dropped += bound
					x = math.Inf(-1)
				} else {
					x = doubledouble.Dot(a.raw, a.point(j)).Times(a.scale).Minus(a.shift)
					a.doubles++
				}
			}
			scores[i] = x
			most = max(most, x)
		}
		if most > farthest || a.sums[a.columns-1] == 0 && most > 1 {
			a.raise(most)
			if a.double {
				far, _ = a.about(v)
				again = true
				continue
			}
			for i := range scores {
				scores[i] -= most
			}
		}
	}
	a.dropped += a.rules.dropped(dropped)
	for i, x := range scores {
		scores[i] = math.Exp(x)
	}
	for c := range a.sums {
		a.sums[c] += floats.Dot(scores, a.values[c*a.total+int(n.from):][:len(scores)])
	}
	a.additions++
	a.multiplyAdds += int64(len(scores) * (d + a.columns))
	a.exponentials += int64(len(scores))
}

// bound is that of the row, for values of at most 1 whose columns spread so; +Inf where nothing can be said.
func (a *walker) bound(spread float64) float64 {
	total := a.sums[a.columns-1]
	eta := a.rules.plain(a.dim, a.x)
	if a.double {
		eta = a.rules.double(a.dim, a.x, 2*math.Abs(math.Log(a.drop/a.keys))+8*farthest)
	}
	eta += a.scoring + expError + a.lost
	rounded := a.rounded + a.rules.rounded(a.additions+float64(a.leaf)+8)*(total+a.rounded)
	off := math.Expm1(eta)
	if !(off < 0.5) {
		return math.Inf(1)
	}
	erring := (a.erring*(1+off) + off*(total+a.rounded+a.erring)) / (1 - off)
	return rowError(spread, a.dropped, erring, rounded, total)
}
