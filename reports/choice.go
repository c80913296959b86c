package reports

import (
	"fmt"

	fig "finegrain/figure"
)

// Figures that are one picture for several values of a parameter. The page shows one of them at a time, with a list to
// choose from; page.js does it, so that without scripts, and in print, all of them are there, each with its value.

// shown is what stands in one place of a page: a figure, or several to choose from, the first to begin with.
type shown struct {
	Of      string // what is chosen; empty: nothing
	ID      string // of the list
	Figures []figure
}

// shownOf makes figures of a claim ready for the page. Those that share a choice stand where the first of them does.
// The error names a figure that cannot be shown, or whose option another one has. A choice of one is none.
func shownOf(drawn []fig.Figure) ([]shown, error) {
	var all []shown
	at := map[string]int{} // in all, by what is chosen
	of := map[fig.Choice]string{}
	for _, f := range drawn {
		ready, err := pageFigure(f)
		if err != nil {
			return nil, err
		}
		if c := f.Choice; c.Of != "" {
			if other, ok := of[c]; ok {
				return nil, fmt.Errorf("reports: figures %s and %s are both %q of the choice of %q; name them apart",
					other, f.ID, c.Option, c.Of)
			}
			of[c] = f.ID
			if k, ok := at[c.Of]; ok {
				all[k].Of, all[k].ID = c.Of, all[k].Figures[0].ID+".choice" // no figure's: those have no dots
				all[k].Figures = append(all[k].Figures, ready)
				continue
			}
			at[c.Of] = len(all)
		}
		all = append(all, shown{Figures: []figure{ready}})
	}
	return all, nil
}
