package claims

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"finegrain/figure"
	"finegrain/fit"
	"finegrain/measure"
)

// Figures that several claims draw.

// againstN draws seconds against n, a series for each d, with fitted lines and, above them, the line of slope 2 that
// begins where the slowest does.
func againstN(rows Table, title, x string) figure.Figure {
	f := figure.Figure{
		Title: title,
		Caption: "Medians of the trials, with the least and the largest. Dashed lines are fitted; their slope is the measured " +
			"exponent over all sizes, where a verdict may rest on the larger ones. The solid line has the claimed exponent, 2, and is " +
			"placed above the data.",
		Alt: "Time against n on logarithmic axes.",
		X:   figure.Axis{Label: x, Base: 2},
		Y:   figure.Axis{Label: "time", Unit: "s", Base: 10},
	}
	claimed := figure.Series{Name: "slope 2", Kind: figure.Theory}
	for _, d := range rows.Values("d") {
		of := rows.Where("d", d)
		measured := figure.Series{Name: fmt.Sprintf("d = %v", d), Kind: figure.Measured, Points: of.Points("n", Seconds)}
		f.Series = append(f.Series, measured)
		if line, err := slope(of, "n", Seconds); err == nil {
			fitted := figure.Series{Name: fmt.Sprintf("d = %v, slope %.3f", d, line.Slope), Kind: figure.Fitted}
			for _, p := range measured.Points {
				fitted.Points = append(fitted.Points, figure.Point{X: p.X, Y: line.At(p.X)})
			}
			f.Series = append(f.Series, fitted)
			f.Alt += fmt.Sprintf(" At d = %v it grows with exponent %.3f, 95 %% interval %.3f to %.3f.", d, line.Slope, line.Low, line.High)
		}
		if len(measured.Points) > 0 {
			claimed.Points = nil
			first := measured.Points[0]
			for _, p := range measured.Points {
				claimed.Points = append(claimed.Points, figure.Point{X: p.X, Y: 3 * first.Y * math.Pow(p.X/first.X, 2)})
			}
		}
	}
	f.Series = append(f.Series, claimed)
	return f
}

// scatter draws each measurement as a point, over one of its counts; those without a call are left out.
func scatter(rows Table, count string, y Quantity) []figure.Point {
	var points []figure.Point
	for _, m := range rows.with(measure.Done) {
		if at, ok := m.Counts[count]; ok && at > 0 {
			if value, ok := y(m); ok {
				points = append(points, figure.Point{X: float64(at), Y: value})
			}
		}
	}
	slices.SortFunc(points, func(a, b figure.Point) int { return cmp.Or(cmp.Compare(a.X, b.X), cmp.Compare(a.Y, b.Y)) })
	return slices.Compact(points)
}

// curve samples a function at sixteen points an octave.
func curve(name string, low, high float64, f func(float64) float64) figure.Series {
	s := figure.Series{Name: name, Kind: figure.Theory}
	steps := int(math.Round(16 * math.Log2(high/low)))
	for k := 0; k <= steps; k++ {
		x := low * math.Exp2(float64(k)/16)
		s.Points = append(s.Points, figure.Point{X: x, Y: f(x)})
	}
	return s
}

// slope fits a line to medians, with a 95 % interval.
func slope(rows Table, x string, y Quantity) (fit.Estimate, error) {
	points, err := fit.Collapse(rows.Samples(x, y), fit.Median)
	if err != nil {
		return fit.Estimate{}, err
	}
	return fit.Slope(points, .95)
}
