package reports

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"io"
	"math"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"

	fig "finegrain/figure"
)

// PDF: the drawing on one page of its size. vgpdf sets text in code page 1252 only, without ε or √, and hides the
// document's metadata; so the canvas is written here, on the library below it. Fonts are embedded, words can be
// searched, and the date in the file is that of the figure, so that the same figure is the same file.

// WritePDF writes the figure as PDF of the width.
func WritePDF(w io.Writer, f fig.Figure, width vg.Length) error {
	d, err := newDrawing(f, width, setScript)
	if err != nil {
		return err
	}
	canvas := newPDF(d.width, d.height)
	canvas.doc.SetTitle(f.Title, true)
	canvas.doc.SetSubject(f.Alt, true)
	canvas.doc.SetCreator("finegrain "+f.Source.Version, true)
	canvas.doc.SetKeywords(strings.Join(provenance(f), "\n"), true)
	day, err := time.Parse("2006-01-02", f.Source.Date[:min(len(f.Source.Date), 10)])
	if err != nil {
		day = time.Unix(0, 0).UTC() // the date is free text; the keywords have it
	}
	canvas.doc.SetCreationDate(day)
	canvas.doc.SetModificationDate(day)
	d.draw(canvas)
	var out bytes.Buffer
	if err := canvas.doc.Output(&out); err != nil {
		return fmt.Errorf("reports: figure %q: PDF: %w", f.ID, err)
	}
	_, err = out.WriteTo(w)
	return err
}

// pdfCanvas is a vg.Canvas on one page. It can be moved and turned, which is all that drawings do.
type pdfCanvas struct {
	doc    *fpdf.Fpdf
	height float64
	state  pdfState
	stack  []pdfState
}

// pdfState is where the origin lies, in points from the lower left corner, how far it is turned, in radians
// counter-clockwise, and the pen.
type pdfState struct {
	x, y, turn float64
	colour     color.Color
	width      vg.Length
	dashes     []vg.Length
	offset     vg.Length
}

var _ vg.Canvas = (*pdfCanvas)(nil)

const pdfFont = "Liberation Sans"

func newPDF(width, height vg.Length) *pdfCanvas {
	doc := fpdf.NewCustom(&fpdf.InitType{
		UnitStr: "pt", Size: fpdf.SizeType{Wd: width.Points(), Ht: height.Points()},
	})
	doc.SetMargins(0, 0, 0)
	doc.SetAutoPageBreak(false, 0)
	doc.SetCatalogSort(true)
	var font bytes.Buffer
	if _, err := setScript.fonts.Lookup(sans, textSize).Face.WriteSourceTo(nil, &font); err != nil {
		panic("reports: the embedded font cannot be read: " + err.Error())
	}
	doc.AddUTF8FontFromBytes(pdfFont, "", font.Bytes())
	doc.AddPage()
	c := &pdfCanvas{doc: doc, height: height.Points()}
	vg.Initialize(c)
	return c
}

// page is a point on the page, in points from its upper left corner.
func (c *pdfCanvas) page(p vg.Point) (x, y float64) {
	sin, cos := math.Sincos(c.state.turn)
	px, py := p.X.Points(), p.Y.Points()
	return c.state.x + cos*px - sin*py, c.height - (c.state.y + sin*px + cos*py)
}

// SetLineWidth implements vg.Canvas.
func (c *pdfCanvas) SetLineWidth(w vg.Length) {
	c.state.width = w
	c.doc.SetLineWidth(w.Points())
}

// SetLineDash implements vg.Canvas.
func (c *pdfCanvas) SetLineDash(dashes []vg.Length, offset vg.Length) {
	c.state.dashes, c.state.offset = dashes, offset
	lengths := make([]float64, len(dashes))
	for i, d := range dashes {
		lengths[i] = d.Points()
	}
	c.doc.SetDashPattern(lengths, offset.Points())
}

// SetColor implements vg.Canvas, without transparency.
func (c *pdfCanvas) SetColor(to color.Color) {
	if to == nil {
		to = color.Black
	}
	c.state.colour = to
	r, g, b, _ := to.RGBA()
	red, green, blue := int(r>>8), int(g>>8), int(b>>8)
	c.doc.SetFillColor(red, green, blue)
	c.doc.SetDrawColor(red, green, blue)
	c.doc.SetTextColor(red, green, blue)
}

// Rotate implements vg.Canvas.
func (c *pdfCanvas) Rotate(radians float64) { c.state.turn += radians }

// Translate implements vg.Canvas.
func (c *pdfCanvas) Translate(by vg.Point) {
	x, y := c.page(by)
	c.state.x, c.state.y = x, c.height-y
}

// Scale panics: nothing that draws here scales.
func (c *pdfCanvas) Scale(x, y float64) { panic("reports: a drawing is not scaled") }

// Push implements vg.Canvas.
func (c *pdfCanvas) Push() { c.stack = append(c.stack, c.state) }

// Pop implements vg.Canvas.
func (c *pdfCanvas) Pop() {
	last := len(c.stack) - 1
	c.state, c.stack = c.stack[last], c.stack[:last]
	c.SetColor(c.state.colour)
	c.SetLineWidth(c.state.width)
	c.SetLineDash(c.state.dashes, c.state.offset)
}

// Stroke implements vg.Canvas.
func (c *pdfCanvas) Stroke(path vg.Path) {
	if c.state.width > 0 {
		c.path(path, "D")
	}
}

// Fill implements vg.Canvas.
func (c *pdfCanvas) Fill(path vg.Path) { c.path(path, "F") }

func (c *pdfCanvas) path(path vg.Path, how string) {
	for _, part := range path {
		x, y := c.page(part.Pos)
		switch {
		case part.Type == vg.MoveComp:
			c.doc.MoveTo(x, y)
		case part.Type == vg.LineComp:
			c.doc.LineTo(x, y)
		case part.Type == vg.CloseComp:
			c.doc.ClosePath()
		case part.Type == vg.CurveComp && len(part.Control) == 2:
			ax, ay := c.page(part.Control[0])
			bx, by := c.page(part.Control[1])
			c.doc.CurveBezierCubicTo(ax, ay, bx, by, x, y)
		default:
			panic("reports: a drawing has no arcs and no quadratic curves")
		}
	}
	c.doc.DrawPath(how)
}

// FillString implements vg.Canvas. All drawings use one typeface.
func (c *pdfCanvas) FillString(f font.Face, at vg.Point, s string) {
	c.doc.SetFont(pdfFont, "", f.Font.Size.Points())
	x, y := c.page(at)
	if c.state.turn == 0 {
		c.doc.Text(x, y, s)
		return
	}
	c.doc.TransformBegin()
	c.doc.TransformRotate(c.state.turn*180/math.Pi, x, y)
	c.doc.Text(x, y, s)
	c.doc.TransformEnd()
}

// DrawImage panics: drawings are lines and words.
func (c *pdfCanvas) DrawImage(vg.Rectangle, image.Image) { panic("reports: a drawing has no images") }
