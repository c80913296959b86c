package claims

import (
	"fmt"
	"math"
	"slices"
	"time"

	"finegrain"
	"finegrain/algorithms/attention"
	"finegrain/figure"
	"finegrain/fit"
	"finegrain/measure"
)

// Attention at any temperature in constant dimension (Gupta, Huang, Saha, Xu and Ye 2025): n queries that each take
// a range sum over n keys, by a tree in which a query looks at about n^{1−1/d} nodes, whatever B. What a query
// looks at is counted at the worst temperature; seconds of the whole method are measured beside it.

// visitsEpsilon is the error at which visits are counted, values being up to 1. The smaller it is, the larger is the
// power of log n, and the larger are the sizes from which exponents show.
const visitsEpsilon = 1e-2

// judgedDims are the dimensions whose growth is judged. At d = 4 a query visits many of all nodes at sizes within
// reach: the exponent is drawn.
var judgedDims = []int64{1, 2, 3}

// visitsOf is an experiment that counts what queries visit in trees of some data.
func visitsOf(id, doc string, data ...measure.Axis) measure.Experiment {
	return measure.Experiment{
		ID: id, Doc: doc, Subject: "temperature",
		Axes: append(data,
			measure.Axis{Name: "epsilon", Values: measure.Values(visitsEpsilon)},
			measure.Axis{Name: "d", Values: measure.Values(1, 2, 3, 4)},
			measure.Axis{Name: "n", Values: halfOctaves(11, 15.5), Full: halfOctaves(16, 20)}),
		Trials: 1, Seed: 1,
		Limits: measure.Limits{Time: 2 * time.Minute, Memory: 8 << 30},
	}
}

var temperatureVisits = visitsOf("any-temperature-visits",
	"nodes that queries visit at the worst temperature against n, by dimension and by how keys are spread",
	measure.Axis{Name: "keys", Values: measure.Values("clusters", "sphere", "uniform")})

var temperatureLine = visitsOf("any-temperature-line",
	"nodes that queries visit at the worst temperature against n, for keys nearly on a line and queries across it",
	measure.Axis{Name: "data", Values: measure.Values(attention.NearlyCollinear.Name)},
	measure.Axis{Name: "noise", Values: measure.Values(1e-5)})

// keysData is a kind of keys whose visits are counted.
type keysData struct {
	words string
	rows  Table
}

const onSphere = "keys on a sphere"

func keyKinds(e Evidence) []keysData {
	of := e.Of(temperatureVisits)
	return []keysData{
		{"uniform keys", of.Where("keys", "uniform")},
		{onSphere, of.Where("keys", "sphere")},
		{"keys in 16 clusters", of.Where("keys", "clusters")},
		{"keys nearly on a line", e.Of(temperatureLine)},
	}
}

// visits are those of a query, on average.
func visits(m measure.Measurement) (float64, bool) {
	all, ok := Count("visits")(m)
	return all / number(m, "queries"), ok
}

// exponentOf is that of n^{1−1/d}, what a query takes.
func exponentOf(d int64) float64 { return 1 - 1/float64(d) }

// AnyTemperature is the upper bound for constant dimension.
var AnyTemperature = declare(Claim{
	ID:    "any-temperature",
	Title: "In constant dimension d, attention takes n^(2−1/d) at every temperature",
	Statement: "For constant d, attention of n queries and n keys with entries of at most B is approximated within ε in time " +
		"n^(2−1/d)·polylog(n·B/ε), for every B: by n queries for sums over the keys of a halfspace, each in n^(1−1/d) up to " +
		"logarithms.",
	Source: finegrain.Source{Paper: finegrain.Gupta2025, Provenance: finegrain.Unchecked, Place: "theorem 1.1"},
	Remark: "Judged are the trees that are used by default, for which no exponent is proven in d ≥ 3; trees with one, and what " +
		"hyperplanes cross in them, are a claim of their own. Of the nodes that a query visits at the worst of the temperatures B = 1 to " +
		"10⁶, n^(1−1/d)·log n, the power of n is judged for d = 1, 2 and 3, on keys that are uniform, on a sphere (d ≥ 2), in clusters, and nearly " +
		"on a line across the queries; the log n is that of the slab of scores between the largest and those that cannot matter. At d = 4 a " +
		"query visits many of all nodes at these sizes: it is drawn, and not judged. Seconds, n^(2−1/d)·(log n)², have another for the " +
		"degree of expansions; they are judged for d = 2 and 3, since n up to logarithms is also what caches do.",
	Kind:        UpperBound,
	Experiments: []measure.Experiment{temperatureVisits, temperatureLine, temperatureSeconds, temperatureErrors},
	Shown:       []measure.Experiment{temperatureBeside, temperatureEntries},
	Judge: func(e Evidence) finegrain.Verdict {
		var all []grown
		for _, k := range keyKinds(e) {
			for _, d := range judgedDims {
				if d == 1 && k.words == onSphere {
					continue // two points
				}
				all = append(all, grown{
					fmt.Sprintf("Visits of a query at d = %d, %s", d, k.words),
					fit.Claimed{Exponent: exponentOf(d), Logs: 1},
					k.rows.Where("d", d), "n", visits,
				})
			}
		}
		parts := []finegrain.Verdict{e.growths(all)}
		for _, rows := range []Table{e.Of(temperatureVisits), e.Of(temperatureLine)} {
			parts = append(parts, exactly(rows, "the error guaranteed of what was walked is at most the one asked", withinAsked))
		}
		return finegrain.Worst(append(parts, temperatureSecondsJudged(e)...)...)
	},
	Expect: expectTemperature,
	Figures: slices.Concat([]Drawing{
		{ID: "any-temperature-exponents", Draw: func(e Evidence) (figure.Figure, error) { return visitExponents(e), nil }},
	}, visitDrawings(), temperatureDrawings(), []Drawing{
		{ID: "best-exponents", Draw: bestExponents},
		{ID: "possibilities", Draw: possibilities},
	}),
})

// withinAsked holds of a row whose guarantee is as was asked.
func withinAsked(r row) error {
	if bound, asked := r.value("bound"), r.number("epsilon"); !(bound <= asked) {
		return fmt.Errorf("%.3g is guaranteed, and %.3g asked", bound, asked)
	}
	return nil
}

// visitExponents draws the measured exponents against d, beside the theorem's.
func visitExponents(e Evidence) figure.Figure {
	f := figure.Figure{
		Title: "Exponents of attention at the worst temperature, beside 2 − 1/d",
		Caption: fmt.Sprintf("n times the nodes that a query visits, over log n, against n: the slope over all sizes, with its 95 %% interval, at "+
			"error %v and the B from 1 to 10⁶ at which visits are most. The curve is the exponent of the theorem (Gupta et al. 2025, theorem "+
			"1.1), which leaves powers of log n open; the line is that of the definition. At d = 4 a query visits many of all nodes at these sizes, so "+
			"that they say little.", visitsEpsilon),
		Alt: "Exponents against the dimension.",
		X:   figure.Axis{Label: "d, head dimension", High: 5},
		Y:   figure.Axis{Label: "exponent of n", Low: 0.8, High: 2.2},
	}
	for i, k := range keyKinds(e) {
		s := figure.Series{Name: k.words, Kind: figure.Measured}
		for d := int64(1); d <= 4; d++ {
			points, err := fit.Collapse(k.rows.Where("d", d).Samples("n", visits), fit.Median)
			if err != nil {
				continue
			}
			slope, err := fit.Claimed{Logs: 1}.Slope(points, .95)
			if err != nil {
				continue
			}
			shift := 0.06 * (float64(i) - 1.5) // so that intervals do not cover each other
			s.Points = append(s.Points, figure.Point{
				X: float64(d) + shift, Y: 1 + slope.Slope, Low: 1 + slope.Low, High: 1 + slope.High,
			})
			f.Alt += fmt.Sprintf(" %s, d = %d: %.2f, interval %.2f to %.2f.", upperFirst(k.words), d, 1+slope.Slope, 1+slope.Low, 1+slope.High)
		}
		f.Series = append(f.Series, s)
	}
	theorem := figure.Series{Name: "2 − 1/d", Kind: figure.Theory}
	definition := figure.Series{Name: "2, the definition", Kind: figure.Limit}
	for k := range 65 {
		d := 1 + 3*float64(k)/64
		theorem.Points = append(theorem.Points, figure.Point{X: d, Y: 2 - 1/d})
		definition.Points = append(definition.Points, figure.Point{X: d, Y: 2})
	}
	if len(e.Of(temperatureVisits)) > 0 {
		f.Series = append(f.Series, theorem, definition)
	}
	return f
}

// visitDrawings draw visits against n, a figure for each dimension.
func visitDrawings() (all []Drawing) {
	for d := int64(1); d <= 4; d++ {
		all = append(all, Drawing{ID: fmt.Sprintf("any-temperature-visits-%d", d), Draw: func(e Evidence) (figure.Figure, error) {
			return visitsAgainstN(e, d), nil
		}})
	}
	return all
}

func visitsAgainstN(e Evidence, d int64) figure.Figure {
	growth := "n^(1−1/d)·log n"
	if d == 1 {
		growth = "log n"
	}
	f := figure.Figure{
		Title: fmt.Sprintf("Nodes that a query visits at the worst temperature, d = %d", d),
		Caption: fmt.Sprintf("Each query walks the tree of n keys by itself, at error %v and the B from 1 to 10⁶ at which the visits are most. "+
			"Dashed lines are fitted; their slopes are the measured exponents. The solid line grows like %s, with a constant that "+
			"puts it above the data; the dash-dotted one is all nodes, with leaves of up to eight keys.", visitsEpsilon, growth),
		Alt:    fmt.Sprintf("Visits against n on logarithmic axes; the theorem's exponent is %.3g.", exponentOf(d)),
		X:      figure.Axis{Label: "n, keys", Base: 2},
		Y:      figure.Axis{Label: "nodes visited by a query", Base: 10},
		Choice: figure.Choice{Of: "head dimension", Option: fmt.Sprintf("d = %d", d)},
	}
	law := func(n float64) float64 { return math.Pow(n, exponentOf(d)) * math.Log(n) }
	above, from, to := 0.0, math.Inf(1), 0.0
	for _, k := range keyKinds(e) {
		points := k.rows.Where("d", d).Points("n", visits)
		addFitted(&f, k.words, points)
		for _, p := range points {
			above, from, to = max(above, p.Y/law(p.X)), min(from, p.X), max(to, p.X)
		}
	}
	if above > 0 {
		nodes := figure.Series{Name: "all nodes", Kind: figure.Limit, Points: []figure.Point{{X: from, Y: from / 4}, {X: to, Y: to / 4}}}
		f.Series = append(f.Series, curve(growth, from, to, func(n float64) float64 { return 1.5 * above * law(n) }), nodes)
	}
	return f
}
