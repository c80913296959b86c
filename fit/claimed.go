package fit

import (
	"fmt"
	"math"

	"finegrain"
)

// A claim about growth against an estimated exponent. What is claimed is n^{e+o(1)} as a rule, and no finite
// range of sizes contradicts an o(1); so a claim says how far from e an exponent may still be at the sizes
// measured, and which power of log n it sees apart. The rule is that of an equivalence test by interval
// (Schuirmann 1987; here with the whole of a two-sided interval): consistent where the interval lies within the
// tolerance, refuted where it lies outside, undecided where it lies on the edge. So a wide interval supports
// nothing.

// Relation is what a claim says of the exponent.
type Relation int

const (
	AtMost Relation = iota // an upper bound
	Equal                  // neither more nor less
)

// Claimed is the growth n^Exponent·(log n)^Logs that a claim asserts as an upper bound or exactly, up to
// constants.
type Claimed struct {
	Relation Relation
	Exponent float64
	Logs     float64
	// Tolerance is how far from Exponent an exponent at the sizes measured counts as o(1). 0 means
	// DefaultTolerance.
	Tolerance float64
}

// DefaultTolerance is the tolerance of a claim that states none: over a thousandfold range of sizes it lets a
// factor of 1.4 pass.
const DefaultTolerance = 0.05

func (c Claimed) tolerance() float64 {
	if c.Tolerance < 0 || math.IsNaN(c.Tolerance) || math.IsInf(c.Tolerance, 0) {
		panic(fmt.Sprintf("fit: a claim with tolerance %g", c.Tolerance))
	}
	if c.Relation != AtMost && c.Relation != Equal {
		panic(fmt.Sprintf("fit: a claim with relation %d", c.Relation))
	}
	if c.Tolerance == 0 {
		return DefaultTolerance
	}
	return c.Tolerance
}

// Model is the growth claimed.
func (c Claimed) Model() Model { return PowerLog(c.Exponent, c.Logs) }

// String is as in "at most n log n".
func (c Claimed) String() string {
	if c.Relation == Equal {
		return "exactly " + c.Model().Name
	}
	return "at most " + c.Model().Name
}

// Slope estimates the exponent that the claim speaks of, of y/(log n)^Logs.
func (c Claimed) Slope(points []Point, level float64) (Estimate, error) {
	return c.estimate(Slope, points, level)
}

// TheilSen is Slope by the median of pairwise slopes.
func (c Claimed) TheilSen(points []Point, level float64) (Estimate, error) {
	return c.estimate(TheilSen, points, level)
}

func (c Claimed) estimate(
	by func([]Point, float64) (Estimate, error), points []Point, level float64,
) (Estimate, error) {
	divided, err := DivideLogs(points, c.Logs)
	if err != nil {
		return Estimate{}, err
	}
	e, err := by(divided, level)
	e.Logs = c.Logs
	return e, err
}

// Demands are what a range of sizes must have before anything is judged by it. The zero value means 6 sizes, the
// fewest at which coverage was examined, over a factor of 16.
type Demands struct {
	Sizes int
	Range float64 // largest size over smallest
}

func (d Demands) orDefault() Demands {
	if d.Sizes == 0 {
		d.Sizes = 6
	}
	if d.Range == 0 {
		d.Range = 16
	}
	return d
}

// JudgeExponent judges the claim by an estimate of Claimed.Slope or Claimed.TheilSen; that of another power of
// the logarithm panics. An undecided verdict says up to which size one would have to measure for the interval to
// decide, if the slope and the residuals stay as they are.
func JudgeExponent(c Claimed, e Estimate, d Demands) finegrain.Verdict {
	if v, short := tooShort(c, e, d.orDefault()); short {
		return v
	}
	return judgeInterval(c, e, "Slope")
}

func tooShort(c Claimed, e Estimate, d Demands) (finegrain.Verdict, bool) {
	if e.Sizes >= d.Sizes && e.To >= e.From*d.Range*(1-negligible) {
		return finegrain.Verdict{}, false
	}
	to := e.From * d.Range
	if e.Sizes < d.Sizes {
		to = max(to, e.To*math.Exp(step(e)*float64(d.Sizes-e.Sizes)))
	}
	return finegrain.Verdict{Outcome: finegrain.Undecided, Because: fmt.Sprintf(
		"Slope %v: too short a range for the claim %v, which is judged from %d sizes over a factor of %g. "+
			"Sizes up to about %s would do.", e, c, d.Sizes, d.Range, about(to))}, true
}

// step is the mean distance of neighbouring sizes on logarithmic scale.
func step(e Estimate) float64 { return math.Log(e.To/e.From) / float64(e.Sizes-1) }

// judgeInterval judges by the interval alone; what says which slope it is.
func judgeInterval(c Claimed, e Estimate, what string) finegrain.Verdict {
	if e.Logs != c.Logs {
		panic(fmt.Sprintf("fit: an estimate of y/(log n)^%g for a claim with (log n)^%g: use Claimed.Slope",
			e.Logs, c.Logs))
	}
	tolerance := c.tolerance()
	// Where there are no residuals, the slope itself still has rounding.
	low, high := e.Low+negligible, e.High-negligible
	top, bottom := c.Exponent+tolerance, c.Exponent-tolerance
	if c.Relation == AtMost {
		bottom = math.Inf(-1)
	}
	if c.Logs != 0 {
		what += " of y/" + powerName("0", c.Logs)
	}
	because := fmt.Sprintf("%s %v, the claim is %v, with tolerance %g", what, e, c, tolerance)
	switch {
	case low > top || high < bottom:
		return finegrain.Verdict{Outcome: finegrain.Refuted, Because: because + "."}
	case high <= top && low >= bottom:
		return finegrain.Verdict{Outcome: finegrain.Consistent, Because: because + "."}
	}
	need, edge := math.Abs(e.Slope-top), top
	if c.Relation == Equal {
		need = min(need, math.Abs(e.Slope-bottom))
	}
	if low < bottom && high >= bottom {
		edge = bottom
	}
	because += fmt.Sprintf(": the interval reaches across %g", edge)
	if to, ok := decidingSize(e, need); ok {
		because += fmt.Sprintf(". Sizes up to about %s would decide, if slope and residuals stay as they are.",
			about(to))
	} else {
		because += ". No range of sizes within reach would decide; less noise might, by more trials a size."
	}
	return finegrain.Verdict{Outcome: finegrain.Undecided, Because: because}
}

// decidingSize is the size up to which the range must be extended, at the same spacing, for the half-width of
// the interval to fall below need: with m sizes a step h apart it is proportional to t_{m−2}/√(h²·m(m²−1)/12).
// Beyond a factor of a million more than the largest size, there is none.
func decidingSize(e Estimate, need float64) (float64, bool) {
	width := func(m int) float64 {
		k := float64(m)
		return student(e.Level, k-2) / math.Sqrt(k*(k*k-1))
	}
	half := (e.High - e.Low) / 2
	for m := e.Sizes + 1; step(e)*float64(m-e.Sizes) < math.Log(1e6); m++ {
		if half*width(m)/width(e.Sizes) < need {
			return e.To * math.Exp(step(e)*float64(m-e.Sizes)), true
		}
	}
	return 0, false
}
