package experiments_test

import (
	"math"
	"testing"

	"finegrain/experiments"
)

// TestEntriesFlatOrGrowing: for ε = n^−6 and d = ⌈4 ln n⌉ the least entries are a constant times √ln n;
// for ε fixed at 1e-12 they are not, and from 1/(8n) < ε on, after 2^36, there are none.
func TestEntriesFlatOrGrowing(t *testing.T) {
	for _, c := range []struct {
		setting experiments.Setting
		want    map[int]float64 // log2 n: B/√ln n
		within  float64
	}{
		{experiments.Setting{C: 6, Dim: 4}, map[int]float64{6: 2.33, 30: 2.22, 40: 2.19}, 0.011},
		{experiments.Setting{Dim: 4, FixedError: 1e-12}, map[int]float64{6: 2.14, 30: 5.3, 36: 6.4}, 0.051},
	} {
		curve, err := experiments.InterpolationEntries(c.setting, 6, 40)
		if err != nil && c.setting.FixedError == 0 {
			t.Fatal(err)
		}
		seen := 0
		for _, p := range curve.Points {
			k := int(math.Round(math.Log2(p.N)))
			want, ok := c.want[k]
			if !ok {
				continue
			}
			seen++
			if got := p.B / math.Sqrt(math.Log(p.N)); math.Abs(got-want) > c.within {
				t.Errorf("%s, n = 2^%d: B/√ln n = %.3f, want %.2f", curve.Name, k, got, want)
			}
		}
		if seen != len(c.want) {
			t.Errorf("%s has %d of %d points", curve.Name, seen, len(c.want))
		}
	}
}

// TestDecodeIsExact: the read-off is right against the worst oracle within the stated error, at the least
// entries; of one that errs nine times as much it is wrong.
func TestDecodeIsExact(t *testing.T) {
	setting := experiments.Setting{C: 6, Dim: 4}
	d, err := experiments.Decode(testEnv(), 256, setting, 1)
	if err != nil {
		t.Fatal(err)
	}
	if d.Wrong != 0 || d.Rows != 256 {
		t.Errorf("%d of %d rows wrong", d.Wrong, d.Rows)
	}
	if math.Abs(d.Tolerance-math.Pow(256, -6)) > 1e-25 {
		t.Errorf("tolerance %g, want n^−6", d.Tolerance)
	}
	d, err = experiments.Decode(testEnv(), 256, setting, 9)
	if err != nil {
		t.Fatal(err)
	}
	if 2*d.Wrong < d.Rows {
		t.Errorf("nine times the error: only %d of %d rows wrong", d.Wrong, d.Rows)
	}
}
