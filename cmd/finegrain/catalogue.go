package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"finegrain"
	"finegrain/algorithms"
	"finegrain/ovp"
	"finegrain/reductions"
)

// The catalogue: what is declared, as a table or as data.

// sourced is what every declared thing says of its source.
type sourced struct {
	Source     string `json:"source"`
	Paper      string `json:"paper"` // the paper's key; empty where there is none
	Provenance string `json:"provenance"`
	Place      string `json:"place,omitempty"`
	Argument   string `json:"argument,omitempty"`
}

func sourceOf(s finegrain.Source) sourced {
	return sourced{s.String(), s.Paper.Key, s.Provenance.String(), s.Place, s.Argument}
}

// declaredReduction is a row of `routes`: a route from formulas to attention, or one of the reductions
// that routes are composed of.
type declaredReduction struct {
	Name string `json:"name"`
	Kind string `json:"kind"` // "route" or "reduction"
	Doc  string `json:"doc"`
	sourced
	From       string            `json:"from"`
	To         string            `json:"to"`
	Calls      string            `json:"calls"` // many-one or truth-table
	Counts     bool              `json:"counts"`
	Randomised bool              `json:"randomised"`
	Growth     map[string]string `json:"growth"` // log2 of the number of calls and of the size of each
}

func growthOf(g reductions.Growth) map[string]string {
	forms := map[string]string{"calls": g.Calls.String()}
	for name, form := range g.Size {
		forms[name] = form.String()
	}
	return forms
}

func declaredReductions() []declaredReduction {
	var rows []declaredReduction
	for _, r := range reductions.Routes() {
		d := r.Search.Describe()
		rows = append(rows, declaredReduction{
			r.Name, "route", r.Doc, sourceOf(r.Source), d.From, d.To, d.Kind.String(),
			r.Census != nil, d.Randomised, growthOf(d.Growth),
		})
	}
	for _, r := range reductions.All() {
		d := r.Describe()
		counts := strings.Contains(d.From, "counting") || strings.Contains(d.From, "census")
		rows = append(rows, declaredReduction{
			d.Name, "reduction", d.Doc, sourceOf(d.Source), d.From, d.To, d.Kind.String(),
			counts, d.Randomised, growthOf(d.Growth),
		})
	}
	return rows
}

func (a *app) routes() *cobra.Command {
	var c common
	cmd := &cobra.Command{
		Use:   "routes",
		Short: "List the routes from formulas to attention, and the reductions they are made of",
		Long: "List the routes from formulas to attention, and the reductions that they are composed of: what they\n" +
			"reduce to what, whose they are, and how the queries grow (log2 of their number and of their sizes). A\n" +
			"formula has n variables and m clauses, a pair of lists n and m vectors of d bits.",
		Example: "  finegrain routes",
		Args:    exactly(),
		RunE: func(*cobra.Command, []string) error {
			rows := declaredReductions()
			if c.json {
				return a.printJSON(rows)
			}
			for _, r := range rows {
				if r.Kind == "route" {
					a.writeRoute(r)
				}
			}
			fmt.Fprintln(a.stdout, "reductions, with log2 of the number of calls and of the dimension of each, at most; n variables and m clauses, or n and m vectors of d bits:")
			table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
			for _, r := range rows {
				if r.Kind == "reduction" {
					dimension := r.Growth["dim"]
					if dimension == "" {
						dimension = r.Growth["d"]
					}
					fmt.Fprintf(table, "  %s\t%s\t%s\t%s\n", r.Name, r.Growth["calls"], dimension, r.Source)
				}
			}
			return table.Flush()
		},
	}
	c.jsonFlag(cmd)
	return cmd
}

func (a *app) writeRoute(r declaredReduction) {
	counts := "decides and finds a model"
	if r.Counts {
		counts += ", and counts"
	}
	fmt.Fprintf(a.stdout, "%s: %s\n", r.Name, counts)
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "  \tdoes\t%s\n  \tsource\t%s\n  \tbecause\t%s\n  \tcalls\t%s\n", r.Doc, r.Source, r.Argument, r.Calls)
	for _, name := range slices.Sorted(maps.Keys(r.Growth)) {
		fmt.Fprintf(table, "  \tlog2 %s ≤\t%s\n", name, r.Growth[name])
	}
	table.Flush()
	fmt.Fprintln(a.stdout)
}

// declaredAlgorithm is a row of `algorithms`.
type declaredAlgorithm struct {
	Name string `json:"name"`
	Kind string `json:"kind"` // the problem that it solves
	Doc  string `json:"doc"`
	sourced
	Regime string   `json:"regime"`
	Tasks  []string `json:"tasks"`
}

func declaredAlgorithms() []declaredAlgorithm {
	var rows []declaredAlgorithm
	for _, m := range algorithms.Attention() {
		rows = append(rows, declaredAlgorithm{
			m.Name, "attention", m.Doc, sourceOf(m.Guarantee.Source),
			cmp.Or(m.Guarantee.Where, "any number of queries and keys") +
				"; refuses, instance by instance, an error that it cannot promise",
			[]string{"attend"},
		})
	}
	for _, m := range algorithms.Gradients() {
		rows = append(rows, declaredAlgorithm{
			m.Name, "gradient", m.Doc, sourceOf(m.Source),
			cmp.Or(m.Where, "any number of queries and keys") + "; refuses, instance by instance, an error that it cannot promise",
			[]string{"gradient"},
		})
	}
	for _, o := range algorithms.OrthogonalVectors() {
		tasks := []string{"decide", "count"}
		if o.Histogram != nil {
			tasks = append(tasks, "histogram", "max-ip")
		}
		rows = append(rows, declaredAlgorithm{o.Name, "orthogonal vectors", o.Doc, sourceOf(o.Source), regimeOf(o), tasks})
	}
	return rows
}

// regimeOf says up to which dimension an algorithm serves, which it knows itself.
func regimeOf(o ovp.Algorithm) string {
	const most = 1 << 12
	for d := range most {
		if o.Valid(1024, 1024, d+1) != nil {
			return fmt.Sprintf("d ≤ %d", d)
		}
	}
	return "any n and d"
}

func (a *app) algorithms() *cobra.Command {
	var c common
	cmd := &cobra.Command{
		Use:   "algorithms",
		Short: "List the algorithms for attention, its gradient, and orthogonal vectors",
		Long: "List the algorithms for attention, for the gradient of an attention layer's loss, and for orthogonal vectors:\n" +
			"what they do, whose they are, where they serve, and the tasks that they can be asked for.",
		Example: "  finegrain algorithms --json",
		Args:    exactly(),
		RunE: func(*cobra.Command, []string) error {
			rows := declaredAlgorithms()
			if c.json {
				return a.printJSON(rows)
			}
			for i, r := range rows {
				if i > 0 {
					fmt.Fprintln(a.stdout)
				}
				fmt.Fprintf(a.stdout, "%s, for %s\n", r.Name, r.Kind)
				table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
				fmt.Fprintf(table, "  \tdoes\t%s\n  \tsource\t%s\n  \tbecause\t%s\n  \tregime\t%s\n  \ttasks\t%s\n",
					r.Doc, r.Source, r.Argument, r.Regime, strings.Join(r.Tasks, ", "))
				table.Flush()
			}
			return nil
		},
	}
	c.jsonFlag(cmd)
	return cmd
}
