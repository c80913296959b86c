package fit

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// The exponent as the slope of a least-squares line through logarithms, with Student's interval about a
// jackknife standard error. With residuals e and leverages h, leaving the i-th size out moves the slope by (u_i
// − ū)/S·e_i/(1 − h_i) exactly, where S = Σ(u − ū)²; the standard error is √((m−1)/m·Σ of these moves squared)
// (Tukey 1958; MacKinnon and White 1985, about the estimate itself), and Student's t has m − 2 degrees. The
// usual standard error of regression supposes one variance for all sizes, and undercovers where the small sizes
// are noisier. That this combination covers what it says at 6, 8 and 12 sizes is an observation, by the
// simulations of coverage_test.go, not a theorem.

// Estimate is an exponent with its interval: y ≈ exp(Intercept)·x^Slope·(ln x)^Logs.
type Estimate struct {
	Method    string  // "least squares", "Theil–Sen"
	Slope     float64 // the exponent
	Low, High float64 // its interval
	Level     float64 // its nominal coverage; that of Theil–Sen is at least this
	Intercept float64
	Logs      float64 // the power of the logarithm that y was divided by beforehand
	// ResidualSD is the standard deviation of a logarithm about the line: 0.05 is about 5 %. Zero means that all
	// residuals are rounding.
	ResidualSD float64
	Sizes      int
	From, To   float64 // the smallest and the largest size
}

// At is the fitted value at size x.
func (e Estimate) At(x float64) float64 {
	y := math.Exp(e.Intercept + e.Slope*math.Log(x))
	if e.Logs != 0 {
		y *= math.Pow(math.Log(x), e.Logs)
	}
	return y
}

// String is as in "2.0030 ± 0.0041 (95 %, 8 sizes from 256 to 32768)"; an interval that does not lie evenly
// about the estimate is written out.
func (e Estimate) String() string {
	below, above := e.Slope-e.Low, e.High-e.Slope
	where := fmt.Sprintf("(%g %%, %d sizes from %s to %s)", 100*e.Level, e.Sizes, size(e.From), size(e.To))
	wide := max(below, above)
	if wide < negligible {
		return fmt.Sprintf("%.6g with no residual %s", e.Slope, where)
	}
	places := min(max(1-int(math.Floor(math.Log10(wide))), 0), 12)
	if math.Abs(below-above) <= .1*wide {
		return fmt.Sprintf("%.*f ± %.*f %s", places, e.Slope, places, wide, where)
	}
	return fmt.Sprintf("%.*f, %.*f to %.*f %s", places, e.Slope, places, e.Low, places, e.High, where)
}

// size writes a size as far as its digits mean something.
func size(x float64) string {
	if x < 1e15 && (x == math.Trunc(x) || x >= 100) {
		return fmt.Sprintf("%.0f", x)
	}
	return fmt.Sprintf("%.3g", x)
}

// about writes a size rounded up to two digits.
func about(x float64) string {
	unit := math.Pow(10, math.Floor(math.Log10(x))-1)
	return size(math.Ceil(x/unit*(1-1e-9)) * unit)
}

// Slope estimates the exponent of points by least squares on logarithms, with an interval of the level given. It
// needs three distinct sizes; the package's comment has the coverage. Without residuals, as with exactly
// proportional counts, the interval is the slope itself. Besides bad values, the error names a size on which the
// slope rests alone, the others being next to each other.
func Slope(points []Point, level float64) (Estimate, error) {
	c, err := logarithms(points, 3)
	if err != nil {
		return Estimate{}, err
	}
	if err := checkLevel(level); err != nil {
		return Estimate{}, err
	}
	l := leastSquares(c.u, c.v)
	m := float64(len(c.u))
	variance := 0.0
	for i, e := range l.residual {
		rest := 1 - l.leverage(i)
		if rest < 1e-9 {
			return Estimate{}, fmt.Errorf("the slope rests on size %g alone: spread the sizes", c.x[i])
		}
		move := (c.u[i] - l.mean) / l.suu * e / rest
		variance += move * move
	}
	half := student(level, m-2) * math.Sqrt((m-1)/m*variance)
	return Estimate{
		Method: "least squares", Slope: l.b, Low: l.b - half, High: l.b + half, Level: level, Intercept: l.a,
		ResidualSD: math.Sqrt(l.rss / (m - 2)), Sizes: len(c.u), From: c.from(), To: c.to(),
	}, nil
}

// student is the t with P(|T| ≤ t) = level at so many degrees of freedom.
func student(level, degrees float64) float64 {
	return distuv.StudentsT{Sigma: 1, Nu: degrees}.Quantile((1 + level) / 2)
}
