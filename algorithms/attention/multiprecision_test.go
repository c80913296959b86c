package attention

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"finegrain"

	"gonum.org/v1/gonum/mat"
)

func testEnv() finegrain.Env { return finegrain.NewEnv(background, 1) }

// plainDefinition is attention written out in big.Floats at an excessive precision, with taylorExp: it
// shares nothing with definition. Scores must be within ±200.
func plainDefinition(in Instance, precision uint) Output {
	n, _ := in.Q.Dims()
	_, dv := in.V.Dims()
	number := func(x float64) *big.Float { return new(big.Float).SetPrec(2*precision + 2000).SetFloat64(x) }
	var out Output
	for i := range n {
		total := number(0)
		row := make([]*big.Float, dv)
		for c := range row {
			row[c] = number(0)
		}
		for j := in.Visible(i).From; j < in.Visible(i).To; j++ {
			score := number(0)
			for l, q := range in.Q.RawRowView(i) {
				p := number(q)
				score.Add(score, p.Mul(p, number(in.K.At(j, l))))
			}
			weight := taylorExp(score.Mul(score, number(in.Scale)), precision)
			total.Add(total, weight)
			for c, v := range in.V.RawRowView(j) {
				p := number(v)
				row[c].Add(row[c], p.Mul(p, weight))
			}
		}
		for c := range row {
			row[c].Quo(row[c], total)
		}
		out.Big = append(out.Big, row)
	}
	return out
}

func TestMultiprecisionAgainstPlainDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for trial := range 60 {
		in := Sample(r, 2)
		in.Epsilon = []float64{1e-3, 1e-30, 1e-100, 0x1p-600, 0, 5e-324}[trial%6]
		switch trial % 5 {
		case 3:
			in.Q.Scale(1e-170, in.Q) // products below the exact range, beside others
			in.K.Scale(1e-160, in.K)
			in.Q.Set(0, 0, 2)
			in.K.Set(0, 0, 3)
		case 4:
			in.V.Scale(1e200, in.V)
			in.Epsilon *= 1e200
		}
		if in.Regime().Score() > 190 {
			in.Scale /= in.Regime().Score() / 190
		}
		out, _, err := Multiprecision.Run(testEnv(), in)
		if err != nil {
			t.Fatal(err)
		}
		if in.Epsilon > 0 && out.Bound > in.Epsilon {
			t.Errorf("trial %d: bound %g, asked %g", trial, out.Bound, in.Epsilon)
		}
		if off, row := Distance(out, plainDefinition(in, 1400)); off > out.Bound {
			t.Errorf("trial %d: row %d is %g off, bound %g", trial, row, off, out.Bound)
		}
	}
}

// Two keys: the output is 1/(1 + e^{−x}), known at any score.
func TestMultiprecisionLargeScores(t *testing.T) {
	for _, x := range []float64{1e7, 1e12, 0x1p59} {
		in := Instance{
			Q: mat.NewDense(1, 1, []float64{x}), K: mat.NewDense(2, 1, []float64{1, 1 + 0x1p-52}),
			V: mat.NewDense(2, 1, []float64{0, 1}), Scale: 1, Epsilon: 0x1p-300,
		}
		out, _, err := Multiprecision.Run(testEnv(), in)
		if err != nil {
			t.Fatal(err)
		}
		gap := new(big.Float).SetPrec(1000).SetFloat64(-x * 0x1p-52) // exactly
		want := taylorExp(gap, 400)
		want.Quo(new(big.Float).SetInt64(1), want.Add(want, new(big.Float).SetInt64(1)))
		if off, _ := Distance(out, Output{Big: [][]*big.Float{{want}}}); off > out.Bound {
			t.Errorf("score %g: %g off, bound %g", x, off, out.Bound)
		}
	}
}

func TestReferenceRows(t *testing.T) {
	in := Sample(rand.New(rand.NewPCG(8, 8)), 6)
	n, _ := in.Q.Dims()
	all, err := Reference(testEnv(), in, nil, 100)
	if err != nil {
		t.Fatal(err)
	}
	rows := []int{n - 1, 0, n - 1}
	some, err := Reference(testEnv(), in, rows, 100)
	if err != nil {
		t.Fatal(err)
	}
	if !identical(some, all.rows(rows)) {
		t.Error("sampled rows differ from the same rows of the whole")
	}
	if want := in.Regime().MaxV * 0x1p-100; all.Bound != want {
		t.Errorf("bound %g, want 2^-100·max|V| = %g", all.Bound, want)
	}
}

// held is the memory of the numbers that a bigRow holds.
func (w *bigRow) held() (bytes int64) {
	seen := map[*big.Int]bool{}
	number := func(x *big.Int) {
		if x != nil && !seen[x] {
			seen[x] = true
			bytes += 32 + 8*int64(cap(x.Bits()))
		}
	}
	for _, p := range w.powers {
		number(p.mantissa)
		bytes += 16
	}
	for _, p := range w.memo {
		number(p.mantissa)
		bytes += 48
	}
	for _, sum := range w.sums {
		number(sum)
		bytes += 8
	}
	e := w.exp
	for _, x := range []*big.Int{
		&w.total, &w.weight, &w.product, &w.factor, &w.fixed, e.ln2, &e.r, &e.t, &e.term, &e.prod,
	} {
		number(x)
	}
	return bytes
}

// What is declared of the memory covers what is held, without being far above it: with long sums (values from
// 2^−450 to 2^450 in many columns), with many keys, and with high precision.
func TestMultiprecisionMemory(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 1))
	mixed := Instance{Q: Uniform(r, 2, 2, 1), K: Uniform(r, 50, 2, 1), V: Uniform(r, 50, 40000, 1), Scale: 1}
	mixed.V.Apply(func(j, _ int, v float64) float64 { return math.Ldexp(v, 450*(1-2*(j%2))) }, mixed.V)
	fine := random(2, 5000, 3, 1)
	fine.Epsilon = 1e-300
	for _, in := range []Instance{mixed, random(3, 9000, 2, 2), fine} {
		regime := in.Regime()
		precision := bitsFor(regime)
		shared := &bigShared{in: in, regime: regime, fraction: precision + fractionGuard(regime.Keys)}
		shared.unitExponent = math.Ilogb(regime.VGrain)
		w := newBigRow(shared)
		for i := range regime.Queries {
			w.row(testEnv(), i)
		}
		declared := bigRowBytes(regime, precision)
		if held := w.held(); held > declared || 4*held < declared {
			t.Errorf("%d keys, %d columns: %d bytes held, %d declared", regime.Keys, regime.ValueDim, held, declared)
		}
		if all := Multiprecision.Guarantee.Bytes(regime); all < declared+bigOutputBytes(regime, precision) {
			t.Errorf("%d bytes declared for all, %d for a row and the output", all, declared)
		}
	}
}

// Both long loops of every method look whether to stop, whatever d and dv are.
func TestLooksInEveryLoop(t *testing.T) {
	wide := func(m, d, dv int) Instance {
		in := random(1, m, d, dv)
		in.V.Apply(func(j, _ int, v float64) float64 { return math.Ldexp(v, 450*(1-2*(j%2))) }, in.V)
		return in
	}
	for _, c := range []struct {
		method Method
		in     Instance
		looks  int64
	}{
		{Exact, wide(4000, 512, 1), 60},
		{Exact, wide(4000, 1, 512), 60},
		{Exact, wide(200000, 1, 1), 90},
		{Multiprecision, wide(400, 64, 1), 55},
		{Multiprecision, wide(400, 1, 64), 55},
		{Multiprecision, wide(400, 1, 1), 12},
	} {
		env := testEnv()
		looks := &countdown{Context: background}
		looks.left.Store(math.MaxInt64)
		env.Context = looks
		if _, _, err := c.method.Run(env, c.in); err != nil {
			t.Fatal(err)
		}
		_, d := c.in.Q.Dims()
		m, dv := c.in.V.Dims()
		if got := math.MaxInt64 - looks.left.Load(); got < c.looks {
			t.Errorf("%s, m = %d, d = %d, dv = %d: %d looks, fewer than %d", c.method.Name, m, d, dv, got, c.looks)
		}
	}
}

// encoded looks like an instance that a reduction makes: 0/1 vectors times a root, a threshold key.
func encoded(queries, keys, d int) Instance {
	r := rand.New(rand.NewPCG(5, 6))
	in := Instance{
		Q: mat.NewDense(queries, d, nil), K: mat.NewDense(keys, d, nil), V: mat.NewDense(keys, 1, nil),
		Scale: 1 / float64(d),
	}
	bit := func(root float64) func(int, int, float64) float64 {
		return func(int, int, float64) float64 { return root * float64(r.IntN(2)) }
	}
	in.Q.Apply(bit(-1.7), in.Q)
	in.K.Apply(bit(1.7), in.K)
	in.V.Apply(func(j, _ int, _ float64) float64 { return float64(j % 2) }, in.V)
	return in
}

func BenchmarkMultiprecision(b *testing.B) {
	for _, exponent := range []int{-40, -160, -600} {
		b.Run(fmt.Sprintf("16x32,d=40,eps=2^%d", exponent), func(b *testing.B) {
			in := encoded(16, 32, 40)
			in.Epsilon = math.Ldexp(1, exponent)
			for b.Loop() {
				if _, _, err := Multiprecision.Run(testEnv(), in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
