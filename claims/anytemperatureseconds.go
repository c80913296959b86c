package claims

import (
	"fmt"
	"math"
	"time"

	"finegrain"
	"finegrain/algorithms/attention"
	"finegrain/algorithms/polynomial"
	"finegrain/algorithms/tree"
	"finegrain/figure"
	"finegrain/fit"
	"finegrain/measure"
)

// Seconds of the tree method at several temperatures, beside those of streaming and of the polynomial method, and its
// errors.

// temperatureEpsilon is the error asked where seconds are measured.
const temperatureEpsilon = 1e-6

func temperatureAxes(algorithms []measure.Value, cores int, more ...measure.Axis) []measure.Axis {
	return append([]measure.Axis{
		{Name: "algorithm", Values: algorithms},
		{Name: "data", Values: measure.Values(attention.AnyTemperature.Name)},
		{Name: "epsilon", Values: measure.Values(temperatureEpsilon)},
		{Name: "cores", Values: measure.Values(cores)},
		{Name: "observe", Values: measure.Values(false)},
	}, more...)
}

// temperatureSeconds is on one core, since how two share a size of some milliseconds moves an exponent.
var temperatureSeconds = measure.Experiment{
	ID:      "any-temperature-seconds",
	Doc:     "seconds of the tree method against n at low temperature, on one core",
	Subject: "attention",
	Axes: temperatureAxes(measure.Values(tree.Tree.Name), 1,
		measure.Axis{Name: "tree", Values: measure.Values(tree.FramedTree)}, // also where streaming would take less
		measure.Axis{Name: "B", Values: measure.Values(1e2), Full: measure.Values(1e4)},
		measure.Axis{Name: "d", Values: measure.Values(1, 2, 3)},
		measure.Axis{Name: "n", Values: halfOctaves(12, 16), Full: halfOctaves(16.5, 20)}),
	Trials: 2, Seed: 1,
	Limits: measure.Limits{Time: time.Minute, Memory: 8 << 30},
}

// temperatureBeside is streaming in the same setting. What it does is the same for every B but for rows that float64
// does not serve, which take more.
var temperatureBeside = measure.Experiment{
	ID:      "any-temperature-streaming-beside",
	Doc:     "seconds of streaming attention in the setting of the tree method, on one core",
	Subject: "attention",
	Axes: temperatureAxes(measure.Values(attention.Streaming.Name), 1,
		measure.Axis{Name: "B", Values: measure.Values(1e2)},
		measure.Axis{Name: "d", Values: measure.Values(1, 2, 3)},
		measure.Axis{Name: "n", Values: sizes(12, 14), Full: sizes(15, 18)}),
	Trials: 1, Seed: 1,
	Limits: measure.Limits{Time: 2 * time.Minute, Memory: 8 << 30},
}

var temperatureEntries = measure.Experiment{
	ID:      "any-temperature-entries",
	Doc:     "seconds of the tree method, of the polynomial method and of streaming against B, on all cores",
	Subject: "attention",
	Axes: temperatureAxes(measure.Values(polynomial.Polynomial.Name, attention.Streaming.Name, tree.Tree.Name), 0,
		measure.Axis{Name: "B", Values: measure.Values(0.5, 1.0, 1.4, 2.0, 2.8, 4.0, 10.0, 1e2, 1e3, 1e4, 1e6), Full: measure.Values(32.0, 320.0, 1e5)},
		measure.Axis{Name: "d", Values: measure.Values(2)},
		measure.Axis{Name: "n", Values: sizes(14, 14), Full: sizes(16, 16)}),
	Trials: 1, Seed: 1,
	Limits: measure.Limits{Time: time.Minute, Memory: 8 << 30},
}

var temperatureErrors = measure.Experiment{
	ID:      "any-temperature-errors",
	Doc:     "error asked of the tree method, guaranteed and made, over temperatures and data",
	Subject: "attention",
	Axes: []measure.Axis{
		{Name: "algorithm", Values: measure.Values(tree.Tree.Name)},
		{Name: "data", Values: measure.Values(attention.NearlyCollinear.Name, attention.AnyTemperature.Name)},
		{Name: "B", Values: measure.Values(1.0, 1e2, 1e4), Full: measure.Values(0.01, 1e6)},
		{Name: "d", Values: measure.Values(2), Full: measure.Values(1, 3)},
		{Name: "epsilon", Values: measure.Values(1e-3, 1e-9), Full: measure.Values(1e-6, 1e-12)},
		{Name: "n", Values: sizes(12, 12)},
	},
	Trials: 1, Seed: 1,
	Limits: measure.Limits{Time: time.Minute, Memory: 4 << 30},
}

// secondsLogs is the power of log n that seconds are granted: log n nodes on a way down, or so many times as the slab of
// scores is wide, and expansions of degree O(log(n/ε)) in each.
const secondsLogs = 2

// temperatureSecondsJudged are the parts of the verdict about seconds and errors. At d = 1 seconds are drawn alone: the
// claim is n up to logarithms, and caches are as much.
func temperatureSecondsJudged(e Evidence) (parts []finegrain.Verdict) {
	rows := e.Of(temperatureSeconds)
	for _, b := range rows.Values("B") {
		for _, d := range []int64{2, 3} {
			parts = append(parts, e.seconds(fmt.Sprintf("Seconds at B = %v, d = %v", b, d),
				fit.Claimed{Exponent: 1 + exponentOf(d), Logs: secondsLogs}, rows.Where("B", b).Where("d", d)))
		}
	}
	return append(parts, exactly(e.Of(temperatureErrors), "the error made is at most the one guaranteed, and that at most the one asked",
		func(r row) error {
			if made, bound := r.value("observed"), r.value("bound"); !(made <= bound) {
				return fmt.Errorf("%.3g is made, and %.3g guaranteed", made, bound)
			}
			return withinAsked(r)
		}))
}

// expectTemperature is what rows of the claim yield.
func expectTemperature(m *measure.Measurement) {
	n := number(*m, "n")
	d := number(*m, "d")
	switch m.Experiment {
	case temperatureVisits.ID, temperatureLine.ID:
		of := number(*m, "queries") * 3 * math.Pow(n, 1-1/d) * math.Log(n)
		m.Counts["visits"], m.Values["bound"] = int64(of), visitsEpsilon/3
	case temperatureErrors.ID:
		m.Values["bound"] = number(*m, "epsilon") / 3
		m.Values["observed"] = m.Values["bound"] / 4
	case temperatureSeconds.ID:
		m.Seconds = 1e-7 * math.Pow(n, 2-1/d) * math.Pow(math.Log(n), secondsLogs)
	default:
		m.Seconds = 1e-9 * n * n
	}
}

// temperatureDrawings are the figures of seconds.
func temperatureDrawings() []Drawing {
	return []Drawing{
		{ID: "any-temperature-seconds", Draw: func(e Evidence) (figure.Figure, error) { return temperatureAgainstN(e), nil }},
		{ID: "any-temperature-entries", Draw: func(e Evidence) (figure.Figure, error) { return secondsAgainstB(e), nil }},
	}
}

// temperatureAgainstN draws seconds against n at the B that the quick grid has.
func temperatureAgainstN(e Evidence) figure.Figure {
	const b = 1e2
	f := figure.Figure{
		Title: fmt.Sprintf("Seconds of the tree method at B = %v, and of streaming attention", b),
		Caption: fmt.Sprintf("Uniform queries and keys, scale 1, error %v, on one core, the building of trees included; means of two trials. "+
			"Here the tree serves all sizes, also those where the method by itself would leave them to streaming. "+
			"Dashed lines are fitted; their slopes are the measured exponents, beside the theorem's 2 − 1/d: "+
			"1, 1.5 and 1.667 for d = 1, 2 and 3. Smaller ones are no contradiction: it is an upper bound.", temperatureEpsilon),
		Alt: "Time against n on logarithmic axes.",
		X:   figure.Axis{Label: "n, queries and keys", Base: 2},
		Y:   figure.Axis{Label: "time", Unit: "s", Base: 10},
	}
	for _, d := range e.Of(temperatureSeconds).Values("d") {
		addFitted(&f, fmt.Sprintf("tree, d = %v", d), e.Of(temperatureSeconds).Where("B", b).Where("d", d).Points("n", Seconds))
	}
	for _, d := range e.Of(temperatureBeside).Values("d") {
		f.Series = append(f.Series, figure.Series{
			Name: fmt.Sprintf("streaming, d = %v", d), Kind: figure.Measured, Of: fmt.Sprintf("tree, d = %v", d),
			Points: e.Of(temperatureBeside).Where("d", d).Points("n", Seconds),
		})
	}
	return f
}

// secondsAgainstB draws the three methods against B, at the largest n measured.
func secondsAgainstB(e Evidence) figure.Figure {
	rows := e.Of(temperatureEntries)
	f := figure.Figure{
		Title: "Seconds against the largest entry: the tree method, the polynomial method and streaming",
		Alt:   "Time against B on logarithmic axes.",
		X:     figure.Axis{Label: "B, largest entry of Q and K", Base: 10},
		Y:     figure.Axis{Label: "time", Unit: "s", Base: 10},
	}
	n := rows.Values("n")
	if len(n) == 0 {
		return f
	}
	rows = rows.Where("n", n[len(n)-1])
	f.Caption = fmt.Sprintf("Uniform queries and keys, n = %v, d = d_v = 2, scale 1, error %v, on all cores. The theorem's time is polylogarithmic in "+
		"B; the degree of the polynomial method grows like B². Streaming computes rows whose scores float64 does not tell apart again, "+
		"in double-double.", n[len(n)-1], temperatureEpsilon)
	for _, name := range []string{tree.Tree.Name, polynomial.Polynomial.Name, attention.Streaming.Name} {
		of := rows.Where("algorithm", name)
		f.Series = append(f.Series, figure.Series{Name: name, Kind: figure.Measured, Points: of.Points("B", Seconds)})
		if refused := of.with(measure.Refusal); len(refused) > 0 {
			at := refused.Values("B")
			f.Notes = append(f.Notes, fmt.Sprintf("%s refuses B = %v to %v, the first since %s.",
				upperFirst(name), at[0], at[len(at)-1], inShort(refused.Where("B", at[0])[0].Reason)))
		}
	}
	return f
}
