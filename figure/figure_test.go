package figure_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"finegrain/figure"
)

// sample is a valid figure with every part.
func sample() figure.Figure {
	f := figure.Figure{
		ID: "error-in-n", Title: "Error", Caption: "What is seen.", Alt: "It grows.",
		X: figure.Axis{Label: "n", Base: 2},
		Y: figure.Axis{Label: "error", Unit: "max norm", Base: 10},
		Series: []figure.Series{
			{Name: "exact", Kind: figure.Measured, Points: []figure.Point{
				{X: 4, Y: 2, Low: 1, High: 3},
				{X: 8, Y: 5},
				{X: 16, Y: 9, Censored: "time limit"},
			}},
			{Name: "n", Kind: figure.Theory, Points: []figure.Point{{X: 1e-3, Y: 1e-3}, {X: 1e6, Y: 1e6}}},
		},
		Grid: &figure.Grid{
			X: []float64{4, 8, 16}, Y: []float64{1, 10}, Label: "share", Unit: "%",
			Values: [][]float64{{1, 2, 3}, {4, 5, 0}}, Censored: [][]string{{"", "", ""}, {"", "", "memory"}},
		},
		Notes:  []string{"A caveat."},
		Source: figure.Source{Command: "finegrain report", Version: "v1", Date: "2026-01-02"},
	}
	return signed(f)
}

func signed(f figure.Figure) figure.Figure {
	f.Source.Data = f.Hash()
	return f
}

func TestSampleIsValid(t *testing.T) {
	if err := sample().Validate(); err != nil {
		t.Error(err)
	}
}

// Every rule has a figure that breaks it and nothing else, and the error says where.
func TestValidateSaysWhatIsWrong(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for want, spoil := range map[string]func(f *figure.Figure){
		"the id must be":                     func(f *figure.Figure) { f.ID = "Error" },
		`figure "a--b": the id must`:         func(f *figure.Figure) { f.ID = "a--b" },
		"it has no title":                    func(f *figure.Figure) { f.Title = "" },
		"it has no caption":                  func(f *figure.Figure) { f.Caption = "" },
		"it has no alternative text":         func(f *figure.Figure) { f.Alt = "" },
		"it has no source's command":         func(f *figure.Figure) { f.Source.Command = "" },
		"it has no source's version":         func(f *figure.Figure) { f.Source.Version = "" },
		"it has no source's date":            func(f *figure.Figure) { f.Source.Date = "" },
		"it has no note":                     func(f *figure.Figure) { f.Notes[0] = "" },
		"it has no choice's name":            func(f *figure.Figure) { f.Choice.Option = "1" },
		"it has no choice's option":          func(f *figure.Figure) { f.Choice.Of = "c" },
		"its choice's option \"a\\a\" holds": func(f *figure.Figure) { f.Choice = figure.Choice{Of: "c", Option: "a\a"} },
		"the character U+0007":               func(f *figure.Figure) { f.Title = "a\a" },
		"the character U+202E":               func(f *figure.Figure) { f.Series[0].Name = "a\u202e" },
		"is not UTF-8":                       func(f *figure.Figure) { f.Alt = "\xff" },
		"x axis: it has no label":            func(f *figure.Figure) { f.X.Label = "" },
		"y axis: its base is 3":              func(f *figure.Figure) { f.Y.Base = 3 },
		"y axis: its range from 5 to 2":      func(f *figure.Figure) { f.Grid = nil; f.Y.Low, f.Y.High = 5, 2 },
		"fewer than two powers of 10":        func(f *figure.Figure) { f.Grid = nil; f.Y.Low, f.Y.High = 1.5, 20 },
		"its range: 0 is not positive":       func(f *figure.Figure) { f.Grid = nil; f.Y.High = 20 },
		"too narrow for numbers":             func(f *figure.Figure) { f.Grid = nil; f.Y = figure.Axis{Label: "y", Low: 1, High: 1 + 1e-12} },
		"categories stand on a linear":       func(f *figure.Figure) { f.X.Categories = []string{"a"} },
		`category "a" is there twice`:        func(f *figure.Figure) { f.X = figure.Axis{Label: "x", Categories: []string{"a", "a"}} },
		"it has no categories":               func(f *figure.Figure) { f.X = figure.Axis{Label: "x", Categories: []string{}} },
		"nothing to draw":                    func(f *figure.Figure) { f.Series, f.Grid = nil, nil },
		`series 2, "exact": another`:         func(f *figure.Figure) { f.Series[1].Name = "exact" },
		`series 1, "": it has no name`:       func(f *figure.Figure) { f.Series[0].Name = "" },
		"it is of no kind: 9":                func(f *figure.Figure) { f.Series[0].Kind = 9 },
		`series 1, "exact": it has no p`:     func(f *figure.Figure) { f.Series[0].Points = nil },
		`"exact": point 2 (NaN, 5): x: NaN`:  func(f *figure.Figure) { f.Series[0].Points[1].X = nan },
		"point 2 (8, +Inf): y: +Inf":         func(f *figure.Figure) { f.Series[0].Points[1].Y = inf },
		"point 2 (8, 1e-310): y":             func(f *figure.Figure) { f.Series[0].Points[1].Y = 1e-310 },
		"y: -5 is not positive":              func(f *figure.Figure) { f.Series[0].Points[1].Y = -5 },
		"the low end: 0 is not positive":     func(f *figure.Figure) { f.Series[0].Points[0].Low = 0 },
		"interval from 1 to 3 does not":      func(f *figure.Figure) { f.Series[0].Points[0].Y = 4 },
		"have no interval then":              func(f *figure.Figure) { f.Series[0].Points[0].Censored = "time" },
		`"n": point 1 (0.001, 0.001): only`:  func(f *figure.Figure) { f.Series[1].Points[0].Censored = "time" },
		"where nobody would see it":          func(f *figure.Figure) { f.Series[0].Points[1].X = 64 },
		"high end: 50 lies outside":          func(f *figure.Figure) { f.Series[0].Points[1].Low, f.Series[0].Points[1].High = 4, 50 },
		"grid: X: value 2 does not exceed":   func(f *figure.Figure) { f.Grid.X[1] = 4 },
		"grid: X: value 2, 9, is not equal":  func(f *figure.Figure) { f.Grid.X[1] = 9 },
		"grid: Y: there are no values":       func(f *figure.Figure) { f.Grid.Y = nil },
		"grid: Y: value 1: 0 is not pos":     func(f *figure.Figure) { f.Grid.Y[0] = 0 },
		"grid: X: the range of the axis is":  func(f *figure.Figure) { f.X.Low, f.X.High = 1, 64 },
		"grid: it has no label":              func(f *figure.Figure) { f.Grid.Label = "" },
		"grid: 1 rows of values":             func(f *figure.Figure) { f.Grid.Values = f.Grid.Values[:1] },
		"grid: row 2 does not have":          func(f *figure.Figure) { f.Grid.Values[1] = f.Grid.Values[1][:2] },
		"grid: row 1, column 2: NaN":         func(f *figure.Figure) { f.Grid.Values[0][1] = nan },
		"row 1, column 2: 0 is not pos":      func(f *figure.Figure) { f.Grid.Base, f.Grid.Values[0][1] = 10, 0 },
		"row 2, column 3: it is censored":    func(f *figure.Figure) { f.Grid.Values[1][2] = 1 },
		"row 1, column 3: 3 names none of":   func(f *figure.Figure) { f.Grid.Categories = []string{"a", "b", "c"} },
		"every cell is censored":             func(f *figure.Figure) { *f.Grid = one("why") },
		"9 measured and computed series":     func(f *figure.Figure) { f.Series = series(9, figure.Measured) },
		"5 limit series":                     func(f *figure.Figure) { f.Series = series(5, figure.Limit) },
		"grid: X: 3 values for 4 categories": func(f *figure.Figure) { names(f, 4) },
		"x: 2.5 names none of the 3":         func(f *figure.Figure) { names(f, 3); f.Series[0].Points[1].X = 2.5 },
	} {
		f := sample()
		spoil(&f)
		f = signed(f)
		if err := f.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	f := sample()
	f.Series[0].Points[1].Y++
	if err := f.Validate(); err == nil || !strings.Contains(err.Error(), "set Source.Data to Hash()") {
		t.Errorf("numbers that are not the hashed ones: %v", err)
	}
}

func one(why string) figure.Grid {
	return figure.Grid{X: []float64{8}, Y: []float64{5}, Label: "v", Values: [][]float64{{0}}, Censored: [][]string{{why}}}
}

func series(n int, kind figure.Kind) (all []figure.Series) {
	for i := range n {
		all = append(all, figure.Series{Name: fmt.Sprint(i), Kind: kind, Points: []figure.Point{{X: 8, Y: 5}}})
	}
	return all
}

// names puts n categories on the x axis, the grid's three columns and the series upon the first three.
func names(f *figure.Figure, n int) {
	f.X = figure.Axis{Label: "x", Categories: []string{"a", "b", "c", "d"}[:n]}
	f.Grid.X = []float64{0, 1, 2}
	for i := range f.Series {
		for k := range f.Series[i].Points {
			f.Series[i].Points[k].X = float64(k)
		}
	}
}

// The hash tells data apart, and nothing else: words, ranges and scales do not count, nor does the sign of zero.
func TestHashIsThatOfTheData(t *testing.T) {
	was := sample().Hash()
	for name, change := range map[string]func(f *figure.Figure){
		"a number":          func(f *figure.Figure) { f.Series[0].Points[0].Y = math.Nextafter(2, 3) },
		"an interval":       func(f *figure.Figure) { f.Series[0].Points[0].High = 4 },
		"a reason":          func(f *figure.Figure) { f.Series[0].Points[2].Censored = "memory limit" },
		"a unit":            func(f *figure.Figure) { f.Y.Unit = "s" },
		"a kind":            func(f *figure.Figure) { f.Series[0].Kind = figure.Computed },
		"a name":            func(f *figure.Figure) { f.Series[0].Name = "exac" },
		"the order":         func(f *figure.Figure) { f.Series[0], f.Series[1] = f.Series[1], f.Series[0] },
		"a point elsewhere": func(f *figure.Figure) { move(f) },
		"a cell":            func(f *figure.Figure) { f.Grid.Values[0][0] = 9 },
		"a cell's reason":   func(f *figure.Figure) { f.Grid.Censored[1][2] = "" },
		"no grid":           func(f *figure.Figure) { f.Grid = nil },
	} {
		f := sample()
		change(&f)
		if f.Hash() == was {
			t.Errorf("%s does not show in the hash", name)
		}
	}
	f := sample()
	f.Title, f.Caption, f.Alt, f.Notes, f.X.Label, f.Y.Base, f.X.High = "t", "c", "a", nil, "l", 0, 9
	f.Choice = figure.Choice{Of: "c", Option: "1"}
	if f.Hash() != was {
		t.Error("words and looks show in the hash")
	}
	f.Series[0].Points[1].Low = math.Copysign(0, -1)
	if f.Hash() != was {
		t.Error("the sign of zero shows in the hash")
	}
	if want := "sha256:"; !strings.HasPrefix(was, want) || len(was) != len(want)+64 {
		t.Error(was)
	}
}

// move takes the last point of the first series to the head of the second.
func move(f *figure.Figure) {
	a, b := &f.Series[0], &f.Series[1]
	last := len(a.Points) - 1
	a.Points, b.Points = a.Points[:last], append([]figure.Point{a.Points[last]}, b.Points...)
}

// Powers of the base lie at whole numbers, and positions keep the order of values.
func TestPositions(t *testing.T) {
	for e := -300; e <= 300; e++ {
		if at := (figure.Axis{Base: 10}).At(math.Pow(10, float64(e))); at != float64(e) {
			t.Errorf("10^%d lies at %v", e, at)
		}
		if at := (figure.Axis{Base: 2}).At(math.Ldexp(1, e)); at != float64(e) {
			t.Errorf("2^%d lies at %v", e, at)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		a := figure.Axis{Base: rapid.SampledFrom([]float64{0, 2, 10}).Draw(t, "base")}
		x, y := rapid.Float64Range(1e-9, 1e9).Draw(t, "x"), rapid.Float64Range(1e-9, 1e9).Draw(t, "y")
		if x < y && a.At(x) > a.At(y) {
			t.Fatalf("%v < %v, but %v > %v", x, y, a.At(x), a.At(y))
		}
	})
}

// Cells lie side by side: their edges are half a distance beyond the outer values, also on logarithmic axes.
func TestCells(t *testing.T) {
	for _, c := range []struct {
		axis      figure.Axis
		values    []float64
		low, high float64
	}{
		{figure.Axis{}, []float64{1, 2, 3}, 0.5, 3.5},
		{figure.Axis{Base: 2}, []float64{4, 16, 64}, 1, 7},
		{figure.Axis{Base: 10}, []float64{100}, 1.5, 2.5},
	} {
		if low, high := figure.Cells(c.axis, c.values); low != c.low || high != c.high {
			t.Errorf("%v: %v to %v", c.values, low, high)
		}
	}
}

// FuzzValidate: no figure makes Validate or Hash panic, and a valid one holds only numbers that can be drawn.
func FuzzValidate(f *testing.F) {
	f.Add("a", "n", 2.0, 10.0, 0, 1.0, 2.0, 1.5, 3.0, "", 1.0, 0.0)
	f.Add("a-b", "ε\u202e", 0.0, 3.0, 4, math.NaN(), math.Inf(-1), -1.0, 0.0, "limit", 0.0, 5e-324)
	f.Fuzz(func(t *testing.T, id, name string, bx, by float64, kind int, x, y, low, high float64, why string, gx, gv float64) {
		fig := figure.Figure{
			ID: id, Title: name, Caption: name, Alt: name,
			X: figure.Axis{Label: name, Base: bx}, Y: figure.Axis{Label: name, Base: by, Low: low, High: high},
			Series: []figure.Series{{Name: name, Kind: figure.Kind(kind), Points: []figure.Point{
				{X: x, Y: y, Low: low, High: high},
				{X: y, Y: x, Censored: why},
			}}},
			Source: figure.Source{Command: name, Version: name, Date: name},
		}
		if why != "" {
			fig.Grid = &figure.Grid{X: []float64{gx, gx + gv}, Y: []float64{gv}, Values: [][]float64{{gv, gx}}, Label: name, Base: bx}
			fig.Y.Low, fig.Y.High = 0, 0
		}
		fig = signed(fig)
		if fig.Validate() != nil {
			return
		}
		for _, p := range fig.Series[0].Points {
			for _, at := range []float64{fig.X.At(p.X), fig.Y.At(p.Y)} {
				if math.IsNaN(at) || math.IsInf(at, 0) {
					t.Errorf("%+v passes and lies at %v", p, at)
				}
			}
		}
	})
}

func Example() {
	f := figure.Figure{
		ID: "squares", Title: "Squares", Caption: "A number and its square.", Alt: "The square of 1 is 1, that of 2 is 4.",
		X: figure.Axis{Label: "n"}, Y: figure.Axis{Label: "n²"},
		Series: []figure.Series{{Name: "square", Kind: figure.Computed, Points: []figure.Point{{X: 1, Y: 1}, {X: 2, Y: 4}}}},
		Source: figure.Source{Command: "none", Version: "v1", Date: "2026-01-02"},
	}
	f.Source.Data = f.Hash()
	fmt.Println(f.Validate())

	f.Series[0].Points[1].Y = math.NaN()
	fmt.Println(f.Validate())
	// Output:
	// <nil>
	// figure "squares": series 1, "square": point 2 (2, NaN): y: NaN is not finite
}
