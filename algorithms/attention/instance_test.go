package attention

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

func ones(rows, cols int) *mat.Dense {
	x := mat.NewDense(rows, cols, nil)
	x.Apply(func(int, int, float64) float64 { return 1 }, x)
	return x
}

func with(x *mat.Dense, i, j int, v float64) *mat.Dense {
	x.Set(i, j, v)
	return x
}

func TestValidate(t *testing.T) {
	good := func() Instance { return Instance{Q: ones(2, 3), K: ones(4, 3), V: ones(4, 5), Scale: 1} }
	for _, c := range []struct {
		name string
		edit func(*Instance)
		says string // empty: valid
	}{
		{"valid", func(*Instance) {}, ""},
		{"more queries than keys, causal", func(in *Instance) { in.Q, in.Causal = ones(9, 3), true }, ""},
		{"scale 0", func(in *Instance) { in.Scale = 0 }, ""},
		{"no queries", func(in *Instance) { in.Q = nil }, "Q is empty"},
		{"no keys", func(in *Instance) { in.K = new(mat.Dense) }, "K is empty"},
		{"no values", func(in *Instance) { in.V = nil }, "V is empty"},
		{"other dimension", func(in *Instance) { in.K = ones(4, 2) }, "Q has 3 columns and K has 2"},
		{"values missing", func(in *Instance) { in.V = ones(3, 5) }, "K has 4 rows and V has 3"},
		{"NaN", func(in *Instance) { in.Q = with(ones(2, 3), 1, 2, math.NaN()) }, "Q is NaN at row 1, column 2"},
		{"Inf", func(in *Instance) { in.V = with(ones(4, 5), 3, 0, math.Inf(-1)) }, "V is -Inf at row 3, column 0"},
		{"scale", func(in *Instance) { in.Scale = math.Inf(1) }, "the scale is +Inf"},
		{"negative error", func(in *Instance) { in.Epsilon = -1 }, "the error asked is -1"},
		{"no error", func(in *Instance) { in.Epsilon = math.NaN() }, "the error asked is NaN"},
	} {
		in := good()
		c.edit(&in)
		err := in.Validate()
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v, want one that says %q", c.name, err, c.says)
		}
	}
}

func TestPairsCountsWhatIsVisible(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, m := rapid.IntRange(1, 30).Draw(t, "n"), rapid.IntRange(1, 30).Draw(t, "m")
		in := Instance{Q: ones(n, 1), K: ones(m, 1), V: ones(m, 1), Causal: rapid.Bool().Draw(t, "causal")}
		var pairs int64
		for i := range n {
			for j := range m {
				if !in.Causal || j <= i {
					pairs++
				}
			}
		}
		if got := in.Regime().Pairs(); got != pairs {
			t.Fatalf("%d pairs, counted %d", got, pairs)
		}
	})
}

func TestRegime(t *testing.T) {
	in := Instance{
		Q:     mat.NewDense(2, 2, []float64{3, -4, 1, 1}),
		K:     mat.NewDense(3, 2, []float64{0, 1, 5, 12, -1, 0}),
		V:     mat.NewDense(3, 1, []float64{2, -7, 1}),
		Scale: -0.5, Causal: true, Epsilon: 1e-3,
	}
	r := in.Regime()
	if r.Queries != 2 || r.Keys != 3 || r.Dim != 2 || r.ValueDim != 1 || r.B != 12 || r.MaxV != 7 || !r.Causal {
		t.Errorf("regime %+v", r)
	}
	if r.QNorm < 5 || r.QNorm > 5*(1+1e-14) || r.KNorm < 13 || r.KNorm > 13*(1+1e-14) {
		t.Errorf("norms %v, %v are not 5 and 13 rounded up", r.QNorm, r.KNorm)
	}
	if s := r.Score(); s < 32.5 || s > 32.5*(1+1e-14) {
		t.Errorf("score bound %v, want 32.5 rounded up", s)
	}
	for _, c := range []struct{ s, q, k, want float64 }{
		{0, math.Inf(1), 1, 0},
		{1e-300, 1e300, 1e300, 1e300},
		{1, 1e300, 1e300, math.Inf(1)},
		{1e-300, 1e-300, 1e300, 1e-300},
	} {
		got := Regime{Scale: c.s, QNorm: c.q, KNorm: c.k}.Score()
		if got != c.want && !(math.Abs(got/c.want-1) < 1e-14) {
			t.Errorf("Score(%v, %v, %v) = %v, want %v", c.s, c.q, c.k, got, c.want)
		}
	}
}
