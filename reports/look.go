package reports

import (
	"fmt"
	"image/color"

	fig "finegrain/figure"
)

// Looks of series, the same in every writer. Kinds differ without colour: measured points are large markers
// without a line, computed ones small markers on a thin line, fitted curves dashed, theory solid and without
// markers, limits dash-dotted. Within a kind, markers, dashes, or width and grey tell the series apart; colour
// says it again. What belongs to another series has its colour, such as a fitted curve that of its data; any other fitted curve, the
// k-th, has that of the k-th marked series.

// look is how a series is drawn.
type look struct {
	colour int       // index in inks
	width  float64   // of the line, pt; 0: no line
	dash   []float64 // pt; nil: solid
	marker int       // index in markers; -1: none
	size   float64   // radius of the marker, pt
}

// ink is a colour for paper and the custom property that names it in pages, which have a dark one too.
type ink struct {
	paper    color.RGBA
	property string
}

// inks are those of page.css, after Okabe and Ito, and last two of text.
var inks = []ink{
	{color.RGBA{0x00, 0x72, 0xb2, 0xff}, "--curve-1"},
	{color.RGBA{0xd5, 0x5e, 0x00, 0xff}, "--curve-2"},
	{color.RGBA{0x00, 0x9e, 0x73, 0xff}, "--curve-3"},
	{color.RGBA{0xb0, 0x55, 0x8a, 0xff}, "--curve-4"},
	{color.RGBA{0x80, 0x60, 0x00, 0xff}, "--curve-5"},
	{color.RGBA{0x00, 0x00, 0x00, 0xff}, "--ink"},
	{color.RGBA{0x80, 0x80, 0x86, 0xff}, "--soft"},
}

const (
	curveInks = 5
	inkBlack  = 5
	inkSoft   = 6
)

// hexOf is a colour in HTML's notation.
func hexOf(c color.RGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// marker is a shape in a square from -1 to 1, y upwards: closed polygons and open lines. What is not filled is
// drawn with an outline on the colour of the paper.
type marker struct {
	filled bool
	circle bool
	lines  [][][2]float64 // without circle; a cross has two
	closed bool
	tex    string // of pgfplots
}

var square = [][][2]float64{{{-0.85, -0.85}, {0.85, -0.85}, {0.85, 0.85}, {-0.85, 0.85}}}

var markers = []marker{
	{filled: true, circle: true, tex: "*"},
	{lines: square, closed: true, tex: "square"},
	{filled: true, lines: [][][2]float64{{{0, -1.2}, {1.2, 0}, {0, 1.2}, {-1.2, 0}}}, closed: true, tex: "diamond*"},
	{lines: [][][2]float64{{{-0.9, -0.9}, {0.9, 0.9}}, {{-0.9, 0.9}, {0.9, -0.9}}}, tex: "x"},
	{circle: true, tex: "o"},
	{filled: true, lines: square, closed: true, tex: "square*"},
	{lines: [][][2]float64{{{0, -1.2}, {1.2, 0}, {0, 1.2}, {-1.2, 0}}}, closed: true, tex: "diamond"},
	{lines: [][][2]float64{{{-1.1, 0}, {1.1, 0}}, {{0, -1.1}, {0, 1.1}}}, tex: "+"},
}

// stopped marks what was censored: an open triangle on a stem that stands on the value reached, upwards to where
// the true one is. In units of a marker's radius.
var stopped = struct{ stem, triangle [][2]float64 }{
	stem:     [][2]float64{{0, 0}, {0, 2}},
	triangle: [][2]float64{{-1.2, 2}, {1.2, 2}, {0, 4}},
}

var fittedDashes = [][]float64{
	{5, 2.5},
	{2.5, 1.8},
	{9, 3},
	{1.2, 1.5},
	{5, 5},
	{9, 2, 4, 2},
	{2.5, 5},
	{14, 4},
}

var limitDashes = [][]float64{
	{7, 2, 1, 2},
	{7, 2, 1, 2, 1, 2},
	{12, 2, 1, 2},
	{12, 2, 1, 2, 1, 2, 1, 2},
}

// looksOf are the looks of a valid figure's series.
func looksOf(f fig.Figure) []look {
	var looks []look
	marked, of := 0, map[fig.Kind]int{}
	colours := map[string]int{} // of marked series
	for _, s := range f.Series {
		if s.Kind.Marked() && s.Of == "" {
			colours[s.Name] = len(colours) % curveInks
		}
	}
	for _, s := range f.Series {
		k := of[s.Kind]
		of[s.Kind]++
		l := look{colour: k % curveInks, marker: -1}
		switch s.Kind {
		case fig.Measured:
			l = look{colour: colours[s.Name], marker: marked, size: 2.4}
			marked++
		case fig.Computed:
			l = look{colour: colours[s.Name], marker: marked, size: 1.5, width: 0.7}
			marked++
		case fig.Fitted:
			l.width, l.dash = 1.1, fittedDashes[k]
		case fig.Theory:
			l.width = []float64{1.1, 1.1, 2.2, 2.2}[k]
			l.colour = []int{inkBlack, inkSoft, inkBlack, inkSoft}[k]
		case fig.Limit:
			l.width, l.dash, l.colour = 1.1, limitDashes[k], inkBlack
		}
		if colour, ok := colours[s.Of]; ok {
			l.colour = colour
		}
		looks = append(looks, l)
	}
	return looks
}

// legendText is what a legend says of a series.
func legendText(s fig.Series) string { return s.Name + " (" + s.Kind.String() + ")" }

// hasCensored reports whether a point of a series was censored.
func hasCensored(f fig.Figure) bool {
	for _, s := range f.Series {
		for _, p := range s.Points {
			if p.Censored != "" {
				return true
			}
		}
	}
	return false
}

const (
	stoppedText  = "stopped at a limit: the true value lies above"
	unvaluedText = "no value: refused, or stopped at a limit"
)

// hasUnvalued reports whether a cell of the grid has no value.
func hasUnvalued(g *fig.Grid) bool {
	for _, row := range g.Censored {
		for _, why := range row {
			if why != "" {
				return true
			}
		}
	}
	return false
}

// shades are the colours of a grid's values, from the least to the largest; dark ones are large. Between them
// is interpolated in sRGB; their lightness falls evenly, so that it shows in grey.
var shades = []color.RGBA{{0xf3, 0xf2, 0xec, 0xff}, {0xa9, 0xcb, 0xe4, 0xff}, {0x3f, 0x8a, 0xc0, 0xff}, {0x08, 0x3a, 0x63, 0xff}}

// shade is the colour at a part of the scale, 0 to 1.
func shade(part float64) color.RGBA {
	at := min(max(part, 0), 1) * float64(len(shades)-1)
	k := min(int(at), len(shades)-2)
	a, b, t := shades[k], shades[k+1], at-float64(k)
	mix := func(a, b uint8) uint8 { return uint8(float64(a) + t*(float64(b)-float64(a)) + 0.5) }
	return color.RGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 0xff}
}

// tile is how a category of cells is drawn: a light fill, and lines over it. Angles are in degrees.
type tile struct {
	fill   color.RGBA
	angles []float64
	gap    float64 // between lines, pt
}

var tiles = []tile{
	{color.RGBA{0xf6, 0xf5, 0xf0, 0xff}, nil, 0},
	{color.RGBA{0xb9, 0xda, 0xee, 0xff}, []float64{45}, 4},
	{color.RGBA{0xf3, 0xc9, 0x9e, 0xff}, []float64{-45}, 4},
	{color.RGBA{0x9f, 0xd6, 0xc3, 0xff}, []float64{0}, 3.5},
	{color.RGBA{0xe3, 0xc0, 0xd6, 0xff}, []float64{90}, 3.5},
	{color.RGBA{0xdc, 0xd2, 0xa6, 0xff}, []float64{45, -45}, 5},
	{color.RGBA{0xd0, 0xd0, 0xd4, 0xff}, []float64{0, 90}, 5},
	{color.RGBA{0x70, 0x78, 0x80, 0xff}, nil, 0},
}

// gridScale is the scale of a grid's numbers: from the least to the largest that it has.
func gridScale(g *fig.Grid, most int) scale {
	axis := fig.Axis{Label: g.Label, Unit: g.Unit, Base: g.Base}
	values := empty()
	for j, row := range g.Values {
		for i, v := range row {
			if g.Why(i, j) == "" {
				values.add(axis.At(v))
			}
		}
	}
	if g.Base != 0 || !(values.high-values.low > 1e-6*max(values.high, -values.low)) {
		s := newScale(axis, values, most, false)
		return s
	}
	return newScale(axis, values, most, true)
}
