package attention

import (
	"math"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

func TestThreeDigitsUp(t *testing.T) {
	for x, want := range map[float64]float64{
		0: 0, 1: 1, 3.3633e-5: 3.37e-5, 3.36e-5: 3.36e-5, 9.991e-7: 1e-6, 999.5: 1000, 0.1: 0.1,
		5e-324: 5e-324, math.Inf(1): math.Inf(1), math.MaxFloat64: math.Inf(1),
	} {
		if got := ThreeDigitsUp(x); got != want {
			t.Errorf("%v is rounded up to %v, want %v", x, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		x := math.Ldexp(rapid.Float64Range(0.5, 1).Draw(t, "x"), rapid.IntRange(-1070, 1000).Draw(t, "exponent"))
		printed, err := strconv.ParseFloat(strconv.FormatFloat(ThreeDigitsUp(x), 'g', 3, 64), 64)
		if err != nil || printed < x || x > 0x1p-1000 && printed > x*1.011 {
			t.Fatalf("%v is printed as %v (error %v)", x, printed, err)
		}
	})
}
