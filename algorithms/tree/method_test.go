package tree

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"finegrain"
	"finegrain/algorithms/attention"

	"gonum.org/v1/gonum/mat"
)

func testEnv() finegrain.Env { return finegrain.NewEnv(context.Background(), 1) }

// counted is the method with what its runs count, altogether.
func counted(x method, sample func(*rand.Rand, int) attention.Instance) (attention.Method, finegrain.Cost) {
	m, all := x.declare(), finegrain.Cost{}
	var lock sync.Mutex
	run := m.Run
	m.Sample = sample
	m.Run = func(env finegrain.Env, in attention.Instance) (attention.Output, finegrain.Cost, error) {
		out, cost, err := run(env, in)
		lock.Lock()
		defer lock.Unlock()
		all.Add(cost)
		return out, cost, err
	}
	return m, all
}

// small expands and splits as much as it can.
func small(builder string) method {
	return method{leaf: padding, rows: 1 << 20, keen: true, builder: builder, rules: theRules}
}

func TestLaw(t *testing.T) {
	never := standard
	never.hand = false
	lone := small("")
	lone.lone = true
	for name, x := range map[string]method{
		"standard": standard, "never handed over": never, "small": small(""), "kd-tree": small(kdTree.name),
		"in frames": small(framedTree.name), "rows alone": lone,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, _ := counted(x, nil)
			if err := attention.VerifyMethod(testEnv(), m, 60).Err(); err != nil {
				t.Error(err)
			}
			m, all := counted(x, sample)
			report := attention.VerifyMethod(testEnv(), m, 120)
			if err := report.Err(); err != nil {
				t.Error(err)
			}
			t.Log(report.Notes, all)
			kinds := []string{Visits, Expansions, HandedRows, LoneRows, Splits, Doubles}
			switch {
			case x.lone:
				kinds = []string{Visits, Expansions, HandedRows, LoneRows, Doubles}
			case !x.keen:
				return
			}
			for _, kind := range kinds {
				if all[kind] == 0 {
					t.Errorf("the law never came to %s", kind)
				}
			}
		})
	}
}

// TestLawInThePlane: the conjugation tree, on keys of two coordinates.
func TestLawInThePlane(t *testing.T) {
	m, all := counted(small(ConjugationTree), func(r *rand.Rand, size int) attention.Instance {
		in := sample(r, size)
		n, _ := in.Q.Dims()
		m, _ := in.K.Dims()
		b := math.Pow(10, 4*r.Float64()-1)
		in.Q, in.K = attention.Uniform(r, n, 2, b), mat.DenseCopyOf(nearlyCollinear(r, m, 1e-6))
		in.K.Scale(b, in.K)
		return in
	})
	m.Guarantee.Valid = func(r attention.Regime) error {
		if r.Dim != 2 {
			return errors.New("not in the plane")
		}
		return valid(r)
	}
	run := m.Run
	m.Run = func(env finegrain.Env, in attention.Instance) (attention.Output, finegrain.Cost, error) {
		if _, d := in.K.Dims(); d != 2 {
			err := &attention.OutsideRegime{Method: name, Reason: errors.New("not in the plane")}
			return attention.Output{}, nil, err
		}
		return run(env, in)
	}
	if err := attention.VerifyMethod(testEnv(), m, 90).Err(); err != nil {
		t.Error(err)
	}
	if all[Expansions] == 0 || all[Visits] == 0 {
		t.Errorf("the law came to %v", all)
	}
}

// sample draws what trees are for: scores far apart, queries and keys on spheres, in clusters, on a grid where
// many tie, nearly on a line; B from 0.01 to 10^6; values huge and tiny.
func sample(r *rand.Rand, size int) attention.Instance {
	d, n, m := 1+r.IntN(3), 1+r.IntN(4*size), 1+r.IntN(40*size)
	if r.IntN(4) == 0 {
		d = 1 + r.IntN(6)
	}
	b := math.Pow(10, 4*r.Float64()-2)
	if r.IntN(6) == 0 {
		b = math.Pow(10, 3+3*r.Float64())
	}
	in := attention.Instance{
		Q: attention.Uniform(r, n, d, b), K: attention.Uniform(r, m, d, b), V: attention.Uniform(r, m, 1+r.IntN(3), 1),
		Scale: 1, Epsilon: math.Pow(10, -2-9*r.Float64()),
	}
	switch r.IntN(6) {
	case 0: // spheres
		for _, x := range []*mat.Dense{in.Q, in.K} {
			rows, _ := x.Dims()
			for i := range rows {
				row := x.RawRowView(i)
				length := mat.Norm(mat.NewVecDense(d, row), 2)
				for l := range row {
					row[l] *= b / length
				}
			}
		}
	case 1: // clusters
		for j := range m {
			for l := range d {
				in.K.Set(j, l, in.K.At(j%4, l)+b/50*(r.Float64()-0.5))
			}
		}
	case 2: // a grid
		in.K.Apply(func(_, _ int, x float64) float64 { return b / 2 * math.Round(2*x/b) }, in.K)
	case 3: // nearly a line
		for j := range m {
			for l := 1; l < d; l++ {
				in.K.Set(j, l, in.K.At(j, 0)+1e-3*in.K.At(j, l))
			}
		}
	}
	if r.IntN(5) == 0 { // beyond what plain sums can
		in.Epsilon = 1e-14
	}
	if r.IntN(5) == 0 {
		by := math.Pow(10, 400*r.Float64()-200)
		in.V.Scale(by, in.V)
		in.Epsilon *= by
	}
	return in
}

// TestMutants: what breaks a step on which the bound rests breaks the law. hurt_test.go has those that random
// instances hardly show.
func TestMutants(t *testing.T) {
	for name, change := range map[string]func(*rules){
		"a translation in the wrong direction": func(r *rules) { r.move = func(t float64) float64 { return -t } },
		"sums keep the old shift":              func(r *rules) { r.raised = func(float64) float64 { return 1 } },
		"a group is its centre":                func(r *rules) { r.around = func(float64) float64 { return 0 } },
		"a degree too low": func(r *rules) {
			r.series = func(w, allowed float64, most int) (int, float64, bool) {
				g, e, ok := series(w, allowed, most)
				return max(0, g-1), e, ok
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := small("")
			x.lone = strings.Contains(name, "shift")
			change(&x.rules)
			m, _ := counted(x, sample)
			report := attention.VerifyMethod(testEnv(), m, 90)
			if !strings.Contains(fmt.Sprint(report.Violations), "off, and the reported bound is") {
				t.Errorf("it lives: %v", report)
			}
		})
	}
}

// TestGroups: with many groups of queries and trees of some depth the output is as near to that of streaming as
// both promise, the same on any number of cores, and comes about in the ways that it should.
func TestGroups(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 9))
	total := finegrain.Cost{}
	for _, d := range []int{1, 2, 3} {
		for _, b := range []float64{1, 10, 100, 1e4} {
			in := attention.Instance{
				Q: attention.Uniform(r, 700, d, b), K: attention.Uniform(r, 1500, d, b),
				V: attention.Uniform(r, 1500, 2, 1), Scale: 1, Epsilon: 1e-9,
			}
			reference, _, err := attention.Streaming.Run(testEnv(), in)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range []method{standard, small("")} {
				var first attention.Output
				for cores := 1; cores <= 2; cores++ {
					env := testEnv()
					env.Cores = cores
					out, cost, err := x.declare().Run(env, in)
					if err != nil {
						t.Fatal(err)
					}
					if cores == 1 {
						first = out
						total.Add(cost)
					} else if !mat.Equal(first.Float, out.Float) || first.Bound != out.Bound {
						t.Errorf("d = %d, B = %g: two cores compute something else", d, b)
					}
					var off mat.Dense
					off.Sub(out.Float, reference.Float)
					if most := mat.Max(&off); max(most, -mat.Min(&off)) > out.Bound+reference.Bound {
						t.Errorf("d = %d, B = %g: %g off, bounds %g and %g", d, b, most, out.Bound, reference.Bound)
					}
				}
			}
		}
	}
	for _, kind := range []string{Expansions, Splits, HandedRows} {
		if total[kind] == 0 {
			t.Errorf("no %s: %v", kind, total)
		}
	}
}

// TestHandOver: what a tree is no help for goes to streaming as a whole.
func TestHandOver(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 9))
	in := attention.Instance{
		Q: attention.Uniform(r, 300, 12, 1), K: attention.Uniform(r, 2000, 12, 1), V: attention.Uniform(r, 2000, 2, 1),
		Scale: 1, Epsilon: 1e-9,
	}
	out, cost, err := Tree.Run(testEnv(), in)
	if err != nil {
		t.Fatal(err)
	}
	want, _, err := attention.Streaming.Run(testEnv(), in)
	if err != nil {
		t.Fatal(err)
	}
	if cost[HandedRows] != 300 || cost[Visits] != 0 || !mat.Equal(out.Float, want.Float) {
		t.Errorf("it counts %v", cost)
	}
}

// TestNearlyCollinear: under the default, visits of a query grow like a power of the keys of at most 0.6 where
// the keys lie nearly on a line across the queries, as far apart from it as scores tell apart.
func TestNearlyCollinear(t *testing.T) {
	visits := func(n int) float64 {
		in, err := attention.NearlyCollinear.Generate(rand.New(rand.NewPCG(1, 2)), map[string]float64{
			"n": float64(n), "d": 2, "dv": 2, "B": 1e5, "noise": 1e-5,
		})
		if err != nil {
			t.Fatal(err)
		}
		if name := Chosen(in.K, math.Inf(1)); name != ConjugationTree {
			t.Errorf("the default is the %s", name)
		}
		in.Epsilon = 1e-6
		_, cost, err := Tree.Run(testEnv(), in)
		if err != nil {
			t.Fatal(err)
		}
		if cost[HandedRows] > 0 {
			t.Errorf("%d rows were handed over", cost[HandedRows])
		}
		return float64(cost[Visits]) / float64(n)
	}
	few, many := visits(1<<12), visits(1<<14)
	if exponent := math.Log(many/few) / math.Log(4); exponent > 0.6 {
		t.Errorf("%.0f visits a query at n = 2^12, %.0f at 2^14: exponent %.2f", few, many, exponent)
	}
}

// TestShiftFarBelow: where the first leaf's scores lie far below the largest, and many keys far apart tie for that, every
// difference to the largest is a small number nonetheless.
func TestShiftFarBelow(t *testing.T) {
	for _, m := range []int{96, 1000} {
		for _, b := range []float64{1e6, 1e8, 1e10} {
			r := rand.New(rand.NewPCG(1, 2))
			k, v := mat.NewDense(m, 2, nil), mat.NewDense(m, 1, nil)
			for j := range m {
				v.Set(j, 0, 1)
				x := math.Round(1024*(7+r.Float64())) / 1024
				switch {
				case j < m/3:
					k.SetRow(j, []float64{10 * r.Float64(), 0})
				case j < 2*m/3:
					k.SetRow(j, []float64{-1 + 0.1*r.Float64(), 10 * r.Float64()})
				case j < 5*m/6: // these and the others have one score for queries along the diagonal
					k.SetRow(j, []float64{x, 14.5 - x})
					v.Set(j, 0, -1)
				default:
					k.SetRow(j, []float64{x - 52, 66.5 - x})
				}
			}
			q := mat.NewDense(4, 2, nil)
			for i := range 4 {
				y := b * (1 + r.Float64())
				q.SetRow(i, []float64{y, y})
			}
			in := attention.Instance{Q: q, K: k, V: v, Scale: 1. / 3, Epsilon: 1e-9}
			x := small("")
			x.hand = false
			for _, method := range []attention.Method{Tree, x.declare()} {
				out, _, err := method.Run(testEnv(), in)
				if err != nil {
					t.Fatal(err)
				}
				off, err := attention.ObservedError(testEnv(), in, out, []int{0, 1, 2, 3})
				if err != nil || off > out.Bound {
					t.Errorf("m = %d, B = %g: off by %g, and the bound is %g (error %v)", m, b, off, out.Bound, err)
				}
			}
		}
	}
}

// TestTinyKeys: keys whose covariance is near the end of float64 get a tree like others.
func TestTinyKeys(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, b := range []float64{1e-60, 1e-61, 1e-140, 1e-160, 1e-300, 0} {
		in := attention.Instance{
			Q: attention.Uniform(r, 20, 2, 1), K: attention.Uniform(r, 500, 2, b), V: attention.Uniform(r, 500, 1, 1), Scale: 1, Epsilon: 1e-9,
		}
		out, _, err := Tree.Run(testEnv(), in)
		if err != nil {
			t.Fatal(err)
		}
		if off, err := attention.ObservedError(testEnv(), in, out, []int{0, 7, 19}); err != nil || off > out.Bound {
			t.Errorf("entries of %g: off by %g, and the bound is %g (error %v)", b, off, out.Bound, err)
		}
	}
}

// TestVain: where no row reaches the error asked few are tried, and streaming has all.
func TestVain(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 5))
	in := attention.Instance{
		Q: attention.Uniform(r, 1<<13, 2, 100), K: attention.Uniform(r, 1<<13, 2, 100), V: attention.Uniform(r, 1<<13, 1, 1),
		Scale: 1, Epsilon: 1e-9,
	}
	x := standard
	x.rules.rounded = func(float64) float64 { return 1e-3 } // no row can
	out, cost, err := x.declare().Run(testEnv(), in)
	if err != nil {
		t.Fatal(err)
	}
	if !(out.Bound <= in.Epsilon) || cost[HandedRows] != 1<<13 || cost[LoneRows] == 0 || cost[LoneRows] > 1<<12 {
		t.Errorf("bound %g, %d rows handed over, %d tried alone", out.Bound, cost[HandedRows], cost[LoneRows])
	}
}

// TestChosen: keys nearly on a flat get a tree that cuts them lengthwise, where queries tell apart what that does.
func TestChosen(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 7))
	for _, c := range []struct {
		d       int
		thick   float64 // of the last coordinate
		longest float64
		want    string
	}{
		{1, 1, math.Inf(1), KDTree},
		{2, 1, math.Inf(1), FramedTree},
		{2, 1e-5, math.Inf(1), ConjugationTree},
		{2, 1e-5, 1e6, ConjugationTree},
		{2, 1e-5, 1e4, FramedTree},
		{3, 1e-5, math.Inf(1), ScaledTree},
		{3, 1e-5, 1e4, FramedTree},
		{3, 0, math.Inf(1), FramedTree},
		{9, 1e-5, math.Inf(1), KDTree},
	} {
		k := attention.Uniform(r, 300, c.d, 1)
		for j := range 300 {
			k.Set(j, c.d-1, c.thick*k.At(j, c.d-1))
		}
		if got := Chosen(k, c.longest); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
	if got := Chosen(mat.NewDense(50, 3, nil), math.Inf(1)); got != FramedTree {
		t.Errorf("equal keys: %s", got)
	}
}

// TestWith: a tree that is asked for is used whatever it takes, or refused.
func TestWith(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	wide := func(n, d int) attention.Instance {
		return attention.Instance{
			Q: attention.Uniform(r, n, d, 1), K: attention.Uniform(r, n, d, 1), V: attention.Uniform(r, n, 1, 1), Scale: 1, Epsilon: 1e-9,
		}
	}
	out, cost, err := With(KDTree).Run(testEnv(), wide(100, 40))
	if err != nil || cost[HandedRows] != 0 || out.Words != nil {
		t.Errorf("%d rows are handed over, words %v, error %v", cost[HandedRows], out.Words, err)
	}
	for name, in := range map[string]attention.Instance{ConjugationTree: wide(10, 5), KDTree: wide(4, mostDim+1), PathTree: wide(70, 65)} {
		var outside *attention.OutsideRegime
		if _, _, err := With(name).Run(testEnv(), in); !errors.As(err, &outside) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	defer func() {
		if got := fmt.Sprint(recover()); !strings.Contains(got, `no builder "oak"`) {
			t.Errorf("With another name it says %q", got)
		}
	}()
	With("oak")
}
