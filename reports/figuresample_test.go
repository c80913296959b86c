package reports

import (
	"fmt"
	"math"

	fig "finegrain/figure"
)

// signed completes a figure for writing.
func signed(f fig.Figure) fig.Figure {
	f.Source = fig.Source{
		Command: "finegrain report --figure " + f.ID + " --store runs.db", Version: "v0.1.0", Seed: 7,
		Machine: "a processor, 2 cores, Linux 6.1", Date: "2026-11-22",
	}
	f.Source.Data = f.Hash()
	return f
}

// sampleFigures have every feature between them.
func sampleFigures() []fig.Figure {
	return []fig.Figure{sampleLines(), sampleHeat(), sampleTiles(), sampleLinear()}
}

// sampleLines has all kinds of series, intervals as bars and as a band, and censored points, on logarithmic axes
// in both bases.
func sampleLines() fig.Figure {
	f := fig.Figure{
		ID: "time-against-n", Title: "Time of exact attention against n",
		Caption: "Medians of five trials, with the least and the largest. The dashed line is fitted; its slope is 1.97.",
		Alt:     "Time grows with exponent 1.97 in n, from 1 ms at 2⁸ to 8 s at 2¹⁴, where the time limit ends it.",
		X:       fig.Axis{Label: "keys and queries, n", Base: 2},
		Y:       fig.Axis{Label: "time", Unit: "s", Base: 10},
		Notes:   []string{"Average-case instances: no evidence about the worst case."},
	}
	measured := fig.Series{Name: "exact, d = 64", Kind: fig.Measured}
	second := fig.Series{Name: "streaming, d = 64", Kind: fig.Measured}
	computed := fig.Series{Name: "operations ÷ 10⁹ s⁻¹", Kind: fig.Computed}
	fitted := fig.Series{Name: "0.017·(n/2¹⁰)^1.97", Kind: fig.Fitted}
	theory := fig.Series{Name: "n²", Kind: fig.Theory}
	limit := fig.Series{Name: "time limit 2^⌈log₂ 10⌉", Kind: fig.Limit}
	for k := 8; k <= 15; k++ {
		n := math.Exp2(float64(k))
		y := 0.017 * math.Pow(n/1024, 1.97) * (1 + 0.1*math.Sin(float64(7*k)))
		if k <= 13 {
			measured.Points = append(measured.Points, fig.Point{X: n, Y: y, Low: 0.8 * y, High: 1.5 * y})
			second.Points = append(second.Points, fig.Point{X: n, Y: 3 * y})
		} else {
			measured.Points = append(measured.Points, fig.Point{X: n, Y: 10, Censored: "time limit 10 s"})
		}
		computed.Points = append(computed.Points, fig.Point{X: n, Y: n * n * 64 / 1e9})
		line := 0.017 * math.Pow(n/1024, 1.97)
		fitted.Points = append(fitted.Points, fig.Point{X: n, Y: line, Low: 0.7 * line, High: 1.4 * line})
		theory.Points = append(theory.Points, fig.Point{X: n, Y: 2e-7 * n * n})
		limit.Points = append(limit.Points, fig.Point{X: n, Y: 16})
	}
	f.Series = []fig.Series{measured, fitted, second, computed, theory, limit}
	return signed(f)
}

// sampleHeat is a grid with a logarithmic scale, cells without a value, and a curve over it.
func sampleHeat() fig.Figure {
	f := fig.Figure{
		ID: "error-over-the-plane", Title: "Error against n and B",
		Caption: "The largest error of an output. The curve is B = √ln n.",
		Alt:     "The error grows with B from 10⁻¹² to 1 and hardly with n; beyond B = 6 precision ends.",
		X:       fig.Axis{Label: "n", Base: 2},
		Y:       fig.Axis{Label: "largest entry B"},
		Grid:    &fig.Grid{Label: "error ε", Unit: "max norm", Base: 10},
	}
	curve := fig.Series{Name: "√ln n", Kind: fig.Theory}
	for i := range 9 {
		n := math.Exp2(float64(8 + i))
		f.Grid.X = append(f.Grid.X, n)
		curve.Points = append(curve.Points, fig.Point{X: n, Y: math.Sqrt(math.Log(n))})
	}
	for j := range 7 {
		f.Grid.Y = append(f.Grid.Y, float64(j+1))
		values, why := make([]float64, 9), make([]string, 9)
		for i := range values {
			if j == 6 && i > 4 {
				why[i] = "precision of 256 bits"
				continue
			}
			values[i] = math.Pow(10, -12+2*float64(j)*0.9-0.1*float64(i))
		}
		f.Grid.Values, f.Grid.Censored = append(f.Grid.Values, values), append(f.Grid.Censored, why)
	}
	f.Series = []fig.Series{curve}
	return signed(f)
}

// sampleTiles is a grid of categories over axes of categories.
func sampleTiles() fig.Figure {
	f := fig.Figure{
		ID: "who-wins", Title: "The fastest algorithm",
		Caption: "The algorithm with the least median time in each cell.",
		Alt:     "The scan wins at small d, tiles at large d and large n, conversion between.",
		X:       fig.Axis{Label: "instances", Categories: []string{"random", "planted pair", "from formulas", "adversarial, dense and long"}},
		Y:       fig.Axis{Label: "dimension d", Categories: []string{"8", "16", "32"}},
		Grid: &fig.Grid{
			X: []float64{0, 1, 2, 3}, Y: []float64{0, 1, 2}, Label: "fastest",
			Categories: []string{"scan", "tiles", "conversion", "polynomial method", "divide and conquer", "sketch", "fourier", "none"},
			Values:     [][]float64{{0, 1, 2, 3}, {4, 5, 6, 7}, {0, 2, 1, 0}},
			Censored:   [][]string{{"", "", "", ""}, {"", "", "", ""}, {"", "", "", "memory limit 1 GiB"}},
		},
	}
	return signed(f)
}

// sampleLinear has linear axes with a range, names of categories on one, and the most series that are told apart.
func sampleLinear() fig.Figure {
	f := fig.Figure{
		ID: "share-correct", Title: "Share of rows decoded",
		Caption: "Share of rows that were decoded rightly, by error of the oracle.",
		Alt:     "All series fall from 1 to 0 as the error grows; the eighth falls last.",
		X:       fig.Axis{Label: "error of the oracle as a multiple of what the route tolerates"},
		Y:       fig.Axis{Label: "rows decoded rightly, of all rows of all calls", Unit: "%", Low: -5, High: 105},
	}
	for s := range fig.MaxMarked {
		series := fig.Series{Name: fmt.Sprintf("route %d", s+1), Kind: fig.Measured}
		fitted := fig.Series{Name: fmt.Sprintf("route %d, logistic", s+1), Kind: fig.Fitted}
		for k := range 11 {
			x := float64(k) / 2
			y := 100 / (1 + math.Exp(3*(x-1-0.4*float64(s))))
			series.Points = append(series.Points, fig.Point{X: x, Y: y})
			fitted.Points = append(fitted.Points, fig.Point{X: x + 0.1, Y: 100 / (1 + math.Exp(3*(x+0.1-1-0.4*float64(s))))})
		}
		f.Series = append(f.Series, series, fitted)
	}
	f.Series = append(f.Series, fig.Series{
		Name: "beyond the range", Kind: fig.Theory,
		Points: []fig.Point{{X: 0, Y: 140}, {X: 5, Y: -60}},
	})
	return signed(f)
}
