package polynomial

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"runtime"

	"finegrain"
	"finegrain/algorithms/attention"
)

// A plan is a polynomial for an instance, and how the work is laid out. The least degree that reaches the error
// asked is taken, as rank and with it all work grows with the degree; of the Chebyshev and the Taylor polynomial of
// one degree, the one with the smaller bound. Refused is a rank with which the definition takes no more work: min(n,m) or
// more, with a causal mask half of that; with ranges also one whose sums over keys alone are as much as all pairs.
//
// The layout, too, follows from sizes alone, so that every sum is in the same order on any number of cores: keys are
// cut into blocks, runs of blocks into strands, each of which one core sums up; then strands are added in order. With
// ranges strands are the leaves of a tree, of as many keys as the rank, rounded up to blocks; at rank 35 four times as
// many take 1.4 times as long.

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
	mostCausal    = 16 // less, as pairs within a block are looked at; at rank 35, dv = 4 flat to a tenth from 8 to 32
	leastBlock    = 8
	strandEntries = 1 << 23 // of all strands' sums: 64 MiB
	mostStrands   = 32
	leastStrands  = 2
	tileRank      = 192 // monomials of one matrix product
	tileValues    = 64  // value columns of one
)

// layOut sets the blocks for a rank.
func (p *plan) layOut(r attention.Regime) {
	most := mostBlock
	if r.Causal {
		most = mostCausal
	}
	p.block = max(leastBlock, min(most, int(blockEntries/p.rank)))
	total := (summed(r) + p.block - 1) / p.block
	if r.RangePairs > 0 {
		p.blocks = int(min(int64(total), (p.rank+int64(p.block)-1)/int64(p.block))) // of a leaf
	} else {
		sums := float64(p.rank) * float64(r.ValueDim+1)
		most := max(leastStrands, min(mostStrands, int(strandEntries/sums)))
		p.blocks = (total + most - 1) / most
	}
	p.strands = (total + p.blocks - 1) / p.blocks
}

// summed is how many keys are: with a causal mask those that have a query of the same number.
func summed(r attention.Regime) int {
	if r.Causal {
		return min(r.Queries, r.Keys)
	}
	return r.Keys
}

// levels is the most nodes of a tree that lie above a leaf, and, with one more, half of the most that a range takes.
func (p plan) levels() int { return bits.Len(uint(p.strands)) }

// roundings is K of bound.go for degree g.
func (p plan) roundings(g int, r attention.Regime) float64 {
	var additions int
	switch {
	case r.RangePairs > 0:
		additions = p.block + p.blocks + p.levels() + 2*(p.levels()+1)
		ends := 2*p.block*p.blocks + 1
		return max(float64(5*g+5+additions), float64(ends)) + float64(p.rank)
	case r.Causal:
		additions = p.block + 2*p.blocks + p.strands
	default:
		additions = p.block + p.blocks + p.strands
	}
	return float64(5*g+5+additions) + float64(p.rank)
}

// nodes is how many sums over keys are held.
func (p plan) nodes(r attention.Regime) int {
	if r.RangePairs > 0 {
		return 2 * p.strands
	}
	return p.strands
}

// bytes is the working memory on so many cores.
func (p plan) bytes(r attention.Regime, cores int) int64 {
	each := p.rank * int64(r.ValueDim+1)
	if r.RangePairs > 0 {
		each += wordsOfSlice
	}
	return workingMemory(r, p.rank, int64(p.nodes(r))*each, int64(p.block)*p.rank, int64(p.block), cores)
}

// bytesUpTo is the most that bytes is for any rank up to this one.
func (p plan) bytesUpTo(r attention.Regime, cores int) int64 {
	c := int64(r.ValueDim + 1)
	total := int64((r.Keys + p.block - 1) / p.block) // of the smallest blocks
	sums := min(total*p.rank*c, max(min(mostStrands*p.rank*c, strandEntries), leastStrands*p.rank*c))
	if r.RangePairs > 0 { // a leaf has no fewer keys than the rank, nor than 64, or is the only one; the last may be short
		sums = 2*c*(int64(r.Keys)+p.rank) + 2*wordsOfSlice*(int64(r.Keys)/mostBlock+1)
	}
	block := min(mostBlock*p.rank, max(blockEntries, leastBlock*p.rank))
	return workingMemory(r, p.rank, sums, block, mostBlock, cores)
}

// wordsOfSlice is what it takes to know where a node is, of which there are many.
const wordsOfSlice = 3

// workingMemory adds up, in bytes: sums of strands or nodes, weights with what they are made of, scaling, with ranges
// the keys and values scaled, and what each core needs for a block of so many rows.
func workingMemory(r attention.Regime, rank, sums, features, rows int64, cores int) int64 {
	d, c := int64(r.Dim), int64(r.ValueDim+1)
	shared, each := sums+2*rank+8*d, features+rows*c
	switch {
	case r.Causal:
		each *= 2
	case r.RangePairs > 0:
		shared += int64(r.Keys) * (d + c)
		each += rank * c
	}
	return 8 * (shared + (each+d+tileValues*tileRank)*int64(cores))
}

// Kinds of operation that this method counts beside multiply-adds, and inner products and exponentials of pairs that a
// mask makes it look at.
const (
	Features  = "features"   // products that make monomials
	BlockSums = "block_sums" // additions of sums over blocks, strands and nodes, and their products with w_α
)

// visits is what a run does of what the mask decides.
type visits struct {
	pairs int64 // that are looked at
	rows  int64 // queries whose features meet sums
	joins int64 // nodes added to others for a group of queries
}

// visitsOf counts them for an instance, from its ranges or its sizes.
func (p plan) visitsOf(in attention.Instance, r attention.Regime) (v visits) {
	if in.Ranges == nil {
		v.rows = int64(r.Queries)
		if r.Causal {
			b, whole := int64(p.block), int64(summed(r)/p.block)
			rest := int64(summed(r)) - whole*b
			v.pairs = whole*b*(b+1)/2 + rest*(rest+1)/2
		}
		return v
	}
	for i, seen := range in.Ranges {
		from, to := p.leavesIn(seen, r.Keys)
		if to <= from {
			v.pairs += int64(seen.Len())
			continue
		}
		leaf := p.block * p.blocks
		v.pairs += int64(from*leaf - seen.From + seen.To - min(to*leaf, r.Keys))
		v.rows++
		if i%p.block > 0 {
			if a, b := p.leavesIn(in.Ranges[i-1], r.Keys); a == from && b == to {
				continue // a query of its group
			}
		}
		nodesOf(from, to, p.strands, func(int) { v.joins++ })
		v.joins--
	}
	return v
}

// cost is what a run of the plan counts, but for bytes.
func (p plan) cost(r attention.Regime, v visits) finegrain.Cost {
	d, c := int64(r.Dim), int64(r.ValueDim+1)
	keys, sums := int64(summed(r)), int64(p.strands) // added to sums; sums added to others
	blocks := (keys + int64(p.block) - 1) / int64(p.block)
	switch {
	case r.RangePairs > 0:
		sums = 2*blocks + sums - 1 + v.joins
	case r.Causal:
		before := (sums - 1) * int64(p.blocks) // blocks of all strands but the last
		keys += before * int64(p.block)
		sums = 2*(blocks+before) + max(0, sums-2)
	default:
		sums += blocks
	}
	cost := finegrain.Cost{
		finegrain.MultiplyAdds: (keys+v.rows)*p.rank*c + v.pairs*c,
		Features:               (keys + v.rows) * (p.rank - 1),
		BlockSums:              sums * p.rank * c,
	}
	if p.degree > 0 && v.pairs > 0 {
		cost[finegrain.InnerProducts], cost[finegrain.Exponentials] = v.pairs, v.pairs
		cost[finegrain.MultiplyAdds] += v.pairs * d
	}
	return cost
}

// ascent is what climbing the degrees finds.
type ascent struct {
	plans   []plan // by degree, each with a smaller bound than all before it
	because error  // why there is no smaller one; nil if the climb ended at its goal
}

// climb tries degree after degree until the bound is at most goal, for values that differ by at most spread.
func climb(r attention.Regime, s scores, spread, goal float64) ascent {
	return climbUnder(r, s, spread, goal, outweighed)
}

// climbUnder is climb up to a rank that tooLarge says something against, of one whose work is no less than that.
func climbUnder(
	r attention.Regime, s scores, spread, goal float64, tooLarge func(attention.Regime, int64) string,
) (found ascent) {
	if tooLarge(r, 1) == "" && found.consider(meanPlan(r, s, spread), goal) {
		return found
	}
	near := nearError(r, s)
	var l *ladder
	if s.m <= mostM {
		l = newLadder(s.m)
	}
	for g := 0; ; g++ {
		p := plan{scores: s, rank: Rank(r.Dim, g)}
		if by := tooLarge(r, p.rank); by != "" {
			found.because = fmt.Errorf("degree %d has rank C(d+g,g) = %d, and %s: that is no less "+
				"work than the definition; use %q, or fewer coordinates or smaller scores", g, p.rank, by, exactFor(r))
			return found
		}
		if l == nil {
			found.because = cancels(r, s)
			return found
		}
		p.layOut(r)
		p.approximation = l.climb()
		rho := cancellation(p.approximation, s, p.roundings(g, r))
		p.bound = errorBound(max(p.epsilon, near), rho, spread, r)
		epsilonA := p.epsilon
		if g%2 == 0 {
			taylor := p
			taylor.approximation = taylorOf(s.m, g)
			x := cancellation(taylor.approximation, s, p.roundings(g, r))
			if taylor.bound = errorBound(max(taylor.epsilon, near), x, spread, r); taylor.bound < p.bound {
				p = taylor
			}
			rho = min(rho, x)
		}
		if found.consider(p, goal) {
			return found
		}
		// ρ only grows from here on, but for what the coefficients of low degrees still change.
		if epsilonA < rho/8 || !(rho < 1) && epsilonA < 1 || g == MaxDegree {
			found.because = cancels(r, s)
			return found
		}
	}
}

// outweighed says what makes a rank no less work than the definition; "" if it is less. With ranges the sums over all keys
// are compared, too, which are made whatever the ranges are. If they are less, all work is at most little more than
// twice the definition's: a key that is looked at takes what it takes there and a multiply-add, and the leaves of a
// range, each of no fewer keys than the rank but for the last of all, take less than looking at their keys.
func outweighed(r attention.Regime, rank int64) string {
	if rank >= rankLimit(r) {
		return "there are " + sizes(r)
	}
	if r.RangePairs == 0 {
		return ""
	}
	p := plan{rank: rank}
	p.layOut(r)
	sums, definition := worth(p.cost(r, visits{})), worth(attention.Exact.Guarantee.Cost(r))
	if sums < definition {
		return ""
	}
	return fmt.Sprintf("its sums over keys take %.3g operations, the definition on these ranges %.3g",
		float64(sums), float64(definition))
}

// beyondForce is outweighed for a run that is forced, whose work may be more.
func beyondForce(_ attention.Regime, rank int64) string {
	const most = 1 << 14
	if rank <= most {
		return ""
	}
	return fmt.Sprintf("no more than %d is forced", most)
}

// worth is a cost in multiply-adds, or in what takes about as long.
func worth(c finegrain.Cost) int64 {
	return c[finegrain.MultiplyAdds] + c[Features] + c[BlockSums] + attention.WorkExp*c[finegrain.Exponentials]
}

// rankLimit is the rank from which on the definition takes no more work where queries see all keys, or, with a causal
// mask, half of them: a key or a query takes a multiply-add for each monomial and value, and one in the definition as many
// for each that it meets. With ranges it is the same as without a mask.
func rankLimit(r attention.Regime) int64 {
	limit := int64(min(r.Queries, r.Keys))
	if r.Causal {
		limit /= 2
	}
	return limit
}

// sizes says what rankLimit compares with.
func sizes(r attention.Regime) string {
	text := fmt.Sprintf("%d queries and %d keys", r.Queries, r.Keys)
	if r.Causal {
		text += ", of which a query sees half on the average"
	}
	return text
}

// exactFor names the method that serves whatever the scores.
func exactFor(r attention.Regime) string {
	if r.RangePairs > 0 {
		return attention.Exact.Name
	}
	return attention.Streaming.Name
}

// consider keeps the plan if it is the best so far, and reports whether it reaches the goal.
func (a *ascent) consider(p plan, goal float64) bool {
	if !(p.bound < a.least()) {
		return false
	}
	a.plans = append(a.plans, p)
	return p.bound <= goal
}

// least is the smallest bound, +Inf if there is none.
func (a ascent) least() float64 {
	if len(a.plans) == 0 {
		return math.Inf(1)
	}
	return a.plans[len(a.plans)-1].bound
}

// reaching is the plan of least degree with a bound of at most goal.
func (a ascent) reaching(goal float64) (plan, bool) {
	for _, p := range a.plans {
		if p.bound <= goal {
			return p, true
		}
	}
	return plan{}, false
}

// meanPlan is degree 0: the mean of the values.
func meanPlan(r attention.Regime, s scores, spread float64) plan {
	p := plan{approximation: taylorOf(0, 0), scores: s, rank: 1}
	p.layOut(r)
	p.bound = meanBound(p.roundings(0, r), spread, r)
	return p
}

// cancels says why no degree helps. Where scores are small little cancels, and what is left is the rounding of sums.
func cancels(r attention.Regime, s scores) error {
	if s.m+s.abs < 4 {
		return errors.New("what is left is the rounding of sums in float64")
	}
	terms := ""
	if s.abs > s.m {
		terms = fmt.Sprintf(", their terms %.3g", attention.ThreeDigitsUp(s.abs))
	}
	return fmt.Errorf("scores may reach %.3g%s, where the terms of the polynomial cancel and float64 loses the digits "+
		"of small weights; scale Q or K down, or use %q", attention.ThreeDigitsUp(s.m), terms, exactFor(r))
}

// promise is what norms alone let the method promise, and the error that a run is to reach: the one asked, whether
// norms promise it or not, but no more than the mean of the values makes. Where none is asked it is twice the
// least bound, since the last digits take a much higher degree.
func promise(r attention.Regime) (a ascent, goal float64) {
	s, spread := aPriori(r), r.WidestSpread()
	if r.Epsilon > 0 {
		goal = min(r.Epsilon, meanPlan(r, s, spread).bound)
		return climb(r, s, spread, goal), goal
	}
	a = climb(r, s, spread, -1)
	return a, 2 * a.least()
}

// declared is the a-priori bound of the guarantee.
func declared(r attention.Regime) float64 {
	a, goal := promise(r)
	if _, reached := a.reaching(goal); !reached {
		return a.least()
	}
	return goal
}

// about is the cost of what norms promise; of ranges it takes a mean length, ends that are half as long as they can be,
// and a group for each query.
func about(r attention.Regime) finegrain.Cost {
	a, goal := promise(r)
	p, reached := a.reaching(goal)
	if !reached {
		return finegrain.Cost{}
	}
	v := p.visitsOf(attention.Instance{}, r)
	if r.RangePairs > 0 {
		leaf := int64(p.block * p.blocks)
		v.pairs, v.joins = min(r.RangePairs, int64(r.Queries)*leaf), int64(r.Queries)*int64(p.levels())
	}
	return p.cost(r, v)
}

// valid is the regime. With an error asked, data may be kinder than norms: whether it can be promised then is seen in
// the run. Without one the norms must promise something.
func valid(r attention.Regime) error {
	err := admissible(r)
	if err == nil && r.Epsilon == 0 {
		a, goal := promise(r)
		err = promises(r, a, goal)
	}
	return err
}

// admissible is the part of valid that takes no climb.
func admissible(r attention.Regime) error {
	if by := outweighed(r, int64(r.Dim+1)); by != "" {
		return fmt.Errorf("even degree 1 has rank d+1 = %d, and %s: that is no less work "+
			"than the definition; use %q", r.Dim+1, by, exactFor(r))
	}
	return computable(r)
}

// computable is the part of that without which nothing is computed.
func computable(r attention.Regime) error {
	switch {
	case !(r.MaxV < 0x1p1020):
		return fmt.Errorf("values reach %.3g, at or above 2^1020; scale V down", r.MaxV)
	case !(r.QNorm < 0x1p1020), !(r.KNorm < 0x1p1020):
		return fmt.Errorf("rows of Q or K are longer than 2^1020; scale them down")
	}
	return nil
}

// promises is the other part, given what promise finds.
func promises(r attention.Regime, a ascent, goal float64) error {
	if r.Epsilon > 0 || r.MaxV == 0 || goal < r.MaxV {
		return nil
	}
	return fmt.Errorf("by the norms of rows its error might reach %.3g, with values up to %.3g: %w; or ask for an error: "+
		"only then centring of the keys is tried", attention.ThreeDigitsUp(goal), r.MaxV, a.because)
}

// mostBytes is the memory that a run may take; where the data decide the degree, for the largest rank that there is.
func mostBytes(r attention.Regime) int64 {
	a, goal := promise(r)
	p, reached := a.reaching(goal)
	if !reached || r.Epsilon == 0 {
		p = plan{rank: 1}
		for g := 1; g <= MaxDegree && outweighed(r, Rank(r.Dim, g)) == ""; g++ {
			p.rank = Rank(r.Dim, g)
		}
		p.layOut(r)
	}
	return p.bytesUpTo(r, runtime.GOMAXPROCS(0))
}
