package sat

// Exact model counting by DPLL with component caching: Bayardo and Pehoushek (Counting Models Using
// Connected Components, 2000) for components; Bacchus, Dalmao and Pitassi (Algorithms and Complexity
// Results for #SAT and Bayesian Inference, 2003) and Sang, Bacchus, Beame, Kautz and Pitassi (Combining
// Component Caching and Clause Learning for Effective Model Counting, 2004: Cachet) for the cache;
// Thurley (sharpSAT, 2006) for the form of its key. No clauses are learned, hence none of the care that
// learning asks of a cache.
//
// Under a partial assignment a clause is active if none of its literals is true. The free variables fall
// into components, connected by active clauses. What remains of a formula is the conjunction of what
// remains of its components, over disjoint variables, so the counts of components multiply, and a
// variable in no active clause counts 2. A component of two or more variables is counted by branching on
// one of them:
//
//	#C = #(C ∧ x) + #(C ∧ ¬x),
//
// each side after unit propagation, which keeps to the component and loses no model.
//
// A component is known by its free variables V and the numbers of its active clauses: every literal of an
// active clause is either of V or false, so that what remains of the clause is its literals of V. Equal
// keys are equal formulas, whatever the assignment around them.

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"slices"
)

const (
	cacheBytes    = 256 << 20 // of the cache, both generations
	pathVariables = 1 << 26   // variables and clauses of all components on the path of the search
)

// Count returns the number of models of f; a variable that occurs in no clause doubles it. The time may
// be exponential; the memory is not: the cache holds about 256 MB, and a search whose path needs more than
// about 256 MB is given up with an error. When ctx ends, Count returns an error that wraps ctx.Err().
func Count(ctx context.Context, f Formula) (*big.Int, error) {
	return newCounter(cacheBytes).count(ctx, f)
}

// rules are the three facts that a count rests on, as values, so that tests can break them one by one.
type rules struct {
	free func(variables int) uint      // log2 of the count of variables without clauses: their number
	join func(product, count *big.Int) // independent parts multiply
	key  func(dst []byte, c component) []byte
}

var soundRules = rules{
	free: func(variables int) uint { return uint(variables) },
	join: func(product, count *big.Int) { product.Mul(product, count) },
	key:  componentKey,
}

// component is a connected part of what remains: free variables and active clauses, both ascending.
type component struct{ variables, clauses []int32 }

// componentKey appends to dst the number of variables, then both lists as differences.
func componentKey(dst []byte, c component) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(c.variables)))
	for _, list := range [][]int32{c.variables, c.clauses} {
		last := int32(0)
		for _, x := range list {
			dst = binary.AppendUvarint(dst, uint64(x-last))
			last = x
		}
	}
	return dst
}

// counter is the state of one count. Variables are numbered from 0 without gaps, and a literal is 2v or,
// negated, 2v+1.
//
// Invariant: true and false literals of every clause are counted for trail[:head]; the literals of
// trail[head:] have their value but are not counted yet. Once the counter is interrupted nothing holds, and
// nothing is used.
type counter struct {
	rules
	patience
	cache *cache

	clauses [][]int32
	occurs  [][]int32 // by literal: the clauses that have it
	trues   []int32   // by clause
	falses  []int32
	value   []int8 // by literal: 1 true, −1 false, 0 free
	trail   []int32
	head    int

	visit      int   // stamp of the present search for components
	seenBy     []int // by variable
	clauseSeen []int // by clause
	score      []int32
	held       int // variables and clauses of the components on the path
	decisions  int
}

func newCounter(cacheBytes int) *counter {
	return &counter{rules: soundRules, cache: newCache(cacheBytes)}
}

func (c *counter) count(ctx context.Context, f Formula) (*big.Int, error) {
	c.ctx = ctx
	if err := f.validate(c.stopped); err != nil {
		return nil, err
	}
	used := f.used(c.stopped)
	total := new(big.Int)
	if c.ask() == nil && c.load(f, used) && c.propagate() {
		all := make([]int32, len(used))
		for v := range all {
			all[v] = int32(v)
		}
		total.Lsh(c.remainder(all), c.free(f.Variables-len(used)))
	}
	if err := c.ask(); err != nil {
		return nil, fmt.Errorf("sat: counting stopped: %w", err)
	}
	return total, nil
}

// load takes the clauses of f without repetition of literals or clauses and without tautologies. It
// reports false if a clause is empty or two unit clauses contradict each other.
func (c *counter) load(f Formula, used []int) bool {
	rank := f.ranks(used)
	c.occurs = make([][]int32, 2*len(used))
	c.value = make([]int8, 2*len(used))
	c.seenBy = make([]int, len(used))
	c.score = make([]int32, len(used))
	c.clauses = make([][]int32, 0, len(f.Clauses))
	consistent := true
	for _, clause := range f.Clauses {
		if c.stopped(1 + len(clause)) {
			return false
		}
		if Tautology(clause) {
			continue
		}
		literals := make([]int32, len(clause))
		for i, l := range clause {
			literals[i] = 2 * rank[l.Variable()]
			if l < 0 {
				literals[i]++
			}
		}
		slices.Sort(literals)
		c.clauses = append(c.clauses, slices.Compact(literals))
	}
	const comparison = 4 // steps
	slices.SortFunc(c.clauses, func(a, b []int32) int {
		if c.stopped(comparison) {
			return 0 // equal clauses are sorted soon
		}
		return slices.Compare(a, b)
	})
	c.clauses = slices.CompactFunc(c.clauses, func(a, b []int32) bool { return !c.stopped(comparison) && slices.Equal(a, b) })
	for i, clause := range c.clauses {
		if c.stopped(1 + len(clause)) {
			return false
		}
		for _, l := range clause {
			c.occurs[l] = append(c.occurs[l], int32(i))
		}
		switch len(clause) {
		case 0:
			consistent = false
		case 1:
			consistent = consistent && c.assign(clause[0])
		}
	}
	c.trues = make([]int32, len(c.clauses))
	c.falses = make([]int32, len(c.clauses))
	c.clauseSeen = make([]int, len(c.clauses))
	return consistent
}

// assign makes a literal true; false if it is false already.
func (c *counter) assign(l int32) bool {
	if c.value[l] == 0 {
		c.value[l], c.value[l^1] = 1, -1
		c.trail = append(c.trail, l)
	}
	return c.value[l] == 1
}

// propagate assigns the last free literal of every active clause that has but one, until none has. It
// reports false if a clause becomes false.
func (c *counter) propagate() bool {
	for c.head < len(c.trail) {
		l := c.trail[c.head]
		c.head++
		if c.stopped(len(c.occurs[l]) + len(c.occurs[l^1])) {
			return false
		}
		for _, i := range c.occurs[l] {
			c.trues[i]++
		}
		consistent := true
		for _, i := range c.occurs[l^1] {
			c.falses[i]++
			if c.trues[i] == 0 && int(c.falses[i])+1 >= len(c.clauses[i]) {
				consistent = c.unit(c.clauses[i]) && consistent
			}
		}
		if !consistent {
			return false
		}
	}
	return true
}

// unit makes the clause true if one literal is free or waits on the trail, and reports false if none is.
func (c *counter) unit(clause []int32) bool {
	for _, l := range clause {
		if c.value[l] >= 0 {
			return c.assign(l)
		}
	}
	return false
}

// undo takes back all but the first n assignments.
func (c *counter) undo(n int) {
	for i := len(c.trail) - 1; i >= n; i-- {
		l := c.trail[i]
		if i%256 == 255 && c.stopped(1<<12) {
			return
		}
		if i < c.head {
			for _, j := range c.occurs[l] {
				c.trues[j]--
			}
			for _, j := range c.occurs[l^1] {
				c.falses[j]--
			}
		}
		c.value[l], c.value[l^1] = 0, 0
	}
	c.trail = c.trail[:n]
	c.head = min(c.head, n)
}

// remainder counts what is left of a component (or of all) whose variables are given, some assigned now.
func (c *counter) remainder(variables []int32) *big.Int {
	components, free := c.split(variables)
	held := 0
	for _, part := range components {
		held += len(part.variables) + len(part.clauses)
	}
	if c.held += held; c.held > pathVariables && c.interrupted == nil {
		c.interrupted = errors.New("the search is too deep for its memory; this formula is out of reach")
	}
	product := big.NewInt(1)
	for _, part := range components {
		if c.interrupted != nil {
			break
		}
		if count := c.component(part); count.Sign() == 0 {
			product.SetInt64(0)
			break
		} else {
			c.join(product, count)
		}
	}
	c.held -= held
	return product.Lsh(product, c.free(free))
}

// component counts one component. The result is shared with the cache and not to be changed.
func (c *counter) component(part component) *big.Int {
	key := c.key(nil, part)
	if count := c.cache.get(key); count != nil {
		return count
	}
	c.decisions++
	x := c.branch(part)
	total := new(big.Int)
	mark := len(c.trail)
	for _, l := range [2]int32{2 * x, 2*x + 1} {
		if c.stopped(len(part.variables) + len(part.clauses)) {
			return total
		}
		c.assign(l)
		if c.propagate() {
			total.Add(total, c.remainder(part.variables))
		}
		c.undo(mark)
	}
	c.cache.put(key, total)
	return total
}

// split finds the components among the given variables, and how many free ones are in no active clause.
func (c *counter) split(variables []int32) (components []component, free int) {
	c.visit++
	for _, v := range variables {
		if c.value[2*v] != 0 || c.seenBy[v] == c.visit {
			continue
		}
		part := component{variables: []int32{v}}
		c.seenBy[v] = c.visit
		for at := 0; at < len(part.variables); at++ { // the list found so far is the queue
			positive, negative := 2*part.variables[at], 2*part.variables[at]+1
			if c.stopped(len(c.occurs[positive]) + len(c.occurs[negative])) {
				return nil, 0
			}
			for _, l := range [2]int32{positive, negative} {
				for _, i := range c.occurs[l] {
					if c.trues[i] > 0 || c.clauseSeen[i] == c.visit {
						continue
					}
					c.clauseSeen[i] = c.visit
					part.clauses = append(part.clauses, i)
					for _, other := range c.clauses[i] {
						if w := other / 2; c.value[other] == 0 && c.seenBy[w] != c.visit {
							c.seenBy[w] = c.visit
							part.variables = append(part.variables, w)
						}
					}
				}
			}
		}
		if len(part.clauses) == 0 {
			free++
			continue
		}
		c.sort(part.variables)
		c.sort(part.clauses)
		components = append(components, part)
	}
	return components, free
}

// sort sorts a list, and leaves off when the search is given up.
func (c *counter) sort(list []int32) {
	if len(list) < 1<<12 {
		slices.Sort(list)
		return
	}
	slices.SortFunc(list, func(x, y int32) int {
		if c.stopped(1) {
			return 0
		}
		return cmp.Compare(x, y)
	})
}

// branch chooses the variable in most active clauses, the first of these.
func (c *counter) branch(part component) int32 {
	for _, v := range part.variables {
		c.score[v] = 0
	}
	for at, i := range part.clauses {
		if at%256 == 255 && c.stopped(1<<12) {
			break
		}
		for _, l := range c.clauses[i] {
			c.score[l/2]++
		}
	}
	return slices.MaxFunc(part.variables, func(v, w int32) int { return int(c.score[v] - c.score[w]) })
}
