package attention

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// ThreeDigitsUp rounds an error bound x ≥ 0 up to three significant digits, for print: what is printed is a bound
// too, and who asks for it is served.
func ThreeDigitsUp(x float64) float64 {
	if x == 0 || math.IsInf(x, 0) || math.IsNaN(x) {
		return x
	}
	text := strconv.FormatFloat(x, 'e', 2, 64)
	if nearest, err := strconv.ParseFloat(text, 64); err == nil && nearest >= x {
		return nearest
	}
	// One more of the third digit is a decimal above x, and so is the float64 nearest to it, or x itself.
	mantissa, exponent, _ := strings.Cut(text, "e")
	digits, _ := strconv.Atoi(strings.Replace(mantissa, ".", "", 1)) // three of them, by FormatFloat
	e, _ := strconv.Atoi(exponent)
	up, _ := strconv.ParseFloat(fmt.Sprintf("%de%d", digits+1, e-2), 64) // +Inf where x is near the end
	return up
}
