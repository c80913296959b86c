package sat

// The formulas that laws are tried on: small, of mixed widths, with everything that is legal and easily
// forgotten, and satisfiable half of the time by construction.

import (
	"context"
	"math/rand/v2"
	"slices"
)

// Sample draws a formula of 2+size variables and clauses of 1 to 4 literals. One time in four some
// variables occur nowhere. Now and then there is a tautology, a repeated literal, a repeated clause, no
// clause at all, or an empty clause. A coin decides: heads, every clause is true under a hidden assignment;
// tails, clauses are added until no assignment is left. It panics unless 1 ≤ size ≤ 20.
func Sample(r *rand.Rand, size int) Formula {
	if size < 1 || size > 20 {
		panic("sat: Sample draws formulas of sizes 1 to 20")
	}
	n := 2 + size
	f := Formula{Variables: n}
	pool := make([]Literal, n) // the variables that may occur
	for i := range pool {
		pool[i] = Literal(i + 1)
	}
	r.Shuffle(n, func(i, j int) { pool[i], pool[j] = pool[j], pool[i] })
	if r.IntN(4) == 0 {
		pool = pool[:n-1-r.IntN(2)]
	}
	hidden := make(Model, n)
	for i := range hidden {
		hidden[i] = r.IntN(2) == 1
	}

	if satisfiable := r.IntN(2) == 0; satisfiable {
		for range r.IntN(4 * n) {
			if clause := sampleClause(r, pool); slices.ContainsFunc(clause, hidden.satisfies) {
				f.Clauses = append(f.Clauses, clause)
			}
		}
		return repeatOne(r, f)
	}
	if r.IntN(16) == 0 {
		f.Clauses = append(f.Clauses, []Literal{})
	}
	for {
		answer, _, err := BruteForce(context.Background(), f)
		if err != nil {
			panic("sat: Sample made a formula that brute force refuses: " + err.Error())
		}
		if !answer.Satisfiable {
			break
		}
		f.Clauses = append(f.Clauses, sampleClause(r, pool))
	}
	r.Shuffle(len(f.Clauses), func(i, j int) { f.Clauses[i], f.Clauses[j] = f.Clauses[j], f.Clauses[i] })
	return repeatOne(r, f)
}

// sampleClause draws 1 to 4 literals of the pool, seldom 1. One clause in eight draws them with
// replacement, so that literals repeat or contradict each other.
func sampleClause(r *rand.Rand, pool []Literal) []Literal {
	width := min([]int{1, 2, 2, 3, 3, 3, 4, 4}[r.IntN(8)], len(pool))
	order := r.Perm(len(pool))
	if r.IntN(8) == 0 {
		for i := range order {
			order[i] = r.IntN(len(pool))
		}
	}
	clause := make([]Literal, width)
	for i := range clause {
		clause[i] = pool[order[i]]
		if r.IntN(2) == 0 {
			clause[i] = -clause[i]
		}
	}
	return clause
}

// repeatOne repeats a clause, one time in eight.
func repeatOne(r *rand.Rand, f Formula) Formula {
	if len(f.Clauses) > 0 && r.IntN(8) == 0 {
		f.Clauses = append(f.Clauses, slices.Clone(f.Clauses[r.IntN(len(f.Clauses))]))
	}
	return f
}
