package sat

// Graph colouring: neighbours take different colours. The models are the proper colourings, so that their
// number is the graph's chromatic polynomial (Birkhoff 1912) at the number of colours.

import (
	"fmt"
	"math/rand/v2"
)

// Colouring says that every vertex has exactly one colour and neighbours have different ones. Variable
// v·colours + c + 1 says that vertex v has colour c, both from 0.
func Colouring(g Graph, colours int) (Formula, error) {
	if err := g.Validate(); err != nil {
		return Formula{}, err
	}
	if g.Vertices < 0 || colours < 0 {
		return Formula{}, fmt.Errorf("sat: colouring: %d vertices, %d colours; neither may be negative", g.Vertices, colours)
	}
	v, e, c := float64(g.Vertices), float64(len(g.Edges)), float64(colours)
	pairs := v * c * (c - 1) / 2
	if err := withinLimits("colouring", v*c, v+pairs+e*c, v*c+2*pairs+2*e*c); err != nil {
		return Formula{}, err
	}
	has := func(vertex, colour int) Literal { return Literal(vertex*colours + colour + 1) }
	f := Formula{Variables: g.Vertices * colours}
	for vertex := range g.Vertices {
		clause := make([]Literal, colours)
		for colour := range clause {
			clause[colour] = has(vertex, colour)
		}
		f.Clauses = append(f.Clauses, clause)
		for one := range colours {
			for other := range one {
				f.Clauses = append(f.Clauses, []Literal{-has(vertex, other), -has(vertex, one)})
			}
		}
	}
	for _, edge := range g.Edges {
		for colour := range colours {
			f.Clauses = append(f.Clauses, []Literal{-has(edge[0], colour), -has(edge[1], colour)})
		}
	}
	return f, nil
}

// RandomColouring is Colouring on a graph that RandomGraph draws.
func RandomColouring(r *rand.Rand, vertices, edges, colours int) (Formula, error) {
	g, err := RandomGraph(r, vertices, edges)
	if err != nil {
		return Formula{}, err
	}
	return Colouring(g, colours)
}
