package experiments

import (
	"math"
	"testing"

	"finegrain/measure"
)

// TestTemperature: without B it is the worst of the temperatures, with the B of that one, whose own cell counts about the same;
// and of a lower error asked no less is visited.
func TestTemperature(t *testing.T) {
	one := func(b, epsilon float64) measure.Measurement {
		all := measured(t, "temperature", 1, axis("n", 3000), axis("d", 2), axis("B", b), axis("epsilon", epsilon), axis("queries", 7))
		if len(all) != 1 || all[0].Status != measure.Done {
			t.Fatalf("%+v", all)
		}
		return all[0]
	}
	worst := one(0, 1e-3)
	at := worst.Values["b"]
	if k := 8 * math.Log10(at); at < 1 || at > 1e6 || math.Abs(k-math.Round(k)) > 1e-9 {
		t.Errorf("the worst is at B = %g", at)
	}
	// The seed of a trial is that of its cell: other data, with about as many visits.
	visits := func(m measure.Measurement) float64 { return float64(m.Counts["visits"]) / 7 }
	for _, b := range []float64{1, 1e3, 1e6} {
		if v := visits(one(b, 1e-3)); v > 1.5*visits(worst) || v < 1 {
			t.Errorf("B = %g: %.0f visits a query, and %.0f at the worst", b, v, visits(worst))
		}
	}
	if v := visits(one(at, 1e-3)); v < visits(worst)/1.5 {
		t.Errorf("at B = %g %.0f visits a query, and %.0f as the worst", at, v, visits(worst))
	}
	if less, more := visits(one(0, 1e-2)), visits(one(0, 1e-9)); !(less < more) {
		t.Errorf("%.0f visits a query to 1e-2, %.0f to 1e-9", less, more)
	}
	if bound := worst.Values["bound"]; !(bound > 0 && bound <= 1e-3) {
		t.Errorf("bound %g", bound)
	}
}
