package reports

import (
	"fmt"
	"math"

	"finegrain/experiments"
)

// Entries and tolerances against n. The smallest entries that serve depend on the error that the oracle
// is allowed, so every curve carries its error and dimension as functions of n in its name; B over √ln n
// shows which curves are Θ(√log n). All of it is computed from the routes' formulas, and what a formula
// gives carries no verdict.
var entriesSection = section{
	ID: "entries", Title: "Entries and errors against n",
	Data: func(r experiments.Reproduction) (any, error) {
		return newEntries(r.Entries), nil
	},
}

type entries struct {
	Legend    []key
	Figures   []figure
	Decodings []decoding
}

type decoding struct {
	N, D, Rows, Wrong int
	B, Tolerance      string
}

// strokes tell the curves apart, by colour, dash and marker.
var strokes = []stroke{
	{"--curve-1", nil, "circle"},
	{"--curve-2", []int{7, 4}, "diamond"},
	{"--curve-3", []int{2, 3}, "triangle"},
	{"--curve-4", []int{9, 3, 2, 3}, "rect"},
	{"--curve-5", []int{14, 4}, "roundRect"},
}

func strokeOf(curve int) *stroke { return &strokes[curve%len(strokes)] }

// quantity is what a chart of the section draws for a point.
type quantity struct {
	id, title, name, alt string
	of                   func(experiments.EntryPoint) float64
	height               func(experiments.EntryPoint) float64 // on the axis; nil: the quantity itself
	axis                 object
}

// Powers are labelled by rich text, "2{e|8}", since options hold no functions.
var exponent = object{"e": object{
	"fontSize": 8, "verticalAlign": "top", "color": "--soft", "padding": []int{0, 0, 4, 0},
}}

var quantities = []quantity{
	{
		"entries-b", "Largest entry B", "B, log₂ scale",
		"Largest absolute entry of Q and K against the number n of vectors a side, from 2⁸ to 2⁴⁰ where the " +
			"route allows it.",
		func(p experiments.EntryPoint) float64 { return p.B }, nil,
		object{"type": "log", "logBase": 2, "min": 1, "minorSplitLine": object{"show": false}},
	},
	{
		"entries-ratio", "B over √ln n", "B / √ln n, log₂ scale",
		"The same entries divided by √ln n: a flat curve is Θ(√log n), a rising one grows faster.",
		func(p experiments.EntryPoint) float64 { return p.B / math.Sqrt(math.Log(p.N)) }, nil,
		object{"type": "log", "logBase": 2, "min": 1},
	},
	{
		"entries-tolerance", "Error tolerated", "ε, log₁₀ scale",
		"The error per output that the read-off tolerates, from 1/12 for the threshold route down to the " +
			"powers of n of the interpolation route.",
		func(p experiments.EntryPoint) float64 { return p.Tolerance },
		func(p experiments.EntryPoint) float64 { return math.Log10(p.Tolerance) },
		object{"max": 0, "axisLabel": object{"formatter": "10{e|{value}}", "rich": exponent}},
	},
}

func newEntries(e experiments.Entries) entries {
	shown := entries{}
	for i, c := range e.Curves {
		shown.Legend = append(shown.Legend, key{Text: c.Name, Stroke: strokeOf(i)})
	}
	if len(e.Curves) > 0 {
		for _, q := range quantities {
			shown.Figures = append(shown.Figures, q.figure(e.Curves))
		}
	}
	for _, d := range e.Decodings {
		shown.Decodings = append(shown.Decodings, decoding{
			d.N, d.D, d.Rows, d.Wrong, number(d.B), number(d.Tolerance),
		})
	}
	return shown
}

// markerEvery is the distance of markers on a curve, in powers of 2.
const markerEvery = 4

func (q quantity) figure(curves []experiments.EntryCurve) figure {
	shown := figure{ID: q.id, Title: q.title, Alt: q.alt, Height: 300}
	shown.Table = table{Caption: q.title, Head: []string{"n"}}
	rows := map[int][]string{} // by log₂ n, a cell a curve
	least, most := math.MaxInt, math.MinInt
	var series []object
	for i, c := range curves {
		stroke := strokeOf(i)
		shown.Table.Head = append(shown.Table.Head, c.Name)
		var points []object
		for _, p := range c.Points {
			log := int(math.Round(math.Log2(p.N)))
			least, most = min(least, log), max(most, log)
			if rows[log] == nil {
				rows[log] = make([]string, len(curves))
			}
			value := q.of(p)
			rows[log][i] = number(value)
			height := value
			if q.height != nil {
				height = q.height(p)
			}
			point := object{
				"value": []float64{float64(log), rounded(height)},
				"head":  "n = " + power(2, log),
				"tip":   number(value) + "   " + oneLine(c.Name),
			}
			if log%markerEvery != 0 {
				point["symbol"] = "none"
			}
			points = append(points, point)
		}
		line := object{"color": stroke.Colour, "width": 2, "type": "solid"}
		if stroke.Dash != nil {
			line["type"] = stroke.Dash
		}
		series = append(series, object{
			"type": "line", "name": c.Name, "data": points,
			"symbol": stroke.Marker, "symbolSize": 7, "showAllSymbol": true,
			"lineStyle": line, "itemStyle": object{"color": stroke.Colour},
		})
	}
	for log := least; log <= most; log++ {
		if cells := rows[log]; cells != nil && (log%markerEvery == 0 || log == least || log == most) {
			for i, cell := range cells {
				if cell == "" {
					cells[i] = none
				}
			}
			shown.Table.Rows = append(shown.Table.Rows, append([]string{power(2, log)}, cells...))
		}
	}
	shown.Chart = newChart(object{
		"grid": object{"left": 52, "right": 18, "top": 12, "bottom": 46},
		"xAxis": axis("value", "n, log₂ scale", 28, object{
			"min": least, "max": most, "interval": 2 * markerEvery,
			"axisLabel": object{"formatter": "2{e|{value}}", "rich": exponent},
		}),
		"yAxis":  axis("value", q.name, 36, q.axis),
		"series": series,
	})
	shown.Chart["tooltip"].(object)["trigger"] = "axis"
	return shown
}

// Outcome says how it went.
func (d decoding) Outcome() string { return fmt.Sprintf("%d of %d rows wrong", d.Wrong, d.Rows) }
