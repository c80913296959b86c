package fit

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// What is fitted: one positive number a size. Trials of one size are no independent evidence about a slope,
// since they share whatever is peculiar to that size (how it sits in the caches, its instance), so they are
// collapsed first, and a fit then refuses two points of one size. Everything is fitted to logarithms: a change
// of unit adds a constant there, and moves no slope, residual or comparison.

// Sample is what the trials of one size gave.
type Sample struct {
	X float64   // the size, positive
	Y []float64 // counts or seconds, positive, at least one
}

// Point is a size and its measurement, both positive and finite.
type Point struct{ X, Y float64 }

// Median is the median of y, which must not be empty: the usual collapse of seconds, untouched by a slow
// minority.
func Median(y []float64) float64 {
	if len(y) == 0 {
		panic("fit: Median of nothing")
	}
	s := slices.Sorted(slices.Values(y))
	m := len(s) / 2
	if len(s)%2 == 1 {
		return s[m]
	}
	return s[m-1] + (s[m]-s[m-1])/2
}

// Collapse makes one point of each size, ascending by size, its trials put through to: Median for seconds;
// slices.Max[[]float64] for counts that a worst-case bound speaks of. Samples of equal size are taken together.
// The error names a size without trials, and values that are not positive and finite.
func Collapse(samples []Sample, to func([]float64) float64) ([]Point, error) {
	trials := map[float64][]float64{}
	for _, s := range samples {
		if len(s.Y) == 0 {
			return nil, fmt.Errorf("no trial at size %g", s.X)
		}
		for _, y := range s.Y {
			if err := positive(Point{s.X, y}); err != nil {
				return nil, err
			}
		}
		trials[s.X] = append(trials[s.X], s.Y...)
	}
	points := make([]Point, 0, len(trials))
	for x, y := range trials {
		p := Point{x, to(y)}
		if err := positive(p); err != nil {
			return nil, fmt.Errorf("collapsed: %w", err)
		}
		points = append(points, p)
	}
	slices.SortFunc(points, bySize)
	return points, nil
}

// DivideLogs returns the points with y/(ln x)^logs for y, which is what a claim of n^e (log n)^logs makes a
// power. Where logs is not 0, sizes must be above 1.
func DivideLogs(points []Point, logs float64) ([]Point, error) {
	divided := slices.Clone(points)
	if logs == 0 {
		return divided, nil
	}
	for i, p := range divided {
		if err := positive(p); err != nil {
			return nil, err
		}
		if p.X <= 1 {
			return nil, fmt.Errorf("size %g has no positive logarithm, and the claim has (log n)^%g: leave it out",
				p.X, logs)
		}
		divided[i].Y /= math.Pow(math.Log(p.X), logs)
	}
	return divided, nil
}

func bySize(a, b Point) int { return cmp.Compare(a.X, b.X) }

func positive(p Point) error {
	for _, v := range []float64{p.X, p.Y} {
		if !(v > 0) || math.IsInf(v, 1) {
			return fmt.Errorf("size %g with value %g: both must be positive and finite, since logarithms are fitted",
				p.X, p.Y)
		}
	}
	if p.X > largest {
		return fmt.Errorf("size %g: sizes are at most %g", p.X, largest)
	}
	return nil
}

// largest keeps squares of sizes, which a model 2^(cn) needs, in the range of floating-point numbers.
const largest = 1e100

// curve is checked points, ascending, with their logarithms u = ln x, v = ln y.
type curve struct{ x, y, u, v []float64 }

// most bounds the work of a fit; experiments have tens of sizes.
const most = 2000

func logarithms(points []Point, atLeast int) (curve, error) {
	if len(points) > most {
		return curve{}, fmt.Errorf("%d sizes; at most %d are fitted", len(points), most)
	}
	for _, p := range points {
		if err := positive(p); err != nil {
			return curve{}, err
		}
	}
	points = slices.SortedFunc(slices.Values(points), bySize)
	var c curve
	for i, p := range points {
		u := math.Log(p.X)
		if i > 0 && u == c.u[i-1] {
			return curve{}, fmt.Errorf("two measurements at size %g: collapse the trials of a size into one", p.X)
		}
		c.x, c.y = append(c.x, p.X), append(c.y, p.Y)
		c.u, c.v = append(c.u, u), append(c.v, math.Log(p.Y))
	}
	if len(points) < atLeast {
		return curve{}, fmt.Errorf("%d sizes; this needs at least %d", len(points), atLeast)
	}
	return c, nil
}

// first is the n smallest sizes.
func (c curve) first(n int) curve { return curve{c.x[:n], c.y[:n], c.u[:n], c.v[:n]} }

func (c curve) from() float64 { return c.x[0] }
func (c curve) to() float64   { return c.x[len(c.x)-1] }

// negligible is the residual of a logarithm, hence the relative error of a measurement, that is rounding:
// logarithms of floating-point numbers are below 745, and have errors below 1.2e-13. Residuals below it are
// taken for zero, so that exactly proportional counts have an interval of no width. It does not depend on the
// unit of y.
const negligible = 1e-12

// line is the least-squares line v = a + b·u.
type line struct {
	u, residual          []float64
	a, b, mean, suu, rss float64 // suu = Σ(u−mean)²
}

func leastSquares(u, v []float64) line {
	l := line{u: u, mean: stat.Mean(u, nil), residual: make([]float64, len(u))}
	_, l.b = stat.LinearRegression(u, v, nil, false)
	centre := stat.Mean(v, nil)
	l.a = centre - l.b*l.mean
	for i := range u {
		l.suu += (u[i] - l.mean) * (u[i] - l.mean)
		l.residual[i] = v[i] - centre - l.b*(u[i]-l.mean)
	}
	l.rss = sumOfSquares(l.residual)
	return l
}

// sumOfSquares sets e to zero where all of it is rounding.
func sumOfSquares(e []float64) (sum float64) {
	rounding := true
	for _, r := range e {
		sum += r * r
		rounding = rounding && math.Abs(r) <= negligible
	}
	if rounding {
		clear(e)
		return 0
	}
	return sum
}

// leverage is how far the line follows v at the i-th point: ∂(a + b·u[i])/∂v[i].
func (l line) leverage(i int) float64 {
	d := l.u[i] - l.mean
	return 1/float64(len(l.u)) + d*d/l.suu
}

func checkLevel(level float64) error {
	if !(level > 0 && level < 1) {
		return errors.New("the level of an interval lies between 0 and 1, as 0.95 does")
	}
	return nil
}
