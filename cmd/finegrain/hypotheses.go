package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"finegrain/hypotheses"
)

// hypotheses: what lower bounds rest on, and where each stands.

type declaredHypothesis struct {
	Key       string           `json:"key"`
	Name      string           `json:"name"`
	Statement string           `json:"statement"`
	StatedBy  string           `json:"stated_by"`
	Concerns  string           `json:"concerns"`
	Dimension string           `json:"dimension"`
	Status    string           `json:"status"`
	Date      string           `json:"date"`
	Sources   []string         `json:"sources"`
	Notes     string           `json:"notes"`
	Implies   []impliedByThese `json:"implies"`
}

// impliedByThese is an implication from a hypothesis.
type impliedByThese struct {
	Key        string   `json:"key"`
	Source     string   `json:"source"`
	Argument   string   `json:"argument"`
	Reductions []string `json:"reductions"` // declared ones that carry it
}

func declaredHypotheses() []declaredHypothesis {
	var rows []declaredHypothesis
	for _, h := range hypotheses.All() {
		row := declaredHypothesis{
			string(h.Key), h.Name, h.Statement, h.StatedBy.String(), h.Concerns, h.Dimension.String(),
			h.Status.String(), h.Date,
			[]string{},
			h.Notes,
			[]impliedByThese{},
		}
		for _, s := range h.Sources {
			row.Sources = append(row.Sources, s.String())
		}
		for _, i := range hypotheses.Implications() {
			if i.From == h.Key {
				carried := append([]string{}, i.Reductions...)
				row.Implies = append(row.Implies, impliedByThese{string(i.To), i.Source.String(), i.Argument, carried})
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func (a *app) hypotheses() *cobra.Command {
	var c common
	cmd := &cobra.Command{
		Use:   "hypotheses",
		Short: "List the hypotheses that lower bounds rest on",
		Long: "List the hypotheses that lower bounds rest on: the exact variant, whose it is, where it stands and as of\n" +
			"when, and what it implies. Reductions hold whatever becomes of them; `finegrain whatif` says what does not.",
		Example: "  finegrain hypotheses",
		Args:    exactly(),
		RunE: func(*cobra.Command, []string) error {
			rows := declaredHypotheses()
			if c.json {
				return a.printJSON(rows)
			}
			for i, r := range rows {
				if i > 0 {
					fmt.Fprintln(a.stdout)
				}
				fmt.Fprintf(a.stdout, "%s: %s\n", r.Key, r.Name)
				table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
				fmt.Fprintf(table, "  \tsays\t%s\n  \tof\t%s, %s\n  \tstated by\t%s\n  \tstatus\t%s, as of %s\n",
					r.Statement, r.Concerns, r.Dimension, r.StatedBy, r.Status, r.Date)
				for _, s := range r.Sources {
					fmt.Fprintf(table, "  \t\t%s\n", s)
				}
				fmt.Fprintf(table, "  \tnotes\t%s\n", r.Notes)
				for _, i := range r.Implies {
					fmt.Fprintf(table, "  \timplies\t%s, %s: %s\n", i.Key, i.Source, i.Argument)
				}
				table.Flush()
			}
			return nil
		},
	}
	c.jsonFlag(cmd)
	return cmd
}
