package sat

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func sampleOf(draw func(*rand.Rand) (Formula, error), n int) (formulas []Formula, err error) {
	r := seeded(1)
	for range n {
		f, err := draw(r)
		if err != nil {
			return nil, err
		}
		formulas = append(formulas, f)
	}
	return formulas, nil
}

// uniformity holds a generator of m clauses of width k over n variables to what it says: shape, distinct
// variables within a clause, distinct clauses if asked, and every clause equally often up to chance.
func uniformity(draw func(*rand.Rand) (Formula, error), n, m, k int, distinct bool) error {
	const draws = 4000
	formulas, err := sampleOf(draw, draws)
	if err != nil {
		return err
	}
	frequency := map[string]int{}
	recurred := false
	for _, f := range formulas {
		if f.Variables != n || len(f.Clauses) != m {
			return fmt.Errorf("%d variables, %d clauses", f.Variables, len(f.Clauses))
		}
		seen := map[string]bool{}
		for _, clause := range f.Clauses {
			if len(clause) != k || len((Formula{n, clauses(clause)}).Used()) != k {
				return fmt.Errorf("clause %v has not %d different variables", clause, k)
			}
			text := clauseText(clause)
			recurred = recurred || seen[text]
			seen[text] = true
			frequency[text]++
		}
	}
	if recurred == distinct {
		return fmt.Errorf("clauses recur: %t", recurred)
	}
	cells := 1 << k
	for i := range k {
		cells = cells * (n - i) / (i + 1)
	}
	// χ² has mean cells−1 and variance 2(cells−1); distinct clauses only make it smaller. Five deviations.
	want := float64(draws*m) / float64(cells)
	chi := float64(cells-len(frequency)) * want
	for _, got := range frequency {
		chi += (float64(got) - want) * (float64(got) - want) / want
	}
	if limit := float64(cells-1) + 5*math.Sqrt(2*float64(cells-1)); chi > limit {
		return fmt.Errorf("χ² = %.1f over %d clauses exceeds %.1f", chi, cells, limit)
	}
	return nil
}

func TestUniform(t *testing.T) {
	for _, c := range []struct{ n, m, k int }{{5, 6, 2}, {4, 20, 3}, {4, 31, 3}, {6, 10, 1}, {3, 8, 3}} {
		distinct := func(r *rand.Rand) (Formula, error) { return Uniform(r, c.n, c.m, c.k) }
		if err := uniformity(distinct, c.n, c.m, c.k, true); err != nil {
			t.Errorf("without replacement, %v: %v", c, err)
		}
		repeated := func(r *rand.Rand) (Formula, error) { return UniformReplacement(r, c.n, c.m, c.k) }
		if err := uniformity(repeated, c.n, c.m, c.k, false); err != nil {
			t.Errorf("with replacement, %v: %v", c, err)
		}
	}
	// All 2^3·C(4,3) = 32 clauses are possible, not one more.
	if f, err := Uniform(seeded(1), 4, 32, 3); err != nil || len(f.Clauses) != 32 {
		t.Errorf("all clauses: %d, %v", len(f.Clauses), err)
	}
	if _, err := Uniform(seeded(1), 4, 33, 3); err == nil || !strings.Contains(err.Error(), "only 32") {
		t.Errorf("more clauses than there are: %v", err)
	}
}

func TestUniformMutantsDie(t *testing.T) {
	const n, m, k = 5, 20, 2
	for name, spoil := range map[string]func(*rand.Rand, Formula){
		"a variable twice in a clause": func(_ *rand.Rand, f Formula) { f.Clauses[0][1] = f.Clauses[0][0] },
		"a clause twice":               func(_ *rand.Rand, f Formula) { f.Clauses[1] = f.Clauses[0] },
		"signs of 45 and 55 percent": func(r *rand.Rand, f Formula) {
			for _, clause := range f.Clauses {
				if clause[0] > 0 && r.IntN(10) == 0 {
					clause[0] = -clause[0]
				}
			}
		},
		"the last variable less often": func(r *rand.Rand, f Formula) {
			for _, clause := range f.Clauses {
				if clause[1] == n && clause[0] != n-1 && r.IntN(8) == 0 {
					clause[1] = n - 1
				}
			}
		},
	} {
		mutant := func(r *rand.Rand) (Formula, error) {
			f, err := Uniform(r, n, m, k)
			if err == nil {
				spoil(r, f)
			}
			return f, err
		}
		if uniformity(mutant, n, m, k, true) == nil {
			t.Errorf("a generator with %s passes", name)
		}
	}
}

func TestPlanted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 30).Draw(t, "n")
		k := rapid.IntRange(1, min(n, 5)).Draw(t, "k")
		f, hidden, err := Planted(seeded(rapid.Uint64().Draw(t, "seed")), n, rapid.IntRange(0, 300).Draw(t, "m"), k)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.CheckModel(hidden); err != nil {
			t.Fatal(err)
		}
	})
}

func TestThreshold(t *testing.T) {
	for k := 2; k < 20; k++ {
		if ratio := ThresholdRatio(k); ratio <= 1.9*ThresholdRatio(max(k-1, 2)) && k > 2 || ratio > math.Ldexp(math.Ln2, k) {
			t.Errorf("k = %d: ratio %v: it must nearly double and stay below the first-moment bound 2^k ln 2", k, ratio)
		}
	}
	// The published prediction for k = 8 is 176.54.
	if got := ThresholdRatio(8); math.Abs(got-176.54) > 0.1 {
		t.Errorf("k = 8: %v", got)
	}
	satisfiable := map[float64]int{}
	n := trials(60, 30)
	for seed := range uint64(n) {
		for _, factor := range []float64{0.8, 1.25} {
			f, err := Uniform(seeded(seed), 100, int(factor*4.267*100), 3)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := Solve(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			if answer.Satisfiable {
				satisfiable[factor]++
			}
		}
	}
	if satisfiable[0.8] < 9*n/10 || satisfiable[1.25] > n/10 {
		t.Errorf("of %d formulas, %d are satisfiable at 0.8 of the threshold and %d at 1.25", n, satisfiable[0.8], satisfiable[1.25])
	}
	f, err := Threshold(seeded(1), 20, 3)
	if err != nil || len(f.Clauses) != 85 { // 4.267·20 = 85.34
		t.Errorf("20 variables: %d clauses, %v", len(f.Clauses), err)
	}
}

func TestStructuredSatisfiability(t *testing.T) {
	for seed := range uint64(40) {
		r := seeded(seed)
		for _, satisfiable := range []bool{false, true} {
			f, err := Parity(r, 2*(2+r.IntN(4)), 2+r.IntN(3), satisfiable)
			if err != nil {
				t.Fatal(err)
			}
			if answer, err := Solve(t.Context(), f); err != nil || answer.Satisfiable != satisfiable {
				t.Errorf("seed %d: parity made satisfiable %t is %v (%v)", seed, satisfiable, answer, err)
			}
		}
	}
}

func TestRandomGraphs(t *testing.T) {
	edges := map[[2]int]int{}
	const draws = 3000
	r := seeded(1)
	for range draws {
		g, err := RandomGraph(r, 6, 7)
		if err != nil || g.Validate() != nil || len(g.Edges) != 7 {
			t.Fatal(g, err)
		}
		once := map[[2]int]bool{}
		for _, e := range g.Edges {
			if once[e] || e[0] >= e[1] {
				t.Fatalf("edge %v in %v", e, g)
			}
			once[e] = true
			edges[e]++
		}
	}
	for e, n := range edges { // each with probability 7/15
		if want := draws * 7.0 / 15; math.Abs(float64(n)-want) > 5*math.Sqrt(want*8/15) {
			t.Errorf("edge %v: %d times, expected %.0f", e, n, want)
		}
	}
	if len(edges) != 15 {
		t.Errorf("%d different edges, there are 15", len(edges))
	}
	for degree := 1; degree <= maxDegree; degree++ {
		g, err := RandomRegular(r, 6, degree)
		if err != nil || g.Validate() != nil {
			t.Fatal(g, err)
		}
		at := make([]int, 6)
		for _, e := range g.Edges {
			at[e[0]]++
			at[e[1]]++
		}
		if slices.ContainsFunc(at, func(d int) bool { return d != degree }) {
			t.Errorf("degrees %v, should be %d", at, degree)
		}
	}
}

func TestGenerators(t *testing.T) {
	want := []string{"uniform", "uniform-replacement", "planted", "threshold", "pigeonhole", "parity", "colouring"}
	var names []string
	for _, g := range Generators() {
		names = append(names, g.Name)
		f, err := g.Generate(seeded(1), nil)
		if err != nil || f.Validate() != nil || len(f.Clauses) == 0 {
			t.Errorf("%s with its defaults: %v, %v", g.Name, f, err)
		}
		if again, err := g.Generate(seeded(1), nil); err != nil || !again.Equal(f) {
			t.Errorf("%s: two formulas from one seed", g.Name)
		}
		if other, err := g.Generate(seeded(2), nil); err != nil || g.Name != "pigeonhole" && other.Equal(f) {
			t.Errorf("%s: one formula from two seeds", g.Name)
		}
		if _, err := g.Generate(seeded(1), map[string]int{"x": 1}); err == nil || !strings.Contains(err.Error(), `"x"`) {
			t.Errorf("%s: unknown parameter: %v", g.Name, err)
		}
		for _, p := range g.Parameters {
			if p.Name == "" || p.Doc == "" || g.Doc == "" {
				t.Errorf("%s: a parameter without name or doc", g.Name)
			}
			for _, value := range []int{p.Least - 1, p.Most + 1, math.MinInt, math.MaxInt} {
				if _, err := g.Generate(seeded(1), map[string]int{p.Name: value}); err == nil {
					t.Errorf("%s: %s = %d was accepted", g.Name, p.Name, value)
				}
			}
		}
		// All at their extremes: an error or a formula, soon, and nothing in between.
		for corner := range 1 << len(g.Parameters) {
			given := map[string]int{}
			for i, p := range g.Parameters {
				given[p.Name] = p.Least
				if corner>>i&1 == 1 {
					given[p.Name] = min(p.Most, 60)
				}
			}
			if f, err := g.Generate(seeded(1), given); err == nil && f.Validate() != nil {
				t.Errorf("%s %v: %v", g.Name, given, f.Validate())
			}
		}
	}
	if !slices.Equal(names, want) {
		t.Errorf("generators %q, should be %q", names, want)
	}
}

// The functions behind the catalogue take any numbers and answer or refuse at once.
func TestGeneratorsRefuse(t *testing.T) {
	r := seeded(1)
	for name, draw := range map[string]func() (Formula, error){
		"negative n":               func() (Formula, error) { return Uniform(r, -1, 1, 1) },
		"negative m":               func() (Formula, error) { return UniformReplacement(r, 1, -1, 1) },
		"k > n":                    func() (Formula, error) { return Uniform(r, 2, 1, 3) },
		"too many clauses":         func() (Formula, error) { return UniformReplacement(r, 10, math.MaxInt, 3) },
		"too many literals":        func() (Formula, error) { return Uniform(r, 1<<20, 1<<20, 1<<19) },
		"nothing to satisfy":       func() (Formula, error) { f, _, err := Planted(r, 3, 1, 0); return f, err },
		"threshold of width 1":     func() (Formula, error) { return Threshold(r, 5, 1) },
		"threshold too wide":       func() (Formula, error) { return Threshold(r, 1<<20, 1000) },
		"threshold, few variables": func() (Formula, error) { return Threshold(r, 3, 3) },
		"many pigeons":             func() (Formula, error) { return Pigeonhole(math.MaxInt, math.MaxInt) },
		"negative holes":           func() (Formula, error) { return Pigeonhole(3, -1) },
		"odd sum of degrees":       func() (Formula, error) { return Parity(r, 5, 3, true) },
		"one vertex":               func() (Formula, error) { return Parity(r, 1, 2, true) },
		"too many edges":           func() (Formula, error) { return RandomColouring(r, 4, 7, 3) },
		"many vertices":            func() (Formula, error) { return RandomColouring(r, math.MaxInt, 1, 3) },
		"many colours":             func() (Formula, error) { return RandomColouring(r, 10, 5, math.MaxInt) },
		"a loop":                   func() (Formula, error) { return Colouring(Graph{2, [][2]int{{1, 1}}}, 2) },
		"a star":                   func() (Formula, error) { return Tseitin(star(40), make([]bool, 41)) },
	} {
		if f, err := draw(); err == nil {
			t.Errorf("%s: %d variables and %d clauses were made", name, f.Variables, len(f.Clauses))
		}
	}
}

func star(leaves int) (g Graph) {
	g.Vertices = leaves + 1
	for v := 1; v <= leaves; v++ {
		g.Edges = append(g.Edges, [2]int{0, v})
	}
	return g
}
