package main

import (
	"fmt"
	"math/big"
	"regexp"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"finegrain/reductions"
)

// transfer: what a fast algorithm for attention would give, with the algebra.

type transferred struct {
	Route      string        `json:"route"` // a route, or else a reduction
	Reduction  string        `json:"reduction"`
	From       string        `json:"from"`
	To         string        `json:"to"`
	States     string        `json:"states"`
	Target     exponent      `json:"target"` // e: the algorithm takes N^e·poly(d)
	Source     exponent      `json:"source"` // 2^{source·n} on formulas, n^source on lists
	Base       string        `json:"base"`   // "2^n" on formulas, "n" on lists
	Calls      string        `json:"calls"`  // log of the calls to that base
	Rows       string        `json:"rows"`   // and of the rows of a query's largest list
	Dimension  string        `json:"dimension"`
	Suppressed []string      `json:"suppressed"`
	Algebra    []algebraLine `json:"algebra"`
	Refutes    []contradicts `json:"contradicts"`
}

// exponent is constant + slope·δ, in fractions.
type exponent struct {
	Text     string `json:"text"`
	Constant string `json:"constant"`
	Slope    string `json:"slope"`
}

type algebraLine struct {
	States  string `json:"states"`
	Because string `json:"because"`
}

type contradicts struct {
	Key string `json:"key"`
	If  string `json:"if"`
}

func exponentOf(e reductions.Exponent) exponent {
	at := func(delta int64) *big.Rat { return e.At(big.NewRat(delta, 1)) }
	slope := new(big.Rat).Sub(at(1), at(0))
	return exponent{e.String(), at(0).RatString(), slope.RatString()}
}

func transferOf(route string, d reductions.Description, e reductions.Exponent) (transferred, error) {
	t, err := d.Transfer(e)
	if err != nil {
		return transferred{}, request("%v", err)
	}
	row := transferred{
		Route: route, Reduction: t.Reduction, From: t.From, To: t.To, States: t.String(),
		Target: exponentOf(t.Target), Source: exponentOf(t.Source), Base: "n",
		Calls: t.Calls.RatString(), Rows: t.Rows.RatString(), Dimension: t.Dimension.RatString(),
		Suppressed: t.Suppressed, Refutes: []contradicts{},
	}
	if t.Formulas {
		row.Base = "2^n"
	}
	for _, l := range t.Algebra {
		row.Algebra = append(row.Algebra, algebraLine(l))
	}
	for _, r := range t.Refutes {
		row.Refutes = append(row.Refutes, contradicts{string(r.Key), r.If})
	}
	return row, nil
}

// transferable lists the routes, and then the reductions, that can be asked for by name.
func transferable() (names []string, byName map[string]reductions.Description) {
	byName = map[string]reductions.Description{}
	for _, r := range reductions.Routes() {
		names = append(names, r.Name)
		byName[r.Name] = r.Search.Describe()
	}
	for _, r := range reductions.All() {
		d := r.Describe()
		names = append(names, d.Name)
		byName[d.Name] = d
	}
	return names, byName
}

var fraction = regexp.MustCompile(`^[0-9]{1,9}([./][0-9]{1,9})?$`)

// rational reads a number such as 0.1 or 1/10.
func rational(flag, text string) (*big.Rat, error) {
	if fraction.MatchString(text) {
		if x, ok := new(big.Rat).SetString(text); ok {
			return x, nil
		}
	}
	return nil, request("--%s: %q is no number such as 0.1 or 1/10", flag, text)
}

func (a *app) transfer() *cobra.Command {
	var c common
	var delta, fixed string
	cmd := &cobra.Command{
		Use:   "transfer [ROUTE|REDUCTION]",
		Short: "Say what a fast algorithm for attention would give, with the algebra",
		Long: "Say what an algorithm for a reduction's target of time N^(2−δ), N the rows of its lists together, would give\n" +
			"for the source, and which hypotheses that would contradict. The algebra is computed from the growth of the\n" +
			"reduction that `finegrain routes` prints; factors that are polynomial in dimension and clauses are left out,\n" +
			"and said to be. All routes are taken if none is named; a reduction is named as `finegrain routes` does.",
		Example: "  finegrain transfer threshold\n" +
			"  finegrain transfer interpolation --delta 0.1 --json",
		Args: atMost(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			names, _ := transferable()
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := exponentAsked(cmd, delta, fixed)
			if err != nil {
				return err
			}
			names, byName := transferable()
			asked := args
			if len(asked) == 0 {
				asked = names[:len(reductions.Routes())]
			}
			rows := []transferred{}
			for _, name := range asked {
				d, ok := byName[name]
				if !ok {
					return unknown("route or reduction", name, names)
				}
				row, err := transferOf(name, d, e)
				if err != nil {
					return err
				}
				rows = append(rows, row)
			}
			if c.json {
				return a.printJSON(map[string]any{"transfers": rows})
			}
			for i, r := range rows {
				if i > 0 {
					fmt.Fprintln(a.stdout)
				}
				a.writeTransfer(r)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&delta, "delta", "", "the gain δ from 0 to 1, as 0.1 or 1/10; left open if not given")
	cmd.Flags().StringVar(&fixed, "exponent", "", "instead of 2−δ, an exponent of at least 1, as 1.9 or 19/10")
	c.jsonFlag(cmd)
	return cmd
}

// exponentAsked is 2 − δ, for the δ given or any, or the exponent given.
func exponentAsked(cmd *cobra.Command, delta, fixed string) (reductions.Exponent, error) {
	asked := cmd.Flags().Changed
	if asked("delta") && asked("exponent") {
		return reductions.Exponent{}, request("--delta and --exponent say the same; give one of them")
	}
	if asked("exponent") {
		x, err := rational("exponent", fixed)
		if err == nil && x.Cmp(big.NewRat(1, 1)) < 0 {
			err = request("--exponent: %s is less than 1, the time to read the input", fixed)
		}
		return reductions.Exactly(x), err
	}
	e := reductions.Below(2)
	if asked("delta") {
		x, err := rational("delta", delta)
		if err == nil && x.Cmp(big.NewRat(1, 1)) > 0 {
			err = request("--delta: %s is more than 1, but reading the input takes N", delta)
		}
		if err != nil {
			return e, err
		}
		e = reductions.Exactly(e.At(x))
	}
	return e, nil
}

func (a *app) writeTransfer(r transferred) {
	fmt.Fprintf(a.stdout, "%s: %s\n", r.Route, r.States)
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	for _, l := range r.Algebra {
		fmt.Fprintf(table, "  \t%s\t%s\n", l.States, l.Because)
	}
	table.Flush()
	for _, s := range r.Suppressed {
		fmt.Fprintf(a.stdout, "  left out: %s\n", s)
	}
	for _, c := range r.Refutes {
		if c.If == "always" {
			fmt.Fprintf(a.stdout, "  contradicts %s\n", c.Key)
		} else {
			fmt.Fprintf(a.stdout, "  contradicts %s if %s\n", c.Key, c.If)
		}
	}
	if len(r.Refutes) == 0 {
		fmt.Fprintln(a.stdout, "  contradicts no hypothesis that finegrain lists")
	}
}
