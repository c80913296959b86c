package claims

import (
	"fmt"
	"math"
	"strings"
	"time"

	"finegrain"
	"finegrain/algorithms/polynomial"
	"finegrain/figure"
	"finegrain/measure"
	"finegrain/reductions"
)

// The phase transition at B = Θ(√log n), from the side of the upper bound: the exponent of the polynomial method's work,
// computed exactly at n that nothing runs at, its limit as n grows, and what runs count. What lies beyond the crossing is
// not the method's to say: that is the lower bound's, under its hypothesis.

// logarithmic is the setting of the figure: d = log2 n, error 1/n.
var logarithmic = polynomial.Transition{Dim: 1 / math.Ln2, Error: 1}

// farthest is log2 of the largest n, far beyond any machine, where the limit is nearly reached.
const farthest = 10000

// smallEntries is the least B/√ln n, and smallExponent the exponent that it is claimed to go below there.
const (
	smallEntries  = 1e-6
	smallExponent = 1.2
)

var (
	transitionGrid = measure.Experiment{
		ID: "phase-transition-computed",
		Doc: "the polynomial method's exponent at d = log2 n, scale 1/d and relative error 1/n, against B/√ln n, " +
			"computed exactly for n far beyond what can be run",
		Subject: "transition",
		Axes: []measure.Axis{
			{Name: "c", Values: measure.Values(logarithmic.Dim)},
			{Name: "error_exponent", Values: measure.Values(logarithmic.Error)},
			{Name: "log2n", Values: measure.Values(8, 16, 24, 32, 40, farthest)},
			{
				Name: "ratio", Values: measure.Values(smallEntries, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3,
					2e-3, 3e-3, 5e-3, 7e-3, 0.01, 0.014, 0.02, 0.03, 0.04, 0.055, 0.075, 0.1, 0.13, 0.16, 0.18, 0.22, 0.28,
					0.35, 0.42, 0.5),
				Full: measure.Values(0.017, 0.025, 0.035, 0.047, 0.065, 0.088, 0.115, 0.145, 0.2, 0.25, 0.31, 0.38, 0.46),
			},
		},
		Trials: 1, Seed: 1,
		Limits: measure.Limits{Time: time.Minute},
	}
	transitionRuns = []measure.Experiment{transitionRunsAt(12), transitionRunsAt(16)}
)

// transitionRunsAt are runs of the method on uniform entries at n = 2^k, d = k, asked for the error that weights within
// 1/n of themselves guarantee.
func transitionRunsAt(k int) measure.Experiment {
	n := int64(1) << k
	entries := func(ratios ...float64) (values []measure.Value) {
		for _, x := range ratios {
			values = append(values, x*math.Sqrt(math.Log(float64(n))))
		}
		return values
	}
	return measure.Experiment{
		ID: fmt.Sprintf("phase-transition-runs-%d", k),
		Doc: fmt.Sprintf("operations of the polynomial method on entries uniform in [−B,B] at n = 2^%d, d = %[1]d, "+
			"and its error", k),
		Subject: "attention",
		Axes: []measure.Axis{
			{Name: "algorithm", Values: measure.Values("polynomial")},
			{Name: "n", Values: measure.Values(n)},
			{Name: "d", Values: measure.Values(k)},
			{Name: "dv", Values: measure.Values(1)},
			{Name: "scale", Values: measure.Values(1 / float64(k))},
			{Name: "epsilon", Values: measure.Values(2 / float64(n-1))}, // 2ε_A/(1−ε_A)
			{
				Name: "B", Values: entries(0.004, 0.014, 0.055, 0.1, 0.18),
				Full: entries(0.02, 0.03, 0.075, 0.13, 0.16, 0.22),
			},
		},
		Trials: 1, Seed: 1,
		Limits: measure.Limits{Time: time.Minute, Memory: 4 << 30},
	}
}

// PhaseTransition is the upper bound's side of the transition.
var PhaseTransition = declare(Claim{
	ID:    "phase-transition",
	Title: "The polynomial method takes n^(1+o(1)) for B = o(√log n), and n^(1+ρ) for B = √(κ ln n)",
	Statement: "Attention at d = O(log n), scale 1/d and error 1/poly(n) with entries of at most B = o(√log n) " +
		"is computed in time n^(1+o(1)). With explicit constants: at d = c·ln n, relative error n^−C and B² = " +
		"κ·ln n the polynomial method takes n^(1+ρ+o(1)) operations, ρ = (c+γ)·h(γ/(c+γ)), h the entropy in " +
		"nats, √(γ²+κ²) − γ·arcsinh(γ/κ) = −C − κ; ρ tends to 0 as κ does, and is 1 at κ*, where the definition " +
		"takes as long: at c = 1/ln 2, C = 1 for B = 0.166·√ln n.",
	Source: finegrain.Source{
		Paper: finegrain.AlmanSong2023, Provenance: finegrain.Derived,
		Argument: "the first sentence is the paper's; constants follow from Chebyshev's degree, by the " +
			"asymptotics of Bessel functions of large order, and from Stirling's formula for the rank C(d+g,g)",
	},
	Remark: "An upper bound on one method: that no other is faster beyond the crossing is a lower bound, which " +
		"needs a hypothesis. The o(1) is judged as 2·ln ln n/ln n, a constant that is observed and not proved. " +
		"Exponents at B = √(κ ln n) are computed, since no machine has the sizes that a fit would need; runs at two n are held " +
		"to the formula.",
	Kind:        UpperBound,
	Experiments: append([]measure.Experiment{transitionGrid}, transitionRuns...),
	Judge: func(e Evidence) finegrain.Verdict {
		rows := e.Of(transitionGrid)
		var runs Table
		for _, x := range transitionRuns {
			runs = append(runs, e.Of(x)...)
		}
		return finegrain.Worst(
			exactly(rows, "the exponent is 1 + ln C(d+g,g)/ln n at d = log2 n, and its limit that of the "+
				"statement", asTransition),
			exactly(rows, "it lies below its limit, by at most 2·ln ln n/ln n", nearLimit),
			exactly(rows, "the limit is below 2 for B < 0.166·√ln n, and above for larger B", func(r row) error {
				limit, ratio := r.value("limit"), r.number("ratio")
				if (limit < 2) != (ratio < math.Sqrt(logarithmic.Crossing())) {
					return fmt.Errorf("it is %g at B = %g·√ln n", limit, ratio)
				}
				return nil
			}),
			exactly(rows.Where("ratio", smallEntries), "at B = 10⁻⁶·√ln n the exponent is below 1.2",
				func(r row) error {
					if x := r.value("exponent"); !(x < smallExponent) {
						return fmt.Errorf("it is %g", x)
					}
					return nil
				}),
			approaching(rows),
			exactly(runs, "runs at d = log2 n take no more operations than is computed for their B, no fewer than "+
				"the scores need that they find, and err by no more than they guarantee and were asked for", asCounted))
	},
	Expect: func(m *measure.Measurement) {
		if m.Experiment == transitionGrid.ID {
			ratio := number(*m, "ratio")
			f := logarithmic.At(number(*m, "log2n")*math.Ln2, ratio*ratio)
			m.Counts["dimension"], m.Counts["degree"] = int64(f.Dim), int64(f.Degree)
			m.Values["log_rank"], m.Values["exponent"] = f.LogRank, f.Exponent
			m.Values["limit"] = logarithmic.Limit(ratio * ratio)
			return
		}
		n, most := runAt(*m)
		m.Counts[finegrain.MultiplyAdds] = 4 * n * polynomial.Rank(most.Dim, most.Degree)
		m.Values["degree"], m.Values["scores"] = float64(most.Degree), number(*m, "B")*number(*m, "B")
		m.Values["bound"], m.Values["observed"] = number(*m, "epsilon")/2, number(*m, "epsilon")/100
	},
	Figures: append([]Drawing{{ID: "phase-transition", Draw: drawTransition}}, transitionMaps()...),
})

// asTransition holds a row to the formulas of the statement.
func asTransition(r row) error {
	logN, kappa := r.number("log2n")*math.Ln2, r.number("ratio")*r.number("ratio")
	d, g := r.count("dimension"), r.count("degree")
	logRank := polynomial.LogRank(int(d), int(g))
	switch want := logarithmic.At(logN, kappa); {
	case int(d) != want.Dim || int(g) != want.Degree:
		return fmt.Errorf("d = %d and the degree is %d, not %d and %d", d, g, want.Dim, want.Degree)
	case !near(r.value("log_rank")+1, logRank+1):
		return fmt.Errorf("ln rank is %g, and at degree %d it would be %g", r.value("log_rank"), g, logRank)
	case !near(r.value("exponent"), 1+logRank/logN):
		return fmt.Errorf("the exponent is %g, not %g", r.value("exponent"), 1+logRank/logN)
	case !near(r.value("limit"), logarithmic.Limit(kappa)):
		return fmt.Errorf("the limit is %g, not %g", r.value("limit"), logarithmic.Limit(kappa))
	}
	return nil
}

// nearLimit is that an exponent is where o(1) is taken to be 2·ln ln n/ln n.
func nearLimit(r row) error {
	logN, exponent, limit := r.number("log2n")*math.Ln2, r.value("exponent"), r.value("limit")
	if below, most := limit-exponent, 2*math.Log(logN)/logN; !(below >= 0 && below <= most) {
		return fmt.Errorf("it is %.4f and the limit %.4f, which allows %.4f", exponent, limit, most)
	}
	return nil
}

// fromLimit is by how much the limit exceeds the exponent.
func fromLimit(m measure.Measurement) (float64, bool) {
	exponent, ok := ValueOf("exponent")(m)
	limit, also := ValueOf("limit")(m)
	return limit - exponent, ok && also
}

// approaching judges that exponents grow with B at each n, and come nearer to the limit from one n to the next, by the
// largest distance over all B.
func approaching(rows Table) finegrain.Verdict {
	wrong := map[measure.Value]error{}
	before := math.Inf(1)
	for _, n := range rows.Values("log2n") {
		at := rows.Where("log2n", n)
		last := 0.0
		for _, p := range at.Points("ratio", ValueOf("exponent")) {
			if p.Y < last {
				wrong[n] = fmt.Errorf("the exponent falls to %g at B = %g·√ln n", p.Y, p.X)
			}
			last = p.Y
		}
		distance := 0.0
		for _, p := range at.Points("ratio", fromLimit) {
			distance = max(distance, p.Y)
		}
		if distance >= before {
			wrong[n] = fmt.Errorf("the largest distance is %.4f, and was %.4f at the n before", distance, before)
		}
		before = distance
	}
	return exactly(rows, "exponents grow with B, and as n grows they come nearer to the limit", func(r row) error {
		return wrong[setting(r.Measurement, "log2n")]
	})
}

// runAt is n of a run, and what the method takes at most at its B.
func runAt(m measure.Measurement) (n int64, most polynomial.Finite) {
	b, logN := number(m, "B"), math.Log(number(m, "n"))
	return int64(number(m, "n")), logarithmic.At(logN, b*b/logN)
}

// asCounted compares a run with what is computed. A run may take a lower degree: it measures its scores, which random
// entries make smaller than B².
func asCounted(r row) error {
	n, most := runAt(r.Measurement)
	counted, observed, bound := r.count(finegrain.MultiplyAdds), r.value("observed"), r.value("bound")
	degree, scores, b := int(r.value("degree")), r.value("scores"), r.number("B")
	if !(scores > 1e-100 && scores <= b*b*(1+1e-9)) {
		return fmt.Errorf("scores are said to reach %g, and B² is %g", scores, b*b)
	}
	// Weights that err by ε_A of themselves make an error of nearly ε_A where values differ by 2.
	least, even := polynomial.RelativeDegrees(scores, -math.Log(1.05*r.number("epsilon")))
	switch {
	case degree < min(least, even) || degree > most.Degree:
		return fmt.Errorf("the degree is %d, and from %d to %d serve scores up to %g", degree, min(least, even), most.Degree, scores)
	case counted != 4*n*polynomial.Rank(most.Dim, degree): // a key and a query, each for a value and the denominator
		return fmt.Errorf("%d multiply-adds are counted, and at degree %d there are %d", counted, degree,
			4*n*polynomial.Rank(most.Dim, degree))
	case !(observed <= bound && bound <= r.number("epsilon")):
		return fmt.Errorf("the error observed is %.3g, guaranteed %.3g, asked "+
			"for %.3g", observed, bound, r.number("epsilon"))
	}
	return nil
}

// drawn are log2 of the n that the picture shows: the ends, those of the runs, and one between.
var drawn = []int{8, 12, 16, 24, 40}

// drawTransition is the transition in one picture. Its steps are those of the formula that the judge holds the
// measured grid to; the grid itself is too coarse to show where they are.
func drawTransition(e Evidence) (figure.Figure, error) {
	if len(e.Of(transitionGrid)) == 0 {
		return figure.Figure{}, nil
	}
	const left = 1e-5
	crossing := math.Sqrt(logarithmic.Crossing())
	f := figure.Figure{
		Title: "Small entries make attention fast: what the polynomial method takes, against the size of the entries",
		Alt: fmt.Sprintf("The exponent y of the work n^y against B/√ln n, on a logarithmic axis. All curves rise from left to right, "+
			"slowly and then steeply; above them all is the limit, which crosses 2 at %.3f.", crossing),
		Notes: []string{
			"Operations are counted for each column of values, up to a factor that is the same for all n: for every row of Q " +
				"and K as many as the rank r of the polynomial's matrix, so that y = 1 + ln r/ln n; the definition has r = n.",
			"The theorem is Alman and Song's; the curves have constants that are derived here. Random entries are no worst case.",
		},
		X: figure.Axis{Label: "B/√ln n, B the largest entry", Base: 10, Low: left, High: 1},
		Y: figure.Axis{Label: "y, if n^y is the work at n", Low: 1, High: 3},
	}
	var meets []string
	for _, k := range drawn {
		steps, meet := staircase(k, left, 0.5)
		name := "n = 2" + digits(k)
		f.Series = append(f.Series, figure.Series{Name: name, Kind: figure.Computed, Points: steps})
		meets = append(meets, fmt.Sprintf("%.2f at %s", meet, name))
	}
	for _, x := range transitionRuns {
		of := e.Of(x)
		if len(of) == 0 {
			continue
		}
		name := "n = 2" + digits(setting(of[0], "d"))
		s := figure.Series{Name: "runs at " + name, Kind: figure.Measured, Of: name}
		for _, p := range of.Points("B", Count(finegrain.MultiplyAdds)) {
			logN := math.Log(number(of[0], "n"))
			p.X, p.Y = p.X/math.Sqrt(logN), math.Log(p.Y/4)/logN
			s.Points = append(s.Points, p)
		}
		f.Series = append(f.Series, s)
	}
	line := func(name string, from, to figure.Point) figure.Series {
		return figure.Series{Name: name, Kind: figure.Theory, Points: []figure.Point{from, to}}
	}
	limit := curve("polynomial method as n → ∞", left, 0.5, func(ratio float64) float64 { return logarithmic.Limit(ratio * ratio) })
	f.Series = append(f.Series,
		line("all n² scores, as the definition has them", figure.Point{X: left, Y: 2}, figure.Point{X: 1, Y: 2}),
		line(fmt.Sprintf("equal as n → ∞: B = %.3f √ln n", crossing), figure.Point{X: crossing, Y: 1}, figure.Point{X: crossing, Y: 2}),
		limit)
	f.Caption = "Attention on n queries and n keys in d = log₂ n dimensions, with entries of Q and K of at most B and relative error 1/n " +
		"of its weights. The definition computes n² scores, whatever B. The polynomial method's work is n^y. The theorem is at the left: " +
		"if B/√ln n tends to 0, y tends to 1. " +
		"Theory: the thick curve is what y tends to as n grows while B/√ln n stays as it is; it meets the definition's 2 at " +
		fmt.Sprintf("B = %.3f √ln n. ", crossing) +
		"Computed: y at five n by an exact formula, without running anything. It rises in steps, by a degree of the polynomial each, and " +
		"all steps lie below the thick curve; the largest distance to it shrinks as n grows, though at one B a larger n may have the smaller y. " +
		"They pass 2 at B/√ln n = " + strings.Join(meets, ", ") + ". Measured: y by operations counted in runs on random entries, on " +
		"the steps of their n, or below where the scores stay so far under B² that a lower degree does. Right of the crossing this method " +
		"loses to the definition, from some n on. That no method is faster by a power of n, where the constants in d, B and the error are " +
		"large enough, is the other side of the theorem, a lower bound under SETH; it is not shown here."
	return f, nil
}

// staircase is the method's exponent at n = 2^k as a function of B/√ln n: both ends of each step, and where it reaches 2.
func staircase(k int, low, high float64) (points []figure.Point, reaches float64) {
	at := func(x float64) polynomial.Finite { return logarithmic.At(float64(k)*math.Ln2, x*x) }
	here := at(low)
	points = append(points, figure.Point{X: low, Y: here.Exponent})
	for x := low; x < high; {
		// The next step is where the degree first exceeds this one's, found by bisection of the logarithm.
		l, h := x, high
		if at(high).Degree == here.Degree {
			break
		}
		for h/l > 1+1e-6 {
			if middle := math.Sqrt(l * h); at(middle).Degree > here.Degree {
				h = middle
			} else {
				l = middle
			}
		}
		next := at(h)
		points = append(points, figure.Point{X: l, Y: here.Exponent}, figure.Point{X: h, Y: next.Exponent})
		if here.Exponent < 2 && next.Exponent >= 2 {
			reaches = h
		}
		x, here = h, next
	}
	return append(points, figure.Point{X: high, Y: here.Exponent}), reaches
}

// digits writes a whole number as an exponent.
func digits(n any) string {
	return strings.Map(func(r rune) rune {
		if r == '-' {
			return '⁻'
		}
		return []rune("⁰¹²³⁴⁵⁶⁷⁸⁹")[r-'0']
	}, fmt.Sprint(n))
}

// transitionMaps are the maps for several c.
func transitionMaps() (all []Drawing) {
	for _, x := range []struct {
		c          float64
		text, slug string
	}{{1 / math.Ln2, "1/ln 2", "1-44"}, {2, "2", "2"}, {4, "4", "4"}, {8, "8", "8"}} {
		all = append(all, Drawing{
			ID: "phase-transition-map-c-" + x.slug,
			Draw: func(Evidence) (figure.Figure, error) {
				f := transitionMap(x.c, x.text)
				f.Choice = figure.Choice{Of: "c, dimension over ln n", Option: x.text}
				return f, nil
			},
		})
	}
	return all
}

// transitionMap draws both sides over κ and C at one c, from their formulas alone.
func transitionMap(c float64, text string) figure.Figure {
	const perOctave, perDecade = 4, 8
	f := figure.Figure{
		Title: fmt.Sprintf("Where the polynomial method wins, and where the reduction applies: d = c·ln "+
			"n, c = %s", text),
		Caption: "Entries of at most B = √(κ ln n) at scale 1/d, error n^(−C). Colour: by how much the limit of the " +
			"polynomial method's exponent is below 2, that of the definition; on the marked line it is 2. Above the " +
			"solid line, which is derived here, the reduction applies: d attention calls with such entries and such an " +
			"error count orthogonal pairs of vectors of dimension d exactly, from some n on. For a fixed c this is no " +
			"hardness: for such a dimension orthogonal vectors themselves have algorithms of time n^(2−1/O(log c)), and " +
			"for c < 0.72 the two regions even overlap; it is as c grows that, under SETH, the exponent of whatever the " +
			"reduction applies to tends to 2. Between the lines neither side says anything. All of it is computed from " +
			"formulas, and nothing measured.",
		Alt: "What the polynomial method saves, over κ and C: most at the lower left, where entries are small " +
			"and the error large, and nothing above a line that falls to the right; the line above which the " +
			"reduction applies lies higher everywhere.",
		X:    figure.Axis{Label: "κ = B²/ln n", Base: 10},
		Y:    figure.Axis{Label: "C, where the error is n^(−C)", Base: 2},
		Grid: &figure.Grid{Label: "exponent saved, of the definition's 2"},
	}
	for i := -6 * perDecade; i <= perDecade; i++ {
		f.Grid.X = append(f.Grid.X, math.Pow(10, float64(i)/perDecade))
	}
	for j := -2 * perOctave; j <= 7*perOctave; j++ {
		at := polynomial.Transition{Dim: c, Error: math.Exp2(float64(j) / perOctave)}
		var saved []float64
		for _, kappa := range f.Grid.X {
			saved = append(saved, max(0, 2-at.Limit(kappa)))
		}
		f.Grid.Y, f.Grid.Values = append(f.Grid.Y, at.Error), append(f.Grid.Values, saved)
	}
	least, most := f.Grid.Y[0], f.Grid.Y[len(f.Grid.Y)-1]
	equal := figure.Series{Name: "the polynomial method takes n²", Kind: figure.Computed}
	applies := figure.Series{Name: "reduction applies above", Kind: figure.Theory}
	for _, kappa := range f.Grid.X {
		if at := polynomial.CrossingError(c, kappa); at >= least && at <= most {
			equal.Points = append(equal.Points, figure.Point{X: kappa, Y: at})
		}
		at := reductions.InterpolationErrorExponent(c, kappa)
		applies.Points = append(applies.Points, figure.Point{X: kappa, Y: at})
	}
	f.Series = []figure.Series{equal, applies}
	return f
}
