package attention

import (
	"context"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"finegrain"
)

// spectrumSample draws an instance with scores up to about B²·d, sometimes with few different queries.
func spectrumSample(seed uint64, n, m, d int, b float64) Instance {
	r := finegrain.NewEnv(background, seed).Rand("spectrum")
	in := Instance{Q: mat.NewDense(n, d, nil), K: mat.NewDense(m, d, nil), V: mat.NewDense(m, 1, nil), Scale: 1}
	for _, x := range []*mat.Dense{in.Q, in.K} {
		x.Apply(func(_, _ int, _ float64) float64 { return b * (2*r.Float64() - 1) }, x)
	}
	return in
}

// epsilonRank is the definition: the least r for which the best approximation of rank r, put together from singular
// vectors and taken from A entry by entry, is within ε of A.
func epsilonRank(in Instance, epsilon float64) int {
	n, d := in.Q.Dims()
	m, _ := in.K.Dims()
	a := mat.NewDense(n, m, nil)
	a.Apply(func(i, j int, _ float64) float64 {
		sum := 0.0
		for l := range d {
			sum += in.Q.At(i, l) * in.K.At(j, l)
		}
		return math.Exp(in.Scale * sum)
	}, a)
	var svd mat.SVD
	svd.Factorize(a, mat.SVDThin)
	var u, v mat.Dense
	svd.UTo(&u)
	svd.VTo(&v)
	rest := mat.DenseCopyOf(a)
	for r, sigma := range svd.Values(nil) {
		if mat.Norm(rest, 2) <= epsilon*mat.Norm(a, 2) {
			return r
		}
		rest.RankOne(rest, -sigma, u.ColView(r), v.ColView(r))
	}
	return min(n, m)
}

// ranksAgree compares ranks with the definition at ε from 1/2 to 2^−10.
func ranksAgree(in Instance, rank func(Spectrum, float64) (int, error)) error {
	s, err := SpectrumOf(finegrain.NewEnv(background, 1), in)
	if err != nil {
		return err
	}
	for epsilon := 0.5; epsilon > 0x1p-11; epsilon /= 2 {
		got, err := rank(s, epsilon)
		if want := epsilonRank(in, epsilon); err != nil || got != want {
			return fmt.Errorf("ε = %g: rank %d, want %d, %v", epsilon, got, want, err)
		}
	}
	return nil
}

func TestEpsilonRankIsAsDefined(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, m := rapid.IntRange(1, 24).Draw(t, "n"), rapid.IntRange(1, 24).Draw(t, "m")
		in := spectrumSample(rapid.Uint64().Draw(t, "seed"), n, m, rapid.IntRange(1, 5).Draw(t, "d"),
			rapid.Float64Range(0, 4).Draw(t, "B"))
		in.Scale = rapid.SampledFrom([]float64{1, 0.25, -1}).Draw(t, "scale")
		if err := ranksAgree(in, Spectrum.Rank); err != nil {
			t.Error(err)
		}
	})
	// Ranks by another rule are not those of the definition.
	in := spectrumSample(1, 24, 20, 3, 2)
	for what, rank := range map[string]func(Spectrum, float64) (int, error){
		"by the largest value left": func(s Spectrum, epsilon float64) (int, error) {
			return slices.IndexFunc(s.Values, func(x float64) bool { return x <= epsilon }), nil
		},
		"with ε for ε²": func(s Spectrum, epsilon float64) (int, error) { return s.Rank(math.Sqrt(epsilon)) },
		"one less": func(s Spectrum, epsilon float64) (int, error) {
			r, err := s.Rank(epsilon)
			return r - 1, err
		},
	} {
		if ranksAgree(in, rank) == nil {
			t.Errorf("%s it is the ε-rank too", what)
		}
	}
}

// TestKnownSpectra compares with spectra in closed form, and holds the assumption about dgesvd to a tenth.
func TestKnownSpectra(t *testing.T) {
	near := func(t *testing.T, in Instance, want []float64, ranks map[float64]int) {
		t.Helper()
		s, err := SpectrumOf(finegrain.NewEnv(background, 1), in)
		if err != nil {
			t.Fatal(err)
		}
		floats.Scale(1/floats.Norm(want, 2), want)
		if off := floats.Distance(s.Values, want, 2); !(off <= s.Within/10) {
			t.Errorf("off by %g, within %g", off, s.Within)
		}
		for epsilon, rank := range ranks {
			if got, err := s.Rank(epsilon); got != rank || err != nil {
				t.Errorf("ε = %g: rank %d, want %d, %v", epsilon, got, rank, err)
			}
		}
	}
	t.Run("B = 0", func(t *testing.T) {
		want := make([]float64, 30)
		want[0] = 1
		near(t, spectrumSample(1, 40, 30, 3, 0), want, map[float64]int{0.9: 1, 1e-3: 1, 1e-12: 1})
	})
	t.Run("orthogonal", func(t *testing.T) {
		// Q = t·I and K = I at scale 1: A = (e^t−1)·I + 11ᵀ with the values e^t−1+n once, and e^t−1.
		const n, top = 300, 3.0
		in := Instance{Q: mat.NewDense(n, n, nil), K: mat.NewDense(n, n, nil), V: mat.NewDense(n, 1, nil), Scale: 1}
		want := make([]float64, n)
		for i := range n {
			in.Q.Set(i, i, top)
			in.K.Set(i, i, 1)
			want[i] = math.Expm1(top)
		}
		want[0] += n
		all, each := floats.Dot(want, want), math.Expm1(top)*math.Expm1(top)
		ranks := map[float64]int{}
		for _, r := range []int{1, 2, 17, 250, 299, 300} { // ε half-way between what r and r−1 values leave
			ranks[math.Sqrt(each*(float64(n-r)+0.5)/all)] = r
		}
		near(t, in, want, ranks)
	})
	t.Run("three different queries", func(t *testing.T) {
		// 30 copies each of queries t·e_a, and keys e_b likewise: A is the 3×3 case with every value times 30.
		in := Instance{Q: mat.NewDense(90, 3, nil), K: mat.NewDense(90, 3, nil), V: mat.NewDense(90, 1, nil), Scale: 0.5}
		for i := range 90 {
			in.Q.Set(i, i%3, 2)
			in.K.Set(i, i/30, 1)
		}
		want := make([]float64, 90)
		want[0], want[1], want[2] = math.E+2, math.E-1, math.E-1
		near(t, in, want, map[float64]int{1e-9: 3, 0.1: 3, 0.4: 2, 0.6: 1})
	})
	t.Run("large scores of one sign", func(t *testing.T) {
		// One coordinate: scores i·j·900/40², so that A without its shift would overflow.
		in := Instance{Q: mat.NewDense(41, 1, nil), K: mat.NewDense(2, 1, []float64{900, 900}), V: mat.NewDense(2, 1, nil), Scale: 1}
		in.Q.Apply(func(i, _ int, _ float64) float64 { return float64(i) / 40 }, in.Q)
		near(t, in, []float64{1, 0}, map[float64]int{0.01: 1})
	})
}

// TestRankRounding: what a number of values leaves is more than ε only if it is more than ε + Within, so that the rank is
// certain; and Within is less than an eighth of ε.
func TestRankRounding(t *testing.T) {
	const within = 1e-3
	tail := func(x float64) Spectrum { return Spectrum{Values: []float64{math.Sqrt(1 - x*x), x, 0}, Within: within} }
	for _, c := range []struct {
		epsilon, tail float64
		want          int
	}{
		{0.1, 0.0999, 1},
		{0.1, 0.1001, 1}, // above ε
		{0.1, 0.1009, 1}, // just below ε + Within
		{0.1, 0.1011, 2}, // just above
		{0.0081, 0.0090, 1},
		{0.0081, 0.0092, 2},
	} {
		if got, err := tail(c.tail).Rank(c.epsilon); got != c.want || err != nil {
			t.Errorf("ε = %g, tail %g: rank %d, want %d, %v", c.epsilon, c.tail, got, c.want, err)
		}
	}
	if got, err := tail(0.1).Rank(8 * within); err == nil {
		t.Errorf("ε = 8·Within has rank %d", got)
	}
}

// TestLargeTerms: scores of the order 1 that are sums of terms up to 10^5. Their rounding is nearly all of Within, and it
// shows: against singular values from exact scores, in closed form for two queries and keys.
func TestLargeTerms(t *testing.T) {
	const d, reach = 6, 300
	shown := 0.0
	for seed := range uint64(20) {
		in := spectrumSample(seed, 2, 2, d, reach)
		q := in.Q.RawRowView(0)
		q[d-1] = reach
		in.Q.SetRow(1, q)
		in.Q.Set(1, 0, q[0]+1.0/reach)
		for j := range 2 { // the last coordinate takes away the sum of all others, but for a half
			k := in.K.RawRowView(j)
			k[d-1] = (0.5 - floats.Dot(q[:d-1], k[:d-1])) / reach
		}
		a := mat.NewDense(2, 2, nil)
		a.Apply(func(i, j int, _ float64) float64 {
			sum := new(big.Float).SetPrec(200) // exact: products have 106 bits, within 2^17 and 2^−60
			for l := range d {
				x := new(big.Float).SetPrec(200).SetFloat64(in.Q.At(i, l))
				sum.Add(sum, x.Mul(x, big.NewFloat(in.K.At(j, l))))
			}
			x, _ := sum.Float64()
			return math.Exp(x)
		}, a)
		s, err := SpectrumOf(finegrain.NewEnv(background, 1), in)
		if err != nil {
			t.Fatal(err)
		}
		// σ₁² + σ₂² = ‖A‖², σ₁σ₂ = |det A|.
		square := math.Pow(mat.Norm(a, 2), 2)
		product := math.Abs(mat.Det(a)) / square
		first := math.Sqrt((1 + math.Sqrt(1-4*product*product)) / 2)
		off := math.Hypot(s.Values[0]-first, s.Values[1]-product/first)
		if !(off <= s.Within) {
			t.Errorf("off by %g, within %g", off, s.Within)
		}
		shown = max(shown, off)
	}
	if beside := 2 * unit * (2 + 2 + 8); shown < 100*beside {
		t.Errorf("off by %g, and without the rounding of scores it would be within %g: that is not tested", shown, beside)
	}
}

// TestEntrywiseApproximations: no matrix of rank r that is entrywise within ε of A has r below the ε-rank. In one
// dimension, e^x by its Taylor polynomial of degree g is a matrix of rank g+1, and ε is measured.
func TestEntrywiseApproximations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, g := rapid.IntRange(3, 40).Draw(t, "n"), rapid.IntRange(0, 8).Draw(t, "g")
		in := spectrumSample(rapid.Uint64().Draw(t, "seed"), n, n, 1, rapid.Float64Range(0.01, 2).Draw(t, "B"))
		epsilon := 0.0
		for i := range n {
			for j := range n {
				x, term, sum := in.Q.At(i, 0)*in.K.At(j, 0), 1.0, 1.0
				for k := 1; k <= g; k++ {
					term *= x / float64(k)
					sum += term
				}
				epsilon = max(epsilon, math.Abs(sum/math.Exp(x)-1))
			}
		}
		s, err := SpectrumOf(finegrain.NewEnv(background, 1), in)
		if err != nil {
			t.Fatal(err)
		}
		if epsilon <= 8*s.Within || epsilon >= 1 {
			return // nothing is said there
		}
		if got, err := s.Rank(epsilon); err != nil || got > g+1 {
			t.Errorf("ε = %g: rank %d, but %d serves, %v", epsilon, got, g+1, err)
		}
	})
}

func TestSpectrumRefuses(t *testing.T) {
	env := finegrain.NewEnv(background, 1)
	done, cancel := context.WithCancel(background)
	cancel()
	small := env
	small.Memory = 1 << 10
	plain := func(b float64) Instance { return spectrumSample(1, 8, 8, 2, b) }
	for _, c := range []struct {
		want string
		env  finegrain.Env
		in   Instance
	}{
		{"Q is empty", env, Instance{}},
		{"exceed the limit of 2^26", env, spectrumSample(1, 1<<14, 1<<13, 1, 1)},
		{"allow more", small, plain(1)},
		{"without a mask", env, func() Instance { in := plain(1); in.Causal = true; return in }()},
		{"scores may reach", env, plain(1e4)},
		{"let the scale be nearer to 1", env, func() Instance { in := plain(1e-150); in.Scale = 1e300; return in }()},
		{"stopped: context canceled", finegrain.NewEnv(done, 1), plain(1)},
	} {
		if _, err := SpectrumOf(c.env, c.in); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
	s, err := SpectrumOf(env, plain(1))
	if err != nil {
		t.Fatal(err)
	}
	for _, epsilon := range []float64{0, s.Within, 1, math.NaN()} {
		if _, err := s.Rank(epsilon); err == nil {
			t.Errorf("ε = %g has a rank", epsilon)
		}
	}
}

// TestSpectrumIsTheSameOnAnyCores compares bits.
func TestSpectrumIsTheSameOnAnyCores(t *testing.T) {
	in := spectrumSample(3, 200, 150, 6, 1)
	one, two := finegrain.NewEnv(background, 1), finegrain.NewEnv(background, 1)
	one.Cores, two.Cores = 1, 2
	a, err := SpectrumOf(one, in)
	b, err2 := SpectrumOf(two, in)
	if err != nil || err2 != nil || !slices.Equal(a.Values, b.Values) {
		t.Errorf("they differ, %v, %v", err, err2)
	}
}

func ExampleSpectrum_Rank() {
	// Eight queries and keys on a line: scores up to 1, and e^x there is nearly a polynomial of low degree.
	in := Instance{Q: mat.NewDense(8, 1, nil), K: mat.NewDense(8, 1, nil), V: mat.NewDense(8, 1, nil), Scale: 1}
	for i := range 8 {
		in.Q.Set(i, 0, float64(i)/7)
		in.K.Set(i, 0, float64(i)/7)
	}
	s, err := SpectrumOf(finegrain.NewEnv(background, 1), in)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, epsilon := range []float64{0.1, 0.01, 0.0001} {
		rank, err := s.Rank(epsilon)
		fmt.Println(epsilon, rank, err)
	}
	// Output:
	// 0.1 1 <nil>
	// 0.01 2 <nil>
	// 0.0001 3 <nil>
}
