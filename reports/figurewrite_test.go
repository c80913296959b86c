package reports

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	fig "finegrain/figure"
)

func format(t testing.TB, name string) Format {
	t.Helper()
	for _, f := range Formats() {
		if f.Name == name {
			return f
		}
	}
	t.Fatalf("there is no format %s", name)
	return Format{}
}

func writtenAs(t testing.TB, name string, f fig.Figure) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := format(t, name).Write(&out, f); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// What is text is compared whole; a page's options stand for the page.
func TestGoldenFigures(t *testing.T) {
	for _, f := range sampleFigures() {
		for _, name := range []string{"svg", "pgf", "csv", "txt"} {
			golden(t, "figure-"+f.ID+format(t, name).Extension, writtenAs(t, name, f))
		}
		e, err := newEvidence(f)
		if err != nil {
			t.Fatal(err)
		}
		options, err := e.Chart.JSON()
		if err != nil {
			t.Fatal(err)
		}
		var indented bytes.Buffer
		if err := json.Indent(&indented, []byte(options), "", " "); err != nil {
			t.Fatal(err)
		}
		golden(t, "figure-"+f.ID+".json", append(indented.Bytes(), '\n'))
	}
	golden(t, "figure-time-against-n-column.svg", writtenAs(t, "svg-column", sampleLines()))
}

func TestFormatsAreDistinct(t *testing.T) {
	names := map[string]bool{}
	for _, f := range Formats() {
		if names[f.Name] || !strings.HasPrefix(f.Extension, ".") || f.What == "" {
			t.Errorf("%+v", f)
		}
		names[f.Name] = true
	}
	for _, f := range Formats() {
		if f.Beside != "" && !names[f.Beside] {
			t.Errorf("%s stands beside %s, which there is not", f.Name, f.Beside)
		}
	}
}

// Every format says where the figure comes from, and writes the same twice.
func TestEveryFormatCarriesItsSource(t *testing.T) {
	for _, f := range sampleFigures() {
		for _, format := range Formats() {
			text := writtenAs(t, format.Name, f)
			if again := writtenAs(t, format.Name, f); !bytes.Equal(text, again) {
				t.Errorf("%s of %s differs when written again", format.Name, f.ID)
			}
			if strings.HasPrefix(format.Name, "pdf") {
				text = readable(text)
			}
			for _, want := range []string{f.Source.Command, f.Source.Version, f.Source.Data, f.Source.Machine} {
				if !bytes.Contains(text, []byte(want)) {
					t.Errorf("%s of %s does not say %q", format.Name, f.ID, want)
				}
			}
		}
	}
}

// readable is a PDF's UTF-16 strings as they read, which is enough for ASCII.
func readable(pdf []byte) []byte {
	return bytes.ReplaceAll(bytes.ReplaceAll(pdf, []byte{0}, nil), []byte(`\`), nil)
}

func TestInvalidFiguresAreNotWritten(t *testing.T) {
	for _, format := range Formats() {
		f := sampleLines()
		f.Series[0].Points[1].Y = math.NaN()
		var out bytes.Buffer
		if err := format.Write(&out, f); err == nil || !strings.Contains(err.Error(), "NaN is not finite") || out.Len() > 0 {
			t.Errorf("%s: %d bytes, %v", format.Name, out.Len(), err)
		}
		if err := format.Write(full{}, sampleLines()); !errors.Is(err, errFull) {
			t.Errorf("%s on a full disk: %v", format.Name, err)
		}
	}
	f := sampleLines()
	f.Series[0].Name = "日本"
	f = signed(f)
	if err := WritePDF(io.Discard, f, PageWidth); err == nil || !strings.Contains(err.Error(), "no glyph for '日' (U+65E5)") {
		t.Errorf("a character without a glyph: %v", err)
	}
}

var errFull = errors.New("full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

// An SVG is XML, its words are 7 pt or larger, and it has the words that are needed by those who do not see it.
func TestSVG(t *testing.T) {
	for _, f := range sampleFigures() {
		for _, width := range []string{"svg", "svg-column"} {
			data := writtenAs(t, width, f)
			texts := 0
			var title, desc string
			for d := xml.NewDecoder(bytes.NewReader(data)); ; {
				token, err := d.Token()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				e, ok := token.(xml.StartElement)
				if !ok {
					continue
				}
				switch e.Name.Local {
				case "title":
					d.DecodeElement(&title, &e)
				case "desc":
					d.DecodeElement(&desc, &e)
				case "text", "tspan":
					texts++
					for _, a := range e.Attr {
						if size, err := strconv.ParseFloat(a.Value, 64); a.Name.Local == "font-size" && (err != nil || size < 7) {
							t.Errorf("%s: words of size %s", f.ID, a.Value)
						}
					}
				}
			}
			if title != f.Title || desc != f.Alt || texts < 8 {
				t.Errorf("%s: title %q, description %q, %d texts", f.ID, title, desc, texts)
			}
			if bytes.Contains(data, []byte("NaN")) || bytes.Contains(data, []byte("Inf")) {
				t.Errorf("%s has a place that is none", f.ID)
			}
		}
	}
}

// A PDF is whole, has one page of the width, and holds its font.
func TestPDF(t *testing.T) {
	for name, width := range map[string]string{"pdf": "453.54", "pdf-column": "240.94"} {
		data := writtenAs(t, name, sampleLines())
		if !bytes.HasPrefix(data, []byte("%PDF-1.")) || !bytes.HasSuffix(bytes.TrimSpace(data), []byte("%%EOF")) {
			t.Error("it is not whole")
		}
		if pages := regexp.MustCompile(`/Type /Page\b`).FindAll(data, -1); len(pages) != 1 {
			t.Errorf("%d pages", len(pages))
		}
		for _, want := range []string{"/MediaBox [0 0 " + width, "/FontFile2", "/ToUnicode", "D:20261122"} {
			if !bytes.Contains(readable(data), []byte(want)) {
				t.Errorf("%s does not have %s", name, want)
			}
		}
	}
}

// randomFigure draws a valid figure of series.
func randomFigure(t *rapid.T) fig.Figure {
	f := fig.Figure{
		ID: "random", Title: "Random", Caption: "c", Alt: "a",
		X: fig.Axis{Label: "x", Base: rapid.SampledFrom([]float64{0, 2, 10}).Draw(t, "base of x")},
		Y: fig.Axis{Label: "y", Base: rapid.SampledFrom([]float64{0, 2, 10}).Draw(t, "base of y")},
	}
	number := func(a fig.Axis, name string) float64 {
		if a.Base == 0 {
			return rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(-1e12, 1e12), rapid.Float64Range(1e-9, 2e-9)).Draw(t, name)
		}
		return rapid.OneOf(rapid.Float64Range(1e-200, 1e200), rapid.Float64Range(1, 2), rapid.Just(1024.0)).Draw(t, name)
	}
	for i := range rapid.IntRange(1, 4).Draw(t, "series") {
		s := fig.Series{
			Name: "s, " + strconv.Itoa(i) + rapid.StringOf(rapid.SampledFrom([]rune("a\\{}#%&_$^~<>\"',;ε²₂"))).Draw(t, "name"),
			Kind: fig.Kind(rapid.IntRange(0, 4).Draw(t, "kind")),
		}
		for range rapid.IntRange(1, 5).Draw(t, "points") {
			p := fig.Point{X: number(f.X, "x"), Y: number(f.Y, "y")}
			if p.Y > 0 && math.Abs(p.Y) > 1e-290 && rapid.Bool().Draw(t, "interval") {
				p.Low, p.High = p.Y*0.75, p.Y*1.5
			} else if s.Kind.Marked() && rapid.Bool().Draw(t, "stopped") {
				p.Censored = "limit"
			}
			for _, v := range []*float64{&p.X, &p.Y} { // what lies between 0 and the least
				if math.Abs(*v) < 1e-300 {
					*v = 0
				}
			}
			s.Points = append(s.Points, p)
		}
		f.Series = append(f.Series, s)
	}
	f = signed(f)
	if err := f.Validate(); err != nil {
		t.Fatalf("%v", err)
	}
	return f
}

// Whatever is valid is written in every format, and the CSV holds exactly its numbers.
func TestValidFiguresAreWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := randomFigure(t)
		for _, format := range quick(Formats()) {
			var out bytes.Buffer
			if err := format.Write(&out, f); err != nil {
				t.Fatalf("%s: %v", format.Name, err)
			}
			switch format.Name {
			case "svg":
				if err := xml.Unmarshal(out.Bytes(), new(struct{})); err != nil || bytes.Contains(out.Bytes(), []byte("NaN")) {
					t.Fatalf("svg: %v", err)
				}
			case "csv":
				if err := holds(out.Bytes(), f); err != nil {
					t.Fatalf("csv: %v", err)
				}
			case "html":
				if err := escaped(out.Bytes()); err != nil {
					t.Fatalf("html: %v", err)
				}
			}
		}
	})
}

// quick are the formats, of the page only what the figure makes: its scripts are the same for all.
func quick(all []Format) []Format {
	for i := range all {
		if all[i].Name == "html" {
			all[i].Write = func(w io.Writer, f fig.Figure) error {
				e, err := newEvidence(f)
				if err != nil {
					return err
				}
				return templates.ExecuteTemplate(w, "evidence", e)
			}
		}
	}
	return all
}

// holds returns an error unless the CSV has the points of the series, bit for bit.
func holds(data []byte, f fig.Figure) error {
	rows := csv.NewReader(bytes.NewReader(data))
	rows.Comment = '#'
	all, err := rows.ReadAll()
	if err != nil {
		return err
	}
	k := 1
	for i, s := range f.Series {
		for _, p := range s.Points {
			for column, want := range map[int]float64{2: p.X, 3: p.Y, 4: p.Low, 5: p.High} {
				got := 0.0
				if cell := all[k][column]; cell != "" {
					got, err = strconv.ParseFloat(cell, 64)
				}
				if err != nil || got != want {
					return errors.Join(err, errors.New(strings.Join(all[k], ",")))
				}
			}
			if all[k][0] != keysOf(f)[i] || all[k][1] != s.Kind.String() || (all[k][6] == "") != (p.Censored == "") {
				return errors.New(strings.Join(all[k], ","))
			}
			k++
		}
	}
	if k != len(all) {
		return errors.New("it has more rows")
	}
	return nil
}

func TestHoldsBites(t *testing.T) {
	f := sampleLines()
	data := writtenAs(t, "csv", f)
	if err := holds(data, f); err != nil {
		t.Error(err)
	}
	f.Series[1].Points[2].Y = math.Nextafter(f.Series[1].Points[2].Y, 1)
	if holds(data, f) == nil {
		t.Error("a number that differs in its last bit passes")
	}
	f = sampleLines()
	f.Series[0].Points = f.Series[0].Points[1:]
	if holds(data, f) == nil {
		t.Error("a row too many passes")
	}
}

// Keys of series are different and plain, whatever the names are.
func TestKeys(t *testing.T) {
	name := func(s string) fig.Series { return fig.Series{Name: s} }
	f := fig.Figure{Series: []fig.Series{
		name("n²"), name("N2"), name("n2-series-2"), name("ε"), name("日本"), name("grid"), name("a, \"b\" & 2^⌈n/2⌉"),
	}}
	want := "n2 n2-series-2 n2-series-2-series-3 stopped stopped-series-5 grid-series-6 a-b-2-n-2"
	if got := strings.Join(keysOf(f), " "); got != want {
		t.Errorf("%s", got)
	}
}

// Ticks lie within their scale, two or more of them, ascending, with labels of their own; positions of the data too.
func TestScales(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := randomFigure(t)
		most := rapid.SampledFrom([]int{fewTicks, manyTicks}).Draw(t, "most")
		x, y := scalesOf(f, most)
		for _, s := range []scale{x, y} {
			if !(s.low < s.high) || len(s.ticks) < 2 || len(s.ticks) > most+1 {
				t.Fatalf("from %v to %v, ticks %v", s.low, s.high, s.ticks)
			}
			labels := map[string]bool{}
			for i, tick := range s.ticks {
				if part := s.fraction(tick.at); part < -1e-6 || part > 1+1e-6 || labels[tick.label] {
					t.Fatalf("tick %+v lies at %v of %v to %v, or its label is another's: %v", tick, part, s.low, s.high, s.ticks)
				}
				if i > 0 && tick.at <= s.ticks[i-1].at {
					t.Fatalf("ticks %v", s.ticks)
				}
				labels[tick.label] = true
			}
		}
		for _, series := range f.Series {
			for _, p := range series.Points {
				if px, py := x.fraction(f.X.At(p.X)), y.fraction(f.Y.At(p.Y)); px < 0 || px > 1 || py < 0 || py > 1 {
					t.Fatalf("%+v lies at %v, %v", p, px, py)
				}
			}
		}
	})
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		axis      fig.Axis
		low, high float64 // of the data
		most      int
		want      string
	}{
		{fig.Axis{}, 0, 1, 6, "0.0 0.2 0.4 0.6 0.8 1.0"},
		{fig.Axis{}, -3, 4, 6, "−2 0 2 4"},
		{fig.Axis{}, 1e6, 5e6, 6, "0 1·10⁶ 2·10⁶ 3·10⁶ 4·10⁶ 5·10⁶"},
		{fig.Axis{}, 1e-7, 3e-7, 6, "0 1·10⁻⁷ 2·10⁻⁷ 3·10⁻⁷"},
		{fig.Axis{}, 7, 7, 6, "6.5 7.0 7.5"},
		{fig.Axis{Base: 2}, 8, 14, 9, "2⁸ 2⁹ 2¹⁰ 2¹¹ 2¹² 2¹³ 2¹⁴"},
		{fig.Axis{Base: 2}, 8, 40, 6, "2⁷ 2¹⁴ 2²¹ 2²⁸ 2³⁵"},
		{fig.Axis{Base: 10}, -3, 2, 6, "10⁻³ 10⁻² 10⁻¹ 10⁰ 10¹ 10²"},
		{fig.Axis{Base: 10}, 0.2, 0.4, 6, "10⁰ 10¹"},
		{fig.Axis{Categories: []string{"a", "b"}}, 0, 1, 6, "a b"},
	} {
		s := newScale(c.axis, span{c.low, c.high}, c.most, false)
		var labels []string
		for _, tick := range s.ticks {
			labels = append(labels, tick.label)
		}
		if got := strings.Join(labels, " "); got != c.want {
			t.Errorf("%v from %v to %v: %s, not %s", c.axis, c.low, c.high, got, c.want)
		}
	}
}

// Series of a figure differ without colour: in marker, dash, or width and grey.
func TestLooksDifferWithoutColour(t *testing.T) {
	for kind, most := range map[fig.Kind]int{
		fig.Measured: fig.MaxMarked, fig.Computed: fig.MaxMarked, fig.Fitted: fig.MaxFitted,
		fig.Theory: fig.MaxTheory, fig.Limit: fig.MaxLimit,
	} {
		var f fig.Figure
		for range most {
			f.Series = append(f.Series, fig.Series{Kind: kind})
		}
		seen := map[string]bool{}
		for _, l := range looksOf(f) {
			if l.colour < curveInks {
				l.colour = 0
			}
			data, err := json.Marshal([]any{l.colour, l.width, l.dash, l.marker, l.size})
			if err != nil || seen[string(data)] {
				t.Errorf("two series of kind %v look alike: %s, %v", kind, data, err)
			}
			seen[string(data)] = true
		}
	}
	lightness := math.Inf(1)
	for k := range 101 {
		c := shade(float64(k) / 100)
		if y := 0.2126*float64(c.R) + 0.7152*float64(c.G) + 0.0722*float64(c.B); y > lightness {
			t.Errorf("the shade at %d %% is lighter than the one before", k)
		} else {
			lightness = y
		}
	}
}

func TestWrap(t *testing.T) {
	f := sans
	f.Size = textSize
	for _, text := range []string{"", "a", "several words of a long label", strings.Repeat("x", 60), "word " + strings.Repeat("ε²", 40)} {
		lines := strings.Split(setScript.wrap(text, f, 60), "\n")
		for _, line := range lines {
			if w, _, _ := setScript.Box(line, f); w > 60 {
				t.Errorf("%q is %v wide", line, w)
			}
		}
		if got := strings.Join(lines, ""); strings.ReplaceAll(got, " ", "") != strings.ReplaceAll(text, " ", "") {
			t.Errorf("%q became %q", text, lines)
		}
	}
	for _, line := range []string{"", "n", "10⁻³", "2^⌈log₂ n⌉", "⁰₀a"} {
		var b strings.Builder
		for _, r := range unmark(marked(line)) {
			b.WriteString(r.text)
		}
		var want strings.Builder
		for _, r := range split(line) {
			want.WriteString(r.text)
		}
		if b.String() != want.String() {
			t.Errorf("%q is marked as %q", line, marked(line))
		}
	}
}

func TestTeX(t *testing.T) {
	for from, want := range map[string]string{
		`a#b%c&d_e{f}g\h^i~j$k`: `a\#b\%c\&d\_e\{f\}g\textbackslash{}h\textasciicircum{}i\textasciitilde{}j\$k`,
		"10⁻³ ≤ ε":              `10\textsuperscript{$-$3} $\leq$ $\varepsilon$`,
		"log₂ n":                `log\textsubscript{2} n`,
	} {
		if got := tex(from); got != want {
			t.Errorf("%q: %s", from, got)
		}
	}
}

// pdflatex compiles the figures, with hostile names too. It is not needed to write them.
func TestPGFCompiles(t *testing.T) {
	compiler, err := exec.LookPath("pdflatex")
	if err != nil {
		const why = "there is no pdflatex on PATH; install it: apt-get install -y texlive-latex-base texlive-pictures"
		if strings.Contains(os.Getenv("FINEGRAIN_REQUIRE"), "pdflatex") {
			t.Fatalf("%s; FINEGRAIN_REQUIRE asks for it", why)
		}
		t.Skip(why)
	}
	hostile := sampleLines()
	hostile.ID = "hostile"
	hostile.Series[0].Name = `a, b \input{x} #1 %d & $x$ _ ^ ~ {} "c" <d> |`
	hostile.X.Label = `\end{document} % #`
	hostile = signed(hostile)
	dir := t.TempDir()
	for _, f := range append(sampleFigures(), hostile) {
		for _, name := range []string{"pgf", "csv"} {
			path := filepath.Join(dir, f.ID+format(t, name).Extension)
			if err := os.WriteFile(path, writtenAs(t, name, f), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		run := exec.CommandContext(t.Context(), compiler, "-interaction=nonstopmode", "-halt-on-error", f.ID+".tex")
		run.Dir = dir
		if out, err := run.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", f.ID, err, out[max(0, len(out)-1500):])
		}
	}
}

// manyFigure has n points, a quarter of them in each of four series.
func manyFigure(n int) fig.Figure {
	f := fig.Figure{
		ID: "many", Title: "Many points", Caption: "All are drawn.", Alt: "Two clouds and two lines.",
		X: fig.Axis{Label: "n", Base: 2}, Y: fig.Axis{Label: "time", Unit: "s", Base: 10},
	}
	r := rand.New(rand.NewPCG(1, 2))
	for k, kind := range []fig.Kind{fig.Measured, fig.Measured, fig.Computed, fig.Fitted} {
		s := fig.Series{Name: "series " + strconv.Itoa(k), Kind: kind}
		for i := range n / 4 {
			x := math.Exp2(4 + 64*float64(i)/float64(n))
			y := 1e-6 * x * math.Exp(float64(k))
			if kind == fig.Measured {
				y *= math.Exp(0.3 * r.NormFloat64())
			}
			s.Points = append(s.Points, fig.Point{X: x, Y: y})
		}
		f.Series = append(f.Series, s)
	}
	return signed(f)
}

// Many points are written as bare numbers, all of them; the table has some and says so.
func TestManyPointsAreBareNumbers(t *testing.T) {
	const n = 20_000
	data := writtenAs(t, "html", manyFigure(n))
	options := scriptElement.FindSubmatch(data)[1]
	if pairs := regexp.MustCompile(`\[[-0-9.e]+,[-0-9.e]+\]`).FindAll(options, -1); len(pairs) < n+n/4 {
		t.Errorf("%d pairs for %d points, of which a quarter is both a line and markers", len(pairs), n)
	}
	if bytes.Contains(options, []byte(`"tip"`)) {
		t.Error("points have words")
	}
	if rows := bytes.Count(data, []byte("<tr>")); rows > tableRows+1 {
		t.Errorf("the table has %d rows", rows)
	}
	if !bytes.Contains(data, []byte("Every 20. of 20000 points")) {
		t.Error("the table does not say what it leaves out")
	}
}

// BenchmarkManyPoints: the page of 100,000 points, which is to take less than 300 ms.
func BenchmarkManyPoints(b *testing.B) {
	f := manyFigure(100_000)
	for b.Loop() {
		if err := WriteHTML(io.Discard, f); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzFigure(f *testing.F) {
	f.Fuzz(func(t *testing.T, name, why, label string, x, y, spread float64, kind int, base bool) {
		shown := fig.Figure{
			ID: "fuzzed", Title: label, Caption: name, Alt: why, X: fig.Axis{Label: label}, Y: fig.Axis{Label: label, Unit: name},
			Series: []fig.Series{{Name: name, Kind: fig.Kind(kind), Points: []fig.Point{{X: x, Y: y}, {X: x + spread, Y: y * spread, Censored: why}}}},
			Notes:  []string{label},
		}
		if base {
			shown.X.Base, shown.Y.Base = 2, 10
		}
		if kind > 1 {
			shown.Series[0].Points[1].Censored = ""
		}
		shown = signed(shown)
		if shown.Validate() != nil {
			return
		}
		drawn := settable(shown.ID, drawnTexts(shown)) == nil
		for _, format := range quick(Formats()) {
			var out bytes.Buffer
			err := format.Write(&out, shown)
			needsGlyphs := strings.HasPrefix(format.Name, "svg") || strings.HasPrefix(format.Name, "pdf")
			if (err == nil) != (drawn || !needsGlyphs) {
				t.Fatalf("%s: %v", format.Name, err)
			}
			if err != nil {
				continue
			}
			switch format.Name {
			case "svg":
				if err := xml.Unmarshal(out.Bytes(), new(struct{})); err != nil {
					t.Error(err)
				}
			case "csv":
				if err := holds(out.Bytes(), shown); err != nil {
					t.Error(err)
				}
			case "html":
				if err := escaped(out.Bytes()); err != nil {
					t.Error(err)
				}
			}
		}
	})
}
