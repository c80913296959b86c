package sat

// Planted k-CNF: a hidden assignment is drawn, then clauses among those it satisfies. The formulas are
// satisfiable whatever their density, and easier than uniform ones of the same density: the majority sign
// of a variable leans towards its hidden value.

import (
	"fmt"
	"math/rand/v2"
)

// Planted draws a uniform assignment and m clauses of width k over n variables, independently and
// uniformly among the clauses that it satisfies; it returns both. It needs 1 ≤ k ≤ n, or m = 0.
func Planted(r *rand.Rand, n, m, k int) (Formula, Model, error) {
	if err := clauseParameters("planted", n, m, k); err != nil {
		return Formula{}, nil, err
	}
	if k == 0 && m > 0 {
		return Formula{}, nil, fmt.Errorf("sat: planted: no assignment satisfies a clause of width 0; take k ≥ 1")
	}
	hidden := make(Model, n)
	for i := range hidden {
		hidden[i] = r.Uint64()&1 == 1
	}
	draw := clauseDrawer(r, n, k)
	f := Formula{Variables: n, Clauses: make([][]Literal, 0, m)}
	for len(f.Clauses) < m { // a draw is falsified with probability 2^−k ≤ ½
		clause := draw()
		for _, l := range clause {
			if hidden.satisfies(l) {
				f.Clauses = append(f.Clauses, clause)
				break
			}
		}
	}
	return f, hidden, nil
}
