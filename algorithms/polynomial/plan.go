package polynomial

import (
	"fmt"
	"math"
	"runtime"

	"finegrain"
	"finegrain/algorithms/attention"
)

// A plan is a polynomial for an instance, and how the work is laid out. The least degree that reaches the error
// asked is taken, as rank and with it all work grows with the degree; of the Chebyshev and the Taylor polynomial of
// one degree, the one with the smaller bound. A rank of min(n,m) or more is refused: then the definition takes no more
// work.
//
// The layout, too, follows from sizes alone, so that every sum is in the same order on any number of cores: keys are
// cut into blocks, runs of blocks into strands, each of which one core sums up; then strands are added in order.

// plan is what is decided.
type plan struct {
	approximation
	scores
	rank    int64
	bound   float64
	block   int // keys or queries whose features are held at a time
	blocks  int // of keys, in a strand
	strands int
}

const (
	blockEntries  = 1 << 16 // features of a block, about: what stays in a core's cache
	mostBlock     = 64
	leastBlock    = 8
	strandEntries = 1 << 23 // of all strands' sums: 64 MiB
	mostStrands   = 32
	leastStrands  = 2
	tileRank      = 192 // monomials of one matrix product
	tileValues    = 64  // value columns of one
)

// layout sets the blocks for a rank.
func (p *plan) layout(r attention.Regime) {
	p.block = max(leastBlock, min(mostBlock, int(blockEntries/p.rank)))
	total := (r.Keys + p.block - 1) / p.block
	sums := float64(p.rank) * float64(r.ValueDim+1)
	most := max(leastStrands, min(mostStrands, int(strandEntries/sums)))
	p.blocks = (total + most - 1) / most
	p.strands = (total + p.blocks - 1) / p.blocks
}

// bytes is the working memory on so many cores.
func (p plan) bytes(r attention.Regime, cores int) int64 {
	c := int64(r.ValueDim + 1)
	return workingMemory(r, p.rank, int64(p.strands)*p.rank*c, int64(p.block)*p.rank, int64(p.block), cores)
}

// bytesUpTo is the most that bytes is for any rank up to this one.
func (p plan) bytesUpTo(r attention.Regime, cores int) int64 {
	c := int64(r.ValueDim + 1)
	total := int64((r.Keys + p.block - 1) / p.block) // of the smallest blocks
	sums := min(total*p.rank*c, max(min(mostStrands*p.rank*c, strandEntries), leastStrands*p.rank*c))
	block := min(mostBlock*p.rank, max(blockEntries, leastBlock*p.rank))
	return workingMemory(r, p.rank, sums, block, mostBlock, cores)
}

// workingMemory adds up, in bytes: sums of strands, weights with what they are made of, scaling, and what each core needs for a
// block of so many rows.
func workingMemory(r attention.Regime, rank, sums, features, rows int64, cores int) int64 {
	d, c := int64(r.Dim), int64(r.ValueDim+1)
	each := features + rows*c + d + tileValues*tileRank
	return 8 * (sums + 2*rank + 8*d + each*int64(cores))
}

// Kinds of operation that this method counts beside multiply-adds of matrix products.
const (
	Features  = "features"   // products that make monomials
	BlockSums = "block_sums" // additions of sums over blocks and strands, and their products with w_α
)

// cost is what a run of the plan counts, but for bytes.
func (p plan) cost(r attention.Regime) finegrain.Cost {
	n, m, c := int64(r.Queries), int64(r.Keys), int64(r.ValueDim+1)
	blocks := (m + int64(p.block) - 1) / int64(p.block)
	return finegrain.Cost{
		finegrain.MultiplyAdds: (n + m) * p.rank * c,
		Features:               (n + m) * (p.rank - 1),
		BlockSums:              (blocks + int64(p.strands)) * p.rank * c,
	}
}

// search is the outcome of looking for a plan.
type search struct {
	plan
	reached bool    // bound ≤ the error asked
	best    float64 // the least bound that there is
	because error   // why there is no smaller one
}

// find looks for the plan of least degree with a bound of at most goal, for values that differ by at most spread. Where
// there is none its plan is the one with the least bound.
func find(r attention.Regime, s scores, spread, goal float64) search {
	found := search{best: math.Inf(1)}
	limit := int64(min(r.Queries, r.Keys))
	var l *ladder
	if s.m <= mostM {
		l = newLadder(s.m)
	}
	for g := 0; ; g++ {
		p := plan{scores: s, rank: Rank(r.Dim, g)}
		if p.rank >= limit {
			found.because = fmt.Errorf("degree %d has rank C(d+g,g) = %d, and there are %d queries and %d keys: that is no less "+
				"work than the definition; use %q, or fewer coordinates or smaller scores",
				g, p.rank, r.Queries, r.Keys, attention.Streaming.Name)
			return found
		}
		p.layout(r)
		k := roundings(g, p.rank, p.block, p.blocks, p.strands)
		if g == 0 {
			p.approximation = taylorOf(0, 0)
			p.bound = meanBound(k, spread, r)
			found.consider(p, goal)
		}
		if found.reached {
			return found
		}
		if l == nil {
			found.because = cancels(s)
			return found
		}
		candidates := []approximation{l.climb()}
		if g%2 == 0 {
			candidates = append(candidates, taylorOf(s.m, g))
		}
		rho := math.Inf(1)
		for _, a := range candidates {
			p.approximation = a
			x := cancellation(a, s, k)
			rho = min(rho, x)
			p.bound = errorBound(a.epsilon, x, spread, r)
			found.consider(p, goal)
		}
		if found.reached {
			return found
		}
		// ρ only grows from here on, but for what the coefficients of low degrees still change.
		if epsilonA := candidates[0].epsilon; epsilonA < rho/8 || !(rho < 1) && epsilonA < 1 || g == MaxDegree {
			found.because = cancels(s)
			return found
		}
	}
}

// consider takes the plan over if it is the first that reaches the goal, or the best so far.
func (f *search) consider(p plan, goal float64) {
	if p.bound < f.best {
		f.best, f.plan = p.bound, p
		f.reached = p.bound <= goal
	}
}

func cancels(s scores) error {
	terms := ""
	if s.abs > s.m {
		terms = fmt.Sprintf(", their terms %.3g", attention.ThreeDigitsUp(s.abs))
	}
	return fmt.Errorf("scores may reach %.3g%s, where the terms of the polynomial cancel and float64 loses the digits "+
		"of small weights; scale Q or K down, or use %q", attention.ThreeDigitsUp(s.m), terms, attention.Streaming.Name)
}

// best is the least bound that there is at any rank below n and m, and why it is not less.
func best(r attention.Regime, s scores, spread float64) (bound float64, because error) {
	f := find(r, s, spread, -1)
	return f.best, f.because
}

// promise is what norms alone let the method promise, and the error that a run is to reach: the one asked, where
// norms promise it or not, but no more than the mean of the values makes. Where none is asked it is twice the
// least bound, since the last digits take a much higher degree.
func promise(r attention.Regime) (f search, goal float64) {
	s, spread := aPriori(r), widestSpread(r)
	if r.Epsilon > 0 {
		mean, _ := best(r, scores{math.Inf(1), math.Inf(1)}, spread)
		goal = min(r.Epsilon, mean)
		return find(r, s, spread, goal), goal
	}
	least, because := best(r, s, spread)
	goal = 2 * least
	f = find(r, s, spread, goal)
	f.because = because
	return f, goal
}

// declared is the a-priori bound of the guarantee.
func declared(r attention.Regime) float64 {
	f, goal := promise(r)
	if !f.reached {
		return f.best
	}
	return goal
}

// valid is the regime. With an error asked, data may be kinder than norms: whether it can be promised then is seen in
// the run. Without one the norms must promise something.
func valid(r attention.Regime) error {
	limit := min(r.Queries, r.Keys)
	switch {
	case r.Causal:
		return fmt.Errorf("it sums all keys up for all queries, and a causal mask gives each query others; use %q",
			attention.Streaming.Name)
	case r.Dim+1 >= limit:
		return fmt.Errorf("even degree 1 has rank d+1 = %d, and there are %d queries and %d keys: that is no less work "+
			"than the definition; use %q", r.Dim+1, r.Queries, r.Keys, attention.Streaming.Name)
	case !(r.MaxV < 0x1p1020):
		return fmt.Errorf("values reach %.3g, at or above 2^1020; scale V down", r.MaxV)
	case !(r.QNorm < 0x1p1020), !(r.KNorm < 0x1p1020):
		return fmt.Errorf("rows of Q or K are longer than 2^1020; scale them down")
	case r.Epsilon > 0 || r.MaxV == 0:
		return nil
	}
	if f, goal := promise(r); !(goal < r.MaxV) {
		return fmt.Errorf("by the norms of rows its error might reach %.3g, with values up to %.3g: %w; or ask for an error: "+
			"only then centring of the keys is tried", attention.ThreeDigitsUp(goal), r.MaxV, f.because)
	}
	return nil
}

// mostBytes is the memory that a run may take; where the data decide the degree, for the largest rank that there is.
func mostBytes(r attention.Regime) int64 {
	f, _ := promise(r)
	p := f.plan
	if !f.reached || r.Epsilon == 0 {
		p = plan{rank: int64(max(1, min(r.Queries, r.Keys)-1))}
		p.layout(r)
	}
	return p.bytesUpTo(r, runtime.GOMAXPROCS(0))
}
