package reports

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	fig "finegrain/figure"
)

// The numbers as a table, for those who do not see the figure and for the terminal: a row a point, or, of a grid,
// a row for each y and a column for each x. Whole numbers are whole, others have three digits; CSV has them all.

// tableRows is the most rows of a table on a page: more are no reading, and slow the page down.
const tableRows = 1000

// numbersOf is the figure's table. With more than most rows it has every second, third, … and says so.
func numbersOf(f fig.Figure, most int) table {
	t := table{Caption: f.Title}
	x, y := axisTitle(f.X.Label, f.X.Unit), axisTitle(f.Y.Label, f.Y.Unit)
	if len(f.Series) > 0 {
		t.Head = []string{"series", x, y, "least", "largest", "stopped by"}
	}
	total := 0
	for _, s := range f.Series {
		total += len(s.Points)
	}
	every := max(1, (total+most-1)/most)
	if every > 1 {
		t.Caption += fmt.Sprintf(". Every %d. of %d points; all of them: %s --format csv", every, total, f.Source.Command)
	}
	k := 0
	for _, s := range f.Series {
		for _, p := range s.Points {
			if k++; (k-1)%every != 0 {
				continue
			}
			row := []string{legendText(s), value(f.X, p.X), value(f.Y, p.Y), none, none, none}
			if p.Interval() {
				row[3], row[4] = whole(p.Low), whole(p.High)
			}
			if p.Censored != "" {
				row[2], row[5] = "> "+row[2], p.Censored
			}
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

// cellsOf is the grid's table; the largest y is on top, as it is drawn.
func cellsOf(f fig.Figure) table {
	g := f.Grid
	t := table{
		Caption: fmt.Sprintf("%s, in rows of %s and columns of %s", axisTitle(g.Label, g.Unit),
			axisTitle(f.Y.Label, f.Y.Unit), axisTitle(f.X.Label, f.X.Unit)),
		Head: []string{f.Y.Label + " \\ " + f.X.Label},
	}
	for _, x := range g.X {
		t.Head = append(t.Head, value(f.X, x))
	}
	for j := len(g.Y) - 1; j >= 0; j-- {
		row := []string{value(f.Y, g.Y[j])}
		for i := range g.X {
			switch {
			case g.Why(i, j) != "":
				row = append(row, none+" "+g.Why(i, j))
			default:
				row = append(row, value(fig.Axis{Categories: g.Categories}, g.Values[j][i]))
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// value is a value of the axis as text.
func value(a fig.Axis, v float64) string {
	if a.Categories != nil {
		return a.Categories[int(v)]
	}
	return whole(v)
}

// whole is x, whole if it is, or else to three digits.
func whole(x float64) string {
	if x == math.Trunc(x) && math.Abs(x) < 1e15 {
		return strings.Replace(strconv.FormatFloat(x+0, 'f', 0, 64), "-", "−", 1)
	}
	return number(x)
}

// WriteText writes the figure as words and a plain table.
func WriteText(w io.Writer, f fig.Figure) error {
	if err := f.Validate(); err != nil {
		return err
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "%s\n%s\n\n%s\n\n%s\n\n", f.Title, strings.Repeat("=", utf8.RuneCountInString(f.Title)), f.Alt, f.Caption)
	for _, t := range tablesOf(f, math.MaxInt) {
		fmt.Fprintf(&out, "%s\n\n", t.Caption)
		columns := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
		for _, row := range append([][]string{t.Head}, t.Rows...) {
			fmt.Fprintln(columns, strings.Join(row, "\t"))
		}
		columns.Flush() // a bytes.Buffer does not fail
		out.WriteString("\n")
	}
	if f.Choice.Of != "" {
		fmt.Fprintf(&out, "Choice of %s\n", f.Choice)
	}
	for _, note := range f.Notes {
		fmt.Fprintf(&out, "Note: %s\n", note)
	}
	for _, line := range again(f.Source) {
		fmt.Fprintf(&out, "%s: %s\n", line[0], line[1])
	}
	_, err := out.WriteTo(w)
	return err
}

// tablesOf are the figure's tables: of its series, of its grid.
func tablesOf(f fig.Figure, most int) (all []table) {
	if len(f.Series) > 0 {
		all = append(all, numbersOf(f, most))
	}
	if f.Grid != nil {
		cells := cellsOf(f)
		if all != nil {
			all[0].Of, cells.Of = "curves", "cells"
		}
		all = append(all, cells)
	}
	return all
}

// again is what runs the figure again, as names and values.
func again(s fig.Source) [][2]string {
	lines := [][2]string{
		{"command", s.Command},
		{"version", s.Version},
		{"seed", strconv.FormatUint(s.Seed, 10)},
		{"data", s.Data},
		{"date", s.Date},
	}
	if s.Machine != "" {
		lines = append(lines, [2]string{"machine", s.Machine})
	}
	return lines
}
