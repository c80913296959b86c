package tree

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"finegrain/algorithms/attention"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

// slowMaximum is the definition.
func slowMaximum(q []float64, k *mat.Dense) Maximum {
	var best *big.Rat
	var m Maximum
	rows, _ := k.Dims()
	for j := range rows {
		score := new(big.Rat)
		for l, y := range q {
			p := new(big.Rat).SetFloat64(y)
			score.Add(score, p.Mul(p, new(big.Rat).SetFloat64(k.At(j, l))))
		}
		switch {
		case best == nil || score.Cmp(best) > 0:
			best, m = score, Maximum{Key: j, Ties: 1}
		case score.Cmp(best) == 0:
			m.Ties++
		}
	}
	m.Score, _ = best.Float64()
	return m
}

// TestRowMaxima: maxima are those of the definition, with all ties: among lattices, where most rows have some,
// keys that are equal, nearly equal, and of sizes that leave float64.
func TestRowMaxima(t *testing.T) {
	ties := 0
	rapid.Check(t, func(t *rapid.T) {
		k := pointSets(t)
		_, d := k.Dims()
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "queries"), 2))
		q := attention.Uniform(r, 5, d, 3)
		size := rapid.SampledFrom([]float64{1, 0x1p-1060, 0x1p1000}).Draw(t, "size")
		q.Apply(func(i, _ int, x float64) float64 {
			if i%2 == 0 {
				x = math.Round(x)
			}
			return size * x
		}, q)
		got, visits, err := RowMaxima(testEnv(), q, k)
		if err != nil || visits < 5 {
			t.Fatal(visits, err)
		}
		for i, m := range got {
			want := slowMaximum(q.RawRowView(i), k)
			if m != want {
				t.Fatalf("row %d: %+v, want %+v", i, m, want)
			}
			if m.Ties > 1 {
				ties++
			}
		}
	})
	if ties == 0 {
		t.Errorf("%d rows had ties", ties)
	}
}

// TestRowMaximaVisits: where one key stands out few nodes are looked at, and equal keys are one.
func TestRowMaximaVisits(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	q := attention.Uniform(r, 50, 2, 1)
	for name, k := range map[string]*mat.Dense{
		"uniform": attention.Uniform(r, 1<<14, 2, 1), "equal": mat.NewDense(1<<14, 2, nil),
	} {
		got, visits, err := RowMaxima(testEnv(), q, k)
		if err != nil {
			t.Fatal(err)
		}
		if visits > 50*200 {
			t.Errorf("%s: %d visits of 50 queries among 2^14 keys", name, visits)
		}
		if name == "equal" && (got[7].Ties != 1<<14 || got[7].Key != 0) {
			t.Errorf("equal keys: %+v", got[7])
		}
	}
}

// TestRowMaximaRefuses: what is not finite is named.
func TestRowMaximaRefuses(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1)} {
		k := mat.NewDense(3, 2, []float64{1, 2, 3, 4, 5, bad})
		if _, _, err := RowMaxima(testEnv(), mat.NewDense(1, 2, nil), k); err == nil || !strings.Contains(err.Error(), "at row 2, column 1") {
			t.Errorf("%v: error %v", bad, err)
		}
	}
}

// TestRowMaximaOfTinyKeys: keys whose squares vanish lie in their boxes all the same, and equal ones are one beside others
// that are not.
func TestRowMaximaOfTinyKeys(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 9))
	for trial := range 60 {
		k := mat.NewDense(200, 2, nil)
		for j := range 200 {
			for l := range 2 {
				if j%4 == 0 {
					k.Set(j, l, -1+1e-9*r.Float64())
				} else {
					k.Set(j, l, float64(r.IntN(7)-3)*math.Ldexp(1, -1074+trial))
				}
			}
		}
		q := attention.Uniform(r, 5, 2, 1e15)
		got, _, err := RowMaxima(testEnv(), q, k)
		if err != nil {
			t.Fatal(err)
		}
		for i, m := range got {
			if want := slowMaximum(q.RawRowView(i), k); m != want {
				t.Fatalf("trial %d, row %d: %+v, want %+v", trial, i, m, want)
			}
		}
	}
	half := func(n int) *mat.Dense {
		k := mat.NewDense(n, 3, nil)
		for j := range n / 2 {
			x := r.Float64()
			k.SetRow(j, []float64{-x, -x - 1e-3*r.Float64(), -x + 1e-3*r.Float64()})
		}
		return k
	}
	q := mat.NewDense(4, 3, []float64{1, 1, 1, 2, 1, 1, 1, 2, 1, 1, 1, 2})
	_, few, err := RowMaxima(testEnv(), q, half(1<<10))
	if err != nil {
		t.Fatal(err)
	}
	if _, many, err := RowMaxima(testEnv(), q, half(1<<14)); err != nil || many > 2*few {
		t.Errorf("%d visits among 2^10 keys, %d among 2^14 (error %v)", few, many, err)
	}
}
