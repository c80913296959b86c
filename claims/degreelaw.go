package claims

import (
	"fmt"
	"math"
	"slices"
	"time"

	"finegrain"
	"finegrain/algorithms/polynomial"
	"finegrain/figure"
	"finegrain/measure"
)

// The degree law of Aggarwal and Alman, and what it makes of the polynomial method: the degree of a polynomial for e^x on
// an interval, computed between two sides, and the rank that follows from it.

var aggarwalAlman2022 = finegrain.Paper{
	Key: "aggarwal-alman-2022", Authors: "Aggarwal and Alman", Year: 2022, ArXiv: "2205.06249",
	Title: "Optimal-Degree Polynomial Approximations for Exponentials and Gaussian Kernel Density Estimation",
}

// lawFactor is how far the least degree may be from the law on the grid, as a factor either way.
const lawFactor = 2

var (
	degreeLaw = measure.Experiment{
		ID: "degree-law-grid",
		Doc: "the least degree of polynomials for e^x and e^−x on [0,M], between two bounds, from M ≫ ln 1/δ to " +
			"M ≪ ln 1/δ",
		Subject: "degree",
		Axes: []measure.Axis{
			{Name: "function", Values: measure.Values(string(polynomial.Growing), string(polynomial.Decaying))},
			{Name: "delta", Values: measure.Values(1e-3, 1e-10, 1e-30, 1e-100, 1e-300)},
			{
				Name: "M", Values: measure.Values(1.0, 4.0, 16.0, 64.0, 256.0, 1024.0, 4096.0),
				Full: measure.Values(2.0, 8.0, 32.0, 128.0, 512.0, 2048.0),
			},
		},
		Trials: 1, Seed: 1,
		Limits: measure.Limits{Time: time.Minute},
	}
	scoreDegrees = measure.Experiment{
		ID: "degree-of-scores",
		Doc: "degrees of Chebyshev and even Taylor series that the polynomial method takes, as intervals of " +
			"scores grow",
		Subject: "degree",
		Axes: []measure.Axis{
			{Name: "function", Values: measure.Values(string(polynomial.Growing))},
			{Name: "delta", Values: measure.Values(1e-2, 1e-4, 1e-8)},
			{Name: "M", Values: measure.Values(0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)},
		},
		Trials: 1, Seed: 1,
		Limits: measure.Limits{Time: time.Minute},
	}
)

// DegreeLaw is the law of Aggarwal and Alman, with constants for the grid.
var DegreeLaw = declare(Claim{
	ID:    "degree-law",
	Title: "e^x on [0,M] to error δ takes degree Θ(max{M, L/log(L/M)}), L = log 1/δ",
	Statement: "For M ≥ 1 and δ in (0,1), L = log 1/δ, the least degree of a polynomial that differs from e^x by " +
		"at most δ on all of [0,M] is Θ(max{M, L/log(L/M)}), and for e^−x it is Θ(max{√(ML), L/log(L/M)}).",
	Source: finegrain.Source{Paper: aggarwalAlman2022, Provenance: finegrain.Stated, Place: "abstract"},
	Remark: "Judged with constants, which the paper's Θ leaves open: for M from 1 to 4096 and δ from 10⁻³ to " +
		"10⁻³⁰⁰ the least degree is between half the law and twice it, log(L/M) read as ln(e + L/M), since it " +
		"vanishes where L = M. It is computed between two sides that are derived here, and for e^x are at most " +
		"one degree apart: the Chebyshev series, and the mean square of what every polynomial leaves of it.",
	Kind:        UpperBound,
	Experiments: []measure.Experiment{degreeLaw},
	Shown:       []measure.Experiment{scoreDegrees},
	Judge: func(e Evidence) finegrain.Verdict {
		rows := e.Of(degreeLaw)
		return finegrain.Worst(
			exactly(rows, "the least degree lies between two sides, which for e^x are at most "+
				"one apart", func(r row) error {
				low, high := r.count("least"), r.count("chebyshev")
				if low > high || r.growing() && high > low+1 {
					return fmt.Errorf("they are %d and %d", low, high)
				}
				return nil
			}),
			exactly(rows, fmt.Sprintf("both sides are within a factor %d of the law", lawFactor), func(r row) error {
				low, high, law := float64(r.count("least")), float64(r.count("chebyshev")), r.value("law")
				want := polynomial.DegreeLaw(r.function(), r.number("M"), -math.Log(r.number("delta")))
				switch {
				case !near(law, want):
					return fmt.Errorf("the law is %g, and was computed as %g", want, law)
				case !(low*lawFactor >= law && high <= lawFactor*law):
					return fmt.Errorf("they are %g and %g, and the law is %.4g", low, high, law)
				}
				return nil
			}))
	},
	Expect: func(m *measure.Measurement) {
		f, length, level := row{Measurement: *m}.function(), number(*m, "M"), -math.Log(number(*m, "delta"))
		law := polynomial.DegreeLaw(f, length, level)
		m.Values["law"], m.Counts["least"], m.Counts["chebyshev"] = law, int64(math.Ceil(law)), int64(math.Ceil(law))
		if m.Experiment == scoreDegrees.ID {
			m.Counts["taylor"] = 2 * int64(math.Ceil(law))
		}
	},
	Figures: []Drawing{
		{ID: "degree-law", Draw: func(e Evidence) (figure.Figure, error) {
			return lawFigure(e, polynomial.Growing, "Degree that e^x on [0,M] takes, and its law",
				"The least degree of a polynomial that is within δ of e^x on all of [0,M]. Computed: the degree "+
					"of the Chebyshev series that is; no polynomial does with two degrees less. Lines: the law "+
					"max{M, L/ln(e+L/M)}, L = ln 1/δ, of Aggarwal and Alman, up to the constant that it leaves "+
					"open, here 1. To the right, where M far exceeds L, all degrees go towards 1.117·M."), nil
		}},
		{ID: "degree-law-decaying", Draw: func(e Evidence) (figure.Figure, error) {
			return lawFigure(e, polynomial.Decaying, "Degree that e^−x on [0,M] takes, and its law",
				"The least degree of a polynomial that is within δ of e^−x on all of [0,M]. Computed: the degree "+
					"of the Chebyshev series that is, with an interval down to the degree below which none is. "+
					"Lines: the law max{√(ML), L/ln(e+L/M)}, L = ln 1/δ, of Aggarwal and Alman, up to the "+
					"constant that it leaves open, here 1. Where M exceeds L, degrees go as √(ML), and not as M "+
					"as for e^x: the error is absolute, and e^−x is small on most of the interval."), nil
		}},
		{ID: "degree-and-rank", Draw: drawScoreDegrees},
		{ID: "rank-against-scores", Draw: drawScoreRanks},
	},
})

// function is the parameter of that name.
func (r row) function() polynomial.Function {
	return polynomial.Function(measure.Text(setting(r.Measurement, "function")))
}

func (r row) growing() bool { return r.function() == polynomial.Growing }

// lawFigure draws degrees of a function against M for three errors, and the law for each.
func lawFigure(e Evidence, of polynomial.Function, title, caption string) figure.Figure {
	rows := e.Of(degreeLaw).Where("function", string(of))
	f := figure.Figure{
		Title: title, Caption: caption,
		Alt: "Degree against M on logarithmic axes, for three errors.",
		X:   figure.Axis{Label: "M, length of the interval", Base: 2},
		Y:   figure.Axis{Label: "degree", Base: 10},
	}
	for _, delta := range []float64{1e-3, 1e-30, 1e-300} {
		at := rows.Where("delta", delta)
		if len(at) == 0 {
			continue
		}
		name := "δ = " + powerOfTen(delta)
		points, least := at.Points("M", Count("chebyshev")), at.Points("M", Count("least"))
		for i, p := range points {
			same := func(low figure.Point) bool { return low.X == p.X && low.Y < p.Y }
			if k := slices.IndexFunc(least, same); k >= 0 && p.Censored == "" {
				points[i].Low, points[i].High = least[k].Y, p.Y
			}
		}
		f.Series = append(f.Series,
			figure.Series{Name: name, Kind: figure.Computed, Points: points},
			curve("law, "+name, 1, 4096, func(m float64) float64 {
				return polynomial.DegreeLaw(of, m, -math.Log(delta))
			}))
	}
	return f
}

// powerOfTen writes 1e-30 as 10⁻³⁰.
func powerOfTen(x float64) string {
	return "10" + digits(int(math.Round(math.Log10(x))))
}

// scoreBound is M of the method: its scores lie in [−M,M], an interval twice as long, on which an error ε_A relative to e^x
// is one of ε_A·e^−M, which makes it the row of the law with δ = ε_A.
func scoreBound(points []figure.Point) []figure.Point {
	for i := range points {
		points[i].X /= 2
	}
	return points
}

func drawScoreDegrees(e Evidence) (figure.Figure, error) {
	rows := e.Of(scoreDegrees)
	f := figure.Figure{
		Title: "Degree of the polynomial against the size of scores",
		Caption: "Scores lie in [−M,M], and a polynomial is to be within ε·e^x of e^x there. Computed: the least " +
			"degree that the Chebyshev series and the even Taylor polynomials are certified for. Lines: the law " +
			"max{2M, L/ln(e+L/2M)}, L = ln 1/ε, with the constant 1: the least degree of any polynomial, up to a " +
			"constant; drawn also for 2M < 1, where the paper does not state it. Chebyshev's is at most one more than that least degree.",
		Alt: "Degree against the bound on scores, for two errors: Taylor takes half as much again as Chebyshev " +
			"where scores are large.",
		X: figure.Axis{Label: "M, bound on scores", Base: 2},
		Y: figure.Axis{Label: "degree", Base: 2},
	}
	for _, delta := range []float64{1e-2, 1e-8} {
		at, name := rows.Where("delta", delta), ", ε = "+powerOfTen(delta)
		if len(at) == 0 {
			continue
		}
		for _, kind := range []string{"taylor", "chebyshev"} {
			f.Series = append(f.Series, figure.Series{
				Name: upperFirst(kind) +
					name, Kind: figure.Computed, Points: scoreBound(at.Points("M", Count(kind))),
			})
		}
		f.Series = append(f.Series, curve("law"+name, 0.125, 16, func(m float64) float64 {
			return polynomial.DegreeLaw(polynomial.Growing, 2*m, -math.Log(delta))
		}))
	}
	return f, nil
}

// drawScoreRanks leaves out what no machine holds.
func drawScoreRanks(e Evidence) (figure.Figure, error) {
	const most, many = 4, 1 << 20
	rows := e.Of(scoreDegrees).Where("delta", 1e-4)
	f := figure.Figure{
		Title: "Rank of the polynomial method against the size of scores, ε = 10⁻⁴",
		Caption: "Monomials in d variables up to the degree g that scores in [−M,M] take for a relative error of " +
			"10⁻⁴: C(d+g,g), which is the work for a query and for a key. The method beats the definition only " +
			"where that is below n. What Chebyshev's lower degree saves grows with d and M.",
		Alt: "Rank against the bound on scores at three dimensions, on logarithmic axes.",
		X:   figure.Axis{Label: "M, bound on scores", Base: 2},
		Y:   figure.Axis{Label: "rank C(d+g, g)", Base: 10},
	}
	for _, d := range []int{64, 16, 4} {
		for _, kind := range []string{"taylor", "chebyshev"} {
			rank := func(m measure.Measurement) (float64, bool) {
				g, ok := Count(kind)(m)
				return math.Exp(polynomial.LogRank(d, int(g))), ok && number(m, "M") <= 2*most
			}
			f.Series = append(f.Series, figure.Series{
				Name: fmt.Sprintf("d = %d, %s", d, upperFirst(kind)), Kind: figure.Computed,
				Points: scoreBound(rows.Points("M", rank)),
			})
		}
	}
	f.Series = append(f.Series, figure.Series{
		Name: "rank = n, for n = 2²⁰", Kind: figure.Limit, Points: []figure.Point{{X: 0.125, Y: many}, {X: most, Y: many}},
	})
	return f, nil
}
