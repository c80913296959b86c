package sat

import (
	"context"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"finegrain"
)

func env(seed uint64) finegrain.Env { return finegrain.NewEnv(context.Background(), seed) }

func verify[A any](t *testing.T, p finegrain.Problem[Formula, A]) {
	t.Helper()
	report := finegrain.VerifyProblem(env(1), p, trials(600, 200))
	if err := report.Err(); err != nil {
		t.Error(err)
	}
	if 3*min(report.Yes, report.No) < report.Trials {
		t.Errorf("%s: %d yes and %d no", p.Name, report.Yes, report.No)
	}
	t.Logf("%s: %d yes, %d no, %v", p.Name, report.Yes, report.No, report.Sizes)
}

func TestProblems(t *testing.T) {
	verify(t, Decision)
	verify(t, Search)
	verify(t, Counting)
}

// Problems broken in one part each; the law must reject them.
func TestProblemMutantsDie(t *testing.T) {
	dies := func(name string, report finegrain.LawReport) {
		t.Helper()
		if report.Err() == nil {
			t.Errorf("%s: the law lets it through", name)
		}
	}
	p := Search
	p.Check = func(f Formula, a Answer) error {
		if a.Satisfiable {
			return f.CheckModel(a.Model)
		}
		return nil
	}
	dies("search whose check believes that there is no model", finegrain.VerifyProblem(env(1), p, 200))
	p = Search
	p.Check = func(f Formula, a Answer) error {
		if a.Satisfiable && len(a.Model) == f.Variables {
			return nil
		}
		return Search.Check(f, a)
	}
	dies("search whose check believes every model", finegrain.VerifyProblem(env(1), p, 200))
	p = Search
	p.Adversary = func(*rand.Rand) finegrain.Adversary[Formula, Answer] {
		return finegrain.Adversary[Formula, Answer]{Name: "flips the first variable", Answer: func(_ Formula, a Answer) Answer {
			if a.Satisfiable {
				a.Model = slices.Clone(a.Model)
				a.Model[0] = !a.Model[0]
			}
			return a
		}}
	}
	dies("search whose adversary is incorrect", finegrain.VerifyProblem(env(1), p, 200))
	d := Decision
	d.Sample = func(r *rand.Rand, size int) Formula {
		f, _, err := Planted(r, 2+size, 4*size, 2)
		if err != nil {
			panic(err)
		}
		return f
	}
	dies("decision sampled from one side", finegrain.VerifyProblem(env(1), d, 200))
	c := Counting
	c.Solve = func(e finegrain.Env, f Formula) (*big.Int, error) {
		used := f
		used.Variables -= f.Variables - len(f.Used())
		if used.Validate() != nil {
			return Counting.Solve(e, f)
		}
		return Counting.Solve(e, used)
	}
	dies("counting that forgets unused variables", finegrain.VerifyProblem(env(1), c, 200))
}

// The adversary must not always agree with brute force, or it shows nothing that brute force does not.
func TestSearchAdversaryDiffers(t *testing.T) {
	differ := map[string]int{}
	several := map[string]int{}
	for seed := range uint64(600) {
		r := seeded(seed)
		f := Sample(r, 4)
		answer, count, err := BruteForce(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		if count.Cmp(big.NewInt(2)) < 0 {
			continue
		}
		adversary := Search.Adversary(r)
		other := adversary.Answer(f, answer)
		if err := f.CheckModel(other.Model); err != nil {
			t.Fatal(err)
		}
		several[adversary.Name]++
		if !slices.Equal(other.Model, answer.Model) {
			differ[adversary.Name]++
		}
	}
	for name, n := range several {
		if n < 30 || differ[name] < n/2 {
			t.Errorf("%s: another model in %d of %d cases", name, differ[name], n)
		}
	}
	if len(several) != 3 {
		t.Errorf("%d adversaries were drawn, there are 3", len(several))
	}
}

// Sample must show everything that is legal and easily forgotten.
func TestSampleVariety(t *testing.T) {
	seen := map[string]int{}
	const n = 3000
	for seed := range uint64(n) {
		f := Sample(seeded(seed), finegrain.TrialSize(int(seed)))
		if len(f.Used()) < f.Variables {
			seen["an unused variable"]++
		}
		if len(f.Clauses) == 0 {
			seen["no clause"]++
		}
		texts := map[string]bool{}
		for _, clause := range f.Clauses {
			text := clauseText(clause)
			if texts[text] {
				seen["a repeated clause"]++
			}
			texts[text] = true
			if Tautology(clause) {
				seen["a tautology"]++
			}
			sorted := slices.Sorted(slices.Values(clause))
			if len(slices.Compact(sorted)) < len(clause) {
				seen["a repeated literal"]++
			}
			seen[fmt.Sprintf("width %d", len(clause))]++
		}
	}
	for _, what := range []string{
		"an unused variable", "no clause", "a repeated clause", "a tautology", "a repeated literal",
		"width 0", "width 1", "width 2", "width 3", "width 4",
	} {
		if seen[what] < n/100 {
			t.Errorf("%s: %d times in %d samples", what, seen[what], n)
		}
	}
}

// bruteForceByTheBook is the definition without words: every assignment, every clause, every literal.
func bruteForceByTheBook(f Formula) (first Model, count int64) {
	m := make(Model, f.Variables)
	for a := range 1 << f.Variables {
		for i := range m {
			m[i] = a>>i&1 == 1
		}
		if f.CheckModel(m) == nil {
			if count++; first == nil {
				first = slices.Clone(m)
			}
		}
	}
	return first, count
}

func TestBruteForceByTheBook(t *testing.T) {
	for seed := range uint64(trials(400, 100)) {
		f := Sample(seeded(seed), 1+int(seed%8))
		answer, count, err := BruteForce(t.Context(), f)
		first, want := bruteForceByTheBook(f)
		if err != nil || count.Cmp(big.NewInt(want)) != 0 || answer.Satisfiable != (want > 0) || !slices.Equal(answer.Model, first) {
			t.Fatalf("seed %d: %v, %v models (%v); by the book %v, %d", seed, answer, count, err, first, want)
		}
	}
}

func TestBruteForceRefuses(t *testing.T) {
	f, err := Uniform(seeded(1), 40, 200, 3)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := BruteForce(t.Context(), f); err == nil {
		t.Error("40 used variables were accepted")
	}
	sparse := Formula{Variables: 1000, Clauses: clauses([]Literal{999, -3})}
	if _, count, err := BruteForce(t.Context(), sparse); err != nil || count.Cmp(new(big.Int).Lsh(big.NewInt(3), 998)) != 0 {
		t.Errorf("2 used variables of 1000: %v, %v", count, err)
	}
}

func TestCheckModel(t *testing.T) {
	f := Formula{3, clauses([]Literal{1, -2}, []Literal{2, 3}, []Literal{-1})}
	for _, c := range []struct {
		model Model
		want  string
	}{
		{Model{false, false, true}, ""},
		{Model{false, true, true}, "sat: clause 1 (1 -2 0) is falsified"},
		{Model{false, false, false}, "sat: clause 2 (2 3 0) is falsified"},
		{Model{true, true, true}, "sat: clause 3 (-1 0) is falsified"},
		{Model{false, false}, "sat: a model of 3 variables cannot have 2 values"},
		{nil, "sat: a model of 3 variables cannot have 0 values"},
	} {
		got := ""
		if err := f.CheckModel(c.model); err != nil {
			got = err.Error()
		}
		if got != c.want || f.Satisfied(c.model) != (c.want == "") {
			t.Errorf("%v: %q, should be %q", c.model, got, c.want)
		}
	}
}

func TestValidateAndUsed(t *testing.T) {
	for _, c := range []struct {
		f    Formula
		ok   bool
		used []int
	}{
		{Formula{}, true, nil},
		{Formula{70, clauses([]Literal{-70, 64}, nil, []Literal{3, 64, 63})}, true, []int{3, 63, 64, 70}},
		{Formula{2, clauses([]Literal{3})}, false, nil},
		{Formula{2, clauses([]Literal{-3})}, false, nil},
		{Formula{2, clauses([]Literal{-1 << 31})}, false, nil},
		{Formula{2, clauses([]Literal{1, 0})}, false, nil},
		{Formula{-1, nil}, false, nil},
		{Formula{1 << 31, nil}, false, nil},
	} {
		if err := c.f.Validate(); (err == nil) != c.ok {
			t.Errorf("%v: %v", c.f, err)
		}
		if c.ok && !slices.Equal(c.f.Used(), c.used) {
			t.Errorf("%v: used %v, should be %v", c.f, c.f.Used(), c.used)
		}
	}
}
