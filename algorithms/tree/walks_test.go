package tree

import (
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"finegrain/algorithms/attention"
)

// TestWalks: outputs are within their bounds at every temperature, by every builder, whatever the number of cores;
// and what is counted is no more than a walk of the whole tree.
func TestWalks(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	in := attention.Instance{
		Q: attention.Uniform(r, 5, 2, 1), K: attention.Uniform(r, 700, 2, 1), V: attention.Uniform(r, 700, 2, 1e3), Epsilon: 1e-6,
	}
	scales := []float64{-1, 1, 1e2, 1e4, 1e8}
	for _, name := range append([]string{""}, Builders...) {
		one, all := testEnv(), testEnv()
		one.Cores, all.Cores = 1, 3
		walks, err := Walks(one, in, name, scales)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Walks(all, in, name, scales)
		if err != nil || !reflect.DeepEqual(walks, again) {
			t.Errorf("%s: other walks on other cores (error %v)", name, err)
		}
		expansions := int64(0)
		for i, w := range walks {
			in.Scale = scales[i]
			off, err := attention.ObservedError(testEnv(), in, w.Output, []int{0, 1, 2, 3, 4})
			if err != nil || !(off <= w.Output.Bound && w.Output.Bound <= in.Epsilon) {
				t.Errorf("%s, scale %g: off by %g, bound %g, asked %g (error %v)", name, scales[i], off, w.Output.Bound, in.Epsilon, err)
			}
			nodes := int64(5 * nodesOf(700, walkLeaf))
			if w.Scale != scales[i] || w.Visits < 5 || w.Visits > nodes || w.Keys < 5 && w.Expansions < 5 || w.Keys > 5*700 ||
				w.Operations < 2*w.Visits {
				t.Errorf("%s, scale %g: counts %+v", name, scales[i], w)
			}
			expansions += w.Expansions
		}
		if expansions == 0 {
			t.Errorf("%s: nothing was expanded", name)
		}
	}
}

// TestWalksOnALine: in one dimension visits grow like the logarithm of the number of keys, at any temperature: the
// exponent of the theorem at d = 1.
func TestWalksOnALine(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	visits := func(n int) (most float64) {
		in := attention.Instance{
			Q: attention.Uniform(r, 20, 1, 1), K: attention.Uniform(r, n, 1, 1), V: attention.Uniform(r, n, 1, 1), Epsilon: 1e-6,
		}
		walks, err := Walks(testEnv(), in, "", []float64{1, 1e2, 1e4, 1e6, 1e8})
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range walks {
			most = max(most, float64(w.Visits)/20)
		}
		return most
	}
	few, many := visits(1<<10), visits(1<<16)
	if growth := many / few; !(growth < 16./10*1.5) || math.IsNaN(growth) {
		t.Errorf("%.0f visits a query at 2^10 keys, %.0f at 2^16", few, many)
	}
}

// TestWalksRefuse: what cannot be walked is said.
func TestWalksRefuse(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	in := attention.Instance{
		Q: attention.Uniform(r, 2, 3, 1), K: attention.Uniform(r, 9, 3, 1), V: attention.Uniform(r, 9, 1, 1), Epsilon: 1e-6,
	}
	_, err := Walks(testEnv(), in, "oak", []float64{1})
	if err == nil || !strings.Contains(err.Error(), `"oak"`) {
		t.Errorf("error %v", err)
	}
	if _, err = Walks(testEnv(), in, "", []float64{1, math.NaN()}); err == nil || !strings.Contains(err.Error(), "scale 1") {
		t.Errorf("error %v", err)
	}
	in.Epsilon = 0
	if _, err = Walks(testEnv(), in, "", []float64{1}); err == nil || !strings.Contains(err.Error(), "above 0") {
		t.Errorf("error %v", err)
	}
	in.Epsilon, in.Causal = 1e-6, true
	if _, err = Walks(testEnv(), in, "", []float64{1}); err == nil || !strings.Contains(err.Error(), "causal") {
		t.Errorf("error %v", err)
	}
}
