package attention

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"finegrain"
	"finegrain/internal/simd"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

func random(n, m, d, dv int) Instance {
	r := rand.New(rand.NewPCG(uint64(n), uint64(m*d)))
	return Instance{Q: Uniform(r, n, d, 1), K: Uniform(r, m, d, 1), V: Uniform(r, m, dv, 1), Scale: 1 / float64(d)}
}

func run(t testing.TB, m Method, in Instance, cores int) (Output, finegrain.Cost) {
	t.Helper()
	env := testEnv()
	env.Cores = cores
	out, cost, err := m.Run(env, in)
	if err != nil {
		t.Fatal(err)
	}
	return out, cost
}

// kernels is every streaming method that this machine can run.
func kernels() (methods []Method) {
	for _, isa := range simd.Supported() {
		for _, m := range []Method{StreamingIn(isa), Streaming32In(isa)} {
			m.Name += " in " + isa.String()
			methods = append(methods, m)
		}
	}
	return methods
}

// Every edge of a tile, of a panel, of a group of queries and of a vector of columns, causal or not, with every
// kernel, against the reference.
func TestStreamingShapes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		near := func(name string, edges ...int) int {
			edge := rapid.SampledFrom(edges).Draw(t, name)
			return max(1, edge+rapid.IntRange(-2, 2).Draw(t, name+"-off"))
		}
		n, m := near("n", 1, 6, 12, 24, 64), near("m", 1, 16, 32, tileKeys, 2*tileKeys, simd.MaxKeys)
		in := random(n, m, near("d", 2, 5, simd.Small, 17), near("dv", 1, 4, 8, 16, 32, 48))
		in.Causal = rapid.Bool().Draw(t, "causal")
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0: // weights need shifts, which rise
			in.Q.Scale(30, in.Q)
			in.K.Scale(30, in.K)
		case 1: // s·log₂e is beyond float64
			in.Q.Scale(1e-300, in.Q)
			in.K.Scale(1e-8, in.K)
			in.Scale = 1.7e308
		}
		rows := []int{0, n / 2, n - 1}
		reference, err := Reference(testEnv(), in, rows, 70)
		if err != nil {
			t.Fatal(err)
		}
		for _, method := range kernels() {
			out, cost, err := method.Run(testEnv(), in)
			if err != nil {
				t.Fatalf("%s: %v", method.Name, err)
			}
			if off, row := Distance(out.rows(rows), reference); off > out.Bound+reference.Bound {
				t.Fatalf("%s: row %d is %g off, bound %g", method.Name, rows[row], off, out.Bound)
			}
			if pairs := cost[finegrain.InnerProducts]; pairs != in.Regime().Pairs() {
				t.Fatalf("%s counts %d pairs of %d", method.Name, pairs, in.Regime().Pairs())
			}
		}
	})
}

// TestKernelsLaw holds every kernel to the law of methods; what is chosen is held to it again by verify.
func TestKernelsLaw(t *testing.T) {
	for _, m := range kernels() {
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			if err := VerifyMethod(testEnv(), m, 120).Err(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestSingleIsNotDouble: float32 that claims the bound of float64 dies under the law.
func TestSingleIsNotDouble(t *testing.T) {
	for _, isa := range simd.Supported() {
		double, mutant := rounding64(isa), Streaming32In(isa)
		mutant.Guarantee.Error = func(r Regime) float64 { return double.streamingError(r, r.WidestSpread()) }
		mutant.Run = func(env finegrain.Env, in Instance) (Output, finegrain.Cost, error) {
			in.Epsilon = 0
			out, cost, err := Streaming32In(isa).Run(env, in)
			if err != nil {
				return out, cost, err
			}
			surveyed, err := in.survey(env)
			out.Bound = double.streamingError(surveyed.Regime, surveyed.Spread)
			return out, cost, err
		}
		err := VerifyMethod(testEnv(), mutant, 120).Err()
		if err == nil || !strings.Contains(err.Error(), "off, and the reported bound") {
			t.Errorf("%v: the law let it pass (%v)", isa, err)
		}
	}
}

// Two keys just on both sides of the middle between two float32s, with a large score: what rounding K costs. The
// bound allows for it, and one with an eighth of float32's roundoff would not.
func TestSingleRoundsKeys(t *testing.T) {
	in := Instance{Q: column(1024), K: column(1+0.499*0x1p-23, 1+0.501*0x1p-23), V: column(1, -1), Scale: 1}
	for _, isa := range simd.Supported() {
		off, _, _ := holdsBound(t, Streaming32In(isa), in)
		finer := rounding32(isa)
		finer.unit, finer.weight = finer.unit/8, finer.weight/8
		if claimed := finer.streamingError(in.Regime(), 2); off.distance <= claimed {
			t.Errorf("%v: %g off, within %g: a bound of finer numbers would pass", isa, off.distance, claimed)
		}
	}
}

func TestExactCounts(t *testing.T) {
	for _, c := range []struct {
		n, m, d, dv int
		causal      bool
		pairs       int64
	}{
		{1, 1, 1, 1, false, 1},
		{3, 5, 2, 4, false, 15},
		{70, 200, 3, 2, false, 14000},
		{5, 5, 1, 1, true, 15},
		{3, 200, 2, 1, true, 6},            // 1 + 2 + 3
		{200, 3, 2, 1, true, 3 + 198*3},    // 1 + 2, then all
		{130, 129, 4, 3, true, 8385 + 129}, // 129·130/2, then all
	} {
		in := random(c.n, c.m, c.d, c.dv)
		in.Causal = c.causal
		want := finegrain.Cost{
			finegrain.InnerProducts: c.pairs,
			finegrain.MultiplyAdds:  c.pairs * int64(c.d+c.dv),
			finegrain.Exponentials:  c.pairs,
		}
		for _, m := range []Method{Exact, Streaming} {
			if _, cost := run(t, m, in, 2); cost.Differ(want) != nil {
				t.Errorf("%s, %+v: %v", m.Name, c, cost.Differ(want))
			}
		}
	}
}

func TestBoundIsTight(t *testing.T) {
	in := random(64, 4096, 64, 64)
	for _, m := range []Method{Exact, Streaming} {
		out, _ := run(t, m, in, 2)
		reference, err := Reference(testEnv(), in, []int{0}, 90)
		if err != nil {
			t.Fatal(err)
		}
		off, _ := Distance(out.rows([]int{0}), reference)
		t.Logf("%s at m = 4096, d = 64: observed %.2g, reported %.2g", m.Name, off, out.Bound)
		if limit := map[string]float64{"exact": 1e-12, "streaming": 1e-13}[m.Name]; out.Bound > limit {
			t.Errorf("%s reports %g; %g is within reach", m.Name, out.Bound, limit)
		}
	}
}

// Scores of 10^12 that differ in their last bits: plain float64 must not promise what refined rows keep.
func TestRefinedRows(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 2))
	in := Instance{Q: Uniform(r, 8, 3, 1e6), K: ones(100, 3), V: Uniform(r, 100, 2, 1), Scale: 1, Epsilon: 1e-12}
	for j := range 100 {
		for l := range 3 {
			in.K.Set(j, l, 1e6*(1+float64(r.IntN(64))*0x1p-52))
		}
	}
	out, cost := run(t, Streaming, in, 2)
	if cost[RefinedRows] != 8 {
		t.Errorf("%d rows refined, want all 8", cost[RefinedRows])
	}
	if err := Check(in, out); err != nil {
		t.Error(err)
	}
	plain := in
	plain.Epsilon = 1 // so that nothing is refined
	rough, cost := run(t, Streaming, plain, 2)
	if cost[RefinedRows] != 0 {
		t.Errorf("%d rows refined for an error of 1", cost[RefinedRows])
	}
	if Check(in, rough) == nil {
		t.Error("plain float64 serves: the instance does not show what refinement is for")
	}
}

func TestRefusals(t *testing.T) {
	in := random(4, 9, 2, 1)
	in.Epsilon = 1e-20
	_, _, err := Streaming.Run(testEnv(), in)
	var weak *CannotPromise
	if !errors.As(err, &weak) || weak.Asked != 1e-20 || !strings.Contains(err.Error(), Multiprecision.Name) {
		t.Errorf("error 1e-20 asked: %v", err)
	}
	for _, m := range []Method{Exact, Streaming} {
		_, _, err := m.Run(testEnv(), in)
		for _, err := range []error{err, m.Guarantee.Reach(in.Regime())} {
			if err == nil || !strings.Contains(err.Error(), m.Name+" can promise only") {
				t.Errorf("%s refuses without its name: %v", m.Name, err)
			}
		}
	}
	in.Epsilon = 0
	for name, edit := range map[string]func(*Instance){
		"scores overflow": func(in *Instance) { in.Q.Scale(1e200, in.Q); in.K.Scale(1e200, in.K) },
		"inner products overflow": func(in *Instance) {
			in.Q.Scale(1e200, in.Q)
			in.K.Scale(1e200, in.K)
			in.Scale = 1e-250
		},
		"keys overflow":   func(in *Instance) { in.K.Scale(1e305, in.K); in.Scale = 1e-300 },
		"values overflow": func(in *Instance) { in.V.Scale(0x1p1022, in.V) },
		"tiny scale":      func(in *Instance) { in.Scale = 5e-324 },
	} {
		x := in.clone()
		edit(&x)
		for _, m := range []Method{Exact, Streaming} {
			var outside *OutsideRegime
			if _, _, err := m.Run(testEnv(), x); !errors.As(err, &outside) {
				t.Errorf("%s, %s: error %v, want *OutsideRegime", m.Name, name, err)
			}
		}
	}
}

// Linear memory: at n = 2^16 and d = 16 nothing near n² is ever allocated.
func TestStreamingMemory(t *testing.T) {
	const n, d = 1 << 16, 16
	if limit := Streaming.Guarantee.Bytes(Regime{Queries: n, Keys: n, Dim: d, ValueDim: d}); limit > 32<<20 {
		t.Errorf("%d bytes declared for n = 2^16, d = 16", limit)
	}
	large := random(200, n, d, d) // every second row refined, V copied
	large.V.Scale(0x1p900, large.V)
	for i := 0; i < 200; i += 2 {
		floats.Scale(1e9, large.Q.RawRowView(i))
	}
	for _, in := range []Instance{random(n, 200, d, d), random(200, n, d, d), large} {
		rows, _ := in.Q.Dims()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		run(t, Streaming, in, 2)
		runtime.ReadMemStats(&after)
		used := int64(after.TotalAlloc - before.TotalAlloc)
		isa, err := simd.Chosen()
		if err != nil {
			t.Fatal(err)
		}
		refining, copying := in.Regime().B > 1, in.Regime().MaxV > 1
		s := streaming[float64]{loops: simd.Attention64(isa)}
		if limit := int64(8*rows*d) + s.bytes(in.Regime(), 2, refining, copying) + 1<<20; used > limit {
			t.Errorf("%d queries: %d bytes allocated; output, working memory and a megabyte are %d", rows, used, limit)
		}
	}
}

func ExampleMethod() {
	in := Instance{
		Q:     mat.NewDense(2, 1, []float64{0, 1000}),
		K:     mat.NewDense(3, 1, []float64{1, 2, 3}),
		V:     mat.NewDense(3, 1, []float64{3, 6, 12}),
		Scale: 1,
	}
	out, cost, err := Streaming.Run(finegrain.NewEnv(background, 1), in)
	if err != nil {
		fmt.Println(err)
		return
	}
	// The first query weighs all keys alike; the second sees the last key alone.
	fmt.Println(mat.Formatted(out.Float))
	fmt.Println(out.Bound < 1e-10, cost[finegrain.InnerProducts])

	in.Epsilon = 1e-60
	if _, _, err = Streaming.Run(finegrain.NewEnv(background, 1), in); err != nil {
		fmt.Println("refused:", err.(*CannotPromise).Asked)
	}
	precise, _, _ := Multiprecision.Run(finegrain.NewEnv(background, 1), in)
	fmt.Println(precise.Big[1][0].Text('g', 60))
	// Output:
	// ⎡ 7⎤
	// ⎣12⎦
	// true 6
	// refused: 1e-60
	// 12
}

// FuzzMethods holds the methods in floating point, with every kernel, to their bounds on whatever bits arrive.
func FuzzMethods(f *testing.F) {
	f.Add(uint8(2), uint8(3), uint8(1), uint64(0x3ff0000000000000), uint64(0x4059000000000000), 1.0, 0.0, false)
	f.Add(uint8(1), uint8(9), uint8(2), uint64(0x0010000000000000), uint64(0x7fe0000000000000), -1.0, 1e-9, true)
	f.Fuzz(func(t *testing.T, n, m, d uint8, a, b uint64, scale, epsilon float64, causal bool) {
		in := Instance{Scale: scale, Epsilon: epsilon, Causal: causal}
		r := rand.New(rand.NewPCG(a, b))
		draw := func(rows, cols uint8) *mat.Dense {
			x := mat.NewDense(1+int(rows%6), 1+int(cols%6), nil)
			x.Apply(func(int, int, float64) float64 {
				switch r.IntN(4) {
				case 0:
					return math.Float64frombits(a ^ r.Uint64()>>12)
				case 1:
					return math.Float64frombits(b)
				default:
					return math.Float64frombits(a) * r.NormFloat64()
				}
			}, x)
			return x
		}
		in.Q, in.K, in.V = draw(n, d), draw(m, d), draw(m, n)
		for _, method := range append(kernels(), Exact) {
			out, _, err := method.Run(testEnv(), in)
			if err != nil {
				continue
			}
			if err := wellFormed(in, out); err != nil {
				t.Fatalf("%s: %v", method.Name, err)
			}
			reference, err := Reference(testEnv(), in, nil, 80)
			if err != nil {
				continue // scores above 2^60
			}
			if off, _ := Distance(out, reference); off > out.Bound+reference.Bound {
				t.Fatalf("%s is %g off, bound %g", method.Name, off, out.Bound)
			}
		}
	})
}

// Sums that grow slowly and lose the same way at each step: keys whose weights, just above half a unit of the sum, are
// rounded up, in every second vector. A denominator that runs through all tiles in one chain, and not through the
// sums of tiles, errs by up to 8 times the bound. All values are 1, hence so is the exact output.
func TestSumsOfTiles(t *testing.T) {
	const m = 1 << 16
	for _, isa := range simd.Supported() {
		for _, c := range []struct {
			method Method
			half   float64 // −log₂ of a weight that is rounded up beside 1
		}{{StreamingIn(isa), 53.001}, {Streaming32In(isa), 24.001}} {
			for _, lanes := range []int{1, 4, 8, 16} {
				in := Instance{Q: column(1), K: filled(m, 1, 0), V: filled(m, 1, 1), Scale: 1}
				for j := lanes; j < m; j++ {
					x := 130.0
					if j/lanes%2 == 0 {
						x = c.half
					}
					in.K.Set(j, 0, -x*math.Ln2)
				}
				out, _ := run(t, c.method, in, 2)
				if off := math.Abs(out.Float.At(0, 0) - 1); off > out.Bound {
					t.Errorf("%s in %v, %d lanes: %g off, bound %g", c.method.Name, isa, lanes, off, out.Bound)
				}
			}
		}
	}
}

// Where K is 0 no query matters, however large.
func TestNoKeys(t *testing.T) {
	in := Instance{Q: column(0x1p200, -0x1p900), K: column(0, 0), V: column(1, 3), Scale: 1}
	for _, m := range kernels() {
		if _, out, _ := holdsBound(t, m, in); out.Float.At(0, 0) != 2 {
			t.Errorf("%s: the average of 1 and 3 is called %v", m.Name, out.Float.At(0, 0))
		}
	}
}

// With more coordinates than float32 can add up there is no bound, and no answer.
func TestSingleDimensions(t *testing.T) {
	r := Regime{Queries: 1, Keys: 1, Dim: maxSingleDim, ValueDim: 1, Epsilon: 1e-9}
	if bound := Streaming32.Guarantee.Error(r); Streaming32.Guarantee.Valid(r) != nil || math.IsNaN(bound) {
		t.Errorf("in %d coordinates the bound is %v", r.Dim, bound)
	}
	r.Dim++
	if Streaming32.Guarantee.Valid(r) == nil {
		t.Errorf("%d coordinates are within the regime", r.Dim)
	}
}
