package reports

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strings"

	fig "finegrain/figure"
)

// PGF: the figure for pgfplots, in the paper's own fonts. The series are read from ID.csv, which stands beside
// the .tex file and is what WriteCSV writes; cells of a grid are drawn as they are. The file can be read by \input
// into a document, where it is as wide as a line, and compiled by itself.

// WritePGF writes the figure for pgfplots.
func WritePGF(w io.Writer, f fig.Figure) error {
	if err := f.Validate(); err != nil {
		return err
	}
	p := &pgf{Figure: f, looks: looksOf(f), keys: keysOf(f)}
	p.write()
	_, err := p.out.WriteTo(w)
	return err
}

type pgf struct {
	fig.Figure
	out   bytes.Buffer
	looks []look
	keys  []string
}

func (p *pgf) line(format string, args ...any) { fmt.Fprintf(&p.out, format+"\n", args...) }

const pgfHead = `% Reads the series from %ID.csv, which must stand beside this file.
% To use it by \input, the document needs in its preamble:
%   \usepackage{pgfplots}
%   \pgfplotsset{compat=1.16}
%   \usepgfplotslibrary{fillbetween}
%   \usetikzlibrary{patterns}
\expandafter\ifx\csname @nodocument\endcsname\relax
  \let\finegrainend\relax
\else % compiled by itself
  \documentclass{article}
  \usepackage[utf8]{inputenc}
  \usepackage{pgfplots}
  \pgfplotsset{compat=1.16}
  \usepgfplotslibrary{fillbetween}
  \usetikzlibrary{patterns}
  \pagestyle{empty}
  \begin{document}
  \def\finegrainend{\end{document}}
\fi
\begingroup
% Rows of one series; rows with and without a reason of censoring; rows with an interval.
\pgfplotsset{
  finegrain of/.style={x filter/.append code={%
    \edef\finegrainrow{\thisrow{series}}\edef\finegrainkey{#1}%
    \ifx\finegrainrow\finegrainkey\else\def\pgfmathresult{}\fi}},
  finegrain reached/.style={x filter/.append code={%
    \edef\finegrainrow{\thisrow{censored}}\ifx\finegrainrow\empty\else\def\pgfmathresult{}\fi}},
  finegrain stopped/.style={x filter/.append code={%
    \edef\finegrainrow{\thisrow{censored}}\ifx\finegrainrow\empty\def\pgfmathresult{}\fi}},
  finegrain between/.style={x filter/.append code={%
    \edef\finegrainrow{\thisrow{low}}\ifx\finegrainrow\empty\def\pgfmathresult{}\fi}},
}
\def\finegraintable{%ID.csv}
\pgfdeclareplotmark{finegrain stopped}{%
  \pgfpathmoveto{\pgfpointorigin}\pgfpathlineto{\pgfpoint{0pt}{2\pgfplotmarksize}}\pgfusepathqstroke
  \pgfsetfillcolor{white}%
  \pgfpathmoveto{\pgfpoint{-1.2\pgfplotmarksize}{2\pgfplotmarksize}}%
  \pgfpathlineto{\pgfpoint{1.2\pgfplotmarksize}{2\pgfplotmarksize}}%
  \pgfpathlineto{\pgfpoint{0pt}{4\pgfplotmarksize}}\pgfpathclose\pgfusepathqfillstroke}
`

func (p *pgf) write() {
	for _, line := range provenance(p.Figure) {
		p.line("%% %s", line)
	}
	p.out.WriteString(strings.NewReplacer("%ID", p.ID).Replace(pgfHead))
	for i, c := range inks {
		p.line("\\definecolor{finegrain%c}{RGB}{%d,%d,%d}", 'A'+i, c.paper.R, c.paper.G, c.paper.B)
	}
	x, y := scalesOf(p.Figure, fewTicks+1)
	p.line("\\begin{tikzpicture}\n\\begin{axis}[")
	p.line("  width=%s\\linewidth, height=0.62\\linewidth, font=\\footnotesize, unbounded coords=jump,",
		map[bool]string{true: "0.88", false: "0.98"}[p.numbers()])
	if p.Grid != nil {
		p.line("  axis on top,")
	} else {
		p.line("  grid=major, grid style={black!12},")
	}
	p.line("  axis lines=left, axis line style={-}, tick align=outside,")
	p.line("  xlabel style={text width=0.75\\linewidth, align=center}, ylabel style={text width=0.5\\linewidth, align=center},")
	p.axis("x", x)
	p.axis("y", y)
	p.line("  legend style={at={(xticklabel cs:0.5,2.6em)}, anchor=north, draw=none, legend columns=2,")
	p.line("    /tikz/every even column/.append style={column sep=1em}}, legend cell align=left, clip marker paths=false,")
	if p.numbers() {
		p.colorbar()
	}
	p.line("]")
	if p.Grid != nil {
		p.cells()
	}
	for i := range p.Series {
		p.band(i)
	}
	for i := range p.Series {
		p.series(i)
	}
	if hasCensored(p.Figure) {
		p.line("\\addlegendimage{only marks, mark=finegrain stopped, mark size=1.6pt, black}")
		p.line("\\addlegendentry{%s}", tex(stoppedText))
	}
	if p.Grid != nil {
		p.cellLegend()
	}
	p.line("\\end{axis}\n\\end{tikzpicture}\n\\endgroup\n\\finegrainend")
}

// numbers reports whether there is a grid of numbers, which needs a scale beside it.
func (p *pgf) numbers() bool { return p.Grid != nil && p.Grid.Categories == nil }

// data is a position as a coordinate of pgfplots.
func data(a fig.Axis, at float64) string {
	if a.Base != 0 {
		at = math.Pow(a.Base, at)
	}
	return exact(at)
}

func (p *pgf) axis(name string, s scale) {
	if s.axis.Base != 0 {
		p.line("  %smode=log, log basis %s=%g,", name, name, s.axis.Base)
	}
	var at, labels, minor []string
	for _, t := range s.ticks {
		at, labels = append(at, data(s.axis, t.at)), append(labels, "{"+tex(t.label)+"}")
	}
	for _, m := range s.minor {
		minor = append(minor, data(s.axis, m))
	}
	p.line("  %smin=%s, %smax=%s, %slabel={%s},", name, data(s.axis, s.low), name, data(s.axis, s.high), name,
		tex(axisTitle(s.axis.Label, s.axis.Unit)))
	p.line("  %stick={%s}, %sticklabels={%s}, minor %s tick num=0,", name, strings.Join(at, ","),
		name, strings.Join(labels, ","), name)
	if minor != nil {
		p.line("  extra %s ticks={%s}, extra %s tick labels={}, extra %s tick style={grid=none, major tick length=1.5pt},",
			name, strings.Join(minor, ","), name, name)
	}
	if name == "x" && s.axis.Categories != nil {
		p.line("  xticklabel style={rotate=45, anchor=north east},")
	}
}

// table is the rows of the k-th series in the CSV file, of the given sort, with y from the column.
func (p *pgf) table(k int, sort, column string) string {
	return fmt.Sprintf("finegrain of=%s, %s] table [col sep=comma, x=x, y=%s", p.keys[k], sort, column)
}

// band draws intervals of curves.
func (p *pgf) band(k int) {
	s := p.Series[k]
	if s.Kind == fig.Measured || len(pieces(s.Points, fig.Point.Interval)) == 0 {
		return
	}
	for _, side := range []string{"low", "high"} {
		p.line("\\addplot[draw=none, forget plot, name path=finegrain%s%d, %s] {\\finegraintable};", side, k,
			p.table(k, "finegrain between", side))
	}
	p.line("\\addplot[finegrain%c, opacity=0.22, forget plot] fill between[of=finegrainlow%d and finegrainhigh%d];",
		'A'+p.looks[k].colour, k, k)
}

func (p *pgf) series(k int) {
	s, l := p.Series[k], p.looks[k]
	style := []string{fmt.Sprintf("finegrain%c", 'A'+l.colour)}
	if l.width == 0 {
		style = append(style, "only marks")
	} else {
		style = append(style, fmt.Sprintf("line width=%gpt", l.width))
	}
	if l.dash != nil {
		dash := "dash pattern="
		for i, d := range l.dash {
			dash += fmt.Sprintf("%s %gpt ", []string{"on", "off"}[i%2], d)
		}
		style = append(style, strings.TrimSpace(dash))
	}
	mark := "mark=none"
	if l.marker >= 0 {
		mark = fmt.Sprintf("mark=%s, mark size=%gpt, mark options={solid, line width=0.7pt}", markers[l.marker].tex, l.size)
	}
	style = append(style, mark)
	errors := ""
	if s.Kind == fig.Measured && len(pieces(s.Points, fig.Point.Interval)) > 0 {
		style = append(style, "error bars/y dir=both, error bars/y explicit")
		errors = `, y error plus expr={\if\relax\thisrow{high}\relax 0\else\thisrow{high}-\thisrow{y}\fi}` +
			`, y error minus expr={\if\relax\thisrow{low}\relax 0\else\thisrow{y}-\thisrow{low}\fi}`
	}
	p.line("\\addplot[%s, %s%s] {\\finegraintable};", strings.Join(style, ", "), p.table(k, "finegrain reached", "y"), errors)
	p.line("\\addlegendentry{%s}", tex(legendText(s)))
	if len(pieces(s.Points, func(p fig.Point) bool { return p.Censored != "" })) > 0 {
		p.line("\\addplot[finegrain%c, only marks, mark=finegrain stopped, mark size=2.4pt, forget plot, %s] {\\finegraintable};",
			'A'+l.colour, p.table(k, "finegrain stopped", "y"))
	}
}

// cells draws the grid.
func (p *pgf) cells() {
	g := p.Grid
	left, right := fig.Cells(p.X, g.X)
	low, high := fig.Cells(p.Y, g.Y)
	wide, tall := (right-left)/float64(len(g.X)), (high-low)/float64(len(g.Y))
	values := scale{}
	if p.numbers() {
		values = gridScale(g, fewTicks)
	}
	for j := range g.Y {
		for i := range g.X {
			box := fmt.Sprintf("(axis cs:%s,%s) rectangle (axis cs:%s,%s)",
				data(p.X, left+float64(i)*wide), data(p.Y, low+float64(j)*tall),
				data(p.X, left+float64(i+1)*wide), data(p.Y, low+float64(j+1)*tall))
			switch {
			case g.Why(i, j) != "":
				p.line("\\path[draw=black!60, fill=white, pattern=crosshatch, pattern color=black!45] %s;", box)
			case g.Categories != nil:
				for _, style := range tileTeX(int(g.Values[j][i])) {
					p.line("\\path[%s] %s;", style, box)
				}
			default:
				c := shade(values.fraction((fig.Axis{Base: g.Base}).At(g.Values[j][i])))
				p.line("\\path[draw=white, fill={rgb,255:red,%d;green,%d;blue,%d}] %s;", c.R, c.G, c.B, box)
			}
		}
	}
}

var tilePatterns = map[float64]string{
	0: "horizontal lines", 90: "vertical lines", 45: "north east lines", -45: "north west lines",
}

// tileTeX is how TikZ fills a category: with a colour, and with patterns over it.
func tileTeX(k int) []string {
	c := tiles[k].fill
	styles := []string{fmt.Sprintf("draw=white, fill={rgb,255:red,%d;green,%d;blue,%d}", c.R, c.G, c.B)}
	for _, angle := range tiles[k].angles {
		styles = append(styles, "pattern="+tilePatterns[angle]+", pattern color=black!70")
	}
	return styles
}

func (p *pgf) cellLegend() {
	for k, name := range p.Grid.Categories {
		var image string
		for _, style := range tileTeX(k) {
			image += fmt.Sprintf("\\path[%s] (0cm,-0.1cm) rectangle (0.6cm,0.1cm);", style)
		}
		p.line("\\addlegendimage{legend image code/.code={%s}}\n\\addlegendentry{%s}", image, tex(name))
	}
	if hasUnvalued(p.Grid) {
		p.line("\\addlegendimage{legend image code/.code={\\path[draw=black!60, pattern=crosshatch, pattern color=black!45] " +
			"(0cm,-0.1cm) rectangle (0.6cm,0.1cm);}}")
		p.line("\\addlegendentry{%s}", tex(unvaluedText))
	}
}

func (p *pgf) colorbar() {
	s := gridScale(p.Grid, fewTicks)
	var at, labels, stops []string
	for _, t := range s.ticks {
		at, labels = append(at, exact(t.at)), append(labels, "{"+tex(t.label)+"}")
	}
	for _, c := range shades {
		stops = append(stops, fmt.Sprintf("rgb255=(%d,%d,%d)", c.R, c.G, c.B))
	}
	p.line("  colorbar, colormap={finegrain}{%s}, point meta min=%s, point meta max=%s,", strings.Join(stops, " "),
		exact(s.low), exact(s.high))
	p.line("  colorbar style={ylabel={%s}, ytick={%s}, yticklabels={%s}, width=0.7em},",
		tex(axisTitle(p.Grid.Label, p.Grid.Unit)), strings.Join(at, ","), strings.Join(labels, ","))
}

var texSigns = map[rune]string{
	'\\': `\textbackslash{}`, '{': `\{`, '}': `\}`, '#': `\#`, '%': `\%`, '&': `\&`, '_': `\_`, '$': `\$`,
	'^': `\textasciicircum{}`, '~': `\textasciitilde{}`, '<': `\textless{}`, '>': `\textgreater{}`,
	'|': `\textbar{}`, '"': `\textquotedblright{}`, '\u00a0': "~", '\u2009': `\,`,
	'−': `$-$`, '·': `$\cdot$`, '×': `$\times$`, '÷': `$\div$`, '√': `$\surd$`, '±': `$\pm$`,
	'≤': `$\leq$`, '≥': `$\geq$`, '≠': `$\neq$`, '≈': `$\approx$`, '∞': `$\infty$`, '∈': `$\in$`, '→': `$\to$`,
	'⌈': `$\lceil$`, '⌉': `$\rceil$`, '⌊': `$\lfloor$`, '⌋': `$\rfloor$`, '⟨': `$\langle$`, '⟩': `$\rangle$`,
	'∧': `$\wedge$`, '∨': `$\vee$`, '¬': `$\neg$`, '∑': `$\sum$`, '…': `\dots{}`,
	'–': "--", '—': "---", '’': "'", '‘': "`", '“': "``", '”': "''",
	'α': `$\alpha$`, 'β': `$\beta$`, 'γ': `$\gamma$`, 'δ': `$\delta$`, 'ε': `$\varepsilon$`, 'η': `$\eta$`,
	'θ': `$\theta$`, 'λ': `$\lambda$`, 'μ': `$\mu$`, 'π': `$\pi$`, 'ρ': `$\rho$`, 'σ': `$\sigma$`, 'τ': `$\tau$`,
	'φ': `$\varphi$`, 'ω': `$\omega$`, 'Γ': `$\Gamma$`, 'Δ': `$\Delta$`, 'Θ': `$\Theta$`, 'Λ': `$\Lambda$`,
	'Σ': `$\Sigma$`, 'Ω': `$\Omega$`, 'ℓ': `$\ell$`,
}

// tex is text as LaTeX sets it. Other characters beyond ASCII stay, for the engine to know.
func tex(s string) string {
	var b strings.Builder
	for _, piece := range split(s) {
		switch piece.up {
		case 1:
			b.WriteString(`\textsuperscript{`)
		case -1:
			b.WriteString(`\textsubscript{`)
		}
		for _, r := range piece.text {
			if sign, ok := texSigns[r]; ok {
				b.WriteString(sign)
			} else {
				b.WriteRune(r)
			}
		}
		if piece.up != 0 {
			b.WriteString("}")
		}
	}
	return b.String()
}
