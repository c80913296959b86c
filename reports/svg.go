package reports

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"regexp"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgsvg"

	fig "finegrain/figure"
)

// SVG: the drawing as text, the same on every machine. Title, alternative text, caption and provenance stand in
// the file. Words stay text, in Liberation Sans or one of the same widths; where a viewer has neither, textLength
// keeps them in their places.

// WriteSVG writes the figure as SVG of the width.
func WriteSVG(w io.Writer, f fig.Figure, width vg.Length) error {
	d, err := newDrawing(f, width, script{fonts: setScript.fonts, whole: true})
	if err != nil {
		return err
	}
	canvas := vgsvg.NewWith(vgsvg.UseWH(d.width, d.height))
	d.draw(canvas)
	var drawn bytes.Buffer
	if _, err := canvas.WriteTo(&drawn); err != nil {
		return err
	}
	_, body, _ := bytes.Cut(drawn.Bytes(), []byte("xlink\">\n"))
	var out bytes.Buffer
	id := f.ID
	fmt.Fprintf(&out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"+
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%gpt\" height=\"%gpt\" viewBox=\"0 0 %g %g\" "+
		"role=\"img\" aria-labelledby=\"%s-title %s-desc\">\n",
		short4(d.width), short4(d.height), short4(d.width), short4(d.height), id, id)
	fmt.Fprintf(&out, "<title id=\"%s-title\">%s</title>\n", id, escapeXML(f.Title))
	fmt.Fprintf(&out, "<desc id=\"%s-desc\">%s</desc>\n<metadata>\n", id, escapeXML(f.Alt))
	for _, line := range provenance(f) {
		fmt.Fprintf(&out, "%s\n", escapeXML(line))
	}
	out.WriteString("</metadata>\n")
	out.Write(fitText(body))
	_, err = out.WriteTo(w)
	return err
}

// short4 is a length in points to four places.
func short4(l vg.Length) float64 {
	x, _ := strconv.ParseFloat(strconv.FormatFloat(l.Points(), 'f', 4, 64), 64)
	return x
}

// Text as vgsvg writes it. Quotes in words are escaped, so nothing else looks like it.
var svgText = regexp.MustCompile(`style="font-family:Liberation Sans;font-variant:normal;` +
	`font-weight:normal;font-style:normal;font-size:([0-9.]+)px">([^<]*)</text>`)

// fitText names fonts of the same widths, gives every text its length, and raises and lowers what is marked.
func fitText(body []byte) []byte {
	return svgText.ReplaceAllFunc(body, func(match []byte) []byte {
		parts := svgText.FindSubmatch(match)
		size, err := strconv.ParseFloat(string(parts[1]), 64)
		if err != nil {
			panic("reports: " + err.Error()) // the pattern lets only numbers through
		}
		f := sans
		f.Size = vg.Length(size)
		var words strings.Builder
		var length, level vg.Length
		for _, piece := range unmark(html.UnescapeString(string(parts[2]))) {
			for _, part := range split(piece.text) {
				part.up = piece.up
				length += setScript.width(f, part)
			}
			to, set := vg.Length(0), f.Size
			switch piece.up {
			case 1:
				to, set = raised*f.Size, scriptSize
			case -1:
				to, set = lowered*f.Size, scriptSize
			}
			if to == level {
				words.WriteString(escapeXML(piece.text))
			} else {
				fmt.Fprintf(&words, `<tspan dy="%g" font-size="%g">%s</tspan>`, short4(level-to), short4(set), escapeXML(piece.text))
			}
			level = to
		}
		return fmt.Appendf(nil, `font-family="Liberation Sans, Arimo, Arial, Helvetica, sans-serif" font-size="%s" `+
			`textLength="%g" lengthAdjust="spacingAndGlyphs" xml:space="preserve">%s</text>`, parts[1], short4(length), words.String())
	})
}

// unmark is the inverse of marked.
func unmark(line string) (runs []run) {
	up := 0
	for line != "" {
		end := strings.IndexAny(line, raise+lower+back)
		if end < 0 {
			return append(runs, run{text: line, up: up})
		}
		if end > 0 {
			runs = append(runs, run{text: line[:end], up: up})
		}
		up = map[string]int{raise: 1, lower: -1}[line[end:end+len(back)]]
		line = line[end+len(back):]
	}
	return runs
}

// provenance is what a written figure carries, a line a fact.
func provenance(f fig.Figure) []string {
	lines := []string{"figure: " + f.ID, "title: " + f.Title, "caption: " + f.Caption, "shows: " + f.Alt}
	if f.Choice.Of != "" {
		lines = append(lines, "choice of "+f.Choice.String())
	}
	for _, note := range f.Notes {
		lines = append(lines, "note: "+note)
	}
	s := f.Source
	lines = append(lines, "command: "+s.Command, "version: "+s.Version, fmt.Sprintf("seed: %d", s.Seed),
		"data: "+s.Data, "date: "+s.Date)
	if s.Machine != "" {
		lines = append(lines, "machine: "+s.Machine)
	}
	return lines
}
