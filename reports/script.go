package reports

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"golang.org/x/image/font/sfnt"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
)

// Text in drawings. Words carry exponents and indices as Unicode has them, "10⁻³" or "log₂ n", of which fonts
// have few. Here they are set as smaller digits, raised or lowered; and brackets and signs that Liberation Sans
// lacks are strokes. So a drawing needs no other font, and is the same on every machine.

// script is a text.Handler of gonum/plot. It breaks lines at \n. Where whole is set, a line is written in one
// piece, with the private characters below around what is raised or lowered, for a writer that knows them.
type script struct {
	fonts *font.Cache
	whole bool
}

const (
	raise = "\ue000"
	lower = "\ue001"
	back  = "\ue002"
)

var (
	sans      = font.Font{Typeface: "Liberation", Variant: "Sans"}
	setScript = script{fonts: font.NewCache(liberation.Collection())}
)

const (
	textSize   = vg.Length(9)
	scriptSize = vg.Length(7)
	raised     = vg.Length(0.38) // of the text's size
	lowered    = vg.Length(-0.16)
)

var _ text.Handler = script{}

// run is a piece of text at one height. A stroked one is a single character that the font lacks.
type run struct {
	text    string
	up      int // 1: superscript, -1: subscript
	stroked *outline
}

// outline is lines in a square of the text's size on the base line, and the width of the character.
type outline struct {
	width float64
	lines [][][2]float64
}

var superscript = runes("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺⁼⁽⁾ⁿⁱᵃᵇᶜᵈᵉᵏᵐᵖᵗᵀᵟ", "0123456789−+=()niabcdekmptTδ")

var subscript = runes("₀₁₂₃₄₅₆₇₈₉₋₊₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚₛₜₓ", "0123456789−+=()aehijklmnopstx")

func runes(from, to string) map[rune]rune {
	f, t, m := []rune(from), []rune(to), map[rune]rune{}
	for i, r := range f {
		m[r] = t[i]
	}
	return m
}

var stroked = map[rune]*outline{
	'⌈': {0.32, [][][2]float64{{{0.26, 0.74}, {0.1, 0.74}, {0.1, -0.16}}}},
	'⌉': {0.32, [][][2]float64{{{0.06, 0.74}, {0.22, 0.74}, {0.22, -0.16}}}},
	'⌊': {0.32, [][][2]float64{{{0.1, 0.74}, {0.1, -0.16}, {0.26, -0.16}}}},
	'⌋': {0.32, [][][2]float64{{{0.22, 0.74}, {0.22, -0.16}, {0.06, -0.16}}}},
	'⟨': {0.36, [][][2]float64{{{0.27, 0.76}, {0.1, 0.3}, {0.27, -0.16}}}},
	'⟩': {0.36, [][][2]float64{{{0.09, 0.76}, {0.26, 0.3}, {0.09, -0.16}}}},
	'∧': {0.62, [][][2]float64{{{0.08, 0}, {0.31, 0.6}, {0.54, 0}}}},
	'∨': {0.62, [][][2]float64{{{0.08, 0.6}, {0.31, 0}, {0.54, 0.6}}}},
	'∈': {0.62, [][][2]float64{
		{{0.54, 0.6}, {0.32, 0.6}, {0.16, 0.5}, {0.1, 0.3}, {0.16, 0.1}, {0.32, 0}, {0.54, 0}},
		{{0.1, 0.3}, {0.5, 0.3}},
	}},
}

// split cuts a line into runs.
func split(line string) []run {
	var all []run
	for _, r := range line {
		next := run{text: string(r), stroked: stroked[r]}
		if s, ok := superscript[r]; ok {
			next = run{text: string(s), up: 1}
		} else if s, ok := subscript[r]; ok {
			next = run{text: string(s), up: -1}
		}
		if n := len(all); n > 0 && all[n-1].up == next.up && all[n-1].stroked == nil && next.stroked == nil {
			all[n-1].text += next.text
		} else {
			all = append(all, next)
		}
	}
	return all
}

// unset names the first character of a text that neither the font nor the strokes have.
func unset(s string) (rune, bool) {
	var buffer sfnt.Buffer
	face := setScript.fonts.Lookup(sans, textSize).Face
	for _, piece := range split(s) {
		for _, r := range piece.text {
			index, err := face.GlyphIndex(&buffer, r)
			if (err != nil || index == 0) && piece.stroked == nil {
				return r, true
			}
		}
	}
	return 0, false
}

func (s script) face(f font.Font, piece run) font.Face {
	if piece.up != 0 {
		return s.fonts.Lookup(f, max(scriptSize, 0.74*f.Size))
	}
	return s.fonts.Lookup(f, f.Size)
}

func (s script) width(f font.Font, piece run) vg.Length {
	if piece.stroked != nil {
		return vg.Length(piece.stroked.width) * f.Size
	}
	face := s.face(f, piece)
	return face.Width(piece.text)
}

// Cache returns the fonts.
func (s script) Cache() *font.Cache { return s.fonts }

// Extents returns those of the font.
func (s script) Extents(f font.Font) font.Extents {
	face := s.fonts.Lookup(f, f.Size)
	return face.Extents()
}

// Lines splits at \n.
func (s script) Lines(txt string) []string { return strings.Split(strings.TrimRight(txt, "\n"), "\n") }

// Box returns the width of a line, and its height above and below the base line.
func (s script) Box(line string, f font.Font) (width, height, depth vg.Length) {
	for _, piece := range split(line) {
		width += s.width(f, piece)
	}
	e := s.Extents(f)
	return width, e.Ascent, e.Descent
}

// Draw draws the lines aligned at pt.
func (s script) Draw(c vg.Canvas, txt string, sty text.Style, pt vg.Point) {
	c.Push()
	defer c.Pop()
	c.SetColor(sty.Color)
	c.Translate(pt)
	if sty.Rotation != 0 {
		c.Rotate(sty.Rotation)
	}
	e := s.Extents(sty.Font)
	y := sty.Height(txt)*(1+vg.Length(sty.YAlign)) - e.Ascent
	for _, line := range s.Lines(txt) {
		width, _, _ := s.Box(line, sty.Font)
		x := vg.Length(sty.XAlign) * width
		if s.whole {
			c.FillString(s.fonts.Lookup(sty.Font, sty.Font.Size), vg.Point{X: x, Y: y}, marked(line))
			y -= e.Height
			continue
		}
		for _, piece := range split(line) {
			at := vg.Point{X: x, Y: y}
			switch {
			case piece.stroked != nil:
				piece.stroked.draw(c, at, sty.Font.Size)
			case piece.up > 0:
				at.Y += raised * sty.Font.Size
				c.FillString(s.face(sty.Font, piece), at, piece.text)
			case piece.up < 0:
				at.Y += lowered * sty.Font.Size
				c.FillString(s.face(sty.Font, piece), at, piece.text)
			default:
				c.FillString(s.face(sty.Font, piece), at, piece.text)
			}
			x += s.width(sty.Font, piece)
		}
		y -= e.Height
	}
}

// marked is the line with marks around its scripts.
func marked(line string) string {
	var b strings.Builder
	for _, piece := range split(line) {
		switch {
		case piece.up > 0:
			b.WriteString(raise + piece.text + back)
		case piece.up < 0:
			b.WriteString(lower + piece.text + back)
		default:
			b.WriteString(piece.text)
		}
	}
	return b.String()
}

func (o *outline) draw(c vg.Canvas, at vg.Point, size vg.Length) {
	c.SetLineWidth(0.07 * size)
	c.SetLineDash(nil, 0)
	for _, line := range o.lines {
		var path vg.Path
		for i, p := range line {
			to := at.Add(vg.Point{X: vg.Length(p[0]) * size, Y: vg.Length(p[1]) * size})
			if i == 0 {
				path.Move(to)
			} else {
				path.Line(to)
			}
		}
		c.Stroke(path)
	}
}

// wrap breaks a text into lines of at most the width, between words where it can.
func (s script) wrap(txt string, f font.Font, width vg.Length) string {
	fits := func(line string) bool {
		w, _, _ := s.Box(line, f)
		return w <= width
	}
	var lines []string
	line := ""
	for _, word := range strings.Fields(txt) {
		if line != "" && fits(line+" "+word) {
			line += " " + word
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		for !fits(word) && utf8.RuneCountInString(word) > 1 {
			cut := len(word)
			for !fits(word[:cut]) && utf8.RuneCountInString(word[:cut]) > 1 {
				_, last := utf8.DecodeLastRuneInString(word[:cut])
				cut -= last
			}
			lines, word = append(lines, word[:cut]), word[cut:]
		}
		line = word
	}
	return strings.Join(append(lines, line), "\n")
}

// style is text of drawings, black.
func (s script) style() text.Style {
	f := sans
	f.Size = textSize
	return text.Style{Color: inks[inkBlack].paper, Font: f, Handler: s}
}

// quadrant is a quarter turn.
const quadrant = math.Pi / 2

// settable returns an error if a text of the figure that stands in drawings has a character that cannot be set.
func settable(id string, texts []string) error {
	for _, t := range texts {
		if r, bad := unset(t); bad {
			return fmt.Errorf("reports: figure %q: no glyph for %q (%U) in %q; write it otherwise, or draw it as html or pgf",
				id, r, r, t)
		}
	}
	return nil
}
