package sat

// Uniform random k-CNF: every clause has k different variables, each negated or not by a fair coin
// (Franco and Paull 1983; Mitchell, Selman and Levesque 1992).

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
)

// UniformReplacement draws m clauses of width k over n variables independently: a clause may recur.
// Within a clause the literals are in the order of their variables. It needs 0 ≤ k ≤ n.
func UniformReplacement(r *rand.Rand, n, m, k int) (Formula, error) {
	if err := clauseParameters("uniform-replacement", n, m, k); err != nil {
		return Formula{}, err
	}
	draw := clauseDrawer(r, n, k)
	f := Formula{Variables: n, Clauses: make([][]Literal, m)}
	for i := range f.Clauses {
		f.Clauses[i] = draw()
	}
	return f, nil
}

// Uniform draws m different clauses of width k over n variables, every sequence being equally likely. It
// needs 0 ≤ k ≤ n and m at most the number C(n,k)·2^k of clauses.
func Uniform(r *rand.Rand, n, m, k int) (Formula, error) {
	if err := clauseParameters("uniform", n, m, k); err != nil {
		return Formula{}, err
	}
	possible := 1.0 // the number of clauses; exact as long as it matters
	for i := range k {
		possible = possible * float64(n-i) / float64(i+1)
	}
	for range k {
		possible *= 2
	}
	if float64(m) > possible {
		return Formula{}, fmt.Errorf("sat: uniform: there are only %.0f different clauses of width %d over %d variables, not %d; "+
			"lower m or draw with replacement", possible, k, n, m)
	}
	f := Formula{Variables: n, Clauses: make([][]Literal, 0, m)}
	if 2*float64(m) > possible { // most clauses are wanted: list all, shuffle
		f.Clauses = allClauses(n, k, int(possible))
		r.Shuffle(len(f.Clauses), func(i, j int) { f.Clauses[i], f.Clauses[j] = f.Clauses[j], f.Clauses[i] })
		f.Clauses = slices.Clip(f.Clauses[:m])
		return f, nil
	}
	draw := clauseDrawer(r, n, k)
	seen := make(map[string]bool, m)
	var key []byte
	for len(f.Clauses) < m { // at least half of the draws are new
		clause := draw()
		key = key[:0]
		for _, l := range clause {
			key = binary.LittleEndian.AppendUint32(key, uint32(l))
		}
		if !seen[string(key)] {
			seen[string(key)] = true
			f.Clauses = append(f.Clauses, clause)
		}
	}
	return f, nil
}

// clauseParameters returns an error unless k distinct variables exist and the formula is not too large.
func clauseParameters(name string, n, m, k int) error {
	if n < 0 || m < 0 || k < 0 || k > n {
		return fmt.Errorf("sat: %s: n = %d, m = %d, k = %d; none may be negative, nor k larger than n", name, n, m, k)
	}
	return withinLimits(name, float64(n), float64(m), float64(m)*float64(k))
}

// clauseDrawer returns a function that draws a uniform clause. The first k steps of a shuffle choose a
// uniform k-subset whatever permutation they begin with, so the permutation is never restored.
func clauseDrawer(r *rand.Rand, n, k int) func() []Literal {
	order := make([]Literal, n)
	for i := range order {
		order[i] = Literal(i + 1)
	}
	return func() []Literal {
		for i := range k {
			j := i + r.IntN(n-i)
			order[i], order[j] = order[j], order[i]
		}
		clause := slices.Clone(order[:k])
		slices.Sort(clause)
		for i := range clause {
			if r.Uint64()&1 == 1 {
				clause[i] = -clause[i]
			}
		}
		return clause
	}
}

// allClauses lists the clauses of width k over n variables, of which there are as many as said.
func allClauses(n, k, count int) [][]Literal {
	clauses := make([][]Literal, 0, count)
	clause := make([]Literal, k)
	var fill func(at, least int)
	fill = func(at, least int) {
		if at == k {
			clauses = append(clauses, slices.Clone(clause))
			return
		}
		for v := least; v <= n-(k-at-1); v++ {
			for _, l := range [2]Literal{Literal(v), Literal(-v)} {
				clause[at] = l
				fill(at+1, v+1)
			}
		}
	}
	fill(0, 1)
	return clauses
}
