package claims

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"
	"time"

	"finegrain/algorithms/attention"
	"finegrain/algorithms/polynomial"
	"finegrain/figure"
	"finegrain/fit"
	"finegrain/measure"
)

// Where the polynomial method pays: its seconds beside those of streaming over the plane of entries and sizes. The
// border of the method is the size at which its rank reaches n, for then the definition takes no more work.

var polynomialMap = measure.Experiment{
	ID:      "polynomial-map",
	Doc:     "seconds of the polynomial method over B and n at fixed d and ε, on all cores",
	Subject: "attention",
	Axes: polynomialAxes(polynomial.Polynomial.Name, 0,
		measure.Axis{Name: "B", Values: halfOctaveEntries(-1, 2), Full: halfOctaveEntries(-2, -1.5)},
		measure.Axis{Name: "n", Values: sizes(8, 17), Full: sizes(18, 18)}),
	Trials: 1, Seed: 1,
	Limits: measure.Limits{Time: 30 * time.Second, Memory: 4 << 30},
}

// halfOctaveEntries are 2^(k/2) from 2^low to 2^high.
func halfOctaveEntries(low, high float64) []measure.Value {
	var all []measure.Value
	for k := low; k <= high; k += 0.5 {
		all = append(all, math.Exp2(k))
	}
	return all
}

// fittedFrom is the size from which seconds are fitted in the figure: below, what a run costs whatever its size shows.
const fittedFrom = 1 << 14

// besideStreaming draws seconds against n at several B, with the sizes from which on the method is faster.
func besideStreaming(e Evidence) figure.Figure {
	f := figure.Figure{
		Title: "Seconds of the polynomial method and of streaming attention",
		Alt:   "Time against n on logarithmic axes.",
		X:     figure.Axis{Label: "n, queries and keys", Base: 2},
		Y:     figure.Axis{Label: "time", Unit: "s", Base: 10},
	}
	add := func(name string, points []figure.Point) {
		f.Series = append(f.Series, figure.Series{Name: name, Kind: figure.Measured, Points: points})
		large := points
		for len(large) > 0 && large[0].X < fittedFrom {
			large = large[1:]
		}
		if line, slope, ok := FittedLine(name, large); ok {
			f.Series = append(f.Series, line)
			f.Alt += fmt.Sprintf(" %s grows with exponent %v.", upperFirst(name), slope)
		}
	}
	exact := e.Of(streamingBeside).Points("n", Seconds)
	add(attention.Streaming.Name, exact)
	meet := figure.Series{Name: "crossings, between sizes", Kind: figure.Measured}
	var where []string
	for _, b := range []float64{0.5, 1, 2, math.Exp2(1.5)} {
		rows, name := e.Of(polynomialMap).Where("B", b), fmt.Sprintf("polynomial, B = %.3g", b)
		if refused := rows.with(measure.Refusal); len(refused) > 0 {
			at := refused.Values("n")
			last := refused.Where("n", at[len(at)-1])[0]
			f.Notes = append(f.Notes, fmt.Sprintf("At %s the method refuses n = %v to %v, the last since %s.",
				name, at[0], at[len(at)-1], inShort(last.Reason)))
		}
		timed := slices.DeleteFunc(slices.Clone(rows), func(m measure.Measurement) bool { return m.Status == measure.Refusal })
		points := timed.Points("n", Seconds)
		add(name, points)
		if p, ok := meeting(points, exact); ok {
			meet.Points = append(meet.Points, p)
			where = append(where, fmt.Sprintf("n ≈ %s for %s", twoDigits(p.X), name))
		}
	}
	f.Series = append(f.Series, meet)
	f.Caption = fmt.Sprintf("Both on all cores at d = d_v = %d and scale 1/d; the polynomial method at error ε = %v, streaming attention "+
		"exactly, whose operations do not depend on B. Dashed lines are fitted to sizes from %d; their slope is the measured exponent. "+
		"The growth that is judged is measured on one core, where less of a run is the same for every size: here what a run takes "+
		"whatever its size lowers a slope.",
		polyDim, polyEpsilon, fittedFrom)
	if where != nil {
		f.Caption += " Between neighbouring sizes the curves cross at " + strings.Join(where, ", ") + "."
	}
	f.Caption += ratioAt(e, 1<<17, 0.5)
	return f
}

// ratioAt says how many times faster the method was at a size, in a sentence; empty if that was not measured.
func ratioAt(e Evidence, n int64, b float64) string {
	of := func(x measure.Experiment) []fit.Sample {
		return e.Of(x).Where("n", n).Where("B", b).Samples("n", Seconds)
	}
	exact, poly := of(streamingBeside), of(polynomialMap)
	if len(exact) == 0 || len(poly) == 0 {
		return ""
	}
	slow, fast := fit.Median(exact[0].Y), fit.Median(poly[0].Y)
	return fmt.Sprintf(" At n = %d and B = %v the method took %s s and streaming %s s, %s times as long.",
		n, b, twoDigits(fast), twoDigits(slow), twoDigits(slow/fast))
}

// The categories of the map.
const (
	streamingFaster = iota
	polynomialFaster
)

// fastest draws which of the two was faster, and the size at which the rank reaches n.
func fastest(e Evidence) figure.Figure {
	rows, exact := e.Of(polynomialMap), e.Of(streamingBeside)
	g := &figure.Grid{Label: "faster", Categories: []string{"streaming", "polynomial"}}
	for _, n := range rows.Values("n") {
		g.X = append(g.X, float64(n.(int64)))
	}
	won, refused := 0, 0
	for _, b := range rows.Values("B") {
		g.Y = append(g.Y, b.(float64))
		var values []float64
		var reasons []string
		for _, n := range rows.Values("n") {
			value, reason := faster(rows.Where("B", b).Where("n", n), exact.Where("n", n))
			values, reasons = append(values, value), append(reasons, reason)
			switch {
			case reason != "":
				refused++
			case value == polynomialFaster:
				won++
			}
		}
		g.Values, g.Censored = append(g.Values, values), append(g.Censored, reasons)
	}
	f := figure.Figure{
		Title: "Which algorithm is faster, over entries and sizes",
		Caption: fmt.Sprintf("Random entries up to B, d = d_v = %d, scale 1/d, error %v, all cores. Crossed out is where the polynomial "+
			"method refused, since its rank reaches n or its terms cancel, or was not measured. The curve is computed: on it the rank "+
			"C(d+g,g) of the least degree g for M = B² is n, so that above it the method promises no less work than the definition.",
			polyDim, polyEpsilon),
		Alt: fmt.Sprintf("Of %d cells, polynomial is faster in %d; in %d it has no time.", len(g.X)*len(g.Y), won, refused),
		X:   figure.Axis{Label: "n, queries and keys", Base: 2},
		Y:   figure.Axis{Label: "B, largest entry of Q and K", Base: 2},
	}
	if len(rows) > 0 {
		f.Grid = g
		f.Series = []figure.Series{fullRank(g.X[0], g.X[len(g.X)-1])}
	}
	return f
}

// faster compares the medians of a cell, or says why that cannot be. What was stopped took longer than what ended sooner.
func faster(poly, exact Table) (category float64, why string) {
	p, x := poly.sizes("n", Seconds), exact.sizes("n", Seconds)
	switch {
	case len(p) == 0 || len(x) == 0:
		return 0, "not measured"
	case p[0].median() && x[0].median():
		if fit.Median(p[0].trials()) < fit.Median(x[0].trials()) {
			return polynomialFaster, ""
		}
		return streamingFaster, ""
	case p[0].median() && x[0].stoppedAfter(fit.Median(p[0].trials())):
		return polynomialFaster, ""
	case x[0].median() && p[0].stoppedAfter(fit.Median(x[0].trials())):
		return streamingFaster, ""
	case x[0].median():
		return 0, inShort(p[0].censored[0].Reason)
	}
	return 0, inShort(x[0].censored[0].Reason)
}

// stoppedAfter reports whether every trial that did not end was stopped for its time, and after as many seconds.
func (s size) stoppedAfter(seconds float64) bool {
	for _, m := range s.censored {
		if m.Status != measure.OutOfTime || m.Seconds < seconds {
			return false
		}
	}
	return true
}

// fullRank is the largest B that each degree serves, over the rank of that degree.
func fullRank(from, to float64) figure.Series {
	s := figure.Series{Name: "rank = n", Kind: figure.Theory}
	for g := 1; ; g++ {
		n := float64(polynomial.Rank(polyDim, g))
		if n < from/2 {
			continue
		}
		if n > 2*to {
			return s
		}
		const steps = 1 << 12 // of M up to 64
		largest := sort.Search(steps, func(k int) bool {
			chebyshev, ok := polynomial.ChebyshevDegree(64*float64(k)/steps, polyEpsilon)
			taylor, also := polynomial.TaylorDegree(64*float64(k)/steps, polyEpsilon)
			return (!ok || chebyshev > g) && (!also || taylor > g)
		}) - 1
		s.Points = append(s.Points, figure.Point{X: n, Y: math.Sqrt(64 * float64(largest) / steps)})
	}
}
