package sat

// Graphs, as the ground that parity and colouring formulas stand on.

import (
	"fmt"
	"math/rand/v2"
)

// Graph has vertices 0 to Vertices−1. Parallel edges are allowed, loops are not.
type Graph struct {
	Vertices int
	Edges    [][2]int
}

// Validate returns nil if every edge joins two different vertices of the graph.
func (g Graph) Validate() error {
	for i, e := range g.Edges {
		if e[0] == e[1] || min(e[0], e[1]) < 0 || max(e[0], e[1]) >= g.Vertices {
			return fmt.Errorf("sat: edge %d joins %d and %d; it must join two of the vertices 0 to %d", i, e[0], e[1], g.Vertices-1)
		}
	}
	return nil
}

// RandomGraph draws the given number of different edges uniformly: the model G(n, M) of Erdős and Rényi (1959).
func RandomGraph(r *rand.Rand, vertices, edges int) (Graph, error) {
	pairs := float64(vertices) * float64(vertices-1) / 2
	if vertices < 0 || edges < 0 || float64(edges) > pairs {
		return Graph{}, fmt.Errorf("sat: no graph has %d vertices and %d edges; from 0 to %.0f edges are possible", vertices, edges, pairs)
	}
	if err := withinLimits("random graph", float64(vertices), float64(edges), 2*float64(edges)); err != nil {
		return Graph{}, err
	}
	g := Graph{Vertices: vertices}
	// Robert Floyd's sampling: after step j, the pairs taken are a uniform subset of the first j.
	taken := make(map[int]bool, edges)
	for j := int(pairs) - edges; j < int(pairs); j++ {
		pick := r.IntN(j + 1)
		if taken[pick] {
			pick = j
		}
		taken[pick] = true
		g.Edges = append(g.Edges, pair(pick))
	}
	return g, nil
}

// pair numbers the pairs u < v: {0,1}, {0,2}, {1,2}, {0,3}, …; those below v are the first v(v−1)/2.
func pair(index int) [2]int {
	lo, hi := 1, 1<<23 // the largest v with v(v−1)/2 ≤ index lies in [lo, hi)
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; mid*(mid-1)/2 <= index {
			lo = mid
		} else {
			hi = mid
		}
	}
	return [2]int{index - lo*(lo-1)/2, lo}
}

// maxDegree keeps RandomRegular's expected number of draws below about 50.
const maxDegree = 8

// RandomRegular draws a graph in which every vertex has the given degree, by the configuration model
// (Bollobás 1980): every vertex has as many half-edges, a uniform matching of which is drawn until it has
// no loop. Parallel edges stay.
func RandomRegular(r *rand.Rand, vertices, degree int) (Graph, error) {
	if vertices < 2 || degree < 1 || degree > maxDegree || vertices%2 == 1 && degree%2 == 1 {
		return Graph{}, fmt.Errorf("sat: no regular graph of %d vertices and degree %d is made here; "+
			"take 2 or more vertices, a degree from 1 to %d, and an even product", vertices, degree, maxDegree)
	}
	halves := float64(vertices) * float64(degree)
	if err := withinLimits("random regular graph", float64(vertices), halves/2, halves); err != nil {
		return Graph{}, err
	}
	half := make([]int, vertices*degree)
	for i := range half {
		half[i] = i / degree
	}
	g := Graph{Vertices: vertices, Edges: make([][2]int, len(half)/2)}
	for {
		r.Shuffle(len(half), func(i, j int) { half[i], half[j] = half[j], half[i] })
		loop := false
		for i := range g.Edges {
			g.Edges[i] = [2]int{half[2*i], half[2*i+1]}
			loop = loop || half[2*i] == half[2*i+1]
		}
		if !loop {
			return g, nil
		}
	}
}
