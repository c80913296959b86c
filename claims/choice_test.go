package claims

import (
	"strings"
	"testing"

	"finegrain/figure"
)

// TestOptionsDiffer: of two figures for the same option of a choice the second is not drawn, and a note says why.
func TestOptionsDiffer(t *testing.T) {
	for second, drawn := range map[string]int{"1": 1, "2": 2} {
		c := SplitAndList
		draw := c.Figures[0].Draw
		c.Figures = nil
		for i, option := range []string{"1", second} {
			c.Figures = append(c.Figures, Drawing{ID: []string{"one", "two"}[i], Draw: func(e Evidence) (figure.Figure, error) {
				f, err := draw(e)
				f.Choice = figure.Choice{Of: "c", Option: option}
				return f, err
			}})
		}
		j := outcomeOf(t, c, evidenceFor(t, SplitAndList, asClaimed(SplitAndList)))
		if len(j.Drawn) != drawn || (len(j.Notes) > 0) == (drawn == 2) {
			t.Errorf("options 1 and %s: %d figures, notes %q", second, len(j.Drawn), j.Notes)
		}
		if drawn == 1 && !strings.Contains(strings.Join(j.Notes, " "), `one has the same option "1" of the choice of "c"`) {
			t.Errorf("notes %q", j.Notes)
		}
	}
}
