package sat

// The catalogue of generators: each a value that says what it makes and from which numbers, so that a
// command line can list, explain and call them all.

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
)

// Parameter is a number that a generator takes, a whole one from Least to Most.
type Parameter struct {
	Name, Doc            string
	Default, Least, Most int
}

// Generator makes formulas from parameters and, unless it needs none, randomness.
type Generator struct {
	Name, Doc  string
	Parameters []Parameter
	make       func(r *rand.Rand, values []int) (Formula, error) // values in the order of Parameters
}

// Generate draws a formula. Parameters that are not given have their defaults. An unknown name, a value out
// of range or a formula larger than DefaultLimits is an error, and found before anything is allocated.
func (g Generator) Generate(r *rand.Rand, given map[string]int) (Formula, error) {
	values := make([]int, len(g.Parameters))
	var names []string
	for i, p := range g.Parameters {
		names = append(names, p.Name)
		values[i] = p.Default
		if value, ok := given[p.Name]; ok {
			values[i] = value
		}
		if values[i] < p.Least || values[i] > p.Most {
			return Formula{}, fmt.Errorf("sat: %s: %s = %d (%s) must be from %d to %d", g.Name, p.Name, values[i], p.Doc, p.Least, p.Most)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains(names, name) {
			return Formula{}, fmt.Errorf("sat: %s has no parameter %q; it takes %s", g.Name, name, strings.Join(names, ", "))
		}
	}
	return g.make(r, values)
}

// Generators lists all generators.
func Generators() []Generator {
	n := Parameter{"n", "variables", 20, 0, DefaultLimits.MaxVariables}
	m := Parameter{"m", "clauses", 80, 0, DefaultLimits.MaxClauses}
	k := Parameter{"k", "literals in a clause", 3, 0, DefaultLimits.MaxVariables}
	vertices := Parameter{"vertices", "vertices of the graph", 10, 0, DefaultLimits.MaxVariables}
	wide := func(p Parameter, least int) Parameter { p.Least = least; return p }
	return []Generator{
		{
			"uniform", "uniform random k-CNF, all clauses different",
			[]Parameter{n, m, k},
			func(r *rand.Rand, v []int) (Formula, error) { return Uniform(r, v[0], v[1], v[2]) },
		},
		{
			"uniform-replacement", "uniform random k-CNF, clauses drawn independently",
			[]Parameter{n, m, k},
			func(r *rand.Rand, v []int) (Formula, error) { return UniformReplacement(r, v[0], v[1], v[2]) },
		},
		{
			"planted", "random k-CNF among the clauses that a hidden assignment satisfies",
			[]Parameter{n, m, wide(k, 1)},
			func(r *rand.Rand, v []int) (Formula, error) {
				f, _, err := Planted(r, v[0], v[1], v[2])
				return f, err
			},
		},
		{
			"threshold", "uniform random k-CNF at the satisfiability threshold",
			[]Parameter{n, wide(k, 2)},
			func(r *rand.Rand, v []int) (Formula, error) { return Threshold(r, v[0], v[1]) },
		},
		{
			"pigeonhole", "pigeons into holes, no two into one; unsatisfiable if there are more pigeons",
			[]Parameter{
				{"pigeons", "pigeons", 5, 0, DefaultLimits.MaxVariables},
				{"holes", "holes", 4, 0, DefaultLimits.MaxVariables},
			},
			func(_ *rand.Rand, v []int) (Formula, error) { return Pigeonhole(v[0], v[1]) },
		},
		{
			"parity", "sums modulo 2 at the vertices of a random regular graph (Tseitin)",
			[]Parameter{
				wide(vertices, 2),
				{"degree", "edges at a vertex", 3, 1, maxDegree},
				{"satisfiable", "1 for a satisfiable formula, 0 for an unsatisfiable one", 0, 0, 1},
			},
			func(r *rand.Rand, v []int) (Formula, error) { return Parity(r, v[0], v[1], v[2] == 1) },
		},
		{
			"colouring", "proper colourings of a random graph",
			[]Parameter{
				vertices,
				{"edges", "edges of the graph", 15, 0, DefaultLimits.MaxClauses},
				{"colours", "colours", 3, 0, DefaultLimits.MaxVariables},
			},
			func(r *rand.Rand, v []int) (Formula, error) { return RandomColouring(r, v[0], v[1], v[2]) },
		},
	}
}

// withinLimits returns an error if a formula would exceed DefaultLimits. The sizes are floats so that they
// cannot overflow; near the limits they are exact.
func withinLimits(name string, variables, clauses, literals float64) error {
	for _, size := range []struct {
		what         string
		value, limit float64
	}{
		{"variables", variables, float64(DefaultLimits.MaxVariables)},
		{"clauses", clauses, float64(DefaultLimits.MaxClauses)},
		{"literals", literals, float64(DefaultLimits.MaxLiterals)},
	} {
		if size.value > size.limit || math.IsNaN(size.value) {
			return fmt.Errorf("sat: %s: %.4g %s would exceed the limit of %.0f; choose smaller parameters",
				name, size.value, size.what, size.limit)
		}
	}
	return nil
}
