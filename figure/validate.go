package figure

import (
	"fmt"
	"math"
	"slices"
	"unicode"
	"unicode/utf8"

	"finegrain/internal/slug"
)

// A figure is checked once, where it is made, so that no writer meets a number that it cannot place. What is
// refused is what some writer would drop in silence or draw as something else: a NaN, a value below zero on a
// logarithmic axis, a point outside the range, two series that look alike.

// Styles that can be told apart without colour, by kind. Measured and computed series share the markers.
const (
	MaxMarked = 8 // measured and computed
	MaxFitted = 8
	MaxTheory = 4
	MaxLimit  = 4
)

// Numbers of a figure are 0 or lie between these in magnitude, so that differences and steps of ticks are finite
// and not subnormal.
const (
	least = 1e-300
	most  = 1e300
)

// resolution is the least range of a linear axis as a part of its numbers: below it, ticks coincide as float64.
const resolution = 1e-9

// tolerance is how far distances of a grid may differ from one another, as a part of them: what rounding of the
// positions makes, and far below what is seen.
const tolerance = 1e-6

// maxName is the most characters of what stands along an axis or in a legend on one line or few.
const maxName = 120

// Validate returns nil if every writer can draw the figure, or an error that says which figure, series and point
// is at fault, and why.
func (f Figure) Validate() error {
	if err := f.check(); err != nil {
		return fmt.Errorf("figure %q: %w", f.ID, err)
	}
	return nil
}

func (f Figure) check() error {
	if !slug.Valid(f.ID) {
		return fmt.Errorf("the id must be lower-case letters, digits and single hyphens, at most 80 of them")
	}
	if err := f.checkText(); err != nil {
		return err
	}
	for _, a := range []struct {
		name string
		axis Axis
	}{{"x", f.X}, {"y", f.Y}} {
		if err := a.axis.check(); err != nil {
			return fmt.Errorf("%s axis: %w", a.name, err)
		}
	}
	if len(f.Series) == 0 && f.Grid == nil {
		return fmt.Errorf("there is nothing to draw: neither series nor grid")
	}
	x, y := f.X.ranged(), f.Y.ranged()
	if f.Grid != nil {
		if err := f.Grid.check(f.X, f.Y); err != nil {
			return fmt.Errorf("grid: %w", err)
		}
		x[0], x[1] = Cells(f.X, f.Grid.X)
		y[0], y[1] = Cells(f.Y, f.Grid.Y)
	}
	names, kinds := map[string]bool{}, map[Kind]int{}
	for i, s := range f.Series {
		if err := s.check(f.X, f.Y, x, y); err != nil {
			return fmt.Errorf("series %d, %q: %w", i+1, s.Name, err)
		}
		if names[s.Name] {
			return fmt.Errorf("series %d, %q: another one has that name", i+1, s.Name)
		}
		names[s.Name] = true
		kinds[s.Kind]++
	}
	for _, k := range []struct {
		what      string
		are, most int
	}{
		{"measured and computed", kinds[Measured] + kinds[Computed], MaxMarked},
		{"fitted", kinds[Fitted], MaxFitted},
		{"theory", kinds[Theory], MaxTheory},
		{"limit", kinds[Limit], MaxLimit},
	} {
		if k.are > k.most {
			return fmt.Errorf("%d %s series, of which no more than %d can be told apart; make several figures",
				k.are, k.what, k.most)
		}
	}
	if hash := f.Hash(); f.Source.Data != hash {
		return fmt.Errorf("the source's data hash is %q and that of the numbers %q; set Source.Data to Hash()",
			f.Source.Data, hash)
	}
	return nil
}

// checkText checks all words but those of axes and series.
func (f Figure) checkText() error {
	type words struct {
		what, text string
		needed     bool
	}
	all := []words{
		{"title", f.Title, true},
		{"caption", f.Caption, true},
		{"alternative text", f.Alt, true},
		{"source's command", f.Source.Command, true},
		{"source's version", f.Source.Version, true},
		{"source's date", f.Source.Date, true},
		{"source's machine", f.Source.Machine, false},
	}
	for _, note := range f.Notes {
		all = append(all, words{"note", note, true})
	}
	for _, w := range all {
		if err := text(w.what, w.text, w.needed, math.MaxInt); err != nil {
			return err
		}
	}
	if f.Choice == (Choice{}) {
		return nil
	}
	if err := text("choice's name", f.Choice.Of, true, maxName); err != nil {
		return err
	}
	return text("choice's option", f.Choice.Option, true, maxName)
}

// text returns an error unless the text is one line of valid UTF-8 that can be seen: XML has no other control
// characters, and marks of direction would reorder what stands beside them.
func text(what, s string, needed bool, most int) error {
	switch {
	case needed && s == "":
		return fmt.Errorf("it has no %s", what)
	case !utf8.ValidString(s):
		return fmt.Errorf("its %s %q is not UTF-8", what, s)
	case utf8.RuneCountInString(s) > most:
		return fmt.Errorf("its %s has %d characters; %d are the most", what, utf8.RuneCountInString(s), most)
	}
	for _, r := range s {
		if !unicode.IsGraphic(r) {
			return fmt.Errorf("its %s %q holds the character %U, which is not for reading", what, s, r)
		}
	}
	return nil
}

func (a Axis) check() error {
	if err := text("label", a.Label, true, maxName); err != nil {
		return err
	}
	if err := text("unit", a.Unit, false, maxName); err != nil {
		return err
	}
	if err := checkBase(a.Base); err != nil {
		return err
	}
	if a.Categories != nil {
		if a.Base != 0 || a.fixed() {
			return fmt.Errorf("categories stand on a linear axis without a range of its own")
		}
		return checkNames(a.Categories)
	}
	if !a.fixed() {
		return nil
	}
	for _, v := range []float64{a.Low, a.High} {
		if err := number(v, a.Base); err != nil {
			return fmt.Errorf("its range: %w", err)
		}
	}
	switch {
	case !(a.Low < a.High):
		return fmt.Errorf("its range from %v to %v is empty", a.Low, a.High)
	case a.Base == 0 && a.High-a.Low < resolution*max(math.Abs(a.Low), math.Abs(a.High)):
		return fmt.Errorf("its range from %v to %v is too narrow for numbers of that size", a.Low, a.High)
	case a.Base != 0 && math.Floor(a.At(a.High))-math.Ceil(a.At(a.Low)) < 1:
		return fmt.Errorf("its range from %v to %v holds fewer than two powers of %v", a.Low, a.High, a.Base)
	}
	return nil
}

func checkBase(base float64) error {
	if base != 0 && base != 2 && base != 10 {
		return fmt.Errorf("its base is %v; 0 is linear, 2 and 10 are logarithmic", base)
	}
	return nil
}

func checkNames(categories []string) error {
	if len(categories) == 0 {
		return fmt.Errorf("it has no categories; nil is none")
	}
	for i, name := range categories {
		if err := text("category", name, true, maxName); err != nil {
			return err
		}
		if slices.Contains(categories[:i], name) {
			return fmt.Errorf("the category %q is there twice", name)
		}
	}
	return nil
}

// fixed reports whether the axis has a range of its own.
func (a Axis) fixed() bool { return a.Low != 0 || a.High != 0 }

// ranged is the range in which points must lie, as positions.
func (a Axis) ranged() [2]float64 {
	switch {
	case a.Categories != nil:
		return [2]float64{0, float64(len(a.Categories) - 1)}
	case a.fixed():
		return [2]float64{a.At(a.Low), a.At(a.High)}
	}
	return [2]float64{math.Inf(-1), math.Inf(1)}
}

// At is where a value lies on the axis as it is drawn: itself, or its logarithm in Base, to 12 digits after the
// point, so that powers of Base lie at whole numbers.
func (a Axis) At(v float64) float64 {
	var p float64
	switch a.Base {
	case 2:
		p = math.Log2(v)
	case 10:
		p = math.Log10(v)
	default:
		return v
	}
	return math.Round(p*1e12) / 1e12
}

// number returns an error unless v can stand on a scale with that base.
func number(v, base float64) error {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return fmt.Errorf("%v is not finite", v)
	case v != 0 && math.Abs(v) < least || math.Abs(v) > most:
		return fmt.Errorf("%v is out of what can be drawn, %v to %v in magnitude", v, least, most)
	case base != 0 && v <= 0:
		return fmt.Errorf("%v is not positive, and the scale is logarithmic", v)
	}
	return nil
}

// category returns an error unless v is the number of one of the categories.
func category(v float64, categories []string) error {
	if v != math.Trunc(v) || v < 0 || v >= float64(len(categories)) {
		return fmt.Errorf("%v names none of the %d categories, which are numbered from 0", v, len(categories))
	}
	return nil
}

func (s Series) check(x, y Axis, xs, ys [2]float64) error {
	if err := text("name", s.Name, true, maxName); err != nil {
		return err
	}
	if s.Kind < Measured || s.Kind > Limit {
		return fmt.Errorf("it is of no kind: %d", int(s.Kind))
	}
	if len(s.Points) == 0 {
		return fmt.Errorf("it has no points")
	}
	for i, p := range s.Points {
		if err := p.check(s.Kind, x, y, xs, ys); err != nil {
			return fmt.Errorf("point %d (%v, %v): %w", i+1, p.X, p.Y, err)
		}
	}
	return nil
}

// Marked reports whether the kind's points are marked one by one. Those must lie within a range; a curve is cut
// at its edge.
func (k Kind) Marked() bool { return k == Measured || k == Computed }

// Interval reports whether the point has one.
func (p Point) Interval() bool { return p.Low != 0 || p.High != 0 }

func (p Point) check(kind Kind, x, y Axis, xs, ys [2]float64) error {
	values := []struct {
		what string
		v    float64
		on   Axis
		in   [2]float64
	}{{"x", p.X, x, xs}, {"y", p.Y, y, ys}, {"the low end", p.Low, y, ys}, {"the high end", p.High, y, ys}}
	if !p.Interval() {
		values = values[:2]
	}
	for _, v := range values {
		if err := number(v.v, v.on.Base); err != nil {
			return fmt.Errorf("%s: %w", v.what, err)
		}
		if v.on.Categories != nil {
			if err := category(v.v, v.on.Categories); err != nil {
				return fmt.Errorf("%s: %w", v.what, err)
			}
		}
		if at := v.on.At(v.v); kind.Marked() && (at < v.in[0] || at > v.in[1]) {
			return fmt.Errorf("%s: %v lies outside the axis, where nobody would see it", v.what, v.v)
		}
	}
	if p.Interval() && !(p.Low <= p.Y && p.Y <= p.High) {
		return fmt.Errorf("its interval from %v to %v does not hold it", p.Low, p.High)
	}
	if p.Censored == "" {
		return nil
	}
	if !kind.Marked() || p.Interval() {
		return fmt.Errorf("only measured and computed points may be censored, and have no interval then")
	}
	return text("reason of censoring", p.Censored, true, maxName)
}

// Cells are the outer edges, as positions, of cells centred at the ascending values: half a distance beyond the
// first and the last. A single cell has width 1.
func Cells(a Axis, values []float64) (low, high float64) {
	first, last := a.At(values[0]), a.At(values[len(values)-1])
	half := 0.5
	if n := len(values); n > 1 {
		half = (last - first) / float64(2*(n-1))
	}
	return first - half, last + half
}

func (g Grid) check(x, y Axis) error {
	for _, side := range []struct {
		name   string
		axis   Axis
		values []float64
	}{{"X", x, g.X}, {"Y", y, g.Y}} {
		if err := spaced(side.axis, side.values); err != nil {
			return fmt.Errorf("%s: %w", side.name, err)
		}
	}
	if err := text("label", g.Label, true, maxName); err != nil {
		return err
	}
	if err := text("unit", g.Unit, false, maxName); err != nil {
		return err
	}
	if err := checkBase(g.Base); err != nil {
		return err
	}
	if g.Categories != nil {
		if g.Base != 0 || len(g.Categories) > MaxMarked {
			return fmt.Errorf("categories of cells are not logarithmic and at most %d", MaxMarked)
		}
		if err := checkNames(g.Categories); err != nil {
			return err
		}
	}
	if len(g.Values) != len(g.Y) || g.Censored != nil && len(g.Censored) != len(g.Y) {
		return fmt.Errorf("%d rows of values and %d of censoring for %d values of Y",
			len(g.Values), len(g.Censored), len(g.Y))
	}
	seen := 0
	for j, row := range g.Values {
		if len(row) != len(g.X) || g.Censored != nil && len(g.Censored[j]) != len(g.X) {
			return fmt.Errorf("row %d does not have a value for each of the %d of X", j+1, len(g.X))
		}
		for i, v := range row {
			if err := g.checkCell(v, i, j); err != nil {
				return fmt.Errorf("row %d, column %d: %w", j+1, i+1, err)
			}
			if g.Why(i, j) == "" {
				seen++
			}
		}
	}
	if seen == 0 {
		return fmt.Errorf("every cell is censored")
	}
	return nil
}

// Why is what kept the cell at X[i], Y[j] from having a value; empty: it has one.
func (g Grid) Why(i, j int) string {
	if g.Censored == nil {
		return ""
	}
	return g.Censored[j][i]
}

func (g Grid) checkCell(v float64, i, j int) error {
	if why := g.Why(i, j); why != "" {
		if v != 0 {
			return fmt.Errorf("it is censored and has the value %v; it must be 0", v)
		}
		return text("reason of censoring", why, true, maxName)
	}
	if g.Categories != nil {
		return category(v, g.Categories)
	}
	return number(v, g.Base)
}

// spaced returns an error unless the values ascend by equal distances on the axis as it is drawn, and are all
// categories where it has them.
func spaced(a Axis, values []float64) error {
	if a.fixed() {
		return fmt.Errorf("the range of the axis is that of the grid; it has no other")
	}
	if len(values) == 0 {
		return fmt.Errorf("there are no values")
	}
	for i, v := range values {
		if err := number(v, a.Base); err != nil {
			return fmt.Errorf("value %d: %w", i+1, err)
		}
		if a.Categories != nil && v != float64(i) {
			return fmt.Errorf("value %d is %v; on an axis of categories the values are 0, 1, 2, …, one for each", i+1, v)
		}
		if i > 0 && !(v > values[i-1]) {
			return fmt.Errorf("value %d does not exceed the one before", i+1)
		}
	}
	n := len(values)
	if a.Categories != nil && n != len(a.Categories) {
		return fmt.Errorf("%d values for %d categories", n, len(a.Categories))
	}
	first, last := a.At(values[0]), a.At(values[n-1])
	if n > 1 && last-first < resolution*max(math.Abs(first), math.Abs(last)) {
		return fmt.Errorf("the values from %v to %v are too close for numbers of that size", values[0], values[n-1])
	}
	for i, v := range values {
		if step := (last - first) / float64(n-1); n > 1 && math.Abs(a.At(v)-first-float64(i)*step) > tolerance*step {
			return fmt.Errorf("value %d, %v, is not equally far from its neighbours on the axis", i+1, v)
		}
	}
	return nil
}
