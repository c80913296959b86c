package attention

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

func TestGenerators(t *testing.T) {
	for _, g := range Generators {
		for _, extra := range []map[string]float64{
			{}, {"m": 7}, {"keys": 1}, {"keys": 2}, {"B": 0}, {"d": 1}, {"segments": 50},
		} {
			values := map[string]float64{"n": 50, "dv": 2}
			known := true
			for name, v := range extra {
				values[name] = v
				known = known && hasParameter(g, name)
			}
			in, err := g.Generate(rand.New(rand.NewPCG(1, 1)), values)
			if !known {
				if err == nil || !strings.Contains(err.Error(), "there is no parameter") {
					t.Errorf("%s %v: error %v", g.Name, values, err)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s %v: %v", g.Name, values, err)
				continue
			}
			if err := in.Validate(); err != nil {
				t.Errorf("%s %v: %v", g.Name, values, err)
			}
			r := in.Regime()
			if b, ok := extra["B"]; ok && r.B > b || r.B > 100*(1+1e-12) {
				t.Errorf("%s %v: entries reach %v", g.Name, values, r.B)
			}
			bytes, err := g.Bytes(values)
			if want := int64(8 * (r.Queries*r.Dim + r.Keys*(r.Dim+r.ValueDim))); err != nil || bytes != want {
				t.Errorf("%s %v: %d bytes announced, %d taken (%v)", g.Name, values, bytes, want, err)
			}
			again, _ := g.Generate(rand.New(rand.NewPCG(1, 1)), values)
			if !in.same(again) {
				t.Errorf("%s: two instances of one seed differ", g.Name)
			}
		}
	}
}

func hasParameter(g Generator, name string) bool {
	for _, p := range g.Parameters {
		if p.Name == name {
			return true
		}
	}
	return false
}

func TestGeneratorRefusals(t *testing.T) {
	for _, g := range Generators {
		for _, c := range []struct {
			values map[string]float64
			says   string
		}{
			{map[string]float64{"n": 0}, "between"},
			{map[string]float64{"n": -3}, "between"},
			{map[string]float64{"n": 2.5}, "must be an integer"},
			{map[string]float64{"n": math.NaN()}, "between"},
			{map[string]float64{"n": 1 << 30, "dv": 1 << 16}, "exceed the limit"},
			{map[string]float64{"N": 5}, "there is no parameter \"N\""},
		} {
			if _, err := g.Generate(nil, c.values); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s %v: error %v, want one that says %q", g.Name, c.values, err, c.says)
			}
		}
	}
	if _, err := ConvBasis.Generate(nil, map[string]float64{"n": 10, "segments": 11}); err == nil {
		t.Error("more segments than keys are accepted")
	}
}

func scoreAt(in Instance, i, j int) float64 {
	return in.Scale * mat.Dot(in.Q.RowView(i), in.K.RowView(j))
}

// On each segment of keys the score depends on i − j alone, and two segments differ.
func TestConvBasisIsToeplitz(t *testing.T) {
	const n, k = 60, 4
	values := map[string]float64{"n": n, "segments": k, "frequencies": 3}
	in, err := ConvBasis.Generate(rand.New(rand.NewPCG(2, 3)), values)
	if err != nil {
		t.Fatal(err)
	}
	breaks := 0
	for j := range n - 2 {
		off := math.Abs(scoreAt(in, n-2, j) - scoreAt(in, n-1, j+1))
		if off > 1e-12 {
			breaks++
			if (j+1)*k%n >= k {
				t.Errorf("columns %d and %d of one segment differ by %g", j, j+1, off)
			}
		}
	}
	if breaks != k-1 {
		t.Errorf("%d segment borders seen, want %d", breaks, k-1)
	}
}

// The keys of the adversarial kind tie: large scores, small differences.
func TestNearlyCollinearTies(t *testing.T) {
	in, err := NearlyCollinear.Generate(rand.New(rand.NewPCG(2, 3)), map[string]float64{"n": 40, "B": 1000, "d": 3})
	if err != nil {
		t.Fatal(err)
	}
	var largest, gap float64
	for i := range 40 {
		for j := range 40 {
			largest = max(largest, math.Abs(scoreAt(in, i, j)))
			gap = max(gap, math.Abs(scoreAt(in, i, j)-scoreAt(in, i, 0)))
		}
	}
	if largest < 1e4 || gap > 1e-5*largest {
		t.Errorf("scores reach %g and differ by %g along the keys", largest, gap)
	}
}
