package attention

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestKeysAtCorner: half of the weight is at the least score, and scores reach from −M to M.
func TestKeysAtCorner(t *testing.T) {
	for _, c := range []struct{ b, within float64 }{{0, 0.01}, {0.3, 0.01}, {1, 0.02}, {1.4, 0.05}, {2, 0.2}} {
		in, err := KeysAtCorner.Generate(rand.New(rand.NewPCG(5, 6)), map[string]float64{"n": 3, "m": 4096, "d": 4, "dv": 2, "B": c.b})
		if err != nil {
			t.Fatal(err)
		}
		var corner, rest float64
		least, most, last := math.Inf(1), math.Inf(-1), 0
		for j := range 4096 {
			if scoreAt(in, 1, j) > scoreAt(in, 1, last) {
				last = j // the one key at t = 1
			}
		}
		for j := range 4096 {
			x := scoreAt(in, 1, j)
			least, most = min(least, x), max(most, x)
			if in.V.At(j, 0) == in.V.At(last, 0) {
				rest += math.Exp(x)
				continue
			}
			corner += math.Exp(x)
			if math.Abs(x+c.b*c.b) > 1e-12 {
				t.Fatalf("B = %v: key %d at the corner has the score %v", c.b, j, x)
			}
		}
		if share := corner / (corner + rest); !(math.Abs(share-0.5) < c.within) {
			t.Errorf("B = %v: the corner has %.4f of the weight", c.b, share)
		}
		if math.Abs(least+c.b*c.b) > 1e-12 || math.Abs(most-c.b*c.b) > 1e-12 {
			t.Errorf("B = %v: scores from %v to %v", c.b, least, most)
		}
	}
	// Where M is large, or there is one key, there is an instance all the same.
	for _, values := range []map[string]float64{{"B": 1e12, "n": 9}, {"n": 1}, {"n": 1, "B": 30}} {
		if in, err := KeysAtCorner.Generate(rand.New(rand.NewPCG(5, 6)), values); err != nil || in.Validate() != nil {
			t.Errorf("%v: %v, %v", values, err, in.Validate())
		}
	}
}
