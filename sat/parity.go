package sat

// Parity formulas (Tseitin 1968): a variable for each edge of a graph, and at each vertex the sum of its
// edges modulo 2 is the vertex's charge. Since every edge is counted at two vertices, the charges of a
// component must sum to 0. Linear algebra sees that at once; resolution needs exponential size on
// expanders (Urquhart 1987), such as random regular graphs are.

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
)

// Tseitin writes the equations in clauses, 2^(degree−1) at each vertex: variable e+1 is edge e. If every
// component of the graph has an even number of charged vertices there are 2^(E−V+components) models, and
// none otherwise. It panics if there is not one charge for each vertex.
func Tseitin(g Graph, charged []bool) (Formula, error) {
	if len(charged) != g.Vertices {
		panic(fmt.Sprintf("sat: Tseitin needs a charge for each of %d vertices, not %d", g.Vertices, len(charged)))
	}
	if err := g.Validate(); err != nil {
		return Formula{}, err
	}
	at := make([][]Literal, g.Vertices)
	for i, e := range g.Edges {
		at[e[0]] = append(at[e[0]], Literal(i+1))
		at[e[1]] = append(at[e[1]], Literal(i+1))
	}
	clauses, literals := 0.0, 0.0
	for _, edges := range at {
		if len(edges) > 30 {
			return Formula{}, fmt.Errorf("sat: parity: a vertex of degree %d would take 2^%d clauses; keep degrees small",
				len(edges), len(edges)-1)
		}
		clauses += float64(int(1) << len(edges))
		literals += float64(len(edges) << len(edges))
	}
	if err := withinLimits("parity", float64(len(g.Edges)), clauses, literals); err != nil {
		return Formula{}, err
	}
	f := Formula{Variables: len(g.Edges)}
	for v, edges := range at {
		// Each assignment of the wrong sum is excluded by the clause that is false there alone.
		for wrong := range 1 << len(edges) {
			if odd := bits.OnesCount(uint(wrong))%2 == 1; odd == charged[v] {
				continue
			}
			clause := make([]Literal, len(edges))
			for i, l := range edges {
				clause[i] = l
				if wrong>>i&1 == 1 {
					clause[i] = -l
				}
			}
			f.Clauses = append(f.Clauses, clause)
		}
	}
	return f, nil
}

// Parity draws a regular graph, charges that some assignment meets, and for an unsatisfiable formula
// changes the charge of one vertex. It needs 2 or more vertices, a degree from 1 to 8, and their product
// even.
func Parity(r *rand.Rand, vertices, degree int, satisfiable bool) (Formula, error) {
	g, err := RandomRegular(r, vertices, degree)
	if err != nil {
		return Formula{}, err
	}
	charged := make([]bool, vertices)
	for _, e := range g.Edges {
		if r.Uint64()&1 == 1 { // this edge is true in a hidden assignment
			charged[e[0]] = !charged[e[0]]
			charged[e[1]] = !charged[e[1]]
		}
	}
	if !satisfiable {
		v := r.IntN(vertices)
		charged[v] = !charged[v]
	}
	return Tseitin(g, charged)
}
