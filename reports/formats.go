package reports

import (
	"io"
	"slices"

	fig "finegrain/figure"
)

// Format is a way to write a figure. Write writes nothing before the figure is found valid; after an error, what
// it has written is not whole.
type Format struct {
	Name      string // on the command line
	Extension string // of file names, with the dot
	What      string // in a few words
	Beside    string // the format that must stand beside it under the figure's name, such as csv for pgf; empty: none
	Write     func(io.Writer, fig.Figure) error
}

var formats = []Format{
	{"svg", ".svg", "drawing, 16 cm wide", "", func(w io.Writer, f fig.Figure) error { return WriteSVG(w, f, PageWidth) }},
	{
		"svg-column", ".svg", "drawing for a column, 8.5 cm wide", "",
		func(w io.Writer, f fig.Figure) error { return WriteSVG(w, f, ColumnWidth) },
	},
	{"pdf", ".pdf", "drawing, 16 cm wide", "", func(w io.Writer, f fig.Figure) error { return WritePDF(w, f, PageWidth) }},
	{
		"pdf-column", ".pdf", "drawing for a column, 8.5 cm wide", "",
		func(w io.Writer, f fig.Figure) error { return WritePDF(w, f, ColumnWidth) },
	},
	{"pgf", ".tex", "LaTeX with pgfplots, reads ID.csv", "csv", WritePGF},
	{"csv", ".csv", "the numbers", "", WriteCSV},
	{"html", ".html", "page of its own, interactive, without a network", "", WriteHTML},
	{"txt", ".txt", "words and a plain table", "", WriteText},
}

// Formats lists the ways to write a figure.
func Formats() []Format { return slices.Clone(formats) }
