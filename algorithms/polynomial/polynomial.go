package polynomial

import (
	"fmt"
	"math"
	"sync"

	"finegrain"
	"finegrain/algorithms/attention"
	"finegrain/internal/memory"
	"finegrain/internal/pass"
	"finegrain/internal/roundoff"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// The method. With features φ of queries and ψ of keys, Z = w∘Ψᵀ[V | 1] is r×(dv+1) numbers, and row i of the output
// is φ_i·Z without its last entry, divided by it. Ψ is made a block of keys at a time and multiplied into the sums of
// the block's strand; Φ a block of queries at a time. Sums are held transposed, a row of r numbers for each
// value column, so that the loops of both products are long.
//
// With a mask each query has a Z of its own: causal.go and ranges.go say how it comes about.

const name = "polynomial"

// Polynomial is attention by polynomials: for bounded scores, in time linear in queries and keys, with a causal mask
// too; with ranges of keys, in time linear but for a logarithm.
var Polynomial attention.Method = method{measure: measure}.declare()

// method is what mutants change.
type method struct {
	measure func(finegrain.Env, attention.Instance, attention.Regime) (measured, error)
	edit    func(*plan, attention.Regime) // nil: as planned
	spoil   func(*work, int)              // called when so many phases are done; nil: nothing
	forced  bool                          // computes where it would refuse
}

func (x method) declare() attention.Method {
	return attention.Method{
		Name: name,
		Doc:  "low-rank attention by a polynomial for e^x, for bounded scores, linear in queries and keys, on all cores",
		Guarantee: attention.Guarantee{
			Method: name,
			Source: finegrain.Source{
				Paper:      finegrain.AlmanSong2023,
				Provenance: finegrain.Derived,
				Argument: "the method is the paper's; degree, rank and constants are explicit here: the tail of the Chebyshev or the " +
					"Taylor series bounds truncation, the absolute values of its terms bound rounding, and both are carried " +
					"through the quotient",
			},
			Where: "scores so bounded that a rank of C(d+g,g) below the numbers of queries and of keys serves, below half of them " +
				"with a causal mask; with ranges, also one whose sums over keys take less work than the definition",
			Valid: valid,
			Error: declared,
			// The data decide how far the bound on scores falls by centring, hence the degree, hence all counts: they are
			// those of plan.cost, which a test holds every run of the law to.
			Cost:  func(attention.Regime) finegrain.Cost { return nil },
			About: about,
			Bytes: mostBytes,
		},
		Run:    x.together,
		Forced: method{measure: x.measure, edit: x.edit, spoil: x.spoil, forced: true}.together,
		Sample: sample,
	}
}

func (x method) together(env finegrain.Env, in attention.Instance) (out attention.Output, cost finegrain.Cost, err error) {
	err = env.Together(func(env finegrain.Env) (err error) {
		out, cost, err = x.run(env, in)
		return err
	})
	return out, cost, err
}

// plan measures the instance and decides, or refuses.
func (x method) plan(env finegrain.Env, in attention.Instance) (plan, measured, attention.Regime, error) {
	fail := func(err error) (plan, measured, attention.Regime, error) {
		return plan{}, measured{}, attention.Regime{}, err
	}
	admit := admissible
	if x.forced {
		admit = computable
	}
	survey, err := attention.Guarantee{Method: name, Valid: admit}.Admit(env, in)
	if err != nil {
		return fail(err)
	}
	r := survey.Regime
	norms, goal := promise(r)
	if err := promises(r, norms, goal); err != nil && !x.forced {
		return fail(&attention.OutsideRegime{Method: name, Reason: err})
	}
	data, err := x.measure(env, in, r)
	if err != nil {
		return fail(stopped(err))
	}
	before, promised := norms.reaching(goal)
	var entries ascent
	switch {
	case x.forced:
		entries = climbUnder(r, data.scores, survey.Spread, r.Epsilon, beyondForce)
	case r.Epsilon > 0:
		entries = climb(r, data.scores, survey.Spread, goal)
	default:
		entries = climb(r, data.scores, survey.Spread, -1)
		goal = min(goal, 2*entries.least())
	}
	p, reached := entries.reaching(goal)
	switch {
	case x.forced && !promised:
		p = entries.plans[len(entries.plans)-1] // the mean of the values is one at least
	case !reached && !promised:
		return fail(&attention.CannotPromise{
			Method: name, Asked: r.Epsilon, Bound: min(norms.least(), entries.least()), Values: r.MaxV, Because: entries.because,
		})
	case !reached, r.Epsilon > 0 && promised && before.rank < p.rank:
		// Bounds need not quite fall with M. What norms promise holds for the same keys, not centred.
		p, data = before, data.plain(r)
	}
	if x.edit != nil {
		x.edit(&p, r)
	}
	if needed := p.bytes(r, env.Workers()); env.Memory > 0 && needed > env.Memory {
		return fail(&attention.OutsideRegime{Method: name, Reason: fmt.Errorf("degree %d has rank %d and takes %s of memory, "+
			"and %s are allowed; allow more, or use %q", p.degree, p.rank, memory.Format(needed), memory.Format(env.Memory),
			exactFor(r))})
	}
	return p, data, r, nil
}

func stopped(err error) error { return fmt.Errorf("attention: %s stopped: %w", name, err) }

func (x method) run(env finegrain.Env, in attention.Instance) (attention.Output, finegrain.Cost, error) {
	p, data, r, err := x.plan(env, in)
	if err != nil {
		return attention.Output{}, nil, err
	}
	w := newWork(in, r, p, data)
	out := mat.NewDense(r.Queries, r.ValueDim, nil)
	for done, phase := range w.phases(out) {
		if err := phase(env); err != nil {
			return attention.Output{}, nil, stopped(err)
		}
		if x.spoil != nil {
			x.spoil(w, done+1)
		}
	}
	cost := w.counted.cost()
	cost[finegrain.Bytes] = p.bytes(r, 1)
	chosen := map[string]float64{"degree": float64(p.degree), "rank": float64(p.rank), "scores": p.m}
	return attention.Output{Float: out, Bound: p.bound, Chosen: chosen}, cost, nil
}

// phases are what a run does, one after the other, each on all cores.
func (w *work) phases(out *mat.Dense) []func(finegrain.Env) error {
	type phase = func(finegrain.Env) error
	strands := w.plan.strands
	switch {
	case w.in.Ranges != nil:
		return []phase{
			func(env finegrain.Env) error { return w.sumStrands(env, strands, w.sums[strands:]) },
			w.buildTree,
			func(env finegrain.Env) error { return w.readRanges(env, out) },
		}
	case w.in.Causal:
		return []phase{
			func(env finegrain.Env) error { return w.sumStrands(env, strands-1, w.sums[1:]) },
			w.addUp,
			func(env finegrain.Env) error { return w.runDown(env, out) },
			func(env finegrain.Env) error { return w.readRows(env, out, w.regime.Keys, w.sums[strands-1]) },
		}
	}
	return []phase{
		func(env finegrain.Env) error { return w.sumStrands(env, strands, w.sums) },
		w.addStrands,
		func(env finegrain.Env) error { return w.readRows(env, out, 0, w.sums[0]) },
	}
}

// work is a run.
type work struct {
	in     attention.Instance
	regime attention.Regime
	plan   plan
	basis  basis
	factor []float64 // w

	centre         []float64
	queries, keys  []roundoff.Scale // of each coordinate, so that |k'_l| ≤ 1 and |q'_l| ≤ 2M
	values, output roundoff.Scale   // of V, so that its largest entry is in [1,2), and back
	sums           [][]float64      // of strands; with ranges, the nodes of the tree from 1 on
	all            block            // with ranges: coordinates and values of all keys

	pieces pass.Scratch[piece]

	lock    sync.Mutex
	counted counts
	done    int
}

// block holds rows of features, r each, and of values, dv+1 each.
type block struct{ features, values []float64 }

// piece is the working memory of a core.
type piece struct {
	x             []float64 // a row, centred and scaled
	queries, keys block     // the same, unless a causal mask takes both at a time
	joined        []float64 // r×(dv+1), with ranges
	tile          []float64 // of a product
}

func newWork(in attention.Instance, r attention.Regime, p plan, data measured) *work {
	w := &work{
		in: in, regime: r, plan: p, basis: newBasis(r.Dim, p.degree), centre: data.centre,
		queries: make([]roundoff.Scale, r.Dim), keys: make([]roundoff.Scale, r.Dim), sums: make([][]float64, p.nodes(r)),
	}
	w.factor = w.basis.weights(p.factors)
	s, exponent := math.Frexp(r.Scale)
	for l, k := range data.keys {
		if k == 0 || data.m == 0 {
			continue // scales of 0: the coordinate has no part in any score
		}
		_, e := math.Frexp(k)
		w.keys[l], w.queries[l] = roundoff.NewScale(1, -e), roundoff.NewScale(s, exponent+e)
	}
	if r.MaxV > 0 {
		e := math.Ilogb(r.MaxV)
		w.values, w.output = roundoff.NewScale(1, -e), roundoff.NewScale(1, e)
	}
	c := r.ValueDim + 1
	size := w.basis.rank * c
	sums := make([]float64, len(w.sums)*size)
	for t := range w.sums {
		w.sums[t] = sums[t*size:][:size:size]
	}
	if r.RangePairs > 0 {
		w.all = block{make([]float64, r.Keys*r.Dim), make([]float64, r.Keys*c)}
	}
	w.pieces.Fresh = func() *piece {
		fresh := func() block { return block{make([]float64, p.block*w.basis.rank), make([]float64, p.block*c)} }
		x := &piece{x: make([]float64, r.Dim), keys: fresh(), tile: make([]float64, tileValues*tileRank)}
		x.queries = x.keys
		switch {
		case r.Causal:
			x.queries = fresh()
		case r.RangePairs > 0:
			x.joined = make([]float64, w.basis.rank*c)
		}
		return x
	}
	return w
}

// count adds what a part of the work did.
func (w *work) count(c counts) {
	w.lock.Lock()
	defer w.lock.Unlock()
	w.counted.multiplyAdds += c.multiplyAdds
	w.counted.features += c.features
	w.counted.blockSums += c.blockSums
	w.counted.pairs += c.pairs
}

// report tells progress, in blocks of keys and of queries.
func (w *work) report(env finegrain.Env, blocks int, what string) {
	w.lock.Lock()
	defer w.lock.Unlock()
	w.done++
	env.Report(w.done, blocks, what)
}

// sumStrands makes the sums of the first strands.
func (w *work) sumStrands(env finegrain.Env, strands int, sums [][]float64) error {
	return env.ForEach(strands, func(t int) {
		w.pieces.Use(func(x *piece) {
			var counted counts
			w.inBlocks(t, w.regime.Keys, func(from, to int) bool {
				w.loadKeys(x, from, to, &counted)
				return w.addKeys(env, x, sums[t], to-from, &counted)
			})
			w.count(counted)
			w.report(env, strands, "strands of keys")
		})
	})
}

// inBlocks goes through the blocks of a strand, in order, up to an end; it returns false if visit did.
func (w *work) inBlocks(strand, end int, visit func(from, to int) bool) bool {
	length := w.plan.block * w.plan.blocks
	for from := strand * length; from < min((strand+1)*length, end); from += w.plan.block {
		if !visit(from, min(from+w.plan.block, end)) {
			return false
		}
	}
	return true
}

// counts are made inside the loops.
type counts struct{ multiplyAdds, features, blockSums, pairs int64 }

func (c counts) cost() finegrain.Cost {
	cost := finegrain.Cost{finegrain.MultiplyAdds: c.multiplyAdds, Features: c.features, BlockSums: c.blockSums}
	if c.pairs > 0 {
		cost[finegrain.InnerProducts], cost[finegrain.Exponentials] = c.pairs, c.pairs
	}
	return cost
}

// loadKeys makes the features and values of the keys from … to−1; with ranges it keeps their coordinates, too.
func (w *work) loadKeys(x *piece, from, to int, counted *counts) {
	c, rank, d := w.regime.ValueDim+1, w.basis.rank, w.regime.Dim
	for j := from; j < to; j++ {
		key, row := x.x, x.keys.values[(j-from)*c:][:c]
		if w.all.values != nil {
			key = w.all.features[j*d:][:d]
		}
		for l, k := range w.in.K.RawRowView(j) {
			key[l] = w.keys[l].Times(k - w.centre[l])
		}
		w.basis.row(x.keys.features[(j-from)*rank:][:rank], key)
		counted.features += w.basis.features()
		for i, v := range w.in.V.RawRowView(j) {
			row[i] = w.values.Times(v)
		}
		row[c-1] = 1
		if w.all.values != nil {
			copy(w.all.values[j*c:], row)
		}
	}
}

// addKeys adds the loaded keys, so many rows of them, to sums, with a mask times w; it returns false if it was stopped.
func (w *work) addKeys(env finegrain.Env, x *piece, sums []float64, rows int, counted *counts) bool {
	c, rank := w.regime.ValueDim+1, w.basis.rank
	return tiles(env, rank, c, func(a, monomials, v, columns int) {
		kernel.Dgemm(blas.Trans, blas.NoTrans, columns, monomials, rows, 1,
			x.keys.values[v:], c, x.keys.features[a:], rank, 0, x.tile, tileRank)
		counted.multiplyAdds += int64(columns) * int64(monomials) * int64(rows)
		for i := range columns {
			part := x.tile[i*tileRank:][:monomials]
			if w.masked() {
				floats.Mul(part, w.factor[a:][:monomials])
				counted.blockSums += int64(monomials)
			}
			floats.Add(sums[(v+i)*rank+a:][:monomials], part)
		}
		counted.blockSums += int64(columns) * int64(monomials)
	})
}

// tiles goes through a product of so many monomials and value columns in order, a tile at a time: from a and from v on.
// It returns false if it was stopped.
func tiles(env finegrain.Env, rank, c int, visit func(a, monomials, v, columns int)) bool {
	for v := 0; v < c; v += tileValues {
		for a := 0; a < rank; a += tileRank {
			if env.Err() != nil {
				return false
			}
			visit(a, min(tileRank, rank-a), v, min(tileValues, c-v))
		}
	}
	return true
}

// masked reports whether queries see different keys.
func (w *work) masked() bool { return w.in.Causal || w.in.Ranges != nil }

// kernel is gonum's own: another one could be registered for its other packages, and sums in its own order. Tiles
// are so small that it works on the calling goroutine.
var kernel gonum.Implementation

// addStrands adds the strands' sums in order, into those of the first, and multiplies by w.
func (w *work) addStrands(env finegrain.Env) error {
	rank := w.basis.rank
	return env.ForEach(w.regime.ValueDim+1, func(c int) {
		total := w.sums[0][c*rank:][:rank]
		for _, s := range w.sums[1:] {
			floats.Add(total, s[c*rank:][:rank])
		}
		floats.Mul(total, w.factor)
		w.count(counts{blockSums: int64(len(w.sums)) * int64(rank)})
	})
}

// readRows computes the output of the queries from first on, all of them by the same sums.
func (w *work) readRows(env finegrain.Env, out *mat.Dense, first int, sums []float64) error {
	size := w.plan.block
	blocks := (max(0, w.regime.Queries-first) + size - 1) / size
	w.done = 0
	return env.ForEach(blocks, func(b int) {
		w.pieces.Use(func(x *piece) {
			var counted counts
			from := first + b*size
			to := min(from+size, w.regime.Queries)
			w.loadQueries(x, from, to, &counted)
			if !w.multiply(env, x, sums, 0, to-from, &counted) {
				return
			}
			w.write(out, x, from, to)
			w.count(counted)
			w.report(env, blocks, "blocks of queries")
		})
	})
}

// loadQueries makes the features of the queries from … to−1 and clears their values.
func (w *work) loadQueries(x *piece, from, to int, counted *counts) {
	for i := from; i < to; i++ {
		w.query(x, i)
		w.basis.row(x.queries.features[(i-from)*w.basis.rank:][:w.basis.rank], x.x)
		counted.features += w.basis.features()
	}
	clear(x.queries.values[:(to-from)*(w.regime.ValueDim+1)])
}

// query leaves query i, scaled, in x.x.
func (w *work) query(x *piece, i int) {
	for l, q := range w.in.Q.RawRowView(i) {
		x.x[l] = w.queries[l].Times(q)
	}
}

// multiply adds the products of the features of the loaded queries from … to−1 with sums to their values; it returns
// false if it was stopped.
func (w *work) multiply(env finegrain.Env, x *piece, sums []float64, from, to int, counted *counts) bool {
	c, rank := w.regime.ValueDim+1, w.basis.rank
	return tiles(env, rank, c, func(a, monomials, v, columns int) {
		kernel.Dgemm(blas.NoTrans, blas.Trans, to-from, columns, monomials, 1,
			x.queries.features[from*rank+a:], rank, sums[v*rank+a:], rank, 1, x.queries.values[from*c+v:], c)
		counted.multiplyAdds += int64(columns) * int64(monomials) * int64(to-from)
	})
}

// write divides the values of the queries from … to−1 and scales them back.
func (w *work) write(out *mat.Dense, x *piece, from, to int) {
	c := w.regime.ValueDim + 1
	for i := from; i < to; i++ {
		row := x.queries.values[(i-from)*c:][:c]
		o := out.RawRowView(i)
		for v := range o {
			o[v] = w.output.Times(row[v] / row[c-1])
		}
	}
}
