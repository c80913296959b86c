package claims

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"finegrain/algorithms/polynomial"
	"finegrain/figure"
	"finegrain/measure"
)

// TestMeeting: powers meet where they are equal, whatever sizes are measured between; what does not fall below the other,
// or is censored there, does not meet it.
func TestMeeting(t *testing.T) {
	power := func(c, e float64, xs ...float64) (points []figure.Point) {
		for _, x := range xs {
			points = append(points, figure.Point{X: x, Y: c * math.Pow(x, e)})
		}
		return points
	}
	quadratic := power(1e-3, 2, 16, 64, 256, 1024, 4096)
	p, ok := meeting(power(0.3, 1, 64, 256, 1024), quadratic)
	if !ok || math.Abs(p.X-300) > 1e-9 || math.Abs(p.Y-90) > 1e-9 {
		t.Errorf("0.3·n and n²/1000 meet at %v, %v; want 300", p, ok)
	}
	for what, a := range map[string][]figure.Point{
		"below it throughout": power(1e-3, 1, 16, 64, 256),
		"above it throughout": power(1e3, 1, 16, 64, 256),
		"without a size":      power(0.3, 1, 17, 65),
		"censored there":      {{X: 64, Y: 19.2}, {X: 256, Y: 76.8, Censored: "time limit"}, {X: 1024, Y: 307.2, Censored: "time limit"}},
	} {
		if p, ok := meeting(a, quadratic); ok {
			t.Errorf("what is %s meets it at %v", what, p)
		}
	}
}

// TestFaster: medians are compared; what was stopped is slower than what ended before; a refusal says why.
func TestFaster(t *testing.T) {
	of := func(status measure.Status, seconds float64, reason string) Table {
		return Table{{Cell: measure.Cell{{Name: "n", Value: int64(8)}}, Status: status, Seconds: seconds, Reason: reason}}
	}
	done := func(seconds float64) Table { return of(measure.Done, seconds, "") }
	for _, c := range []struct {
		poly, exact Table
		category    float64
		why         string
	}{
		{done(1), done(2), polynomialFaster, ""},
		{done(2), done(1), streamingFaster, ""},
		{of(measure.OutOfTime, 5, "time limit 5s"), done(4), streamingFaster, ""},
		{of(measure.OutOfTime, 5, "time limit 5s"), done(6), 0, "time limit 5s"},
		{done(4), of(measure.OutOfTime, 5, "time limit 5s"), polynomialFaster, ""},
		{done(6), of(measure.OutOfTime, 5, "time limit 5s"), 0, "time limit 5s"},
		{
			of(measure.Refusal, 5, `error 1 was asked (degree 7 has rank C(d+g,g) = 330: no less work; use "streaming")`), done(1),
			0, "degree 7 has rank C(d+g,g) = 330",
		},
		{of(measure.OutOfRoom, 0, "more memory than allowed"), done(1), 0, "more memory than allowed"},
		{nil, done(1), 0, "not measured"},
	} {
		if category, why := faster(c.poly, c.exact); category != c.category || why != c.why {
			t.Errorf("%v beside %v: %v, %q; want %v, %q", c.poly, c.exact, category, why, c.category, c.why)
		}
	}
}

// TestReasonsInShort: what a figure says of a censored measurement is no longer than figures accept.
func TestReasonsInShort(t *testing.T) {
	for reason, want := range map[string]string{
		"time limit 10s":           "time limit 10s",
		"2 needed (1 GiB allowed)": "1 GiB allowed",
		"it (is not) closed":       "it (is not) closed",
		strings.Repeat("ü", 200):   strings.Repeat("ü", 119) + "…",
	} {
		if got := inShort(reason); got != want {
			t.Errorf("%q: %q, want %q", reason, got, want)
		}
	}
}

// TestFullRank: the curve is where the least degree changes, and its n the rank below.
func TestFullRank(t *testing.T) {
	degree := func(b float64) int {
		chebyshev, ok := polynomial.ChebyshevDegree(b*b, polyEpsilon)
		taylor, also := polynomial.TaylorDegree(b*b, polyEpsilon)
		if !ok || !also {
			panic(fmt.Sprintf("no degree at %v", b))
		}
		return min(chebyshev, taylor)
	}
	points := fullRank(256, 1<<17).Points
	if len(points) < 10 {
		t.Fatalf("%d points", len(points))
	}
	for _, p := range points {
		at := polynomial.Rank(polyDim, degree(p.Y))
		next := polynomial.Rank(polyDim, degree(math.Sqrt(p.Y*p.Y+1.0/32)))
		if float64(at) > p.X || float64(next) <= p.X {
			t.Errorf("at B = %v the rank is %d, a little above %d, and n is %v", p.Y, at, next, p.X)
		}
	}
}
