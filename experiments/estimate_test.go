package experiments

import (
	"fmt"
	"math/big"
	"testing"

	"finegrain"
	"finegrain/algorithms/attention"
	"finegrain/reductions"
	"finegrain/sat"
)

// TestEstimate holds the estimates to what split and list makes of sampled formulas and of the corpus: the
// lists exactly, the dimension and the memory from above.
func TestEstimate(t *testing.T) {
	env := finegrain.NewEnv(t.Context(), 1)
	formulas := map[string]sat.Formula{}
	for i := range 300 {
		formulas[fmt.Sprint("sample ", i)] = sat.Search.Sample(env.Rand(fmt.Sprint(i)), 1+i%6)
	}
	corpus, err := Corpus()
	if err != nil {
		t.Fatal(err)
	}
	for _, named := range corpus {
		formulas[named.Name] = named.Formula
	}
	for name, f := range formulas {
		split, err := reductions.SplitAndList(env, f)
		if err != nil {
			t.Fatal(err)
		}
		in := split.OV
		e, err := EstimateSplit(env, f)
		if err != nil {
			t.Fatal(err)
		}
		n, m, d := in.A.N(), in.B.N(), in.D()
		if e.N.Cmp(big.NewInt(int64(n))) != 0 || e.M.Cmp(big.NewInt(int64(m))) != 0 || e.D < d || e.Bytes.Cmp(big.NewInt(in.Bytes())) < 0 {
			t.Errorf("%s: estimated %v by %v of %d bits in %v bytes; it is %d by %d of %d in %d", name, e.N, e.M, e.D, e.Bytes, n, m, d, in.Bytes())
		}
		for _, route := range reductions.Routes() {
			plan, err := route.Search.Plan(env, f, finegrain.Oracle[attention.Instance, attention.Output]{
				Reach: func(attention.Instance) error { return nil },
			})
			if err != nil {
				t.Fatal(err)
			}
			whole, err := EstimateRoute(env, f, route)
			if err != nil {
				t.Fatal(err)
			}
			for _, query := range plan.Each {
				r := query.Regime()
				if bytes := 8 * int64(r.Queries*r.Dim+r.Keys*(r.Dim+1)); whole.Bytes.Cmp(big.NewInt(bytes)) < 0 {
					t.Errorf("%s, %s: %v bytes estimated, a query has %d", name, route.Name, whole.Bytes, bytes)
				}
				break
			}
		}
	}
}

// TestEstimateOfWhatIsTooLarge requires an answer at once, and a refusal beyond what can be split.
func TestEstimateOfWhatIsTooLarge(t *testing.T) {
	env := finegrain.NewEnv(t.Context(), 1)
	chain := func(n int) sat.Formula { // x_1 ∨ x_2, x_2 ∨ x_3, …
		f := sat.Formula{Variables: n}
		for v := 1; v < n; v++ {
			f.Clauses = append(f.Clauses, []sat.Literal{sat.Literal(v), sat.Literal(v + 1)})
		}
		return f
	}
	e, err := EstimateSplit(env, chain(60))
	if want := big.NewInt(2178309); err != nil || e.N.Cmp(want) != 0 || e.D != 1 { // a Fibonacci number
		t.Errorf("%v, %v", e, err)
	}
	if _, err := EstimateSplit(env, chain(61)); err == nil {
		t.Error("61 variables can be split")
	}
	if e, err := EstimateSplit(env, sat.Formula{Variables: 100, Clauses: [][]sat.Literal{{}}}); err != nil || e.N.Sign() != 0 {
		t.Errorf("the empty clause: %v, %v", e, err)
	}
}
