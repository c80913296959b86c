package experiments

import (
	"fmt"
	"math"
	"testing"

	"finegrain/measure"
)

// TestTransitionSubject: a row as it can be worked out by hand, and the largest cells that parameters allow.
func TestTransitionSubject(t *testing.T) {
	// n = 2⁸, B² = 0.01·ln n: of degree 1 the series errs by some 4·10⁻⁴ relative to e^x, less than 1/256.
	m := measured(t, "transition", 1, axis("log2n", 8), axis("ratio", 0.1))[0]
	if got := fmt.Sprint(m.Counts["dimension"], m.Counts["degree"]); got != "8 1" || math.Abs(m.Values["log_rank"]-math.Log(9)) > 1e-12 ||
		math.Abs(m.Values["exponent"]-1-math.Log(9)/math.Log(256)) > 1e-12 {
		t.Errorf("dimension and degree %s, values %v", got, m.Values)
	}
	for _, m := range measured(t, "transition", 1, axis("log2n", 1, 1<<14), axis("ratio", 0.0, 1e-100, 2.0), axis("c", 0.01, 50),
		axis("error_exponent", 0.01, 50)) {
		if v := m.Values; m.Status != measure.Done || !(v["exponent"] >= 1) || !(v["limit"] >= 1) {
			t.Errorf("%v: %s %s, %v", m.Cell, m.Status, m.Reason, v)
		}
	}
}

// TestRatios: entries so small that no degree can be computed for them are refused before anything is.
func TestRatios(t *testing.T) {
	p := ratioUpTo(2, "a ratio")
	for ratio, fits := range map[float64]bool{0: true, 1e-100: true, 2: true, 1e-101: false, 1e-320: false, -1e-9: false, 2.1: false} {
		if err := p.Check(ratio); (err == nil) != fits {
			t.Errorf("ratio %g: %v", ratio, err)
		}
	}
}

// TestDegreeSubject: a row of the table of degrees, and the largest cells.
func TestDegreeSubject(t *testing.T) {
	for _, m := range measured(t, "degree", 1, axis("M", 2.0), axis("delta", 1e-4)) {
		// On [−1,1] relative to e^x to 10⁻⁴: Chebyshev 6, even Taylor 8.
		if c := m.Counts; c["least"] > 6 || c["least"] < 5 || c["chebyshev"] != 6 || c["taylor"] != 8 {
			t.Errorf("%v", c)
		}
	}
	for _, m := range measured(t, "degree", 1, axis("M", 1e-9, 1<<14), axis("delta", 1e-300, 0.99), axis("function", functionNames()...)) {
		if c := m.Counts; m.Status != measure.Done || c["least"] > c["chebyshev"] {
			t.Errorf("%v: %s %s, %v", m.Cell, m.Status, m.Reason, c)
		}
	}
}
