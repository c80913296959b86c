package reports

import (
	"bytes"
	"fmt"
	"html/template"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	fig "finegrain/figure"
)

// The figure in a page: a chart of ECharts in the page's style, its legend, caption and notes, its numbers as
// tables, and how to draw it again. Axes show positions, so a logarithmic one is a linear one of exponents, and the
// ticks are those of the other writers. Up to manyPoints, every point has its words; beyond, points are bare
// numbers, all of them drawn.

// manyPoints is the most points that have tooltips: beyond, they lie on one another, and their words would slow
// the page down.
const manyPoints = 3000

// evidence is a figure ready for the page, which template "evidence" writes.
type evidence struct {
	fig.Figure
	Height int
	Keys   []swatched
	Tables []table
	Chart  chart
	Again  [][2]string // what runs it again, but for the command
}

// Across reports whether the figure has so much to tell apart that it takes the whole width of the page.
func (e evidence) Across() bool { return len(e.Series) > 6 }

// swatched is an entry of the legend.
type swatched struct {
	Text   string
	Swatch template.HTML
}

// newEvidence makes a figure ready for the page, or says why it cannot be shown.
func newEvidence(f fig.Figure) (evidence, error) {
	if err := f.Validate(); err != nil {
		return evidence{}, err
	}
	b := &builder{Figure: f, looks: looksOf(f)}
	b.x, b.y = scalesOf(f, fewTicks+1)
	for _, s := range f.Series {
		b.points += len(s.Points)
	}
	return evidence{
		Figure: f, Height: 400 + b.below() - 50, Keys: b.keys(), Tables: tablesOf(f, tableRows), Chart: b.chart(), Again: again(f.Source)[1:],
	}, nil
}

// pageFigure is the figure as a page of several shows it.
func pageFigure(f fig.Figure) (figure, error) {
	e, err := newEvidence(f)
	if err != nil {
		return figure{}, err
	}
	return figure{ID: f.ID, Title: f.Title, Alt: f.Alt, Height: e.Height, Chart: e.Chart, Evidence: &e}, nil
}

// WriteHTML writes the figure as a page of its own, which needs nothing else.
func WriteHTML(w io.Writer, f fig.Figure) error {
	shown, err := newEvidence(f)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := templates.ExecuteTemplate(&out, "alone.html.tmpl", offline(map[string]any{"Figure": shown})); err != nil {
		return err
	}
	_, err = out.WriteTo(w)
	return err
}

// builder makes the options.
type builder struct {
	fig.Figure
	looks  []look
	x, y   scale
	points int
	series []object
}

func (b *builder) chart() chart {
	more := object{}
	if b.Grid != nil {
		if scale := b.cells(); scale != nil {
			more["visualMap"] = scale
		}
	}
	for i := range b.Series {
		b.band(i)
	}
	for i := range b.Series {
		b.curve(i)
	}
	for i := range b.Series {
		b.marks(i)
	}
	more["grid"] = object{
		"left": b.labelled(b.y) + 12 + lineHeight*lines(b.title(b.Y)), "right": 18, "top": 14, "bottom": b.below(),
		"outerBoundsMode": "none",
	}
	more["xAxis"] = b.axes(b.x, true)
	more["yAxis"] = b.axes(b.y, false)
	more["series"] = b.series
	c := newChart(more)
	if b.points > manyPoints {
		c["tooltip"].(object)["show"] = false
	}
	return c
}

// Sizes in CSS pixels. Titles of axes are broken so that they fit a chart 300 wide.
const (
	lineHeight = 15
	digitWidth = 7
	titleWidth = 32 // characters
	longName   = 10 // characters of a category, beyond which names are turned
	nameWidth  = 110
)

// raisedLabel sets exponents of ticks: "2{e|8}", since options hold no functions.
var raisedLabel = object{"e": object{
	"fontSize": 8, "verticalAlign": "top", "color": "--soft", "padding": []int{0, 0, 4, 0},
}}

func lines(s string) int { return strings.Count(s, "\n") + 1 }

// title is the axis's title, broken into lines.
func (b *builder) title(a fig.Axis) string {
	title, width := "", 0
	for word := range strings.FieldsSeq(axisTitle(a.Label, a.Unit)) {
		n := utf8.RuneCountInString(word)
		switch {
		case title == "":
		case width+1+n > titleWidth:
			title, width = title+"\n", 0
		default:
			title, width = title+" ", width+1
		}
		title, width = title+word, width+n
	}
	return title
}

// labelled is the room that the labels of a scale take beside it.
func (b *builder) labelled(s scale) int {
	longest := 0
	for _, t := range s.ticks {
		longest = max(longest, utf8.RuneCountInString(t.label))
	}
	return min(longest*digitWidth, nameWidth) + 10
}

// turned reports whether the names along x are turned.
func (b *builder) turned() bool {
	return b.X.Categories != nil && (len(b.X.Categories) > 6 || b.labelled(b.x) > longName*digitWidth)
}

// below is the room below the plot.
func (b *builder) below() int {
	room := 26 + 10 + lineHeight*lines(b.title(b.X))
	if b.turned() {
		room += b.labelled(b.x) - 12
	}
	if b.Grid != nil && b.Grid.Categories == nil {
		room += 36
	}
	return room
}

// axes are the axis that is shown and, for cells, one of categories that lies on it.
func (b *builder) axes(s scale, x bool) any {
	gap := b.labelled(s) + 4
	if x {
		gap = 28
		if b.turned() {
			gap = b.labelled(s) + 12
		}
	}
	var shown object
	if s.axis.Categories != nil {
		labels := object{"color": "--ink", "interval": 0, "hideOverlap": false, "lineHeight": lineHeight}
		if b.labelled(s) > nameWidth {
			labels["width"], labels["overflow"] = nameWidth, "break"
		}
		if x && b.turned() {
			labels["rotate"] = 90
		}
		shown = axis("category", b.title(s.axis), gap, object{
			"data": s.axis.Categories, "axisLabel": labels, "splitLine": object{"show": false},
		})
	} else {
		var at []float64
		for _, t := range s.ticks {
			at = append(at, s.near(t.at))
		}
		labels := object{"customValues": at, "showMinLabel": true, "showMaxLabel": true}
		if s.axis.Base != 0 {
			labels["formatter"] = strconv.Itoa(int(s.axis.Base)) + "{e|{value}}"
			labels["rich"] = raisedLabel
		}
		shown = axis("value", b.title(s.axis), gap, object{
			"min": s.low, "max": s.high, "axisLabel": labels, "axisTick": object{"customValues": at},
			"axisLine": object{"onZero": false}, "splitLine": object{"show": b.Grid == nil},
		})
	}
	shown["nameTextStyle"] = object{"color": "--soft", "fontSize": 12, "lineHeight": lineHeight}
	if b.Grid == nil {
		return shown
	}
	values := b.Grid.X
	if !x {
		values = b.Grid.Y
	}
	numbers := make([]int, len(values))
	for i := range numbers {
		numbers[i] = i
	}
	shown["z"] = 5
	return []object{shown, {"type": "category", "data": numbers, "show": false}}
}

// near is a position to a hundred-thousandth of the scale: less cannot be seen, and is not written.
func (s scale) near(at float64) float64 {
	places := 5 - int(math.Floor(math.Log10(s.high-s.low)))
	if places < 0 || places > 15 {
		x, _ := strconv.ParseFloat(strconv.FormatFloat(at, 'g', 12, 64), 64)
		return x
	}
	x, err := strconv.ParseFloat(strconv.FormatFloat(at, 'f', places, 64), 64)
	if err != nil {
		panic("reports: " + err.Error()) // FormatFloat writes what ParseFloat reads
	}
	return x
}

func (b *builder) at(p fig.Point) [2]float64 {
	return [2]float64{b.x.near(b.X.At(p.X)), b.y.near(b.Y.At(p.Y))}
}

// pair is a position of a value of Y at the point.
func (b *builder) pair(p fig.Point, y float64) [2]float64 {
	return b.at(fig.Point{X: p.X, Y: y})
}

// tip is what the tooltip says of the point.
func (b *builder) tip(s fig.Series, p fig.Point) string {
	y := axisTitle(b.Y.Label, b.Y.Unit) + ": "
	if p.Censored != "" {
		y += "> "
	}
	y += value(b.Y, p.Y)
	if p.Interval() {
		y += fmt.Sprintf(" (%s to %s)", whole(p.Low), whole(p.High))
	}
	lines := []string{legendText(s), axisTitle(b.X.Label, b.X.Unit) + ": " + value(b.X, p.X), y}
	if p.Censored != "" {
		lines = append(lines, "stopped by: "+p.Censored)
	}
	return strings.Join(lines, "\n")
}

// data are the points of a series: with words where there are few points, or bare.
func (b *builder) data(s fig.Series, points []fig.Point) any {
	bare := make([][2]float64, len(points))
	for i, p := range points {
		bare[i] = b.at(p)
	}
	if b.points > manyPoints {
		return bare
	}
	all := make([]object, len(points))
	for i, p := range points {
		all[i] = object{"value": bare[i], "tip": b.tip(s, p)}
	}
	return all
}

// silent is a series that does not answer the pointer.
func silent(kind string, data any, z int, more object) object {
	s := object{"type": kind, "data": data, "z": z, "silent": true, "tooltip": object{"show": false}}
	for k, v := range more {
		s[k] = v
	}
	return s
}

// band draws intervals of curves: an area over an invisible one. Positions are linear, so they may be stacked.
func (b *builder) band(k int) {
	s, l := b.Series[k], b.looks[k]
	if s.Kind == fig.Measured {
		return
	}
	for n, piece := range pieces(s.Points, fig.Point.Interval) {
		var low, more [][2]float64
		for _, p := range piece {
			from, to := b.pair(p, p.Low), b.pair(p, p.High)
			low = append(low, from)
			more = append(more, [2]float64{from[0], b.y.near(to[1] - from[1])})
		}
		stack := object{
			"stack": fmt.Sprintf("band-%d-%d", k, n), "stackStrategy": "all", "symbol": "none",
			"lineStyle": object{"width": 0},
		}
		b.series = append(b.series, silent("line", low, 1, stack))
		stack["areaStyle"] = object{"color": inks[l.colour].property, "opacity": 0.2}
		b.series = append(b.series, silent("line", more, 1, stack))
	}
}

// curve draws the line of a series.
func (b *builder) curve(k int) {
	s, l := b.Series[k], b.looks[k]
	if l.width == 0 {
		return
	}
	line := object{"color": inks[l.colour].property, "width": 1.6 * l.width, "type": "solid"}
	if l.dash != nil {
		line["type"] = l.dash
	}
	for _, piece := range pieces(s.Points, reached) {
		b.series = append(b.series, object{
			"type": "line", "name": legendText(s), "data": b.data(s, piece), "z": 2,
			"symbol": "circle", "symbolSize": 6, "showSymbol": false, "lineStyle": line,
			"itemStyle": object{"color": inks[l.colour].property},
		})
	}
}

// marks draws intervals of measurements and markers.
func (b *builder) marks(k int) {
	s, l := b.Series[k], b.looks[k]
	if !s.Kind.Marked() {
		return
	}
	colour := inks[l.colour].property
	var bars [][2]any
	var ends [][2]float64
	var measured, censored []fig.Point
	for _, p := range s.Points {
		if p.Censored != "" {
			censored = append(censored, p)
			continue
		}
		measured = append(measured, p)
		if p.Interval() && s.Kind == fig.Measured {
			low, high := b.pair(p, p.Low), b.pair(p, p.High)
			bars = append(bars, [2]any{low[0], low[1]}, [2]any{high[0], high[1]}, [2]any{high[0], nil})
			ends = append(ends, low, high)
		}
	}
	if bars != nil {
		b.series = append(b.series, silent("line", bars, 3, object{
			"symbol": "none", "lineStyle": object{"color": colour, "width": 1.2},
		}))
		if len(ends) <= manyPoints {
			b.series = append(b.series, silent("scatter", ends, 3, object{
				"symbol": "rect", "symbolSize": []float64{7, 1.2}, "itemStyle": object{"color": colour, "opacity": 1},
			}))
		}
	}
	if measured != nil {
		m := markers[l.marker]
		style := object{"color": "--paper", "borderColor": colour, "borderWidth": 1.5, "opacity": 1}
		if m.filled {
			style = object{"color": colour, "opacity": 1}
		}
		scatter := object{
			"type": "scatter", "name": legendText(s), "data": b.data(s, measured), "z": 4,
			"symbol": m.symbol(), "symbolSize": 3.4 * l.size, "itemStyle": style,
		}
		if b.points > manyPoints {
			scatter["large"], scatter["largeThreshold"], scatter["silent"] = true, manyPoints, true
			scatter["symbol"], scatter["symbolSize"] = largeSymbols[l.marker], 4
		}
		b.series = append(b.series, scatter)
	}
	if censored != nil {
		b.series = append(b.series, object{
			"type": "scatter", "name": legendText(s), "data": b.data(s, censored), "z": 4,
			"symbol": stoppedSymbol, "symbolSize": []int{10, 16}, "symbolOffset": []any{0, "-50%"},
			"itemStyle": object{"color": "--paper", "borderColor": colour, "borderWidth": 1.5, "opacity": 1},
		})
	}
}

// largeSymbols stand for the markers where there are many points, of which ECharts draws only its own shapes. What
// is open stays open.
var largeSymbols = [fig.MaxMarked]string{"circle", "rect", "diamond", "triangle", "circle", "rect", "diamond", "roundRect"}

// stoppedSymbol is the sign of a censored point, whose foot is the value.
const stoppedSymbol = "path://M0 8L5 0L10 8ZM5 8L5 16"

// symbol is the marker as ECharts draws it.
func (m marker) symbol() string {
	if m.circle {
		return "circle"
	}
	return "path://" + m.path(10)
}

// path is the marker as the path of an SVG, with the radius, y downwards.
func (m marker) path(r float64) string {
	var b strings.Builder
	if m.circle {
		return fmt.Sprintf("M%g 0A%g %g 0 1 1 %g 0A%g %g 0 1 1 %g 0Z", r, r, r, -r, r, r, r)
	}
	for _, line := range m.lines {
		for i, p := range line {
			fmt.Fprintf(&b, "%c%.4g %.4g", "ML"[min(i, 1)], p[0]*r, -p[1]*r)
		}
		if m.closed {
			b.WriteByte('Z')
		}
	}
	return b.String()
}

// cells draws the grid and returns the scale of its values, which one of categories has not.
func (b *builder) cells() object {
	g := b.Grid
	axis := fig.Axis{Base: g.Base}
	values := gridScale(g, fewTicks)
	heat := func(data []object, style object, more object) {
		s := object{
			"type": "heatmap", "xAxisIndex": 1, "yAxisIndex": 1, "data": data, "z": 0,
			"itemStyle": style, "emphasis": object{"itemStyle": object{"borderColor": "--ink"}},
		}
		for k, v := range more {
			s[k] = v
		}
		b.series = append(b.series, s)
	}
	classes := make([][]object, max(1, len(g.Categories)))
	var unvalued []object
	for j, y := range g.Y {
		for i, x := range g.X {
			tip := axisTitle(b.X.Label, b.X.Unit) + ": " + value(b.X, x) + "\n" + axisTitle(b.Y.Label, b.Y.Unit) + ": " + value(b.Y, y) + "\n"
			if why := g.Why(i, j); why != "" {
				unvalued = append(unvalued, object{"value": []int{i, j}, "tip": tip + "stopped by: " + why})
				continue
			}
			v := g.Values[j][i]
			tip += axisTitle(g.Label, g.Unit) + ": " + value(fig.Axis{Categories: g.Categories}, v)
			k, at := 0, values.near(axis.At(v))
			if g.Categories != nil {
				k, at = int(v), 0
			}
			classes[k] = append(classes[k], object{"value": []float64{float64(i), float64(j), at}, "tip": tip})
		}
	}
	line := object{"borderColor": "--paper", "borderWidth": 0.5}
	var scale object
	if g.Categories == nil {
		heat(classes[0], line, nil)
		scale = object{
			"type": "continuous", "min": values.low, "max": values.high, "seriesIndex": 0,
			"orient": "horizontal", "left": "center", "bottom": 2, "itemWidth": 10, "itemHeight": 150,
			"text":      []string{numberAt(axis, values.high), numberAt(axis, values.low)},
			"textStyle": object{"color": "--ink", "fontSize": 11},
			"inRange":   object{"color": []string{"--heat-0", "--heat-1", "--heat-2", "--heat-3"}},
		}
	} else {
		for k, data := range classes {
			if data != nil {
				heat(data, object{
					"borderColor": "--paper", "borderWidth": 0.5, "color": hexOf(tiles[k].fill), "opacity": 1,
				}, object{"label": object{"show": true, "formatter": letter(k), "color": "#1d1d1f", "fontSize": 12}})
			}
		}
	}
	if unvalued != nil {
		b.series = append(b.series, object{
			"type": "scatter", "xAxisIndex": 1, "yAxisIndex": 1, "data": unvalued, "z": 1,
			"symbol": "path://M0 0L10 10M0 10L10 0", "symbolSize": 12,
			"itemStyle": object{"color": "transparent", "borderColor": "--soft", "borderWidth": 1.5, "opacity": 1},
		})
	}
	return scale
}

// letter names a category in its cells and in the legend.
func letter(k int) string { return string(rune('A' + k)) }

// numberAt is the number at a position of the scale.
func numberAt(a fig.Axis, at float64) string {
	if a.Base != 0 {
		at = math.Pow(a.Base, at)
	}
	return number(at)
}

// keys are the legend's entries.
func (b *builder) keys() (all []swatched) {
	svg := func(inner string) template.HTML {
		return template.HTML(`<svg width="42" height="16" viewBox="-21 -8 42 16" aria-hidden="true">` + inner + `</svg>`)
	}
	for k, s := range b.Series {
		l := b.looks[k]
		stroke := fmt.Sprintf(`stroke="var(%s)"`, inks[l.colour].property)
		inner := ""
		if l.width > 0 {
			dash := strings.Trim(fmt.Sprint(l.dash), "[]")
			inner += fmt.Sprintf(`<path d="M-20 0H20" %s stroke-width="%g" stroke-dasharray="%s" fill="none"/>`, stroke, 1.6*l.width, dash)
		}
		if l.marker >= 0 {
			m, fill := markers[l.marker], "var(--paper)"
			if m.filled {
				fill = fmt.Sprintf("var(%s)", inks[l.colour].property)
			}
			inner += fmt.Sprintf(`<path d="%s" %s stroke-width="1.5" fill="%s"/>`, m.path(1.5*l.size), stroke, fill)
		}
		all = append(all, swatched{legendText(s), svg(inner)})
	}
	if hasCensored(b.Figure) {
		all = append(all, swatched{stoppedText, svg(`<path d="M-5 0L0 -7L5 0ZM0 0V7" stroke="var(--ink)" stroke-width="1.5" fill="var(--paper)"/>`)})
	}
	if g := b.Grid; g != nil {
		if g.Categories == nil {
			inner := ""
			for k := range shades {
				inner += fmt.Sprintf(`<rect x="%d" y="-6" width="10" height="12" fill="var(--heat-%d)"/>`, 10*k-20, k)
			}
			all = append(all, swatched{axisTitle(g.Label, g.Unit) + ", on the scale below the plot", svg(inner)})
		}
		for k, name := range g.Categories {
			all = append(all, swatched{name, svg(fmt.Sprintf(
				`<rect x="-10" y="-8" width="20" height="16" fill="%s"/><text y="4" text-anchor="middle" font-size="11" fill="#1d1d1f">%s</text>`,
				hexOf(tiles[k].fill), letter(k)))})
		}
		if hasUnvalued(g) {
			all = append(all, swatched{unvaluedText, svg(`<path d="M-6 -6L6 6M-6 6L6 -6" stroke="var(--soft)" stroke-width="1.5"/>`)})
		}
	}
	return all
}
