package attention

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"finegrain"

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
		{"ranges", func(in *Instance) { in.Ranges = []Range{{0, 1}, {1, 4}} }, ""},
		{"ranges and causal", func(in *Instance) { in.Causal, in.Ranges = true, []Range{{0, 1}, {1, 4}} }, "leave one out"},
		{"a range missing", func(in *Instance) { in.Ranges = []Range{{0, 1}} }, "1 ranges and 2 queries"},
		{"no ranges", func(in *Instance) { in.Ranges = []Range{} }, "0 ranges and 2 queries"},
		{"a range before the keys", func(in *Instance) { in.Ranges = []Range{{0, 1}, {-1, 4}} }, "query 1 is to see the keys from -1"},
		{"a range beyond the keys", func(in *Instance) { in.Ranges = []Range{{0, 5}, {1, 4}} }, "to before 5, and there are 4"},
		{"a range of no keys", func(in *Instance) { in.Ranges = []Range{{0, 1}, {2, 2}} }, "query 1 is to see the keys from 2 to before 2"},
		{"a range backwards", func(in *Instance) { in.Ranges = []Range{{3, 1}, {2, 2}} }, "which are none"},
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

// TestRanges: a row with a range is that of the definition for the keys of the range alone, bit by bit, in both methods
// that are definitions; ranges that begin at the first key are what the streaming methods take no more than others.
func TestRanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		in := Sample(r, 6)
		in.Causal, in.Epsilon = false, 0
		in.Ranges = SampleRanges(r, in)
		if err := in.Validate(); err != nil {
			t.Fatal(err)
		}
		var pairs int64
		for _, method := range []Method{Exact, Multiprecision} {
			out, cost, err := method.Run(testEnv(), in)
			if err != nil {
				t.Fatal(err)
			}
			pairs = 0
			for i, seen := range in.Ranges {
				pairs += int64(seen.Len())
				alone := in
				alone.Ranges = nil
				alone.Q = mat.DenseCopyOf(in.Q.Slice(i, i+1, 0, in.Q.RawMatrix().Cols))
				alone.K = mat.DenseCopyOf(in.K.Slice(seen.From, seen.To, 0, in.K.RawMatrix().Cols))
				alone.V = mat.DenseCopyOf(in.V.Slice(seen.From, seen.To, 0, in.V.RawMatrix().Cols))
				row, _, err := method.Run(testEnv(), alone)
				if err != nil {
					t.Fatal(err)
				}
				off, _ := Distance(out.rows([]int{i}), row)
				if method.Name == Exact.Name && off > 0 || off > sumUp(out.Bound, row.Bound) {
					t.Fatalf("%s: row %d, keys %v, is %g off", method.Name, i, seen, off)
				}
			}
			if cost[finegrain.InnerProducts] != pairs || in.Regime().Pairs() != pairs {
				t.Fatalf("%d pairs, counted %d, the regime says %d", pairs, cost[finegrain.InnerProducts], in.Regime().Pairs())
			}
		}
		var outside *OutsideRegime
		for _, method := range []Method{Streaming, Streaming32} {
			_, _, err := method.Run(testEnv(), in)
			if !errors.As(err, &outside) || !strings.Contains(err.Error(), Exact.Name) {
				t.Fatalf("%s takes ranges: %v", method.Name, err)
			}
		}
	})
}

func TestCheckWithRanges(t *testing.T) {
	in := random(900, 60, 2, 1)
	in.Epsilon, in.Ranges = 1e-6, SampleRanges(rand.New(rand.NewPCG(8, 1)), in)
	out, _ := run(t, Exact, in, 2)
	if err := Check(in, out); err != nil {
		t.Fatal(err)
	}
	for i := 0; i < 900; i += 83 {
		broken := Output{Float: mat.DenseCopyOf(out.Float)}
		broken.Float.Set(i, 0, broken.Float.At(i, 0)+2e-6)
		if Check(in, broken) == nil {
			t.Errorf("row %d is 2ε off and was not found", i)
		}
	}
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
