package reports

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	fig "finegrain/figure"
)

// CSV: the numbers in long form, a row a point, each in the shortest form that is exactly it. Lines that begin
// with # say what they are and where they come from; readers skip them on request (pandas: comment="#"). Series
// are named by keys of lower-case letters, digits and hyphens, which no reader takes apart; their names stand
// above. What has no value is empty. Cells of a grid are rows of the series "grid".

const gridKey = "grid"

// WriteCSV writes the figure's numbers.
func WriteCSV(w io.Writer, f fig.Figure) error {
	if err := f.Validate(); err != nil {
		return err
	}
	var out bytes.Buffer
	for _, line := range append(provenance(f), columns(f)...) {
		fmt.Fprintf(&out, "# %s\n", line)
	}
	rows := csv.NewWriter(&out)
	head := []string{"series", "kind", "x", "y", "low", "high", "censored"}
	if f.Grid != nil {
		head = append(head, "value")
	}
	rows.Write(head) // errors, which a bytes.Buffer never has, show in rows.Error
	keys := keysOf(f)
	for i, s := range f.Series {
		for _, p := range s.Points {
			row := []string{keys[i], s.Kind.String(), exact(p.X), exact(p.Y), "", "", plainKey(p.Censored)}
			if p.Interval() {
				row[4], row[5] = exact(p.Low), exact(p.High)
			}
			rows.Write(append(row, "")[:len(head)])
		}
	}
	if g := f.Grid; g != nil {
		for j, y := range g.Y {
			for i, x := range g.X {
				value, why := exact(g.Values[j][i]), g.Why(i, j)
				if why != "" {
					value = ""
				}
				rows.Write([]string{gridKey, gridKey, exact(x), exact(y), "", "", plainKey(why), value})
			}
		}
	}
	rows.Flush()
	if err := rows.Error(); err != nil {
		return err
	}
	_, err := out.WriteTo(w)
	return err
}

// columns say what the columns are.
func columns(f fig.Figure) (lines []string) {
	for _, a := range []struct {
		name string
		axis fig.Axis
	}{{"x", f.X}, {"y", f.Y}} {
		lines = append(lines, a.name+": "+axisTitle(a.axis.Label, a.axis.Unit))
		lines = append(lines, numbered(a.name, a.axis.Categories)...)
	}
	keys, reasons := keysOf(f), map[string]bool{}
	reason := func(why string) {
		if why != "" && !reasons[why] {
			reasons[why] = true
			lines = append(lines, "censored "+plainKey(why)+": "+why)
		}
	}
	for i, s := range f.Series {
		lines = append(lines, "series "+keys[i]+": "+legendText(s))
		for _, p := range s.Points {
			reason(p.Censored)
		}
	}
	if g := f.Grid; g != nil {
		lines = append(lines, "value: "+axisTitle(g.Label, g.Unit))
		lines = append(lines, numbered("value", g.Categories)...)
		for j := range g.Y {
			for i := range g.X {
				reason(g.Why(i, j))
			}
		}
	}
	return lines
}

func numbered(column string, categories []string) (lines []string) {
	for i, name := range categories {
		lines = append(lines, fmt.Sprintf("%s %d: %s", column, i, name))
	}
	return lines
}

// exact is the shortest text that is read as x.
func exact(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// plainKey is a text as lower-case ASCII letters, digits and hyphens; "stopped" for one that has none, and empty for
// an empty one.
func plainKey(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		if to, ok := superscript[r]; ok {
			r = to
		} else if to, ok := subscript[r]; ok {
			r = to
		}
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			b.WriteRune(r)
		} else if b.Len() > 0 && !strings.HasSuffix(b.String(), "-") {
			b.WriteByte('-')
		}
	}
	key := strings.Trim(b.String(), "-")
	if key == "" && s != "" {
		return "stopped"
	}
	return key
}

// keysOf are different keys for the series, made from their names.
func keysOf(f fig.Figure) []string {
	taken := map[string]bool{gridKey: true}
	var keys []string
	for i, s := range f.Series {
		key := plainKey(s.Name)
		if taken[key] {
			key = fmt.Sprintf("%s-series-%d", key, i+1)
		}
		for taken[key] { // by a series that is called so
			key += "-"
		}
		taken[key] = true
		keys = append(keys, key)
	}
	return keys
}
