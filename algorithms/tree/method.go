package tree

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"runtime"
	"sync"

	"finegrain"
	"finegrain/algorithms/attention"
	"finegrain/internal/memory"
	"finegrain/internal/monomials"
	"finegrain/internal/pass"
	"finegrain/internal/roundoff"
	"finegrain/internal/simd"

	"gonum.org/v1/gonum/mat"
)

const name = "tree"

// Tree is attention by a tree of keys: at every temperature, in time that grows less than quadratically where
// the head dimension is small.
var Tree attention.Method = method{leaf: 32, rows: 8, hand: true, rules: theRules}.declare()

// method is what tests change.
type method struct {
	leaf int  // keys of a leaf at most
	rows int  // moments are kept of nodes with more than rank/rows keys
	hand bool // hands over to streaming where that costs less
	keen bool // expands and splits wherever it can
	lone bool // rows go alone, without groups

	builder string // none: chosen from the data
	rules   rules
}

// Kinds of operation that this method counts beside others'.
const (
	Visits     = "visits"                // nodes that queries looked at
	Expansions = "expansions"            // of them, evaluated by moments
	HandedRows = "handed_rows"           // rows that streaming computed
	LoneRows   = "lone_rows"             // rows whose scores took more than float64
	Splits     = "splits"                // groups of queries that were split
	Doubles    = "double_inner_products" // in double-double, of keys
)

func (x method) declare() attention.Method {
	return attention.Method{
		Name: name,
		Doc: "a tree of keys with moments, for small head dimensions at every temperature; hands over to streaming where " +
			"it would cost more",
		Guarantee: attention.Guarantee{
			Method: name,
			Source: finegrain.Source{
				Paper:      finegrain.Gupta2025,
				Provenance: finegrain.Derived,
				Argument: "the paper sums polynomials over the keys of a halfspace by range searching; here trees of boxes with " +
					"centred moments do, for groups of queries, with a bound that is added up as a row is computed and rows " +
					"beyond it computed by streaming",
			},
			Where: "no mask",
			Valid: valid,
			Error: declared,
			Cost:  func(attention.Regime) finegrain.Cost { return nil }, // the data decide
			About: about,
			Bytes: func(r attention.Regime) int64 { return x.bytes(r, runtime.GOMAXPROCS(0)) },
		},
		Run: func(env finegrain.Env, in attention.Instance) (out attention.Output, cost finegrain.Cost, err error) {
			err = env.Together(func(env finegrain.Env) (err error) {
				out, cost, err = x.run(env, in)
				return err
			})
			return out, cost, err
		},
	}
}

// about is a guess: that a query meets some thousand keys or moments, and no more than there are keys.
func about(r attention.Regime) finegrain.Cost {
	met := int64(r.Queries) * int64(min(r.Keys, 1<<12))
	return finegrain.Cost{finegrain.MultiplyAdds: met * int64(r.Dim+r.ValueDim+1), finegrain.Exponentials: met / 8}
}

func valid(r attention.Regime) error {
	if r.Causal {
		return fmt.Errorf("its tree holds all keys for all queries, and a causal mask gives each query others; use %q",
			attention.Streaming.Name)
	}
	return attention.Streaming.Guarantee.Valid(r)
}

// goal is the error that rows are to reach: the one asked, or 2^−40·max|V|.
func goal(r attention.Regime) float64 {
	if r.Epsilon > 0 {
		return r.Epsilon
	}
	return 0x1p-40 * r.MaxV
}

// certain is the least error that streaming promises whatever is asked. No smaller bound is reported, so that any reported
// one can be asked for.
func certain(r attention.Regime) float64 {
	r.Epsilon = math.SmallestNonzeroFloat64
	return attention.Streaming.Guarantee.Error(r)
}

// declared is the goal where streaming can promise it for the rows that the tree does not serve, and else what
// streaming promises.
func declared(r attention.Regime) float64 {
	asked := r.Epsilon
	r.Epsilon = goal(r)
	least := min(r.Epsilon, r.WidestSpread())
	if by := attention.Streaming.Guarantee.Error(r); by <= least || asked > 0 {
		return max(least, by)
	}
	r.Epsilon = 0 // as streaming is asked then
	return max(least, attention.Streaming.Guarantee.Error(r))
}

// degree is that of moments: the largest with no more than mostRank of them, and no more than mostDegree.
func degree(d int) int {
	g := 1
	for g < mostDegree && monomials.Rank(d, g+1) <= mostRank {
		g++
	}
	return g
}

const (
	mostDegree = 30
	mostRank   = 2048
)

// bytes is the memory at most: the trees, values, moments of all nodes that may have them, and what cores and
// streaming take.
func (x method) bytes(r attention.Regime, cores int) int64 {
	n, m, d, c := int64(r.Queries), int64(r.Keys), int64(r.Dim), int64(r.ValueDim+1)
	rank := monomials.Rank(r.Dim, degree(r.Dim)) + padding
	nodes, groups := int64(nodesOf(r.Keys, x.leaf)), int64(nodesOf(r.Queries, 4))
	frame := int64(0)
	if d <= mostTurned {
		frame = d * d
	}
	moments := int64(0)
	for large := r.Keys; int64(x.rows)*int64(large) > rank && large > x.leaf/2; large -= large / 2 {
		moments = 2*moments + 1
	}
	moments = min(nodes, 2*moments+1)
	const tile = 16 * simd.Stride
	depth := int64(bits.Len(uint(nodes))) // a level of moments has a part of its own
	each := 18*rank + (3+depth)*rank*c + (mostRows+16)*(9*(c+1)+d) + 2*tile + simd.MaxKeys*(d+1) + 8*d + 8*c + nodes +
		int64(x.leaf) + 512
	words := (m+padding)*(d+1+c) + m + nodes*(2*d+frame+5+10) + moments*(rank*c+8) + rank*(4*d+8) +
		n*(d+3) + groups*(2*d+4) + int64(cores)*each
	return 8*words + attention.Streaming.Guarantee.Bytes(r)
}

func stopped(err error) error { return fmt.Errorf("attention: %s stopped: %w", name, err) }

func (x method) run(env finegrain.Env, in attention.Instance) (attention.Output, finegrain.Cost, error) {
	g := attention.Guarantee{Method: name, Valid: valid}
	survey, err := g.Admit(env, in)
	if err != nil {
		return attention.Output{}, nil, err
	}
	r := survey.Regime
	if err := (attention.Guarantee{Method: name, Valid: valid, Error: declared}).Reach(r); err != nil {
		return attention.Output{}, nil, err
	}
	if needed := x.bytes(r, env.Workers()); env.Memory > 0 && needed > env.Memory {
		return attention.Output{}, nil, &attention.OutsideRegime{
			Method: name,
			Reason: fmt.Errorf("it may take %s of memory, and %s are allowed; allow more, or use %q",
				memory.Format(needed), memory.Format(env.Memory), attention.Streaming.Name),
		}
	}
	w := &work{method: x, in: in, regime: r, spread: survey.Spread, goal: goal(r)}
	if err := w.build(env); err != nil {
		return attention.Output{}, nil, stopped(err)
	}
	groups := w.groups()
	pays, err := w.plan(env, groups)
	switch {
	case err != nil:
		return attention.Output{}, nil, stopped(err)
	case !pays:
		return w.handOver(env)
	}
	return w.answer(env, groups)
}

// work is a run.
type work struct {
	method
	in     attention.Instance
	regime attention.Regime
	spread float64 // of V scaled
	goal   float64

	up, down roundoff.Scale // of V, so that its largest entry is in [1/2,1), and back
	loops    loops
	queries  *tree
	moments  *moments
	limits   limits
	reach    []float64
}

func (w *work) build(env finegrain.Env) error {
	isa, err := simd.Chosen()
	if err != nil {
		return err
	}
	w.loops = loopsOf(isa)
	r, in := w.regime, w.in
	by, err := builderFor(cmp.Or(w.builder, Chosen(in.K)), r.Keys, r.Dim, w.leaf)
	if err != nil {
		return err
	}
	t, err := grow(env, r.Keys, r.Dim, w.leaf, func(dst []float64, j int) { copy(dst, in.K.RawRowView(j)) }, by)
	if err != nil {
		return err
	}
	if w.queries, err = grow(env, r.Queries, r.Dim, w.loops.rows, func(dst []float64, i int) {
		for l, q := range in.Q.RawRowView(i) {
			dst[l] = r.Scale * q
		}
	}, kdTree); err != nil {
		return err
	}
	_, e := math.Frexp(r.MaxV)
	w.up, w.down = roundoff.NewScale(1, -e), roundoff.NewScale(1, e)
	c := r.ValueDim + 1
	total := (r.Keys + padding - 1) / padding * padding
	values := simd.Aligned[float64](total * c)
	if err := pass.Rows(env, r.Keys, c, func(from, to int) {
		for j := from; j < to; j++ {
			for l, v := range in.V.RawRowView(int(t.order[j])) {
				values[l*total+j] = w.up.Times(v)
			}
			values[(c-1)*total+j] = 1
		}
	}); err != nil {
		return err
	}
	w.moments = newMoments(t, values, c, total)
	w.moments.keen, w.moments.toward = w.keen, w.rules.move
	w.moments.least = int(monomials.Rank(r.Dim, degree(r.Dim))) / w.rows
	w.reach = make([]float64, r.Dim)
	for j := range r.Keys {
		for l, k := range t.point(j) {
			w.reach[l] = max(w.reach[l], math.Abs(k))
		}
	}
	target := w.up.Times(w.goal)
	w.limits = limits{
		drop: 0.125, round: 0.05 * target, exact: 0.125,
		rules: w.rules, longest: norm(w.reach), lost: float64(r.Dim) * 0x1p-1070 * (1 + math.Abs(r.Scale) + r.KNorm),
	}
	w.spread = w.up.Times(w.spread)
	if w.spread > 0 {
		w.limits.drop = min(w.limits.drop, 0.2*target/w.spread)
		w.limits.exact = min(w.limits.exact, 0.1*target/w.spread)
	}
	return nil
}

// worker is what a core works with.
type worker struct {
	*work
	group *group
	row   *walker // made when first needed
	out   *mat.Dense
	hard  []bool // by row: for streaming
	bound float64
}

// answered writes the row of query i of the queries' tree, unless its bound is above the goal.
func (a *worker) answered(i int, sums []float64, bound float64) bool {
	off := a.down.Times(bound) + underflow(a.regime)
	if !(off <= a.goal) {
		return false
	}
	a.bound = max(a.bound, off)
	total := sums[len(sums)-1]
	o := a.out.RawRowView(int(a.queries.order[i]))
	for c := range o {
		o[c] = a.down.Times(sums[c] / total)
	}
	return true
}

// serve answers the queries of node u of their tree.
func (a *worker) serve(env finegrain.Env, u int32) {
	if env.Err() != nil {
		return
	}
	n, g := a.queries.nodes[u], a.group
	g.take(int(n.from), int(n.to))
	ok := g.walk()
	if n.left != 0 && g.split(ok) {
		g.splits++
		a.serve(env, n.left)
		a.serve(env, n.right)
		return
	}
	var again []int
	if ok && !a.lone {
		g.sum()
		g.finish(a.spread, func(i int, sums []float64, bound float64) {
			if !a.answered(i, sums, bound) {
				again = append(again, i)
			}
		})
	} else {
		for i := int(n.from); i < int(n.to); i++ {
			again = append(again, i)
		}
	}
	for _, i := range again {
		if env.Err() != nil {
			return
		}
		a.alone(i)
	}
}

// alone answers query i: as a group of its own, then as a row, or else leaves it to streaming.
func (a *worker) alone(i int) {
	g := a.group
	g.take(i, i+1)
	done := false
	if !a.lone && g.walk() {
		g.sum()
		g.finish(a.spread, func(i int, sums []float64, bound float64) { done = a.answered(i, sums, bound) })
	}
	if done {
		return
	}
	if a.row == nil {
		a.row = newWalker(a.moments, a.limits, a.regime.Scale, a.reach)
	}
	a.row.rows++
	row := int(a.queries.order[i])
	a.row.answer(a.in.Q.RawRowView(row))
	if !a.answered(i, a.row.sums, a.row.bound(a.spread)) {
		a.hard[row] = true
	}
}

// stream computes rows by streaming, to the goal or, where none was asked, as well as it can.
func (w *work) stream(env finegrain.Env, in attention.Instance) (attention.Output, finegrain.Cost, error) {
	in.Epsilon = w.goal
	out, cost, err := attention.Streaming.Run(env, in)
	var weak *attention.CannotPromise
	if errors.As(err, &weak) && w.regime.Epsilon == 0 {
		in.Epsilon = 0
		out, cost, err = attention.Streaming.Run(env, in)
	}
	if errors.As(err, &weak) {
		weak.Method = name
	}
	return out, cost, err
}

// handOver leaves everything to streaming.
func (w *work) handOver(env finegrain.Env) (attention.Output, finegrain.Cost, error) {
	out, cost, err := w.stream(env, w.in)
	out.Bound = max(out.Bound, certain(w.regime))
	if cost != nil {
		cost[Visits], cost[Expansions], cost[HandedRows] = 0, 0, int64(w.regime.Queries)
		cost[finegrain.Bytes] = w.bytes(w.regime, 1)
	}
	return out, cost, err
}

// groups are the nodes of the queries' tree that are answered at a time.
func (w *work) groups() []int32 {
	if w.regime.Queries <= mostRows {
		return []int32{0}
	}
	var groups []int32
	for u := range w.queries.nodes {
		n := w.queries.nodes[u]
		if n.to-n.from <= mostRows {
			continue
		}
		for _, child := range []int32{n.left, n.right} {
			if w.queries.size(child) <= mostRows {
				groups = append(groups, child)
			}
		}
	}
	return groups
}

func (w *work) answer(env finegrain.Env, groups []int32) (attention.Output, finegrain.Cost, error) {
	r := w.regime
	out, hard := mat.NewDense(r.Queries, r.ValueDim, nil), make([]bool, r.Queries)
	workers := pass.Scratch[worker]{Fresh: func() *worker {
		return &worker{work: w, group: newGroup(w.moments, w.loops, w.limits, w.queries), out: out, hard: hard}
	}}
	var lock sync.Mutex
	done := 0
	err := env.ForEach(len(groups), func(b int) {
		workers.Use(func(a *worker) { a.serve(env, groups[b]) })
		lock.Lock()
		defer lock.Unlock()
		done++
		env.Report(done, len(groups), "groups of queries")
	})
	if err != nil {
		return attention.Output{}, nil, stopped(err)
	}
	var c counts
	bound := 0.0
	for _, a := range workers.All() {
		c.add(a.group.counts)
		if a.row != nil {
			c.add(a.row.counts)
		}
		bound = max(bound, a.bound)
	}
	cost := finegrain.Cost{
		Visits: c.visits, Expansions: c.expansions,
		finegrain.MultiplyAdds: c.multiplyAdds, finegrain.Exponentials: c.exponentials,
		LoneRows: c.rows, Splits: c.splits, Doubles: c.doubles, HandedRows: 0, finegrain.Bytes: w.bytes(r, 1),
	}
	var rest []int
	for i, h := range hard {
		if h {
			rest = append(rest, i)
		}
	}
	if len(rest) == 0 {
		return attention.Output{Float: out, Bound: max(bound, certain(r))}, cost, nil
	}
	part := w.in
	part.Q = mat.NewDense(len(rest), r.Dim, nil)
	for at, i := range rest {
		part.Q.SetRow(at, w.in.Q.RawRowView(i))
	}
	by, counted, err := w.stream(env, part)
	if err != nil {
		return attention.Output{}, cost, err
	}
	for at, i := range rest {
		out.SetRow(i, by.Float.RawRowView(at))
	}
	bytes := cost[finegrain.Bytes]
	cost.Add(counted)
	cost[HandedRows], cost[finegrain.Bytes] = int64(len(rest)), bytes
	return attention.Output{Float: out, Bound: max(bound, by.Bound, certain(r))}, cost, nil
}

func (c *counts) add(o counts) {
	c.visits += o.visits
	c.expansions += o.expansions
	c.multiplyAdds += o.multiplyAdds
	c.exponentials += o.exponentials
	c.doubles += o.doubles
	c.splits += o.splits
	c.rows += o.rows
}

// underflow is what products of weights and values lose below 2^−1022, and scaling back.
func underflow(r attention.Regime) float64 {
	if r.MaxV == 0 {
		return 0
	}
	return float64(r.Keys) * 0x1p-1070
}
