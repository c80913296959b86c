package reductions_test

import (
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"

	"finegrain"
	"finegrain/reductions"
)

// TestGrowthCoversBound: for every route, far beyond what can be built, the growth bounds the bound and is
// within its slack.
func TestGrowthCoversBound(t *testing.T) {
	for _, route := range reductions.Routes() {
		for n := 1; n <= 400; n += 7 {
			for _, m := range []int{1, n, 4 * n, 40 * n} {
				size := finegrain.Size{}.WithInt("n", n).WithInt("m", m)
				if err := route.Search.Growth.Covers(size, route.Search.Bound(size)); err != nil {
					t.Fatalf("%s at %v: %v", route.Name, size, err)
				}
			}
		}
	}
}

// TestGrowthComposes: substituting f's growth into g's agrees with composing the bounds.
func TestGrowthComposes(t *testing.T) {
	f, g := reductions.SplitAndListCounting, reductions.InterpolationCounting
	growth := f.Growth.Then(g.Growth)
	size := finegrain.Size{}.WithInt("n", 100).WithInt("m", 420)
	if got, want := growth.Calls.At(size), math.Log2(420); math.Abs(got-want) > 1e-12 {
		t.Errorf("log2 calls = %v, want log2 m = %v", got, want)
	}
	if got := growth.Size["keys"].At(size); got != 51 {
		t.Errorf("log2 keys = %v, want n/2 + 1 = 51", got)
	}
}

// TestGrowthRefusesWhatIsNoForm: 2^{n/2} put into something linear is no form.
func TestGrowthRefusesWhatIsNoForm(t *testing.T) {
	defer func() {
		if r := recover(); r == nil || !strings.HasPrefix(fmt.Sprint(r), "reductions: ") {
			t.Errorf("recovered %v, want a named reason", r)
		}
	}()
	linear := reductions.Growth{Size: map[string]reductions.Form{"x": {Linear: map[string]float64{"n": 1}}}}
	reductions.SplitAndListCounting.Growth.Then(linear)
}

func ExampleForm() {
	fmt.Println(reductions.SATByInterpolationCounting.Growth.Size["keys"])
	fmt.Println(reductions.SATByInterpolationCounting.Growth.Calls)
	// Output:
	// 1 + 0.5·n
	// log2 m
}

func ExampleReduction_bound() {
	size := finegrain.Size{}.With("n", big.NewInt(100)).WithInt("m", 420)
	bound := reductions.SATByThresholdSearch.Bound(size)
	fmt.Println(bound.Calls, "call:", bound.Size)
	// Output: 1 call: queries=1125899906842625 keys=1125899906842625 dim=420 values=1
}
