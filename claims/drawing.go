package claims

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

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
		if fitted, line, ok := FittedLine(measured.Name, measured.Points); ok {
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

// scatter draws each measurement as a point; those that lack x or y, or where x is 0, are left out.
func scatter(rows Table, x, y Quantity) []figure.Point {
	var points []figure.Point
	for _, m := range rows.with(measure.Done) {
		at, ok := x(m)
		value, also := y(m)
		if ok && also && at > 0 {
			points = append(points, figure.Point{X: at, Y: value})
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

// FittedLine is the power that is fitted to points, but for censored ones, drawn from the first of them to the last,
// with its exponent and a 95 % interval; false where they are too few for a line.
func FittedLine(name string, points []figure.Point) (figure.Series, fit.Estimate, bool) {
	var done []fit.Point
	for _, p := range points {
		if p.Censored == "" {
			done = append(done, fit.Point{X: p.X, Y: p.Y})
		}
	}
	e, err := fit.Slope(done, .95)
	if err != nil {
		return figure.Series{}, e, false
	}
	line := figure.Series{Name: fmt.Sprintf("%s, slope %.3f", name, e.Slope), Kind: figure.Fitted, Of: name}
	for _, p := range done {
		line.Points = append(line.Points, figure.Point{X: p.X, Y: e.At(p.X)})
	}
	return line, e, true
}

// addFitted adds measured points with the line that is fitted to them, and says its exponent to those who do not see
// it.
func addFitted(f *figure.Figure, name string, points []figure.Point) {
	f.Series = append(f.Series, figure.Series{Name: name, Kind: figure.Measured, Points: points})
	if line, slope, ok := FittedLine(name, points); ok {
		f.Series = append(f.Series, line)
		f.Alt += fmt.Sprintf(" %s: exponent %v.", upperFirst(name), slope)
	}
}

// twoDigits writes a number to two digits without an exponent.
func twoDigits(x float64) string {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 2, 64), 64)
	if err != nil {
		panic("claims: " + err.Error()) // it was written as a number
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

// meeting is where the first of two measured curves last falls below the second, by a straight line on logarithms
// between neighbouring points of both; false if it does not.
func meeting(a, b []figure.Point) (figure.Point, bool) {
	type pair struct{ x, first, second float64 }
	var both []pair
	for _, p := range a {
		i := slices.IndexFunc(b, func(q figure.Point) bool { return q.X == p.X })
		if i >= 0 && p.Censored == "" && b[i].Censored == "" {
			both = append(both, pair{math.Log(p.X), math.Log(p.Y), math.Log(b[i].Y)})
		}
	}
	for k := len(both) - 1; k > 0; k-- {
		l, r := both[k-1], both[k]
		before, after := l.first-l.second, r.first-r.second
		if before >= 0 && after < 0 {
			t := before / (before - after)
			return figure.Point{X: math.Exp(l.x + t*(r.x-l.x)), Y: math.Exp(l.second + t*(r.second-l.second))}, true
		}
	}
	return figure.Point{}, false
}
