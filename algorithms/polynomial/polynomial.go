package polynomial

import (
	"fmt"
	"math"
	"sync"

	"finegrain"
	"finegrain/algorithms/attention"
	"finegrain/internal/memory"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// The method. With features φ of queries and ψ of keys, Z = w∘Ψᵀ[V | 1] is r×(dv+1) numbers, and row i of the output
// is φ_i·Z without its last entry, divided by it. Ψ is made a block of keys at a time and multiplied into the sums of
// the block's strand; Φ a block of queries at a time. Sums are held transposed, a row of r numbers for each
// value column, so that the loops of both products are long.

const name = "polynomial"

// Polynomial is attention by polynomials: for bounded scores, in time linear in queries and keys.
var Polynomial attention.Method = method{measure: measure}.declare()

// method is what mutants change.
type method struct {
	measure func(finegrain.Env, attention.Instance, attention.Regime) (measured, error)
	edit    func(*plan, attention.Regime) // nil: as planned
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
			Where: "scores so bounded that a rank of C(d+g,g) below the numbers of queries and of keys serves; no causal mask",
			Valid: valid,
			Error: declared,
			// The data decide how far the bound on scores falls by centring, hence the degree, hence all counts: they are
			// those of plan.cost, which a test holds every run of the law to.
			Cost:  func(attention.Regime) finegrain.Cost { return nil },
			Bytes: mostBytes,
		},
		Run: func(env finegrain.Env, in attention.Instance) (out attention.Output, cost finegrain.Cost, err error) {
			err = env.Together(func(env finegrain.Env) (err error) {
				out, cost, err = x.run(env, in)
				return err
			})
			return out, cost, err
		},
		Sample: sample,
	}
}

// Refused is a *attention.CannotPromise with the reason.
type Refused struct {
	Weak    *attention.CannotPromise
	Because error
}

func (e *Refused) Error() string { return fmt.Sprintf("%v (%v)", e.Weak, e.Because) }

func (e *Refused) Unwrap() error { return e.Weak }

// Plan is what the method does for an instance, and what it counts then, but for bytes. Errors are those of Run.
type Plan struct {
	M       float64 // bound on scores
	Centred bool    // whether it is that of centred keys
	Degree  int
	Taylor  bool // the polynomial; else Chebyshev's
	Rank    int64
	Bound   float64 // on the error
	Cost    finegrain.Cost
}

// PlanFor returns the plan for an instance.
func PlanFor(env finegrain.Env, in attention.Instance) (Plan, error) {
	p, data, r, err := method{measure: measure}.plan(env, in)
	if err != nil {
		return Plan{}, err
	}
	centred := floats.Norm(data.centre, math.Inf(1)) > 0
	return Plan{p.m, centred, p.degree, p.taylor, p.rank, p.bound, p.cost(r)}, nil
}

// plan measures the instance and decides, or refuses.
func (x method) plan(env finegrain.Env, in attention.Instance) (plan, measured, attention.Regime, error) {
	fail := func(err error) (plan, measured, attention.Regime, error) {
		return plan{}, measured{}, attention.Regime{}, err
	}
	if err := env.Err(); err != nil {
		return fail(stopped(err))
	}
	if err := in.Validate(); err != nil {
		return fail(err)
	}
	r := in.Regime()
	if err := valid(r); err != nil {
		return fail(&attention.OutsideRegime{Method: name, Reason: err})
	}
	data, err := x.measure(env, in, r)
	if err != nil {
		return fail(stopped(err))
	}
	values, err := extentOf(env, in.V)
	if err != nil {
		return fail(stopped(err))
	}

	before, goal := promise(r)
	spread := values.spread()
	if r.Epsilon == 0 {
		least, _ := best(r, data.scores, spread)
		goal = min(goal, 2*least)
	}
	after := find(r, data.scores, spread, goal)
	p := after.plan
	switch {
	case !after.reached && !before.reached:
		weak := &attention.CannotPromise{Method: name, Asked: r.Epsilon, Bound: min(before.best, after.best)}
		return fail(&Refused{weak, after.because})
	case !after.reached, r.Epsilon > 0 && before.reached && before.rank < p.rank:
		// Bounds need not quite fall with M. What norms promise holds for the same keys, not centred.
		p, data = before.plan, data.plain(r)
	}
	if x.edit != nil {
		x.edit(&p, r)
	}
	if needed := p.bytes(r, env.Workers()); env.Memory > 0 && needed > env.Memory {
		return fail(&attention.OutsideRegime{Method: name, Reason: fmt.Errorf("degree %d has rank %d and takes %s of memory, "+
			"and %s are allowed; allow more, or use %q", p.degree, p.rank, memory.Format(needed), memory.Format(env.Memory),
			attention.Streaming.Name)})
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
	w.cost[finegrain.Bytes] = p.bytes(r, 1)
	out := mat.NewDense(r.Queries, r.ValueDim, nil)
	for _, phase := range []func(finegrain.Env) error{
		w.sumKeys, w.addStrands, func(env finegrain.Env) error { return w.readRows(env, out) },
	} {
		if err := phase(env); err != nil {
			return attention.Output{}, w.cost, stopped(err)
		}
	}
	return attention.Output{Float: out, Bound: p.bound}, w.cost, nil
}

// work is a run.
type work struct {
	in     attention.Instance
	regime attention.Regime
	plan   plan
	basis  basis
	factor []float64 // w

	centre         []float64
	queries, keys  []scale // of each coordinate, so that |k'_l| ≤ 1 and |q'_l| ≤ 2M
	values, output scale   // of V, so that its largest entry is in [1,2), and back
	sums           [][]float64

	lock sync.Mutex
	cost finegrain.Cost
	idle []*piece
	done int
}

// piece is the working memory of a core.
type piece struct {
	x        []float64 // a row, centred and scaled
	features []float64 // block×r
	values   []float64 // block×(dv+1)
	tile     []float64 // of a product
}

func newWork(in attention.Instance, r attention.Regime, p plan, data measured) *work {
	w := &work{
		in: in, regime: r, plan: p, basis: newBasis(r.Dim, p.degree), centre: data.centre, cost: finegrain.Cost{},
		queries: make([]scale, r.Dim), keys: make([]scale, r.Dim), sums: make([][]float64, p.strands),
	}
	w.factor = w.basis.weights(p.factors)
	s, exponent := math.Frexp(r.Scale)
	for l, k := range data.keys {
		if k == 0 || data.m == 0 {
			continue // scales of 0: the coordinate has no part in any score
		}
		_, e := math.Frexp(k)
		w.keys[l], w.queries[l] = newScale(1, -e), newScale(s, exponent+e)
	}
	if r.MaxV > 0 {
		e := math.Ilogb(r.MaxV)
		w.values, w.output = newScale(1, -e), newScale(1, e)
	}
	for t := range w.sums {
		w.sums[t] = make([]float64, p.rank*int64(r.ValueDim+1))
	}
	return w
}

// scale multiplies by by·2^exponent, 1/2 ≤ |by| ≤ 1, with one rounding unless the result is below 2^−1022.
type scale struct {
	by       float64
	exponent int
	factor   float64 // by·2^exponent, or 0 where that is out of range
}

func newScale(by float64, exponent int) scale {
	s := scale{by: by, exponent: exponent}
	if exponent > -1000 && exponent < 1000 {
		s.factor = math.Ldexp(by, exponent)
	}
	return s
}

func (s scale) times(x float64) float64 {
	if s.factor != 0 {
		return x * s.factor
	}
	if s.by == 0 {
		return 0
	}
	return math.Ldexp(x, s.exponent) * s.by
}

// use lends a piece of working memory.
func (w *work) use(f func(*piece)) {
	w.lock.Lock()
	var x *piece
	if last := len(w.idle) - 1; last >= 0 {
		x, w.idle = w.idle[last], w.idle[:last]
	}
	w.lock.Unlock()
	if x == nil {
		b, c := w.plan.block, w.regime.ValueDim+1
		x = &piece{
			make([]float64, w.regime.Dim), make([]float64, b*w.basis.rank), make([]float64, b*c),
			make([]float64, tileValues*tileRank),
		}
	}
	f(x)
	w.lock.Lock()
	defer w.lock.Unlock()
	w.idle = append(w.idle, x)
}

// count adds what a part of the work did.
func (w *work) count(c finegrain.Cost) {
	w.lock.Lock()
	defer w.lock.Unlock()
	w.cost.Add(c)
}

// report tells progress, in blocks of keys and of queries.
func (w *work) report(env finegrain.Env, blocks int, what string) {
	w.lock.Lock()
	defer w.lock.Unlock()
	w.done++
	env.Report(w.done, blocks, what)
}

// sumKeys makes the sums of each strand.
func (w *work) sumKeys(env finegrain.Env) error {
	keys := w.regime.Keys
	return env.ForEach(w.plan.strands, func(t int) {
		w.use(func(x *piece) {
			var counted counts
			first := t * w.plan.blocks
			for b := first; b < first+w.plan.blocks && b*w.plan.block < keys; b++ {
				from, to := b*w.plan.block, min((b+1)*w.plan.block, keys)
				if !w.addBlock(env, x, w.sums[t], from, to, &counted) {
					break
				}
			}
			w.count(counted.cost())
			w.report(env, w.plan.strands, "strands of keys")
		})
	})
}

// counts are made inside the loops.
type counts struct{ multiplyAdds, features, blockSums int64 }

func (c counts) cost() finegrain.Cost {
	return finegrain.Cost{finegrain.MultiplyAdds: c.multiplyAdds, Features: c.features, BlockSums: c.blockSums}
}

// addBlock adds the keys from … to−1 to sums; it returns false if it was stopped.
func (w *work) addBlock(env finegrain.Env, x *piece, sums []float64, from, to int, counted *counts) bool {
	c, rank := w.regime.ValueDim+1, w.basis.rank
	for j := from; j < to; j++ {
		for l, k := range w.in.K.RawRowView(j) {
			x.x[l] = w.keys[l].times(k - w.centre[l])
		}
		w.basis.row(x.features[(j-from)*rank:][:rank], x.x)
		counted.features += w.basis.features()
		row := x.values[(j-from)*c:][:c]
		for i, v := range w.in.V.RawRowView(j) {
			row[i] = w.values.times(v)
		}
		row[c-1] = 1
	}
	for v := 0; v < c; v += tileValues {
		columns := min(tileValues, c-v)
		for a := 0; a < rank; a += tileRank {
			if env.Err() != nil {
				return false
			}
			monomials := min(tileRank, rank-a)
			kernel.Dgemm(blas.Trans, blas.NoTrans, columns, monomials, to-from, 1,
				x.values[v:], c, x.features[a:], rank, 0, x.tile, tileRank)
			counted.multiplyAdds += int64(columns) * int64(monomials) * int64(to-from)
			for i := range columns {
				floats.Add(sums[(v+i)*rank+a:][:monomials], x.tile[i*tileRank:][:monomials])
			}
			counted.blockSums += int64(columns) * int64(monomials)
		}
	}
	return true
}

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
		w.count(counts{blockSums: int64(len(w.sums)) * int64(rank)}.cost())
	})
}

// readRows computes the output.
func (w *work) readRows(env finegrain.Env, out *mat.Dense) error {
	c, rank, block := w.regime.ValueDim+1, w.basis.rank, w.plan.block
	blocks := (w.regime.Queries + block - 1) / block
	w.done = 0
	return env.ForEach(blocks, func(b int) {
		w.use(func(x *piece) {
			var counted counts
			from, to := b*block, min((b+1)*block, w.regime.Queries)
			for i := from; i < to; i++ {
				for l, q := range w.in.Q.RawRowView(i) {
					x.x[l] = w.queries[l].times(q)
				}
				w.basis.row(x.features[(i-from)*rank:][:rank], x.x)
				counted.features += w.basis.features()
			}
			clear(x.values[:(to-from)*c])
			for v := 0; v < c; v += tileValues {
				columns := min(tileValues, c-v)
				for a := 0; a < rank; a += tileRank {
					if env.Err() != nil {
						return
					}
					monomials := min(tileRank, rank-a)
					kernel.Dgemm(blas.NoTrans, blas.Trans, to-from, columns, monomials, 1,
						x.features[a:], rank, w.sums[0][v*rank+a:], rank, 1, x.values[v:], c)
					counted.multiplyAdds += int64(columns) * int64(monomials) * int64(to-from)
				}
			}
			for i := from; i < to; i++ {
				row := x.values[(i-from)*c:][:c]
				o := out.RawRowView(i)
				for v := range o {
					o[v] = w.output.times(row[v] / row[c-1])
				}
			}
			w.count(counted.cost())
			w.report(env, blocks, "blocks of queries")
		})
	})
}
