package tree

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"runtime"
	"slices"
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
var Tree attention.Method = standard.declare()

var standard = method{leaf: 64, rows: 8, hand: true, rules: theRules}

// With is Tree with the keys in a tree by the builder of that name, one of Builders, whatever it takes: nothing is
// handed over to streaming as a whole. It panics on another name.
func With(builder string) attention.Method {
	if !slices.Contains(Builders, builder) {
		panic(fmt.Sprintf("tree: there is no builder %q; there are %q", builder, Builders))
	}
	x := standard
	x.builder, x.hand = builder, false
	return x.declare()
}

// method is what tests change.
type method struct {
	leaf int  // keys of a leaf at most
	rows int  // moments are kept of nodes with more than rank/rows keys
	hand bool // hands over to streaming where that costs less
	keen bool // expands and splits wherever it can
	lone bool // rows go alone, without groups

	eager    bool // looks for low rank also where that takes longer than it saves
	heedless bool // what fewer coordinates add to errors is left out, which no bound allows

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
		Doc: "a tree of keys with moments, for small head dimensions, or low rank of Q or K, at every temperature; hands " +
			"over to streaming where it would cost more",
		Guarantee: attention.Guarantee{
			Method: name,
			Source: finegrain.Source{
				Paper:      finegrain.Gupta2025,
				Provenance: finegrain.Derived,
				Argument: "the paper sums polynomials over the keys of a halfspace by range searching; here trees of boxes with " +
					"centred moments do, for groups of queries, with a bound that is added up as a row is computed and rows " +
					"beyond it computed by streaming; of low rank what a basis leaves of rows is measured and part of the bound",
			},
			Where: "no mask",
			Valid: valid,
			Error: declared,
			Cost:  func(attention.Regime) finegrain.Cost { return nil }, // the data decide
			About: about,
			Bytes: func(r attention.Regime) int64 { return x.mostBytes(r, runtime.GOMAXPROCS(0)) },
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

// mostBytes is the memory at most, whatever the rank.
func (x method) mostBytes(r attention.Regime, cores int) int64 {
	most := x.bytes(r, r.Dim, cores)
	for rank := 1; rank <= mostHead && rank < r.Dim && r.Dim >= leastDim; rank++ {
		most = max(most, x.bytes(r, rank, cores))
	}
	return most
}

// bytes is the memory at most where so many coordinates remain: what looking for them takes, what the trees do, and
// streaming.
func (x method) bytes(r attention.Regime, dim, cores int) int64 {
	sum := attention.Streaming.Guarantee.Bytes(r) + 8*int64(r.Queries)*int64(r.Dim+r.ValueDim) // rows that are left to it
	if r.Dim >= leastDim {
		sum += headBytes(r, min(dim, mostHead), cores)
	}
	if dim > mostDim {
		return sum
	}
	r.Dim = dim
	return sum + x.treeBytes(r, cores)
}

// treeBytes is the memory of the trees, values, moments of all nodes that may have them, and of what cores have.
func (x method) treeBytes(r attention.Regime, cores int) int64 {
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
	each := 36*rank + (12+depth)*rank*c + (mostRows+16)*(9*(c+2)+2*d+together) + 2*tile + simd.MaxKeys*(d+1) + 24*d + 24*c +
		nodes + int64(x.leaf) + 512
	words := (m+padding)*(d+1+c) + m + nodes*(2*d+frame+5+10) + moments*(rank*c+8) + rank*(4*d+12) +
		n*(d+3) + groups*(2*d+4) + int64(cores)*each
	if x.builder == ScaledTree || x.builder == "" && r.Dim <= mostTurned {
		words += 4*1024*d + 4*d*d // a sample, and its decomposition
	}
	if x.builder == PathTree {
		points := min(m, mostPath)
		words += points*points/64 + 64*points // sides of the test set, and what paths are kept in
	}
	return 8 * words
}

func stopped(err error) error { return fmt.Errorf("attention: %s stopped: %w", name, err) }

func (x method) run(env finegrain.Env, in attention.Instance) (attention.Output, finegrain.Cost, error) {
	w, err := x.begin(env, in)
	if err != nil {
		return attention.Output{}, nil, err
	}
	if w.hopeless() {
		return w.handOver(env)
	}
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

// hopeless reports whether there are so many coordinates that growing trees alone takes as long as streaming.
func (w *work) hopeless() bool {
	if w.regime.Dim > mostDim {
		return true
	}
	p, r := pricesOf(w.loops), w.regime
	levels := func(points, leaf int) float64 { return float64(points) * math.Log2(float64(points)/float64(leaf)+1) }
	grow := p.grow * float64(r.Dim) * (levels(r.Keys, w.leaf) + levels(r.Queries, w.loops.rows))
	return w.hand && r.Dim > mostTurned && grow > float64(r.Queries)*float64(r.Keys)*p.streamed(r.Dim, r.ValueDim)
}

// begin refuses what the method does not serve, and looks for low rank.
func (x method) begin(env finegrain.Env, in attention.Instance) (*work, error) {
	g := attention.Guarantee{Method: name, Valid: valid, Error: declared}
	survey, err := g.Admit(env, in)
	if err != nil {
		return nil, err
	}
	r := survey.Regime
	if err := g.Reach(r); err != nil {
		return nil, err
	}
	isa, err := simd.Chosen()
	if err != nil {
		return nil, stopped(err)
	}
	w := &work{
		method: x, loops: loopsOf(isa), given: in, whole: r, goal: goal(r), in: in, regime: r, target: goal(r),
		spread: survey.Spread,
	}
	if err := w.reduced(env); err != nil {
		return nil, stopped(err)
	}
	if w.builder != "" {
		err := Takes(w.builder, r.Keys, w.regime.Dim)
		if err == nil && w.regime.Dim > mostDim {
			err = fmt.Errorf("trees are for at most %d coordinates, and there are %d; use %q", mostDim, w.regime.Dim,
				attention.Streaming.Name)
		}
		if err != nil {
			return nil, &attention.OutsideRegime{Method: name, Reason: err}
		}
	}
	if needed := w.bytes(r, w.regime.Dim, env.Workers()); env.Memory > 0 && needed > env.Memory {
		return nil, &attention.OutsideRegime{
			Method: name,
			Reason: fmt.Errorf("it may take %s of memory, and %s are allowed; allow more, or use %q",
				memory.Format(needed), memory.Format(env.Memory), attention.Streaming.Name),
		}
	}
	return w, nil
}

// work is a run.
type work struct {
	method
	given attention.Instance // as it was asked
	whole attention.Regime   // of that
	goal  float64            // for its output

	// What is computed: the same or, with the head dimension that matters, an instance whose output is off by added
	// more than by what is promised of it.
	in     attention.Instance
	regime attention.Regime
	added  float64
	target float64 // for the output of in
	looked int64   // multiply-adds that finding it took
	spread float64 // of V scaled

	up, down roundoff.Scale // of V, so that its largest entry is in [1/2,1), and back
	loops    loops
	queries  *tree
	moments  *moments
	limits   limits
	reach    []float64
}

// reduced takes the instance of fewer coordinates, if there is one and memory for it.
func (w *work) reduced(env finegrain.Env) error {
	fits := func(rank int) bool {
		return env.Memory <= 0 || w.bytes(w.whole, rank, env.Workers()) <= env.Memory
	}
	if !fits(1) {
		return nil
	}
	for _, s := range w.sides() {
		if !fits(s.basis.rank) {
			continue
		}
		x, multiplyAdds, err := w.reduce(env, s)
		w.looked += multiplyAdds
		if err != nil {
			return err
		}
		if x != nil && fits(x.regime.Dim) {
			w.in, w.regime, w.added = x.in, x.regime, x.added
			if w.heedless {
				w.added = 0
			}
			w.target = (w.room() - w.added) * (1 - 0x1p-50)
			return nil
		}
	}
	return nil
}

// chosen is what was chosen of the head dimension.
func (w *work) chosen() map[string]float64 {
	if w.regime.Dim == w.whole.Dim {
		return nil
	}
	return map[string]float64{HeadRank: float64(w.regime.Dim)}
}

func (w *work) build(env finegrain.Env) error {
	r, in := w.regime, w.in
	by, err := builderFor(cmp.Or(w.builder, Chosen(in.K, math.Abs(r.Scale)*r.QNorm)), r.Keys, r.Dim, w.leaf)
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
	w.moments = newMoments(t, values, c, total, w.loops)
	w.moments.keen, w.moments.toward = w.keen, w.rules.move
	w.moments.least = int(monomials.Rank(r.Dim, degree(r.Dim))) / w.rows
	if !w.keen {
		w.moments.near = nearOf(r.Dim, pricesOf(w.loops))
	}
	w.reach = make([]float64, r.Dim)
	for j := range r.Keys {
		for l, k := range t.point(j) {
			w.reach[l] = max(w.reach[l], math.Abs(k))
		}
	}
	target := w.up.Times(w.target)
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
	off := a.down.Times(bound) + underflow(a.regime) + a.added
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

// stream computes rows (nil: all) by streaming, to the goal: of the instance of fewer coordinates where that can be
// promised, and else as it was given and, where no error was asked, as well as it can.
func (w *work) stream(env finegrain.Env, rows []int) (attention.Output, finegrain.Cost, error) {
	run := func(in attention.Instance, epsilon float64) (attention.Output, finegrain.Cost, error) {
		in.Epsilon = epsilon
		if rows != nil {
			_, d := in.Q.Dims()
			q := mat.NewDense(len(rows), d, nil)
			for at, i := range rows {
				q.SetRow(at, in.Q.RawRowView(i))
			}
			in.Q = q
		}
		return attention.Streaming.Run(env, in)
	}
	var weak *attention.CannotPromise
	var outside *attention.OutsideRegime
	if chosen := w.chosen(); chosen != nil {
		out, cost, err := run(w.in, w.target)
		if !errors.As(err, &weak) && !errors.As(err, &outside) {
			out.Bound, out.Chosen = out.Bound+w.added, chosen
			return out, cost, err
		}
	}
	out, cost, err := run(w.given, w.goal)
	if errors.As(err, &weak) && w.whole.Epsilon == 0 {
		out, cost, err = run(w.given, 0)
	}
	if errors.As(err, &weak) {
		weak.Method = name
	}
	return out, cost, err
}

// handOver leaves everything to streaming.
func (w *work) handOver(env finegrain.Env) (attention.Output, finegrain.Cost, error) {
	out, cost, err := w.stream(env, nil)
	out.Bound = max(out.Bound, certain(w.whole))
	out.Words = map[string]string{"by": "streaming, as it takes less"}
	if cost != nil {
		cost[Visits], cost[Expansions], cost[HandedRows] = 0, 0, int64(w.whole.Queries)
		cost[ReductionMultiplyAdds] = w.looked
		cost[finegrain.Bytes] = w.bytes(w.whole, w.regime.Dim, 1)
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

// tried is the number of groups that are answered before the others, at most.
const tried = 16

// trial is some of the groups, evenly spread, and the others.
func trial(groups []int32) (first, others []int32) {
	step := max(2, (len(groups)+tried-1)/tried)
	for b, u := range groups {
		if b%step == 0 {
			first = append(first, u)
		} else {
			others = append(others, u)
		}
	}
	return first, others
}

// vain reports whether most rows of some groups were left to streaming: then it is vain to try others.
func (w *work) vain(groups []int32, hard []bool) bool {
	rows, left := 0, 0
	for _, u := range groups {
		n := w.queries.nodes[u]
		for _, i := range w.queries.order[n.from:n.to] {
			rows++
			if hard[i] {
				left++
			}
		}
	}
	return 2*left > rows
}

// answer serves the groups, some first: where most of their rows are left to streaming, so are all others.
func (w *work) answer(env finegrain.Env, groups []int32) (attention.Output, finegrain.Cost, error) {
	r := w.regime
	out, hard := mat.NewDense(r.Queries, r.ValueDim, nil), make([]bool, r.Queries)
	workers := pass.Scratch[worker]{Fresh: func() *worker {
		return &worker{work: w, group: newGroup(w.moments, w.limits, w.queries), out: out, hard: hard}
	}}
	var lock sync.Mutex
	done := 0
	serve := func(of []int32) error {
		return env.ForEach(len(of), func(b int) {
			workers.Use(func(a *worker) { a.serve(env, of[b]) })
			lock.Lock()
			defer lock.Unlock()
			done++
			env.Report(done, len(groups), "groups of queries")
		})
	}
	first, others := trial(groups)
	err := serve(first)
	if err == nil && w.hand && w.vain(first, hard) {
		for _, u := range others {
			n := w.queries.nodes[u]
			for _, i := range w.queries.order[n.from:n.to] {
				hard[i] = true
			}
		}
		others = nil
	}
	if err == nil {
		err = serve(others)
	}
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
		LoneRows: c.rows, Splits: c.splits, Doubles: c.doubles, HandedRows: 0, ReductionMultiplyAdds: w.looked,
		finegrain.Bytes: w.bytes(w.whole, r.Dim, 1),
	}
	var rest []int
	for i, h := range hard {
		if h {
			rest = append(rest, i)
		}
	}
	served := attention.Output{Float: out, Chosen: w.chosen()}
	if w.builder == "" {
		served.Words = map[string]string{"tree": w.moments.builder}
	}
	if len(rest) > 0 {
		by, counted, err := w.stream(env, rest)
		if err != nil {
			return attention.Output{}, cost, err
		}
		for at, i := range rest {
			out.SetRow(i, by.Float.RawRowView(at))
		}
		bound = max(bound, by.Bound)
		if len(rest) == r.Queries {
			served.Chosen, served.Words = by.Chosen, map[string]string{"by": "streaming, as it errs less"}
		}
		bytes := cost[finegrain.Bytes]
		cost.Add(counted)
		cost[HandedRows], cost[finegrain.Bytes] = int64(len(rest)), bytes
	}
	served.Bound = max(bound, certain(w.whole))
	return served, cost, nil
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
