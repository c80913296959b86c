package fit

import (
	"fmt"
	"math"

	"finegrain"
	"gonum.org/v1/gonum/floats"
)

// Two exponents with a break between: on logarithms, a broken line that is continuous. Let e be the residuals of
// the straight line and z(τ) those of (u − τ)₊ regressed on a straight line as well. The broken line with its
// break at τ then leaves Σe² − (z·e)²/z·z, so that the best τ maximises the share (z·e)²/(z·z·e·e) of the
// squares that it takes away, whose F ratio is its increasing function. The search is over a grid, finest that
// the data can tell being far coarser; the break is then put where the two separate lines meet if that lies in
// the same gap, which is the exact optimum there (Hudson 1966).
//
// Whether the break is real is asked of permutations: if it is not, residuals are exchangeable up to their
// leverage, and the best share of permuted ones is as large as the one seen with probability p (Freedman and
// Lane 1983). The search over τ is repeated for each, so that p pays for it.

// Segments is the best broken line with one break. Estimates hold for the sizes on their side; their intervals
// take the break as real.
type Segments struct {
	Break        float64 // the size at which the slope changes
	Below, Above Estimate
	ResidualSD   float64
	F            float64 // of two parameters more than the straight line; +Inf if nothing is left
	P            float64 // the probability of such an F without a break
}

const (
	side         = 3   // sizes that a slope next to a break needs
	grid         = 12  // places to break at in a gap between sizes
	permutations = 999 // p is a multiple of 1/1000
)

// Segmented fits a line with one break, three sizes on either side at least, and so needs six. Permutations are
// drawn from the stream "segmented" of env; it ends with the context's error when that is cancelled.
func Segmented(env finegrain.Env, points []Point, level float64) (Segments, error) {
	c, err := logarithms(points, 2*side)
	if err != nil {
		return Segments{}, err
	}
	if err := checkLevel(level); err != nil {
		return Segments{}, err
	}
	n := len(c.u)
	if n > 100 {
		return Segments{}, fmt.Errorf("%d sizes; a break is looked for among at most 100", n)
	}
	straight := leastSquares(c.u, c.v)
	var breaks []bend
	for left := side; left <= n-side; left++ {
		for k := range grid + 1 {
			tau := c.u[left-1] + (c.u[left]-c.u[left-1])*float64(k)/grid
			z := leastSquares(c.u, after(c.u, tau)).residual
			length := floats.Norm(z, 2)
			if length == 0 {
				return Segments{}, fmt.Errorf("sizes %g to %g are too close for a break: spread them",
					c.from(), c.to())
			}
			floats.Scale(1/length, z)
			breaks = append(breaks, bend{left, tau, z})
		}
	}
	best := func(e []float64, rss float64) (share float64, where int) {
		for k, b := range breaks {
			if s := floats.Dot(b.z, e); s*s/rss > share {
				share, where = s*s/rss, k
			}
		}
		return share, where
	}
	s := Segments{P: 1}
	share, where := 0.0, len(breaks)/2
	if straight.rss > 0 {
		share, where = best(straight.residual, straight.rss)
		rng := env.Rand("segmented")
		as := 1
		e := append([]float64(nil), straight.residual...)
		for range permutations {
			if err := env.Err(); err != nil {
				return Segments{}, err
			}
			rng.Shuffle(n, func(i, j int) { e[i], e[j] = e[j], e[i] })
			// z is orthogonal to lines, but the permuted residuals must be measured after theirs is taken away.
			tilt := 0.0
			for i, u := range c.u {
				tilt += (u - straight.mean) * e[i]
			}
			if got, _ := best(e, straight.rss-tilt*tilt/straight.suu); got >= share*(1-1e-9) {
				as++
			}
		}
		s.P = float64(as) / (permutations + 1)
	}
	s.fit(c, breaks[where])
	s.F = math.Inf(1)
	if s.ResidualSD > 0 {
		rss := s.ResidualSD * s.ResidualSD * float64(n-4)
		s.F = max(0, straight.rss-rss) / 2 / (s.ResidualSD * s.ResidualSD)
	} else if straight.rss == 0 {
		s.F = 0
	}
	for _, e := range []*Estimate{&s.Below, &s.Above} {
		half := student(level, float64(n-4)) * e.ResidualSD
		e.Level, e.Low, e.High, e.ResidualSD = level, e.Slope-half, e.Slope+half, s.ResidualSD
	}
	return s, nil
}

// bend is a break at e^tau, in the gap after the left smallest sizes, with its z, of unit length.
type bend struct {
	left int
	tau  float64
	z    []float64
}

// after is (u − tau)₊.
func after(u []float64, tau float64) []float64 {
	z := make([]float64, len(u))
	for i := range u {
		z[i] = max(0, u[i]-tau)
	}
	return z
}

// fit places the break in the gap of b, and leaves the standard errors of the slopes in the residual deviations
// of Below and Above. With the break estimated, the broken line has, to first order, the freedom of two separate
// lines (Muggeo 2003), of which these are the standard errors.
func (s *Segments) fit(c curve, b bend) {
	n, left := len(c.u), b.left
	l, r := leastSquares(c.u[:left], c.v[:left]), leastSquares(c.u[left:], c.v[left:])
	meet := (l.a - r.a) / (r.b - l.b)
	rss := l.rss + r.rss
	if !(meet >= c.u[left-1] && meet <= c.u[left]) {
		// The optimum is at a size, or the lines are one: keep that of the grid.
		straight, z := leastSquares(c.u, c.v), leastSquares(c.u, after(c.u, b.tau))
		change := floats.Dot(z.residual, straight.residual) / floats.Dot(z.residual, z.residual)
		l.b = straight.b - change*z.b
		r.b = l.b + change
		l.a = straight.a - change*z.a
		r.a = l.a - change*b.tau
		meet = b.tau
		e := straight.residual
		floats.AddScaled(e, -change, z.residual)
		rss = sumOfSquares(e)
	}
	s.Break = math.Exp(meet)
	s.ResidualSD = math.Sqrt(rss / float64(n-4))
	estimate := func(l line, from, to float64) Estimate {
		return Estimate{
			Method: "segmented least squares", Slope: l.b, Intercept: l.a,
			ResidualSD: s.ResidualSD / math.Sqrt(l.suu), Sizes: len(l.u), From: from, To: to,
		}
	}
	s.Below, s.Above = estimate(l, c.x[0], c.x[left-1]), estimate(r, c.x[left], c.x[n-1])
}

// String is as in "slope 1.00 ± 0.02 … below 1000, 2.00 ± 0.01 … above (p = 0.001)".
func (s Segments) String() string {
	return fmt.Sprintf("slope %v below %s, %v above (p = %.3g)", s.Below, size(s.Break), s.Above, s.P)
}
