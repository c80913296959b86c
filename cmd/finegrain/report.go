package main

// report: a figure of one's own measurements, in any of the formats that figures are written in.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"finegrain/claims"
	"finegrain/figure"
	"finegrain/internal/outfile"
	"finegrain/internal/slug"
	"finegrain/measure"
	"finegrain/reports"
)

type reportFlags struct {
	selection
	by, format, out string
	figure          string // of a claim, by its ID
}

func (a *app) report() *cobra.Command {
	var f reportFlags
	var names []string
	for _, x := range reports.Formats() {
		names = append(names, x.Name)
	}
	cmd := &cobra.Command{
		Use:   "report STORE|DIR",
		Short: "Draw what was measured",
		Long: "With --figure, write a figure of a claim from the measurements of finegrain reproduce; finegrain claims lists\n" +
			"their names. Otherwise write a figure of a store's measurements: a quantity against a parameter, a series for\n" +
			"each value of another one, medians of the trials with the least and the largest, fitted lines where both axes\n" +
			"are logarithmic, and of what the time limit stopped the seconds that it took at least; what has no value, as\n" +
			"where an algorithm refused, is in the notes. Axes are logarithmic where the numbers span a factor of eight.\n\n" +
			"The format is that of --format, or goes by the ending of --out; without both it is text. A figure carries what it\n" +
			"takes to write it again: command, version, seed, machine, date, and the hash of its numbers. pgf reads its numbers\n" +
			"from a CSV file, which is written beside it under the figure's name.",
		Example: "  finegrain report experiment.sqlite --x n --y multiply_adds --by d --out made",
		Args:    exactly("STORE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.figure == "" {
				return a.runReport(cmd.Context(), f, args[0])
			}
			for _, name := range []string{"experiment", "x", "y", "where", "by"} {
				if cmd.Flags().Changed(name) {
					return request("--%s chooses measurements, and --figure %s has its own; give one of them", name, f.figure)
				}
			}
			return a.reportFigure(cmd.Context(), f, args[0])
		},
	}
	f.flags(cmd)
	cmd.Flags().StringVar(&f.figure, "figure", "", "figure of a claim, by its name")
	cmd.Flags().StringVar(&f.by, "by", "", "parameter of which each value is a series")
	choice(cmd, &f.format, "format", "", "format", names)
	cmd.Flags().StringVar(&f.out, "out", "-", "file to write; - is standard output")
	return cmd
}

// formatOf is the format that is asked for, by name or by the ending of the file.
func (f reportFlags) formatOf() (reports.Format, error) {
	all := reports.Formats()
	by := func(is func(reports.Format) bool) (reports.Format, bool) {
		i := slices.IndexFunc(all, is)
		if i < 0 {
			return reports.Format{}, false
		}
		return all[i], true
	}
	named, ok := by(func(x reports.Format) bool { return x.Name == f.format })
	if !ok {
		named, ok = by(func(x reports.Format) bool { return f.out != "-" && x.Extension == filepath.Ext(f.out) })
	}
	if ending := filepath.Ext(f.out); !ok && f.out != "-" && ending != "" {
		var endings []string
		for _, x := range all {
			if !slices.Contains(endings, x.Extension) {
				endings = append(endings, x.Extension)
			}
		}
		return named, request("--out %s: no format has the ending %s; there are %s, and --format names one whatever the ending",
			f.out, ending, strings.Join(endings, ", "))
	}
	if !ok {
		if named, ok = by(func(x reports.Format) bool { return x.Name == "txt" }); !ok {
			panic("finegrain: there is no format txt")
		}
	}
	if f.out == "-" && named.Beside != "" {
		return named, request("%s stands beside a file of numbers; name its place with --out FILE", named.Name)
	}
	return named, nil
}

func (a *app) runReport(ctx context.Context, f reportFlags, name string) error {
	format, err := f.formatOf()
	if err != nil {
		return err
	}
	var free []string
	if f.by != "" {
		free = []string{f.by}
		if f.by == f.x {
			return request("--by %s: that is along x; take another parameter", f.by)
		}
	}
	c, err := f.choose(ctx, name, free...)
	if err != nil {
		return err
	}
	f.selection = c.selection
	drawn, err := c.draw(f.by)
	if err != nil {
		return err
	}
	drawn.Source.Command = "finegrain report " + shellWord(name) + f.words()
	if f.by != "" {
		drawn.Source.Command += " --by " + f.by
	}
	drawn.Source.Data = drawn.Hash()
	if err := drawn.Validate(); err != nil {
		return request("%v", err)
	}
	return a.writeFigure(ctx, f, format, drawn)
}

// reportFigure writes a claim's figure, judged on the measurements of a directory that reproduce made.
func (a *app) reportFigure(ctx context.Context, f reportFlags, dir string) error {
	format, err := f.formatOf()
	if err != nil {
		return err
	}
	var names []string
	for _, c := range a.claims() {
		for _, d := range c.Figures {
			names = append(names, d.ID)
			if d.ID != f.figure {
				continue
			}
			judged, err := judgedIn(ctx, dir, true, []claims.Claim{c})
			if errors.Is(err, syscall.ENOTDIR) {
				return request("%s is no directory that finegrain reproduce made, which is where --figure takes measurements from", dir)
			}
			if err != nil {
				return err
			}
			for _, drawn := range judged[0].Drawn {
				if drawn.ID == f.figure {
					return a.writeFigure(ctx, f, format, drawn)
				}
			}
			return refuse("nothing that figure %s shows was measured in %s; finegrain reproduce --paper %s --out %s --resume does",
				f.figure, dir, c.Source.Paper.Key, shellWord(dir))
		}
	}
	return unknown("figure", f.figure, names)
}

// writeFigure writes a figure to --out, and beside it what its format reads.
func (a *app) writeFigure(ctx context.Context, f reportFlags, format reports.Format, drawn figure.Figure) error {
	if f.out == "-" {
		return format.Write(a.stdout, drawn)
	}
	if format.Beside != "" {
		for _, beside := range reports.Formats() {
			if beside.Name != format.Beside {
				continue
			}
			numbers := filepath.Join(filepath.Dir(f.out), drawn.ID+beside.Extension)
			if err := outfile.File(ctx, numbers, func(w io.Writer) error { return beside.Write(w, drawn) }); err != nil {
				return err
			}
		}
	}
	return outfile.File(ctx, f.out, func(w io.Writer) error { return format.Write(w, drawn) })
}

// draw makes the figure, but for its command and hash.
func (c picked) draw(by string) (figure.Figure, error) {
	f := figure.Figure{
		ID:    slug.Of(c.experiment + "-" + c.y),
		Title: fmt.Sprintf("%s against %s", sentence(words(c.y)), words(c.x)),
		X:     figure.Axis{Label: words(c.x)},
		Y:     figure.Axis{Label: words(c.y), Unit: unitOf(c.y)},
	}
	if c.y == "seconds" {
		f.Y.Label = "time"
	}
	type group struct {
		name   string
		points []figure.Point
	}
	var groups []group
	var notDrawn []string
	told := map[string]int{} // censored measurements in notDrawn, by why they are
	add := func(name, where string, rows claims.Table) {
		groups = append(groups, group{name, rows.Points(c.x, c.quantity)})
		lacking := rows.NotDrawn(c.x, c.quantity)
		for _, why := range censored(lacking) {
			told[why.Why] += why.Number
			at := strings.Join(why.at(lacking, c.x), ", ")
			notDrawn = append(notDrawn, fmt.Sprintf("Not drawn: %s%s = %s, %s.", where, c.x, at, why.Why))
		}
	}
	if by == "" {
		add(words(c.y), "", c.rows)
	} else {
		for _, v := range c.rows.Values(by) {
			name := fmt.Sprintf("%s = %s", by, measure.Text(v))
			add(name, name+" and ", c.rows.Where(by, v))
		}
	}
	var xs, ys []float64
	for _, g := range groups {
		for _, p := range g.points {
			xs, ys = append(xs, p.X), append(ys, p.Y)
		}
	}
	if len(xs) == 0 {
		return f, c.nothing()
	}
	if f.X.Base = baseOf(xs); baseOf(ys) > 0 {
		f.Y.Base = 10
	}
	f.Alt = fmt.Sprintf("%s from %s to %s, for %s from %s to %s.", sentence(words(c.y)), short(slices.Min(ys)), short(slices.Max(ys)),
		words(c.x), short(slices.Min(xs)), short(slices.Max(xs)))
	lines := false
	for _, g := range groups {
		if len(g.points) == 0 {
			f.Notes = append(f.Notes, fmt.Sprintf("Of %s there is nothing to draw.", g.name))
			continue
		}
		f.Series = append(f.Series, figure.Series{Name: g.name, Kind: figure.Measured, Points: g.points})
		if f.X.Base == 0 || f.Y.Base == 0 {
			continue
		}
		if line, slope, ok := claims.FittedLine(g.name, g.points); ok {
			f.Series = append(f.Series, line)
			f.Alt += fmt.Sprintf(" %s grows with exponent %v.", sentence(g.name), slope)
			lines = true
		}
	}
	f.Caption = strings.TrimRight(sentence(c.declared.Doc), ".") + ". Medians of the trials, with the least and the largest."
	if lines {
		f.Caption += " Dashed lines are fitted to the medians; their slope is the measured exponent."
	}
	for _, w := range c.where {
		f.Notes = append(f.Notes, fmt.Sprintf("Of cells with %s alone.", w))
	}
	f.Notes = append(f.Notes, notDrawn...)
	for _, n := range censored(c.rows) {
		if n.Number -= told[n.Why]; n.Number > 0 {
			f.Notes = append(f.Notes, fmt.Sprintf("%s not done, %s.", sentence(plural(n.Number, "measurement")), n.Why))
		}
	}
	f.Source = claims.SourceOf(c.rows, c.declared.Seed, "")
	return f, nil
}

// baseOf is 2 or 10 where numbers are to stand on a logarithmic axis, 2 if all are powers of it, and 0 where not.
func baseOf(xs []float64) float64 {
	low, high := slices.Min(xs), slices.Max(xs)
	if low <= 0 || high < 8*low {
		return 0
	}
	for _, x := range xs {
		if fraction, _ := math.Frexp(x); fraction != 0.5 {
			return 10
		}
	}
	return 2
}

// words is a name as words.
func words(name string) string { return strings.ReplaceAll(name, "_", " ") }

// unitOf is the unit of a quantity that has one.
func unitOf(y string) string {
	switch y {
	case "seconds":
		return "s"
	case "bytes":
		return "bytes"
	}
	return ""
}
