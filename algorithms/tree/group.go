package tree

import (
	"math"
	"slices"

	"finegrain/internal/roundoff"
	"finegrain/internal/simd"
)

// Groups. Queries that lie close together share one walk of the keys' tree (dual-tree methods, after Gray and
// Moore 2000): what is dropped, expanded or taken key by key is decided once, with bounds over the box of the
// queries, and the loops then see whole tiles. Scores are relative to one key, the best for the centre of the
// group.
//
// With c, η the centre and half widths of the queries' box, x = c_v − k* and w over the box, the score of every
// key of node v, of every query, relative to k*, lies within
//
//	⟨c,x⟩ ± (Σ_l η_l|x_l| + w),   w = Σ_l (|⟨c,f_l⟩| + Σ_i η_i|f_li|)·h_l + max‖q‖·slack.
//
// As k* is the best for c but for 1/2 and rounding, it is also at most that and ‖η‖·max‖k−k*‖.
//
// As k* itself has weight 1 every mass is at least 1, and at least Σ n_v·e^(least score of v) over what was
// taken so far.

// group is the working memory of a worker. All of a query is times the scale.
type group struct {
	*moments
	price   prices
	limit   limits
	loss    float64 // the error of a score, over what its terms add up to
	queries *tree

	// The rows are the queries from … to−1 in their tree's order, with their box and the largest norm in it.
	from, to int
	mid, eta []float64
	norm     float64
	side     float64 // ‖η‖

	// of a walk
	ref      []float64 // k*
	top      float64   // the largest score of the centre, at most
	near     []int32   // leaves
	far      []expansion
	mass     float64 // at least, of every row
	cut      float64 // score of what is dropped at most
	cutMass  float64 // the mass that it is for
	faint    float64 // e^(cut − farBelow)
	dropped  float64 // P
	lost     float64 // T of expansions that are small altogether
	relative float64 // the largest relative error of the others
	gamma    float64 // the largest γ_K of expansions
	swing    float64 // how far scores of what is summed may move within the group
	spend    float64 // what a row costs
	looked   int64
	least    float64 // of the scores of what is summed
	wide     bool    // some score may be too large
	reach    float64 // ‖k − k*‖ of near keys, at most
	dear     float64 // what the rows may take; then the walk ends as if some score were too large
	alike    bool    // that is bound enough for the errors of all their scores

	// of tiles
	packedQueries []float64 // of each tile
	packedKeys    []float64
	distances     []float64
	tile, ignored []float64
	output        []float64 // of each tile: columns, the sum of weighted distances, and Σ n_v·e^(far + w) of expansions
	totals        []float64
	faded         float64 // what times 2^−990 bounds the weights that became 0: near keys, and n_v·e^w of expansions
	tiles         float64 // of keys, and expansions
	longest       int     // additions of a part of a tile
	blocks        blocks  // of expansions

	counts
}

// expansion is a node and how it is expanded.
type expansion struct {
	node   int32
	degree int
	up     float64 // e^w
	saves  float64 // of the price of a row
}

// mostRows is the size of a group at most.
const mostRows = 192

// widest is how far scores of a node may be from that of its centre for it to be expanded: beyond, terms cancel
// anyway.
const widest = 30

// tallest is the largest score over the reference that a group takes, of a key. That of a centre is at most w more, so
// that no exponent is above 1000.
const tallest = 600

func newGroup(x *moments, lim limits, queries *tree) *group {
	l := x.loop
	tiles := (mostRows + l.rows - 1) / l.rows
	d, c := x.dim, x.columns
	return &group{
		moments: x, price: pricesOf(l).of(x.tree), limit: lim, loss: lim.rules.key(d, 1),
		queries: queries, dear: math.Inf(1),
		mid: make([]float64, d), eta: make([]float64, d), ref: make([]float64, d),
		packedQueries: simd.Aligned[float64](tiles * l.rows * d), packedKeys: simd.Aligned[float64](simd.MaxKeys * d),
		distances: simd.Aligned[float64](simd.MaxKeys), tile: simd.Aligned[float64](l.rows * simd.Stride),
		ignored: simd.Aligned[float64](l.rows * l.lanes),
		output:  simd.Aligned[float64](tiles * (c + 2) * l.rows * l.lanes), totals: make([]float64, (c+2)*l.rows),
		blocks: newBlocks(x),
	}
}

// take makes the group of the queries from … to−1 of their tree.
func (g *group) take(from, to int) {
	g.from, g.to = from, to
	copy(g.mid, g.queries.point(from))
	copy(g.eta, g.mid)
	for i := from + 1; i < to; i++ {
		for l, y := range g.queries.point(i) {
			g.mid[l], g.eta[l] = min(g.mid[l], y), max(g.eta[l], y)
		}
	}
	sum, side := 0x1p-1000, 0.0
	for l, most := range g.eta {
		least := g.mid[l]
		g.mid[l] = least/2 + most/2
		g.eta[l] = g.limit.rules.around(max(most-g.mid[l], g.mid[l]-least) * (1 + 4*roundoff.Unit))
		corner := math.Abs(g.mid[l]) + g.eta[l]
		sum += corner * corner
		side += g.eta[l] * g.eta[l]
	}
	g.side = math.Sqrt(side) * up(g.dim)
	g.norm = math.Sqrt(sum) * up(g.dim)
}

// norm is ‖x‖, rounded up; +Inf where squares leave the range above, and at least 2^−500.
func norm(x []float64) float64 {
	sum := 0x1p-1000
	for _, y := range x {
		sum += y * y
	}
	return math.Sqrt(sum) * (1 + float64(len(x)+4)*roundoff.Unit)
}

// largestNorm keeps distances and norms within their range, with room.
const largestNorm = 0x1p400

// walk decides what is done with the keys; false: it cannot be done for all rows at once.
func (g *group) walk() bool {
	g.looked = 0
	if !(g.norm < largestNorm) {
		return false
	}
	key, looked := g.best(g.mid, g.norm)
	g.looked = looked
	copy(g.ref, g.point(key))
	g.top = 0.5 + 16*(g.loss+roundoff.Unit)*g.norm*g.limit.longest
	g.near, g.far = g.near[:0], g.far[:0]
	g.mass, g.dropped, g.lost, g.relative, g.gamma = 0, 0, 0, 0, 0
	g.swing, g.least, g.wide, g.spend, g.reach = 0, 0, false, 0, 0
	g.setCut()
	g.visit(0, g.look(0))
	g.visits += g.looked
	g.alike = g.loss*g.norm*g.reach <= g.limit.exact
	return !g.wide
}

// loosest is how far the scores that count may move within a group, in nats, before it is split, if its keys
// take longer than looking for them in two groups: what is taken key by key then is so much more than need be.
const loosest = 30

// split reports whether the group is better split, given what walk said.
func (g *group) split(ok bool) bool {
	return !ok || g.swing > loosest && (g.keen || g.spend > 2*g.price.visit*float64(g.looked)/float64(g.to-g.from))
}

// view is what a group sees of a node.
type view struct {
	mid, swing, w float64 // scores are in mid ± (swing + w)
	most          float64 // the largest score, at most
	terms         float64 // Σ|q_l||x_l|, at most
	reach         float64 // ‖k − k*‖, at most
}

func (g *group) look(v int32) (s view) {
	d := g.dim
	centre, half := g.box(v)
	for l, k := range centre {
		x := k - g.ref[l]
		a := math.Abs(x)
		s.reach += a
		s.mid += g.mid[l] * x
		s.swing += g.eta[l] * a
		s.terms += math.Abs(g.mid[l]) * a
	}
	s.terms = (s.terms + s.swing) * up(d)
	if f := g.frame(v); f == nil {
		for l, h := range half {
			s.w += (math.Abs(g.mid[l]) + g.eta[l]) * h
			s.reach += h
		}
		s.w *= up(d)
	} else {
		for l, h := range half {
			y, z := 0.0, 0.0
			for i, e := range f[l*d:][:d] {
				y += e * g.mid[i]
				z += math.Abs(e) * g.eta[i]
			}
			s.w += (math.Abs(y) + z) * h
			s.reach += h
		}
		s.w = s.w*up(d+2) + g.norm*g.slack[v]
	}
	s.swing = s.swing*up(d) + g.loss*s.terms
	s.reach *= 1 + 0x1p-20 // ‖x‖ ≤ Σh·(1+2κ) in a frame
	s.most = min(s.mid+s.swing+s.w, g.top+g.side*s.reach)
	return s
}

func (s view) least() float64 { return s.mid - s.swing - s.w }

func (g *group) visit(v int32, s view) {
	if g.wide {
		return
	}
	g.looked++
	if g.spend*float64(g.to-g.from)+float64(g.looked)*g.price.visit > g.dear {
		g.wide = true
		return
	}
	size := float64(g.size(v))
	most := s.most
	if most <= g.cut {
		e := g.faint
		if most > g.cut-farBelow {
			e = math.Exp(most) * (1 + 0x1p-20)
		}
		g.dropped += g.limit.rules.dropped(size * e)
		return
	}
	if g.expand(v, size, s) {
		return
	}
	n := g.nodes[v]
	if n.left == 0 {
		if !(most <= tallest) {
			g.wide = true
			return
		}
		g.near = append(g.near, v)
		g.reach = max(g.reach, s.reach)
		g.accept(size, s)
		g.spend += size * g.price.direct(g.dim, g.columns)
		return
	}
	left, right := g.look(n.left), g.look(n.right)
	if left.most >= right.most {
		g.visit(n.left, left)
		g.visit(n.right, right)
	} else {
		g.visit(n.right, right)
		g.visit(n.left, left)
	}
}

// negligible is the score below which a node's mass is not counted.
const negligible = -36

// accept notes that a node is summed.
func (g *group) accept(size float64, s view) {
	least := s.least()
	if least > negligible {
		g.mass += size * math.Exp(min(least, tallest)) * (1 - 0x1p-20)
		if g.mass > 1.5*g.cutMass {
			g.setCut()
		}
	}
	g.least = min(g.least, least)
	g.swing = max(g.swing, s.swing)
}

// share is of what may be dropped, the part of a key.
func (g *group) share() float64 { return g.limit.drop * max(1, g.mass) / float64(len(g.order)) }

// setCut sets the score at which a key's mass, with its error, is no more than its share of what may be dropped for
// the mass so far.
func (g *group) setCut() {
	g.cutMass = max(1, g.mass)
	g.cut = math.Log(g.share()) - 0x1p-18
	g.faint = math.Exp(g.cut-farBelow) * (1 + 0x1p-20)
}

// farBelow is how far below the cut a score counts as if it were no further.
const farBelow = 20

// expand takes the node by its moments, if that serves and pays.
func (g *group) expand(v int32, size float64, s view) bool {
	if !(s.w <= widest && s.most <= tallest) || !g.serves(v) {
		return false
	}
	share := g.share()
	form := g.formOf(v)
	rules, centring := &g.limit.rules, g.norm*form.off
	w := s.w + centring // of what is computed
	high := math.Exp(s.most)
	degree, e, ok := rules.series(w, max(g.limit.drop, share/high), g.basis.Degree)
	if !ok {
		return false
	}
	r := g.basis.Rank(degree)
	price := g.price.expand(r, g.columns)
	if !g.keen && price >= size*g.price.direct(g.dim, g.columns) {
		return false
	}
	most := math.Exp(w) * (1 + 0x1p-20)
	gamma := rules.rounded(form.roundings(degree) + float64(3*degree+r+8))
	if gamma*most > g.limit.round && gamma*high > g.limit.round*share/g.limit.drop {
		return false // the terms cancel
	}
	eta := g.loss*s.terms + rules.near(g.dim, w) + rules.centred(centring) + g.loop.expError
	relative := e + (1+e)*math.Expm1(eta)
	switch {
	case e <= g.limit.drop && eta <= g.limit.exact:
		g.relative = max(g.relative, relative/(1-relative))
	case relative*high <= share:
		g.lost += rules.lost(relative * high * size)
	default:
		return false
	}
	g.gamma = max(g.gamma, gamma)
	g.far = append(g.far, expansion{v, degree, most, size*g.price.direct(g.dim, g.columns) - price})
	g.accept(size, s)
	g.spend += price
	return true
}

// sum computes the sums of all rows as the walk says.
func (g *group) sum() {
	d, r := g.dim, g.loop.rows
	rows := g.to - g.from
	tiles := (rows + r - 1) / r
	clear(g.packedQueries)
	for at := range rows {
		to := g.packedQueries[at/r*r*d:]
		for l, y := range g.queries.point(g.from + at) {
			to[l*r+at%r] = y * math.Log2E
		}
	}
	part := (g.columns + 2) * r * g.loop.lanes
	clear(g.output[:tiles*part])
	g.faded, g.tiles, g.longest = 0, 0, 0
	slices.Sort(g.near)
	for at := 0; at < len(g.near); {
		// Neighbouring leaves that fit a tile together.
		from, to := int(g.nodes[g.near[at]].from), int(g.nodes[g.near[at]].to)
		for at++; at < len(g.near); at++ {
			next := g.nodes[g.near[at]]
			if int(next.from) != to || int(next.to)-from > simd.MaxKeys {
				break
			}
			to = int(next.to)
		}
		g.direct(from, to, tiles)
	}
	g.expanded(tiles)
}

// direct adds keys from … to−1, at most simd.MaxKeys.
func (g *group) direct(from, to, tiles int) {
	d, r, panel := g.dim, g.loop.rows, g.loop.panel
	count := (to - from + panel - 1) / panel * panel
	if count > to-from { // what only fills the panel has weight 1 and value 0
		clear(g.packedKeys[(count-panel)*d:][:panel*d])
		clear(g.distances[count-panel:][:panel])
	}
	for first := from; first < to; first += panel {
		keys := g.points[first*d : min(first+panel, to)*d]
		for l, r := range g.ref {
			dst := g.packedKeys[(first-from)*d+l*panel:][:panel]
			for i, at := 0, l; at < len(keys); i, at = i+1, at+d {
				dst[i] = keys[at] - r
			}
		}
	}
	if !g.alike {
		for j := from; j < to; j++ {
			sum := 0x1p-1000
			for l, k := range g.point(j) {
				x := k - g.ref[l]
				sum += x * x
			}
			g.distances[j-from] = math.Sqrt(sum)
		}
	}
	part := (g.columns + 2) * r * g.loop.lanes
	for t := range tiles {
		g.loop.weights(g.tile, g.ignored, g.packedQueries[t*r*d:], g.packedKeys, d, count, g.least > -600)
		out := g.output[t*part:][:part]
		g.loop.add(out, g.tile, g.values, from, count, g.total, g.columns)
		if !g.alike {
			g.loop.add(out[g.columns*r*g.loop.lanes:], g.tile, g.distances, 0, count, count, 1)
		}
	}
	g.faded += float64(to - from)
	g.tiles++
	g.longest = max(g.longest, count/g.loop.lanes)
	g.multiplyAdds += int64((g.to - g.from) * (to - from) * (d + g.columns + 1))
	g.exponentials += int64((g.to - g.from) * (to - from))
}

// finish writes what the rows have come to: for each its sums, the denominator last, which are only valid during
// the call, and its bound.
func (g *group) finish(spread float64, write func(row int, sums []float64, bound float64)) {
	r, c := g.loop.rows, g.columns
	part := (c + 2) * r * g.loop.lanes
	sums := make([]float64, c)
	steps := g.tiles + float64(g.longest+g.loop.lanes+8)
	additions := g.limit.rules.rounded(steps)
	sure := g.loss*g.norm*g.reach < 0x1p-10
	for at := range g.to - g.from {
		t, i := at/r, at%r
		if i == 0 {
			g.loop.totals(g.totals, g.output[t*part:][:part])
		}
		for l := range c {
			sums[l] = g.totals[l*r+i] + g.blocks.sum(at, l, c)
		}
		total, distances := sums[c-1], g.totals[c*r+i]
		row := g.from + at
		if !sure {
			write(row, sums, math.Inf(1))
			continue
		}
		gross := g.totals[(c+1)*r+i] * (1 + 0x1p-20)
		rounded := g.gamma*gross + additions*(total+gross)
		all := total + rounded
		if g.alike {
			distances = all * g.reach
		}
		erring := g.loss * norm(g.queries.point(row)) * distances * (1 + 0x1p-9)
		erring += (g.relative+g.loop.expError+g.limit.lost)*(all+g.lost)*(1+0x1p-20) + g.lost // sums may lack what was lost
		write(row, sums, rowError(spread, g.dropped+g.faded*0x1p-990, erring, rounded, total))
	}
}
