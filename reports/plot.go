package reports

import (
	"image/color"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	fig "finegrain/figure"
)

// Drawings for print, on gonum/plot: axes and ticks are its own, series and cells are drawn here, and the legend
// lies below the plot, where nothing is. Words are 9 pt and exponents 7 pt at either width. The title and the
// caption are not drawn, since a paper sets its own; the files carry them as metadata.

// Widths of drawings: that of a page, and that of a column of two.
const (
	PageWidth   = 16 * vg.Centimeter
	ColumnWidth = 8.5 * vg.Centimeter
)

var (
	paper    = color.RGBA{0xff, 0xff, 0xff, 0xff}
	gridInk  = color.RGBA{0xe2, 0xe2, 0xe2, 0xff}
	hatchInk = color.RGBA{0x40, 0x40, 0x46, 0xff}
)

const (
	swatchWidth = vg.Length(26)
	swatchGap   = vg.Length(5)
	entryGap    = vg.Length(14)
	barWidth    = vg.Length(9)
	edge        = vg.Length(3) // free around the drawing
	above       = vg.Length(3) // by which the exponent of a tick at the top stands out
)

// drawing is a figure laid out.
type drawing struct {
	fig.Figure
	plot          *plot.Plot
	script        script
	looks         []look
	legend        []placed
	values        scale     // of the grid, if it has numbers
	width, height vg.Length // of all
	below         vg.Length // height of the legend
	beside        vg.Length // width of the scale of values
}

// placed is an entry of the legend; x and y are its upper left corner, from that of the legend.
type placed struct {
	text   string
	swatch func(c draw.Canvas)
	x, y   vg.Length
}

// newDrawing lays the figure out; words are set by the handler.
func newDrawing(f fig.Figure, width vg.Length, words script) (*drawing, error) {
	if err := f.Validate(); err != nil {
		return nil, err
	}
	if err := settable(f.ID, drawnTexts(f)); err != nil {
		return nil, err
	}
	most := manyTicks
	if width < 12*vg.Centimeter {
		most = fewTicks
	}
	d := &drawing{Figure: f, looks: looksOf(f), width: width, script: words}
	x, y := scalesOf(f, most)
	height := max(0.54*width, 6*vg.Centimeter)
	d.plot = plot.New()
	d.plot.TextHandler = words
	d.plot.BackgroundColor = nil
	d.axis(&d.plot.X, x, 0.9*width, 0.8*width/vg.Length(len(x.ticks)))
	d.axis(&d.plot.Y, y, 0.95*height, 0.3*width)
	d.plot.Y.Padding, d.plot.X.Padding = 0, 0
	d.plot.Add(plotter(d.rules))
	if f.Grid != nil {
		d.plot.Add(plotter(d.cells))
		if f.Grid.Categories == nil {
			d.values = gridScale(f.Grid, fewTicks)
			d.beside = d.scaleBar(nil, height)
		}
	}
	d.plot.Add(plotter(d.curves))
	d.layLegend()
	const trial = vg.Length(2000)
	whole := draw.NewCanvas(nil, d.width-d.beside-2*edge, trial)
	inner := d.plot.DataCanvas(whole)
	d.height = height + trial - (inner.Max.Y - inner.Min.Y) + d.below + 2*edge + above
	return d, nil
}

// drawnTexts are the texts of a figure that stand in drawings.
func drawnTexts(f fig.Figure) []string {
	all := []string{f.X.Label, f.X.Unit, f.Y.Label, f.Y.Unit}
	all = append(append(all, f.X.Categories...), f.Y.Categories...)
	for _, s := range f.Series {
		all = append(all, s.Name)
	}
	if f.Grid != nil {
		all = append(append(all, f.Grid.Label, f.Grid.Unit), f.Grid.Categories...)
	}
	return all
}

// axis sets up an axis; labels of ticks are broken where they are wider than room, or turned where a word is.
func (d *drawing) axis(a *plot.Axis, s scale, length, room vg.Length) {
	a.Min, a.Max = s.low, s.high
	a.LineStyle = draw.LineStyle{Color: inks[inkBlack].paper, Width: 0.6}
	a.Label.TextStyle, a.Tick.Label = d.script.style(), d.script.style()
	a.Label.TextStyle.XAlign, a.Label.TextStyle.YAlign = draw.XCenter, draw.YBottom
	a.Label.Text = setScript.wrap(axisTitle(s.axis.Label, s.axis.Unit), a.Label.TextStyle.Font, length)
	a.Label.Padding = 3
	a.Tick.Label.XAlign, a.Tick.Label.YAlign = draw.XRight, draw.YCenter
	if a == &d.plot.X { // gonum sets labels against the ticks; exponents need room
		a.Tick.Label.XAlign, a.Tick.Label.YAlign = draw.XCenter, draw.YTop-0.3
		a.Label.Padding = 6
	}
	a.Tick.LineStyle, a.Tick.Length = a.LineStyle, 4
	turned := false
	if s.axis.Categories != nil && a == &d.plot.X {
		for _, t := range s.ticks {
			for word := range strings.FieldsSeq(t.label) {
				turned = turned || a.Tick.Label.Width(word) > room
			}
		}
	}
	if turned {
		a.Tick.Label.Rotation, room = quadrant, 120
		a.Tick.Label.XAlign, a.Tick.Label.YAlign = draw.XRight, draw.YCenter
	}
	var ticks plot.ConstantTicks
	for _, t := range s.ticks {
		label := t.label
		if s.axis.Categories != nil {
			label = setScript.wrap(label, a.Tick.Label.Font, room)
		}
		switch {
		case turned: // away from the tick
			label = strings.ReplaceAll(label, "\n", " \n") + " "
		case s.axis.Categories != nil && a == &d.plot.Y: // where the font is wider than here it grows towards the axis
			label += strings.Repeat(" ", len([]rune(label))/4)
		}
		ticks = append(ticks, plot.Tick{Value: t.at, Label: label})
	}
	for _, at := range s.minor {
		ticks = append(ticks, plot.Tick{Value: at})
	}
	a.Tick.Marker = ticks
}

// plotter makes a function something that a plot draws.
type plotter func(c draw.Canvas, x, y func(float64) vg.Length)

// Plot implements plot.Plotter.
func (p plotter) Plot(c draw.Canvas, of *plot.Plot) {
	x, y := of.Transforms(&c)
	p(c, x, y)
}

// draw draws all onto the canvas, which has the drawing's size.
func (d *drawing) draw(on vg.Canvas) {
	c := draw.NewCanvas(on, d.width, d.height)
	c.SetColor(paper)
	c.Fill(c.Rectangle.Path())
	upper := draw.Crop(c, edge, -edge-d.beside, edge+d.below, -edge-above)
	d.plot.Draw(upper)
	inner := d.plot.DataCanvas(upper)
	if d.beside > 0 {
		side := c
		side.Rectangle = vg.Rectangle{
			Min: vg.Point{X: inner.Max.X, Y: inner.Min.Y},
			Max: vg.Point{X: c.Max.X, Y: inner.Max.Y},
		}
		d.scaleBar(&side, side.Max.Y-side.Min.Y)
	}
	for _, e := range d.legend {
		at := vg.Point{X: edge + e.x, Y: edge + d.below - e.y}
		sty := d.script.style()
		line := sty.FontExtents().Height
		swatch := c
		swatch.Rectangle = vg.Rectangle{
			Min: vg.Point{X: at.X, Y: at.Y - line},
			Max: vg.Point{X: at.X + swatchWidth, Y: at.Y},
		}
		e.swatch(swatch)
		sty.YAlign = draw.YTop
		c.FillText(sty, vg.Point{X: at.X + swatchWidth + swatchGap, Y: at.Y}, e.text)
	}
}

// rules are light lines at the ticks.
func (d *drawing) rules(c draw.Canvas, x, y func(float64) vg.Length) {
	rule := draw.LineStyle{Color: gridInk, Width: 0.5}
	each := func(a plot.Axis, line func(at float64)) {
		for _, t := range a.Tick.Marker.Ticks(a.Min, a.Max) {
			if !t.IsMinor() && t.Value >= a.Min && t.Value <= a.Max {
				line(t.Value)
			}
		}
	}
	each(d.plot.X, func(at float64) { c.StrokeLine2(rule, x(at), c.Min.Y, x(at), c.Max.Y) })
	each(d.plot.Y, func(at float64) { c.StrokeLine2(rule, c.Min.X, y(at), c.Max.X, y(at)) })
}

// curves draws the series: bands first, then lines, then intervals and markers, so that no data are hidden.
func (d *drawing) curves(c draw.Canvas, x, y func(float64) vg.Length) {
	at := func(px, py float64) vg.Point { return vg.Point{X: x(d.X.At(px)), Y: y(d.Y.At(py))} }
	for i, s := range d.Series {
		if s.Kind == fig.Measured {
			continue
		}
		tint := inks[d.looks[i].colour].paper
		light := func(v uint8) uint8 { return uint8(255 - (255-int(v))*22/100) }
		tint = color.RGBA{light(tint.R), light(tint.G), light(tint.B), 0xff}
		for _, piece := range pieces(s.Points, fig.Point.Interval) {
			var outline []vg.Point
			for _, p := range piece {
				outline = append(outline, at(p.X, p.High))
			}
			for k := len(piece) - 1; k >= 0; k-- {
				outline = append(outline, at(piece[k].X, piece[k].Low))
			}
			c.FillPolygon(tint, c.ClipPolygonXY(outline))
		}
	}
	for i, s := range d.Series {
		if d.looks[i].width == 0 {
			continue
		}
		for _, piece := range pieces(s.Points, reached) {
			var line []vg.Point
			for _, p := range piece {
				line = append(line, at(p.X, p.Y))
			}
			c.StrokeLines(d.looks[i].line(), c.ClipLinesXY(line)...)
		}
	}
	for i, s := range d.Series {
		if !s.Kind.Marked() {
			continue
		}
		look := d.looks[i]
		var points, ends []vg.Point
		var bars vg.Path
		for _, p := range s.Points {
			if p.Censored != "" {
				ends = append(ends, at(p.X, p.Y))
				continue
			}
			points = append(points, at(p.X, p.Y))
			if p.Interval() && s.Kind == fig.Measured {
				low, high := at(p.X, p.Low), at(p.X, p.High)
				for _, end := range []vg.Point{low, high} {
					bars.Move(end.Add(vg.Point{X: -2}))
					bars.Line(end.Add(vg.Point{X: 2}))
				}
				bars.Move(low)
				bars.Line(high)
			}
		}
		c.SetLineStyle(draw.LineStyle{Color: inks[look.colour].paper, Width: 0.7})
		if bars != nil {
			c.Stroke(bars)
		}
		look.mark(c, points)
		look.stop(c, ends)
	}
}

// reached reports whether the point is measured to its end.
func reached(p fig.Point) bool { return p.Censored == "" }

// pieces are the longest stretches of neighbouring points that hold.
func pieces(points []fig.Point, holds func(fig.Point) bool) (all [][]fig.Point) {
	start := 0
	for i := 0; i <= len(points); i++ {
		if i < len(points) && holds(points[i]) {
			continue
		}
		if i > start {
			all = append(all, points[start:i])
		}
		start = i + 1
	}
	return all
}

func (l look) line() draw.LineStyle {
	s := draw.LineStyle{Color: inks[l.colour].paper, Width: vg.Length(l.width)}
	for _, d := range l.dash {
		s.Dashes = append(s.Dashes, vg.Length(d))
	}
	return s
}

// mark draws the look's marker at the points, all in one path.
func (l look) mark(c draw.Canvas, at []vg.Point) {
	if len(at) == 0 {
		return
	}
	m, r := markers[l.marker], vg.Length(l.size)
	var path vg.Path
	for _, p := range at {
		if m.circle {
			circle(&path, p, r)
		}
		for _, line := range m.lines {
			trace(&path, p, line, r, m.closed)
		}
	}
	if closed := m.circle || m.closed; closed {
		c.SetColor(paper)
		if m.filled {
			c.SetColor(inks[l.colour].paper)
		}
		c.Fill(path)
	}
	if !m.filled {
		c.SetLineStyle(draw.LineStyle{Color: inks[l.colour].paper, Width: 0.9})
		c.Stroke(path)
	}
}

// stop draws the signs of censored points.
func (l look) stop(c draw.Canvas, at []vg.Point) {
	if len(at) == 0 {
		return
	}
	var stems, triangles vg.Path
	for _, p := range at {
		trace(&stems, p, stopped.stem, 2.4, false)
		trace(&triangles, p, stopped.triangle, 2.4, true)
	}
	c.SetColor(paper)
	c.Fill(triangles)
	c.SetLineStyle(draw.LineStyle{Color: inks[l.colour].paper, Width: 0.9})
	c.Stroke(stems)
	c.Stroke(triangles)
}

func trace(path *vg.Path, at vg.Point, line [][2]float64, r vg.Length, closed bool) {
	for i, v := range line {
		to := at.Add(vg.Point{X: vg.Length(v[0]) * r, Y: vg.Length(v[1]) * r})
		if i == 0 {
			path.Move(to)
		} else {
			path.Line(to)
		}
	}
	if closed {
		path.Close()
	}
}

// circle adds one of four Bézier curves, whose radius is right to 0.03 %.
func circle(path *vg.Path, at vg.Point, r vg.Length) {
	const k = 0.5522847498 // 4/3·(√2 − 1)
	to := func(x, y vg.Length) vg.Point { return at.Add(vg.Point{X: x * r, Y: y * r}) }
	path.Move(to(1, 0))
	path.CubeTo(to(1, k), to(k, 1), to(0, 1))
	path.CubeTo(to(-k, 1), to(-1, k), to(-1, 0))
	path.CubeTo(to(-1, -k), to(-k, -1), to(0, -1))
	path.CubeTo(to(k, -1), to(1, -k), to(1, 0))
	path.Close()
}

// cells draws the grid.
func (d *drawing) cells(c draw.Canvas, x, y func(float64) vg.Length) {
	g := d.Grid
	left, right := fig.Cells(d.X, g.X)
	low, high := fig.Cells(d.Y, g.Y)
	wide, tall := (right-left)/float64(len(g.X)), (high-low)/float64(len(g.Y))
	for j := range g.Y {
		for i := range g.X {
			box := vg.Rectangle{
				Min: vg.Point{X: x(left + float64(i)*wide), Y: y(low + float64(j)*tall)},
				Max: vg.Point{X: x(left + float64(i+1)*wide), Y: y(low + float64(j+1)*tall)},
			}
			switch {
			case g.Why(i, j) != "":
				unvalued(c, box)
			case g.Categories != nil:
				tiles[int(g.Values[j][i])].draw(c, box)
			default:
				at := (fig.Axis{Base: g.Base}).At(g.Values[j][i])
				c.SetColor(shade(d.values.fraction(at)))
				c.Fill(box.Path())
			}
		}
	}
	c.SetLineStyle(draw.LineStyle{Color: paper, Width: 0.4})
	var lines vg.Path
	for i := 1; i < len(g.X); i++ {
		lines.Move(vg.Point{X: x(left + float64(i)*wide), Y: c.Min.Y})
		lines.Line(vg.Point{X: x(left + float64(i)*wide), Y: c.Max.Y})
	}
	for j := 1; j < len(g.Y); j++ {
		lines.Move(vg.Point{X: c.Min.X, Y: y(low + float64(j)*tall)})
		lines.Line(vg.Point{X: c.Max.X, Y: y(low + float64(j)*tall)})
	}
	if lines != nil {
		c.Stroke(lines)
	}
}

// unvalued draws a cell without a value: white, crossed out.
func unvalued(c draw.Canvas, box vg.Rectangle) {
	c.SetColor(paper)
	c.Fill(box.Path())
	line := draw.LineStyle{Color: hatchInk, Width: 0.5}
	c.StrokeLine2(line, box.Min.X, box.Min.Y, box.Max.X, box.Max.Y)
	c.StrokeLine2(line, box.Min.X, box.Max.Y, box.Max.X, box.Min.Y)
	c.SetLineStyle(line)
	c.Stroke(box.Path())
}

// draw fills the box and hatches it with lines that continue in the boxes beside.
func (t tile) draw(c draw.Canvas, box vg.Rectangle) {
	c.SetColor(t.fill)
	c.Fill(box.Path())
	inside := c
	inside.Rectangle = box
	sty := draw.LineStyle{Color: hatchInk, Width: 0.45}
	for _, angle := range t.angles {
		for _, line := range hatch(box, angle, vg.Length(t.gap)) {
			inside.StrokeLines(sty, inside.ClipLinesXY(line)...)
		}
	}
}

// hatch is lines at an angle of 0, 45, −45 or 90 degrees that cover the box.
func hatch(box vg.Rectangle, angle float64, gap vg.Length) (lines [][]vg.Point) {
	size := box.Size()
	first := func(low vg.Length) vg.Length { return gap * vg.Length(int(low/gap)-1) }
	switch angle {
	case 0:
		for y := first(box.Min.Y); y <= box.Max.Y; y += gap {
			if y > box.Min.Y {
				lines = append(lines, []vg.Point{{X: box.Min.X, Y: y}, {X: box.Max.X, Y: y}})
			}
		}
	case 90:
		for x := first(box.Min.X); x <= box.Max.X; x += gap {
			if x > box.Min.X {
				lines = append(lines, []vg.Point{{X: x, Y: box.Min.Y}, {X: x, Y: box.Max.Y}})
			}
		}
	default: // along x − y or x + y constant
		step := gap * 1.41421356
		sign := vg.Length(angle / 45)
		low := box.Min.X - max(sign*box.Min.Y, sign*box.Max.Y)
		for k := step * vg.Length(int(low/step)-1); k <= low+size.X+size.Y; k += step {
			lines = append(lines, []vg.Point{
				{X: k + sign*box.Min.Y, Y: box.Min.Y},
				{X: k + sign*box.Max.Y, Y: box.Max.Y},
			})
		}
	}
	return lines
}

// scaleBar draws the scale of values along the left of the canvas, which may be nil, and returns the width that
// it takes.
func (d *drawing) scaleBar(c *draw.Canvas, height vg.Length) vg.Length {
	sty := d.script.style()
	title := setScript.wrap(axisTitle(d.Grid.Label, d.Grid.Unit), sty.Font, height)
	widest := vg.Length(0)
	for _, t := range d.values.ticks {
		widest = max(widest, sty.Width(t.label))
	}
	const gap, tick = 8, 3
	width := gap + barWidth + tick + 2 + widest + 4 + sty.Height(title) + edge
	if c == nil {
		return width
	}
	left, right := c.Min.X+gap, c.Min.X+gap+barWidth
	const steps = 64
	for k := range steps {
		low, high := c.Y(float64(k)/steps), c.Y(float64(k+1)/steps)
		c.SetColor(shade((float64(k) + 0.5) / steps))
		c.Fill(vg.Rectangle{Min: vg.Point{X: left, Y: low}, Max: vg.Point{X: right, Y: high}}.Path())
	}
	line := draw.LineStyle{Color: inks[inkBlack].paper, Width: 0.6}
	c.StrokeLines(line, []vg.Point{
		{X: left, Y: c.Min.Y},
		{X: right, Y: c.Min.Y},
		{X: right, Y: c.Max.Y},
		{X: left, Y: c.Max.Y},
		{X: left, Y: c.Min.Y},
	})
	sty.XAlign, sty.YAlign = draw.XLeft, draw.YCenter
	for _, t := range d.values.ticks {
		y := c.Y(d.values.fraction(t.at))
		c.StrokeLine2(line, right, y, right+tick, y)
		c.FillText(sty, vg.Point{X: right + tick + 2, Y: y}, t.label)
	}
	turned := d.script.style()
	turned.Rotation, turned.XAlign, turned.YAlign = quadrant, draw.XCenter, draw.YTop
	c.FillText(turned, vg.Point{X: right + tick + 2 + widest + 4, Y: c.Center().Y}, title)
	return width
}

// substitute is how much wider words may come out than they are measured: an SVG's reader may have other fonts than those
// that it names, of which DejaVu Sans is the widest in common use.
const substitute = 1.15

// layLegend makes the entries and places them in rows from the left.
func (d *drawing) layLegend() {
	for i, s := range d.Series {
		look := d.looks[i]
		d.legend = append(d.legend, placed{text: legendText(s), swatch: look.swatch})
	}
	if hasCensored(d.Figure) {
		sign := look{colour: inkBlack}
		d.legend = append(d.legend, placed{text: stoppedText, swatch: func(c draw.Canvas) {
			sign.stop(c, []vg.Point{{X: c.Center().X, Y: c.Min.Y + 0.5}})
		}})
	}
	if g := d.Grid; g != nil {
		for k, name := range g.Categories {
			d.legend = append(d.legend, placed{text: name, swatch: func(c draw.Canvas) { tiles[k].draw(c, inset(c)) }})
		}
		if hasUnvalued(g) {
			d.legend = append(d.legend, placed{text: unvaluedText, swatch: func(c draw.Canvas) { unvalued(c, inset(c)) }})
		}
	}
	sty := d.script.style()
	x, y, row := vg.Length(0), vg.Length(6), vg.Length(0)
	whole := d.width - 2*edge
	for i := range d.legend {
		e := &d.legend[i]
		e.text = setScript.wrap(e.text, sty.Font, (whole-swatchWidth-swatchGap)/substitute)
		width, height := swatchWidth+swatchGap+substitute*sty.Width(e.text), sty.Height(e.text)
		if x > 0 && x+width > whole {
			x, y, row = 0, y+row+2, 0
		}
		e.x, e.y = x, y
		x, row = x+width+entryGap, max(row, height)
	}
	if len(d.legend) > 0 {
		d.below = y + row + 2
	}
}

// inset is the middle of a swatch.
func inset(c draw.Canvas) vg.Rectangle {
	return vg.Rectangle{Min: c.Min.Add(vg.Point{X: 3, Y: 1}), Max: c.Max.Add(vg.Point{X: -3, Y: -1})}
}

// swatch draws what the legend shows of the look.
func (l look) swatch(c draw.Canvas) {
	middle := c.Center()
	if l.width > 0 {
		c.StrokeLine2(l.line(), c.Min.X, middle.Y, c.Max.X, middle.Y)
	}
	if l.marker >= 0 {
		l.mark(c, []vg.Point{middle})
	}
}
