package reports

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"finegrain/experiments"
)

func TestNumber(t *testing.T) {
	for _, test := range []struct {
		x    float64
		want string
	}{
		{0, "0"},
		{1, "1"},
		{-1, "−1"},
		{5.6, "5.60"},
		{1.0 / 12, "0.0833"},
		{12345, "12345"},
		{123456, "1.23·10⁵"},
		{1e-12, "1·10⁻¹²"},
		{1.0004e-12, "1.00·10⁻¹²"},
		{3.914e-12, "3.91·10⁻¹²"},
		{9.999, "10.0"},
		{0.0009999, "0.00100"},
		{-2.5e-300, "−2.50·10⁻³⁰⁰"},
	} {
		if got := number(test.x); got != test.want {
			t.Errorf("number(%v) = %q, not %q", test.x, got, test.want)
		}
	}
}

// A number reads back within half a unit of its third digit.
func TestNumberReadsBack(t *testing.T) {
	back := strings.NewReplacer("·10", "e", "−", "-", "⁻", "-", "⁰", "0", "¹", "1", "²", "2", "³", "3", "⁴", "4",
		"⁵", "5", "⁶", "6", "⁷", "7", "⁸", "8", "⁹", "9")
	rapid.Check(t, func(t *rapid.T) {
		x := math.Ldexp(rapid.Float64Range(1, 2).Draw(t, "mantissa"), rapid.IntRange(-900, 900).Draw(t, "exponent"))
		if rapid.Bool().Draw(t, "negative") {
			x = -x
		}
		y, err := strconv.ParseFloat(back.Replace(number(x)), 64)
		if err != nil || math.Abs(y-x) > 0.00501*math.Abs(x) {
			t.Fatalf("%v is written %q, which reads %v, %v", x, number(x), y, err)
		}
	})
}

func TestSeconds(t *testing.T) {
	for s, want := range map[float64]string{0: "0", 1e-9: "0.000000", 0.0000634: "0.000063", 0.5: "0.500", 59.96: "60.0", 1234.5: "1234"} {
		if got := seconds(s); got != want {
			t.Errorf("seconds(%v) = %q, not %q", s, got, want)
		}
	}
}

// The parts of a bar are its run: nothing is lost or counted twice.
func TestDurationsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		run := experiments.RouteRun{Solution: experiments.Solution{Algorithm: "streaming"}}
		steps := 0.0
		for _, name := range []string{"split and list (search)", "threshold route (search)", "streaming", "read off", "another"} {
			s := rapid.Float64Range(0, 10).Draw(t, name)
			run.Steps = append(run.Steps, experiments.Step{Name: name, Seconds: s})
			steps += s
		}
		run.Seconds = rapid.Float64Range(0, 80).Draw(t, "seconds")
		sum := 0.0
		for _, d := range durations(run) {
			if d < 0 {
				t.Fatal("a part is negative")
			}
			sum += d
		}
		if want := max(steps, run.Seconds); math.Abs(sum-want) > 1e-9 {
			t.Fatalf("the parts are %v, the run %v", sum, want)
		}
	})
}

func TestPhases(t *testing.T) {
	for step, want := range map[string]string{
		"split and list (census)": "split and list", "interpolation route (census)": "lay out for the route",
		"multiprecision": "attention", "read off": "read off",
	} {
		if got := phases[phase(step, "multiprecision")].name; got != want {
			t.Errorf("%q is %q, not %q", step, got, want)
		}
	}
}
