package tree

import (
	"math"
	"slices"

	"finegrain"
	"finegrain/internal/pass"
	"finegrain/internal/roundoff"
)

// The plan of a run. Some groups of queries, evenly spread, are walked beforehand: what they would do says which
// degree is needed, which nodes' moments save more than making them takes, and what all takes. Where the loops
// of streaming would take less, they get the whole instance. The groups that are asked, and so the plan, depend
// on the instance alone.

// probed is the number of groups that are asked, at most, and at most one in sparse; the first few say whether
// it is worth while to ask more.
const (
	probed = 256
	sparse = 8
	first  = 8
)

// patience is what the tree's price must be of streaming's at most, hopeless what it must be not to ask on.
const (
	patience = 0.7
	hopeless = 3
)

// plan grades the moments and decides which nodes have them; false: streaming takes less.
func (w *work) plan(env finegrain.Env, groups []int32) (bool, error) {
	r, x := w.regime, w.moments
	x.grade(degree(r.Dim))
	if w.keen {
		return true, nil
	}
	p := pricesOf(w.loops).of(x.tree)
	streamed := float64(r.Keys) * p.streamed(r.Dim, r.ValueDim) // of a row
	if w.spread*roundoff.Gamma(float64(r.Dim+3))*r.Score()/2 > w.up.Times(w.goal) {
		streamed = float64(r.Keys) * p.refined
	}
	scratch := pass.Scratch[group]{Fresh: func() *group { return newGroup(x, w.limits, w.queries) }}
	var spends []float64
	var rows []int
	var taken [][]expansion
	few := min(first, len(groups))
	for _, probes := range []int{few, max(few, min(probed, len(groups)/sparse))} {
		spends, rows, taken = make([]float64, probes), make([]int, probes), make([][]expansion, probes)
		if err := env.ForEach(probes, func(i int) {
			u := groups[(2*i+1)*len(groups)/(2*probes)]
			scratch.Use(func(g *group) { spends[i] = g.probe(env, u, 2*streamed, &taken[i]) })
			rows[i] = w.queries.size(u)
		}); err != nil {
			return false, err
		}
		total, seen := 0.0, 0
		for i, x := range spends {
			total, seen = total+x, seen+rows[i]
		}
		if w.hand && total > hopeless*float64(seen)*streamed {
			return false, nil
		}
	}
	total, seen, most := 0.0, 0, 0
	saved := make([]float64, len(x.nodes))
	for i := range spends {
		total += spends[i]
		seen += rows[i]
		for _, e := range taken[i] {
			saved[e.node] += e.saves
			most = max(most, e.degree)
		}
	}
	scale := float64(r.Queries) / float64(seen)
	total *= scale
	x.grade(max(1, most))
	x.idle = slices.Repeat([]bool{true}, len(x.nodes))
	made := make([]bool, len(x.nodes))
	// A second time, since what is made for one node is there for those above and below it.
	for range 2 {
		for v := range x.nodes {
			if saved[v] == 0 || !x.idle[v] {
				continue
			}
			if making := x.work(int32(v), made, p) * float64(x.rank*x.columns); making < saved[v]*scale {
				x.make(int32(v), made)
				x.idle[v] = false
				total += making
			}
		}
	}
	for v, idle := range x.idle {
		if idle {
			total += saved[v] * scale
		}
	}
	if w.hand && total >= patience*float64(r.Queries)*streamed {
		return false, nil
	}
	return true, x.makeServing(env)
}

// probe walks the queries of a node of their tree as worker.serve does, and returns what all its rows would
// take; what they expand is added to taken, with what it saves all rows. A walk that would take more than dear a
// row is broken off, and of rows that would go one by one the first stands for all.
func (g *group) probe(env finegrain.Env, u int32, dear float64, taken *[]expansion) float64 {
	if env.Err() != nil {
		return 0
	}
	n := g.queries.nodes[u]
	rows := float64(n.to - n.from)
	g.take(int(n.from), int(n.to))
	g.dear = dear * rows
	ok := g.walk()
	spend := float64(g.looked) * g.price.visit
	switch {
	case spend+g.spend*rows > g.dear:
		return spend + g.spend*rows
	case n.left != 0 && g.split(ok):
		return spend + g.probe(env, n.left, dear, taken) + g.probe(env, n.right, dear, taken)
	case ok:
		return spend + g.charge(taken, 1)
	}
	g.take(int(n.from), int(n.from)+1)
	g.dear = dear
	g.walk()
	return spend + float64(g.looked)*g.price.visit*rows + g.charge(taken, rows)
}

// charge is what so many groups as this would take beside their walks.
func (g *group) charge(taken *[]expansion, times float64) float64 {
	rows := float64(g.to - g.from)
	up := func(x float64, to int) float64 { return math.Ceil(x/float64(to)) * float64(to) }
	filled := up(rows, g.blocks.size)
	idle := 0.0 // what rows take that a block or tile lacks, and centres that a panel does
	for _, e := range g.far {
		idling := (filled - rows) * g.price.expand(g.basis.Rank(e.degree), g.columns)
		e.saves = (e.saves*rows - idling) * times
		*taken = append(*taken, e)
		idle += idling
	}
	centres := float64(len(g.far))
	idle += rows * (up(centres, g.loop.panel) - centres) * g.price.direct(g.dim, 0)
	keys := 0.0
	for _, v := range g.near {
		keys += float64(g.size(v))
	}
	idle += (up(rows, g.loop.rows) - rows) * keys * g.price.direct(g.dim, g.columns)
	return times * (rows*g.spend + idle + keys*float64(g.dim+1)*g.price.pack)
}
