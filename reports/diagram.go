package reports

// The diagram is the whole idea on one sheet: a small formula, its two lists, the attention matrix between
// them, what each row reads, and the model that comes back. It draws a Picture that was computed, as plain
// SVG, with the same text on every machine.

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"strings"

	"finegrain/experiments"
)

// Geometry in SVG units.
const (
	diagramCell   = 46
	diagramLeft   = 190 // of the matrix: room for the labels of the rows
	diagramTop    = 166 // room for the title and the labels of the columns
	diagramRead   = 190 // width of the read-off
	diagramMargin = 24
)

// Diagram draws the picture. Cells are as dark as their attention weight and carry the inner product of
// their vectors: the number of clauses that the pair leaves unsatisfied.
func Diagram(p experiments.Picture) []byte {
	rows, cols := len(p.Rows), len(p.Columns)+1 // the last column is the zero key
	matrixWidth, matrixHeight := cols*diagramCell, rows*diagramCell
	width := diagramLeft + matrixWidth + 40 + diagramRead + diagramMargin
	height := diagramTop + matrixHeight + 92

	s := &svg{}
	s.line(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family="Georgia, 'DejaVu Serif', serif" font-size="13" role="img" aria-labelledby="t d">`,
		width, height, width, height)
	s.line(`<title id="t">A formula decided by attention</title>`)
	s.line(`<desc id="d">%s</desc>`, escapeXML(diagramText(p)))
	s.line(`<rect width="%d" height="%d" fill="#fff"/>`, width, height)

	s.text(diagramMargin, 34, "", 16, "#111", "%s", formulaText(p))
	s.text(diagramMargin, 58, "", 13, "#555", "A vector has a 1 for each clause that its half does not satisfy.")
	s.text(diagramMargin, 78, "", 13, "#555", "A cell counts the clauses that both leave unsatisfied; its shade is the attention weight.")

	for j := range cols {
		x := diagramLeft + j*diagramCell + diagramCell/2
		if j == cols-1 {
			s.text(x, diagramTop-28, "middle", 12, "#555", "zero")
			s.text(x, diagramTop-12, "middle", 12, "#555", "key")
			continue
		}
		for k, part := range strings.Fields(p.Columns[j].Label) {
			s.text(x, diagramTop-44+14*k, "middle", 12, "#111", "%s", part)
		}
		s.text(x, diagramTop-8, "middle", 12, "#555", "%s", p.Columns[j].Vector)
	}
	readLeft := diagramLeft + matrixWidth + 40
	limit := readLeft + int(math.Round(p.Limit*diagramRead))
	for i := range rows {
		y := diagramTop + i*diagramCell
		s.text(diagramLeft-12-8*len(p.Rows[i].Vector), y+28, "end", 12, "#111", "%s", p.Rows[i].Label)
		s.text(diagramLeft-8, y+28, "end", 12, "#555", "%s", p.Rows[i].Vector)
		for j := range cols {
			weight := p.Weights[i][j]
			shade := 255 - int(math.Round(200*weight))
			x := diagramLeft + j*diagramCell
			s.line(`<rect x="%d" y="%d" width="%d" height="%d" fill="rgb(%d,%d,255)" stroke="#fff"/>`, x, y, diagramCell, diagramCell, shade, (shade+255)/2)
			label := "0"
			if j < cols-1 {
				label = fmt.Sprint(p.Inner[i][j])
			}
			s.text(x+diagramCell/2, y+28, "middle", 13, "#111", "%s", label)
			if i == p.Flagged && j == p.Partner {
				s.line(`<rect x="%d" y="%d" width="%d" height="%d" fill="none" stroke="#b3400e" stroke-width="3"/>`, x+2, y+2, diagramCell-4, diagramCell-4)
			}
		}
		bar := int(math.Round(p.Outputs[i] * diagramRead))
		fill, mark := "#9aa7b8", ""
		if p.Outputs[i] > p.Limit {
			fill, mark = "#b3400e", " ◂ yes"
		}
		s.line(`<rect x="%d" y="%d" width="%d" height="16" fill="%s"/>`, readLeft, y+15, bar, fill)
		s.text(max(readLeft+bar, limit)+7, y+28, "", 12, "#111", "%.3f%s", p.Outputs[i], mark)
	}
	s.line(`<line x1="%d" y1="%d" x2="%d" y2="%d" stroke="#111" stroke-dasharray="4 3"/>`, limit, diagramTop-6, limit, diagramTop+matrixHeight+6)
	s.text(limit, diagramTop-12, "middle", 12, "#111", "5/12")
	s.text(readLeft, diagramTop-36, "", 12, "#555", "output of the row")

	bottom := diagramTop + matrixHeight + 34
	s.text(diagramMargin, bottom, "", 13, "#111", "Every row without an orthogonal partner stays at or below 1/3, every row with one reaches 1/2.")
	if p.Flagged >= 0 {
		s.text(diagramMargin, bottom+24, "", 13, "#b3400e", "The first flagged row and its partner are a model: %s %s.",
			p.Rows[p.Flagged].Label, p.Columns[p.Partner].Label)
	} else {
		s.text(diagramMargin, bottom+24, "", 13, "#111", "No row is flagged: the formula is unsatisfiable.")
	}
	s.line(`</svg>`)
	return s.Bytes()
}

// formulaText writes the formula with the field's signs.
func formulaText(p experiments.Picture) string {
	var clauses []string
	for _, clause := range p.Formula.Clauses {
		var literals []string
		for _, l := range clause {
			sign := ""
			if l < 0 {
				sign = "¬"
			}
			literals = append(literals, fmt.Sprintf("%sx%d", sign, l.Variable()))
		}
		clauses = append(clauses, "("+strings.Join(literals, " ∨ ")+")")
	}
	return strings.Join(clauses, " ∧ ")
}

// diagramText says in words what the diagram shows.
func diagramText(p experiments.Picture) string {
	verdict := "No row exceeds it: the formula is unsatisfiable."
	if p.Flagged >= 0 {
		verdict = fmt.Sprintf("Row %s exceeds it; its partner is column %s.", p.Rows[p.Flagged].Label, p.Columns[p.Partner].Label)
	}
	return fmt.Sprintf("The formula %s. An attention matrix of %d queries, the assignments of the first half of the variables, and %d keys, "+
		"those of the second half, with a zero key. Beside each row its output, with the threshold 5/12. %s",
		formulaText(p), len(p.Rows), len(p.Columns), verdict)
}

// svg collects elements.
type svg struct{ bytes.Buffer }

func (s *svg) line(format string, args ...any) { fmt.Fprintf(s, format+"\n", args...) }

func (s *svg) text(x, y int, anchor string, size int, fill, format string, args ...any) {
	if anchor == "" {
		anchor = "start"
	}
	s.line(`<text x="%d" y="%d" text-anchor="%s" font-size="%d" fill="%s">%s</text>`, x, y, anchor, size, fill, escapeXML(fmt.Sprintf(format, args...)))
}

func escapeXML(text string) string {
	var b bytes.Buffer
	if err := xml.EscapeText(&b, []byte(text)); err != nil {
		panic("reports: " + err.Error()) // a bytes.Buffer does not fail
	}
	return b.String()
}
