package attention

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

func TestCheckRejects(t *testing.T) {
	in := random(5, 7, 2, 3)
	in.Epsilon = 1e-3
	truth, _ := run(t, Multiprecision, in, 1)
	floats := func(edit func(*mat.Dense)) Output {
		x := truth.Dense()
		edit(x)
		return Output{Float: x}
	}
	for _, c := range []struct {
		name string
		out  Output
		says string // empty: accepted
	}{
		{"truth", truth, ""},
		{"truth rounded", floats(func(*mat.Dense) {}), ""},
		{"0.99ε off", floats(func(x *mat.Dense) { x.Set(4, 2, x.At(4, 2)+0.99e-3) }), ""},
		{"1.01ε off", floats(func(x *mat.Dense) { x.Set(4, 2, x.At(4, 2)-1.01e-3) }), "row 4"},
		{"NaN", floats(func(x *mat.Dense) { x.Set(1, 1, math.NaN()) }), "NaN at row 1, column 1"},
		{"Inf", floats(func(x *mat.Dense) { x.Set(0, 0, math.Inf(1)) }), "+Inf at row 0"},
		{"neither form", Output{}, "exactly one"},
		{"both forms", Output{Float: truth.Dense(), Big: truth.Big}, "exactly one"},
		{"wrong shape", Output{Float: mat.NewDense(5, 2, nil)}, "5×2"},
		{"row missing", Output{Big: truth.Big[:4]}, "4 rows"},
		{"column missing", Output{Big: append([][]*big.Float{truth.Big[0][:2]}, truth.Big[1:]...)}, "row 0 of the output has 2"},
		{"nil number", Output{Big: append([][]*big.Float{{nil, nil, nil}}, truth.Big[1:]...)}, "at row 0"},
	} {
		err := Check(in, c.out)
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v, want one that says %q", c.name, err, c.says)
		}
	}
	in.Epsilon = 0
	if err := Check(in, truth); err == nil {
		t.Error("an instance without ε is accepted")
	}
}

// One wrong row among many is found though rows are sampled, wherever it is: it looks worst.
func TestCheckFindsOneRow(t *testing.T) {
	in := random(900, 30, 2, 1)
	in.Epsilon = 1e-6
	out, _ := run(t, Streaming, in, 2)
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

func TestAdversariesMoveByNearlyEpsilon(t *testing.T) {
	seen := map[string]bool{}
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 1))
		in := Sample(r, 2)
		truth, err := Problem.Solve(testEnv(), in)
		if err != nil {
			t.Fatal(err)
		}
		adv := Adversary(r)
		seen[adv.Name] = true
		if adv.Reach != nil && adv.Reach(in) != nil {
			if in.Epsilon > 1e-9 {
				t.Errorf("%s refuses ε = %g", adv.Name, in.Epsilon)
			}
			continue
		}
		var signs []float64
		for range 2 {
			answer := adv.Answer(in, truth)
			if err := Check(in, answer); err != nil {
				t.Errorf("%s: %v", adv.Name, err)
			}
			moved, _ := Distance(answer, truth)
			if !strings.HasPrefix(adv.Name, "truthful") && moved < 0.999*in.Epsilon {
				t.Errorf("%s moved by %g only, ε = %g", adv.Name, moved, in.Epsilon)
			}
			sign, _ := new(big.Float).Sub(answer.At(0, 0), truth.At(0, 0)).Float64()
			signs = append(signs, sign)
		}
		if strings.HasPrefix(adv.Name, "alternating by call") && signs[0]*signs[1] >= 0 {
			t.Errorf("%s does not alternate: %v", adv.Name, signs)
		}
	}
	if want := 3 * len(directions); len(seen) != want {
		t.Errorf("%d adversaries seen, there are %d", len(seen), want)
	}
}

func TestObservedError(t *testing.T) {
	in := random(6, 9, 2, 2)
	in.Epsilon = 1e-50
	out, _ := run(t, Multiprecision, in, 1)
	out = Output{Float: out.Dense()}
	out.Float.Set(3, 1, out.Float.At(3, 1)+0.25)
	for _, c := range []struct {
		rows        []int
		least, most float64
	}{{nil, 0.2499999, 0.2500001}, {[]int{3}, 0.2499999, 0.2500001}, {[]int{5, 0}, 1e-40, 1e-15}} {
		if got, err := ObservedError(testEnv(), in, out, c.rows); err != nil || got < c.least || got > c.most {
			t.Errorf("rows %v: observed %g (%v), want %g to %g", c.rows, got, err, c.least, c.most)
		}
	}
}

// What is observed of the definition itself is its true error, whatever the magnitude of the values and of ε:
// not that of the reference, and not nothing.
func TestObservedErrorOfTheDefinition(t *testing.T) {
	for _, c := range []struct{ values, epsilon float64 }{
		{1, 0},
		{1, 1e-12},
		{1, 1e-60},
		{1e300, 1e-12},
		{1e300, 0},
		{1e-300, 0},
		{1e300, 1e290},
		{1, 1e30},
		{1e-310, 5e-324},
	} {
		in := random(3, 9, 2, 2)
		in.V.Scale(c.values, in.V)
		in.Epsilon = c.epsilon
		out, _ := run(t, Multiprecision, in, 1)
		got, err := ObservedError(testEnv(), in, out, nil)
		if err != nil || !(got > 0 && got <= out.Bound+math.SmallestNonzeroFloat64) {
			t.Errorf("values %g, ε = %g: observed %g (%v), and %g is promised",
				c.values, c.epsilon, got, err, out.Bound)
		}
	}
	nothing := Instance{Q: column(1), K: column(1, 2), V: column(0, 0), Scale: 1}
	out, _ := run(t, Exact, nothing, 1)
	if got, err := ObservedError(testEnv(), nothing, out, nil); err != nil || got != 0 {
		t.Errorf("values 0: observed %g (%v)", got, err)
	}
}
