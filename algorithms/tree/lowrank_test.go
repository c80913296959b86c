package tree

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"

	"finegrain"
	"finegrain/algorithms/attention"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

// product is a matrix of rank at most r with entries up to b, plus noise: of integers, exactly, or of floats.
func product(random *rand.Rand, rows, d, r int, b, noise float64, whole bool) *mat.Dense {
	columns := max(1, r)
	u, w := attention.Uniform(random, rows, columns, 1), attention.Uniform(random, columns, d, b/float64(columns))
	if whole {
		round := func(_, _ int, x float64) float64 { return math.Round(x) }
		u.Scale(1000, u)
		u.Apply(round, u)
		w.Scale(1000/b, w)
		w.Apply(round, w)
	}
	x := mat.NewDense(rows, d, nil)
	if r > 0 {
		x.Mul(u, w)
	}
	if whole {
		x.Scale(math.Exp2(math.Round(math.Log2(b/1e6))), x)
	}
	for i := range rows {
		for l := range d {
			x.Set(i, l, x.At(i, l)+noise*b*(2*random.Float64()-1))
		}
	}
	return x
}

// lowRank is an instance whose keys, or queries, are such a product.
func lowRank(random *rand.Rand, n, m, d, r int, b, noise float64, keys, whole bool) attention.Instance {
	in := attention.Instance{V: attention.Uniform(random, m, 2, 1), Scale: 1, Epsilon: 1e-9}
	if keys {
		in.Q, in.K = attention.Uniform(random, n, d, b), product(random, m, d, r, b, noise, whole)
	} else {
		in.Q, in.K = product(random, n, d, r, b, noise, whole), attention.Uniform(random, m, d, b)
	}
	return in
}

// eager looks for low rank in small instances too.
func eager(builder string) method {
	x := small(builder)
	x.eager = true
	return x
}

// within holds the bound to the error asked and the error made to the bound, on some rows.
func within(t *testing.T, in attention.Instance, out attention.Output) {
	t.Helper()
	rows := []int{0, out.Float.RawMatrix().Rows / 2, out.Float.RawMatrix().Rows - 1}
	off, err := attention.ObservedError(testEnv(), in, out, rows)
	if err != nil || !(off <= out.Bound) || in.Epsilon > 0 && !(out.Bound <= in.Epsilon) {
		t.Errorf("off by %g, the bound is %g, and %g was asked (error %v)", off, out.Bound, in.Epsilon, err)
	}
}

// TestHeadRank: the rank that is found, where noise is far below or far above what the error asked allows.
func TestHeadRank(t *testing.T) {
	for _, c := range []struct {
		d, rank int
		b       float64
		noise   float64
		whole   bool
		epsilon float64
		want    float64 // 0: none
	}{
		{d: 3, rank: 1, b: 1, epsilon: 1e-9, want: 1},
		{d: 3, rank: 3, b: 1, epsilon: 1e-9},
		{d: 64, rank: 1, b: 1, epsilon: 1e-9, want: 1},
		{d: 64, rank: 2, b: 1, epsilon: 1e-9, want: 2},
		{d: 64, rank: 3, b: 1, epsilon: 1e-9, want: 3},
		{d: 64, rank: 4, b: 1, epsilon: 1e-9, want: 4},
		{d: 64, rank: 2, b: 1, whole: true, epsilon: 1e-9, want: 2},
		{d: 64, rank: 4, b: 100, whole: true, epsilon: 1e-6, want: 4},
		{d: 64, rank: 16, b: 1, epsilon: 1e-9, want: 16},
		{d: 64, rank: 17, b: 1, epsilon: 1e-9},
		{d: 64, rank: 64, b: 1, epsilon: 1e-9},
		{d: 64, rank: 0, b: 1, epsilon: 1e-9, want: 1}, // all are 0
		{d: 64, rank: 2, b: 1, noise: 1e-16, epsilon: 1e-9, want: 2},
		{d: 64, rank: 2, b: 1, noise: 1e-13, epsilon: 1e-9, want: 2},
		{d: 64, rank: 2, b: 1, noise: 1e-9, epsilon: 1e-9},
		{d: 64, rank: 2, b: 1, noise: 1e-9, epsilon: 1e-3, want: 2},
		{d: 64, rank: 2, b: 1, noise: 1e-6, epsilon: 1e-3, want: 2},
		{d: 64, rank: 2, b: 1, noise: 1e-3, epsilon: 1e-3},
		{d: 64, rank: 2, b: 1e-3, noise: 1e-3, epsilon: 1e-3, want: 1}, // scores of 10^−6 and less do not matter
		{d: 64, rank: 2, b: 1e8, epsilon: 1e-3},                        // float64 does not tell such scores apart
		{d: 1000, rank: 1, b: 0.1, epsilon: 1e-9, want: 1},
		{d: 1000, rank: 2, b: 0.1, epsilon: 1e-12, want: 2},
		{d: 1000, rank: 3, b: 0.1, whole: true, epsilon: 1e-9, want: 3},
		{d: 1000, rank: 4, b: 0.1, noise: 1e-13, epsilon: 1e-9, want: 4},
	} {
		for _, keys := range []bool{true, false} {
			t.Run(fmt.Sprintf("%+v, keys %t", c, keys), func(t *testing.T) {
				t.Parallel()
				in := lowRank(rand.New(rand.NewPCG(5, 6)), 80, 90, c.d, c.rank, c.b, c.noise, keys, c.whole)
				in.Epsilon = c.epsilon
				out, cost, err := eager("").declare().Run(testEnv(), in)
				if err != nil {
					t.Fatal(err)
				}
				within(t, in, out)
				if got := out.Chosen[HeadRank]; got != c.want {
					t.Errorf("head rank %g, want %g: %v", got, c.want, cost)
				}
				made := func(low, other int) int64 { return int64(c.d * (low*(2*int(c.want)+1) + other*int(c.want))) }
				got, want := cost[ReductionMultiplyAdds], made(80, 90)
				if keys || got == made(90, 80) && c.want == 1 { // where both have rank 1 it is the keys'
					want = made(90, 80)
				}
				if c.want > 0 && got != want {
					t.Errorf("%d multiply-adds, want %d", got, want)
				}
			})
		}
	}
}

// TestLawOfLowRank: the law, on instances of low rank.
func TestLawOfLowRank(t *testing.T) {
	draw := func(r *rand.Rand, size int) attention.Instance {
		rank := r.IntN(4)
		b := math.Pow(10, 5*r.Float64()-2)
		in := lowRank(r, 2+rank+r.IntN(2*size), 2+rank+r.IntN(20*size), rank+2+r.IntN(8), rank, b,
			math.Pow(10, -16+13*r.Float64())*float64(r.IntN(2)), r.IntN(2) == 0, r.IntN(3) == 0)
		in.Scale = []float64{1, -0.3, 1 / b}[r.IntN(3)]
		in.Epsilon = math.Pow(10, 2-13*r.Float64())
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
	for _, name := range []string{"", kdTree.name} {
		m, all := counted(eager(name), draw)
		run := m.Run
		var used, not atomic.Int64
		m.Run = func(env finegrain.Env, in attention.Instance) (attention.Output, finegrain.Cost, error) {
			out, cost, err := run(env, in)
			if out.Chosen[HeadRank] > 0 {
				used.Add(1)
			} else if err == nil {
				not.Add(1)
			}
			return out, cost, err
		}
		if err := attention.VerifyMethod(testEnv(), m, 90).Err(); err != nil {
			t.Error(err)
		}
		if used.Load() < 100 || not.Load() < 100 || all[Expansions] == 0 {
			t.Errorf("low rank was used %d times and %d times not: %v", used.Load(), not.Load(), all)
		}
	}
}

// opposed is an instance where noise does all the harm that it can, to the first query: it lies along its direction,
// outside of the span of the keys, up for keys of value 1 and down for those of value −1. The other queries keep
// nodes from being expanded, which would err by more.
func opposed(noise float64) attention.Instance {
	const m = 30
	in := attention.Instance{
		Q: mat.NewDense(3, 3, []float64{0, 0, 1, 0, 1, 0, 1, 0, 0}), K: mat.NewDense(m, 3, nil), V: mat.NewDense(m, 1, nil), Scale: 1,
		Epsilon: 1e-9,
	}
	for j := range m {
		sign := float64(1 - 2*(j%2))
		in.K.SetRow(j, []float64{100 * math.Cos(float64(j)), 100 * math.Sin(float64(j)), sign * noise})
		in.V.Set(j, 0, sign)
	}
	return in
}

// TestHeedless: who forgets what fewer coordinates cost promises too much, and the error made is nearly what is
// added for it.
func TestHeedless(t *testing.T) {
	in := opposed(2e-11)
	for _, heedless := range []bool{false, true} {
		x := eager("")
		x.heedless = heedless
		out, _, err := x.declare().Run(testEnv(), in)
		if err != nil {
			t.Fatal(err)
		}
		off, err := attention.ObservedError(testEnv(), in, out, []int{0})
		if err != nil || out.Chosen[HeadRank] != 2 {
			t.Fatalf("head rank %g, error %v", out.Chosen[HeadRank], err)
		}
		if heedless && off <= out.Bound {
			t.Errorf("it lives: off by %g, the bound is %g", off, out.Bound)
		}
		if !heedless && (off > out.Bound || off < out.Bound/4) {
			t.Errorf("off by %g, the bound is %g", off, out.Bound)
		}
	}
}

// TestAnyBasis: whatever W is, what it leaves of rows and what rounding takes is within what is said of it.
func TestAnyBasis(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		d, r, n := rapid.IntRange(1, 9).Draw(t, "d"), rapid.IntRange(1, 4).Draw(t, "rank"), 5
		size := math.Pow(10, rapid.Float64Range(-100, 100).Draw(t, "exponent"))
		b := basis{rank: r, w: attention.Uniform(random, 1, r*d, 1).RawMatrix().Data}
		rows := product(random, n, d, r, size, rapid.SampledFrom([]float64{0, 1e-16, 1e-3}).Draw(t, "noise"), false)
		y, z, left := mat.NewDense(n, r, nil), mat.NewDense(n, r, nil), make([]float64, n)
		longest, err := b.coordinates(testEnv(), y, rows, left)
		if err != nil {
			t.Fatal(err)
		}
		longer, lost, err := b.numbers(testEnv(), z, rows)
		if err != nil {
			t.Fatal(err)
		}
		exactly := func(x float64) *big.Float { return new(big.Float).SetPrec(3000).SetFloat64(x) }
		length := func(x []*big.Float) *big.Float {
			sum := exactly(0)
			for _, y := range x {
				sum.Add(sum, new(big.Float).Mul(y, y))
			}
			return sum.Sqrt(sum)
		}
		for i := range n {
			var off, rounded, own []*big.Float
			for l := range d {
				e := exactly(rows.At(i, l))
				for t := range r {
					e.Sub(e, new(big.Float).Mul(exactly(b.w[t*d+l]), exactly(y.At(i, t))))
				}
				off = append(off, e)
			}
			for t := range r {
				e := exactly(-z.At(i, t))
				for l := range d {
					e.Add(e, new(big.Float).Mul(exactly(b.w[t*d+l]), exactly(rows.At(i, l))))
				}
				rounded, own = append(rounded, e), append(own, exactly(y.At(i, t)))
			}
			if length(off).Cmp(exactly(left[i])) > 0 || length(rounded).Cmp(exactly(lost)) > 0 ||
				length(own).Cmp(exactly(min(longest, longer))) > 0 {
				t.Fatalf("row %d: E is %g, said to be at most %g; D %g, and %g; y %g, and %g", i, length(off), left[i],
					length(rounded), lost, length(own), min(longest, longer))
			}
		}
	})
}

// TestOutliers: rows outside of what the sample spans are found, up to the largest rank.
func TestOutliers(t *testing.T) {
	for _, c := range []struct{ outliers, want int }{{1, 3}, {5, 7}, {14, 16}, {15, 0}} {
		in := lowRank(rand.New(rand.NewPCG(7, 8)), 60, 3000, 40, 2, 1, 0, true, false)
		for i := range c.outliers {
			in.K.Set(1+197*i, i, in.K.At(1+197*i, i)+0.01)
		}
		out, _, err := eager("").declare().Run(testEnv(), in)
		if err != nil {
			t.Fatal(err)
		}
		within(t, in, out)
		if got := out.Chosen[HeadRank]; got != float64(c.want) {
			t.Errorf("with %d outliers the head rank is %g, want %d", c.outliers, got, c.want)
		}
	}
}

// TestLowRankExtremes: entries whose squares, and products with the scale, leave the range of float64.
func TestLowRankExtremes(t *testing.T) {
	for _, c := range []struct {
		q, k, scale float64
		used        bool
	}{
		{1e200, 1e-200, 1, false},
		{1e-200, 1e200, 1, false},
		{1e100, 1e-100, 1, true},
		{1e-100, 1e-100, 1e200, true},
		{1e-150, 1e-150, 1.7e308, false}, // norms are below 2^−400
		{1, 0, 1, true},
		{0, 1, 1, true},
		{0, 0, 1.7e308, false}, // no norm is known to be below 2^−500
		{1, 1, 0, true},
	} {
		in := lowRank(rand.New(rand.NewPCG(9, 10)), 40, 50, 6, 2, 1, 0, true, false)
		in.Q.Scale(c.q, in.Q)
		in.K.Scale(c.k, in.K)
		in.Scale = c.scale
		out, _, err := eager("").declare().Run(testEnv(), in)
		if err != nil {
			t.Fatal(c, err)
		}
		within(t, in, out)
		if out.Chosen[HeadRank] > 0 != c.used {
			t.Errorf("%+v: head rank %g", c, out.Chosen[HeadRank])
		}
	}
}

// TestLeftToStreaming: rows that are left to streaming are those of the smaller instance, to what remains of the error
// asked, or else of the one given.
func TestLeftToStreaming(t *testing.T) {
	in := lowRank(rand.New(rand.NewPCG(13, 14)), 30, 40, 7, 2, 3, 1e-13, true, false)
	w, err := eager("").begin(testEnv(), in)
	if err != nil || w.chosen()[HeadRank] != 2 || !(w.added > 0) {
		t.Fatalf("chosen %v, %g added, error %v", w.chosen(), w.added, err)
	}
	rows := []int{3, 29, 0}
	some := in
	some.Q = mat.NewDense(3, 7, nil)
	for at, i := range rows {
		some.Q.SetRow(at, in.Q.RawRowView(i))
	}
	for _, target := range []float64{w.target, 1e-30} {
		w.target = target
		out, cost, err := w.stream(testEnv(), rows)
		if err != nil {
			t.Fatal(err)
		}
		within(t, some, out)
		coordinates := cost[finegrain.MultiplyAdds]/cost[finegrain.InnerProducts] - 2
		used := target > 1e-30
		if used != (coordinates == 2) || used != (out.Bound > w.added) || used != (out.Chosen != nil) {
			t.Errorf("to %g: %d coordinates, the bound is %g", target, coordinates, out.Bound)
		}
	}
}

// TestLowRankPays: in many dimensions low rank is looked for where it pays; streaming too then has fewer coordinates,
// and memory is that of the instance that remains.
func TestLowRankPays(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 12))
	in := lowRank(random, 5000, 5000, 200, 4, 1, 0, false, false)
	out, cost, err := Tree.Run(testEnv(), in)
	if err != nil {
		t.Fatal(err)
	}
	within(t, in, out)
	if out.Chosen[HeadRank] != 4 || cost[HandedRows] != 5000 || cost[finegrain.MultiplyAdds] != 5000*5000*(4+2) ||
		!strings.HasPrefix(out.Words["by"], "streaming") {
		t.Errorf("chosen %v, counts %v", out.Choices(), cost)
	}

	in = lowRank(random, 40, 50, 1000, 2, 0.1, 0, true, false)
	if out, cost, err = Tree.Run(testEnv(), in); err != nil || out.Chosen != nil || cost[ReductionMultiplyAdds] != 0 {
		t.Errorf("few rows: chosen %v, counts %v, error %v", out.Choices(), cost, err)
	}

	x := eager("")
	r := in.Regime()
	env := testEnv()
	env.Memory = x.bytes(r, 2, env.Workers())
	if full := x.bytes(r, r.Dim, env.Workers()); full <= env.Memory {
		t.Fatalf("a tree in 1000 dimensions takes %d bytes, in 2 %d", full, env.Memory)
	}
	if out, _, err = x.declare().Run(env, in); err != nil || out.Chosen[HeadRank] != 2 || out.Words["tree"] == "" {
		t.Errorf("with memory for two coordinates: chosen %v, error %v", out.Choices(), err)
	}
	env.Memory--
	if _, _, err = x.declare().Run(env, in); err == nil || !strings.Contains(err.Error(), "of memory, and") {
		t.Errorf("with less: %v", err)
	}

	r = attention.Regime{Queries: 1024, Keys: 1024, Dim: 1 << 16, ValueDim: 8}
	beside := Tree.Guarantee.Bytes(r) - attention.Streaming.Guarantee.Bytes(r)
	if whole := 8 * int64((r.Queries+r.Keys)*r.Dim); beside > whole {
		t.Errorf("in 2^16 dimensions %d bytes are declared beside those of streaming; queries and keys have %d", beside, whole)
	}
	in = lowRank(random, 3, 4, mostDim+1, mostDim+1, 0.1, 0, true, false)
	if out, cost, err = Tree.Run(testEnv(), in); err != nil || cost[HandedRows] != 3 || out.Chosen != nil {
		t.Errorf("full rank in %d dimensions: chosen %v, counts %v, error %v", mostDim+1, out.Choices(), cost, err)
	}
	within(t, in, out)
}
