package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"finegrain/claims"
	"finegrain/hypotheses"
)

// whatif: which claims stand, and on what, if hypotheses hold or fail.

type whatIf struct {
	Hypotheses []heldHypothesis `json:"hypotheses"`
	Stands     []standing       `json:"stands"`
	Loses      []losing         `json:"loses"`
}

type heldHypothesis struct {
	Key     string   `json:"key"`
	Value   string   `json:"value"`   // true, false or open
	Because []string `json:"because"` // from an assumption on; empty for what is open
}

type standing struct {
	ID     string           `json:"id"`
	On     []hypotheses.Key `json:"on"`     // empty: it rests on no hypothesis
	Chains []string         `json:"chains"` // by which each of these supports it
	Lost   []hypotheses.Key `json:"lost"`   // what it rested on as well
}

type losing struct {
	ID   string           `json:"id"`
	Lost []hypotheses.Key `json:"lost"` // all that it rested on
}

// assumptions reads KEY=false and KEY=true.
func assumptions(args []string) (map[hypotheses.Key]bool, error) {
	var names []string
	for _, key := range hypotheses.Known().Keys() {
		names = append(names, string(key))
	}
	assume := map[hypotheses.Key]bool{}
	for _, arg := range args {
		name, value, found := strings.Cut(arg, "=")
		switch {
		case !found || value != "true" && value != "false":
			return nil, request("%q assumes nothing; write it as %s=false or %[2]s=true", arg, hypotheses.SETH)
		case !slices.Contains(names, name):
			return nil, unknown("hypothesis", name, names)
		}
		held, again := assume[hypotheses.Key(name)]
		if again && held != (value == "true") {
			return nil, request("%s is assumed both true and false; withdraw one", name)
		}
		assume[hypotheses.Key(name)] = value == "true"
	}
	return assume, nil
}

func consequences(args []string) (whatIf, error) {
	assume, err := assumptions(args)
	if err != nil {
		return whatIf{}, err
	}
	values, fates, err := claims.WhatIf(claims.All(), assume)
	var contradiction *hypotheses.Contradiction
	if errors.As(err, &contradiction) {
		return whatIf{}, request("%v", contradiction)
	}
	if err != nil {
		return whatIf{}, err
	}
	result := whatIf{Stands: []standing{}, Loses: []losing{}}
	for _, v := range values {
		row := heldHypothesis{string(v.Key), v.Truth.String(), []string{}}
		for _, s := range v.Because {
			row.Because = append(row.Because, s.String())
		}
		result.Hypotheses = append(result.Hypotheses, row)
	}
	for _, f := range fates {
		lost := claims.Keys(f.Lost)
		if !f.Stands() {
			result.Loses = append(result.Loses, losing{f.Claim.ID, lost})
			continue
		}
		row := standing{ID: f.Claim.ID, On: claims.Keys(f.On), Chains: []string{}, Lost: lost}
		for _, s := range f.On {
			row.Chains = append(row.Chains, s.String())
		}
		result.Stands = append(result.Stands, row)
	}
	return result, nil
}

func (a *app) whatif() *cobra.Command {
	var c common
	cmd := &cobra.Command{
		Use:   "whatif KEY=false|true…",
		Short: "Say which claims lose support, and which stand and on what, if hypotheses fail or hold",
		Long: "Say which claims lose support, and which stand and on what, if hypotheses fail or hold. What is assumed is\n" +
			"closed under implication and contraposition. What a lower bound rests on is derived by walking declared\n" +
			"reductions back to hypotheses; it stands as long as one of these is not false. Claims that rest on no\n" +
			"hypothesis, such as algorithms and reductions, stand whatever is assumed.",
		Example: "  finegrain whatif SETH=false\n" +
			"  finegrain whatif LDOVC=false 3OV=true --json",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return request("%s needs an assumption, such as SETH=false; see finegrain %[1]s --help", path(cmd))
			}
			return nil
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var all []string
			for _, key := range hypotheses.Known().Keys() {
				all = append(all, string(key)+"=false", string(key)+"=true")
			}
			return all, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			result, err := consequences(args)
			if err != nil {
				return err
			}
			if c.json {
				return a.printJSON(result)
			}
			return a.writeWhatIf(result)
		},
	}
	c.jsonFlag(cmd)
	return cmd
}

func (a *app) writeWhatIf(w whatIf) error {
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "hypotheses")
	for _, h := range w.Hypotheses {
		because := strings.Join(h.Because, "; so ")
		if because == "" {
			because = "nothing that is assumed decides it; as recorded it is " + statusOf(h.Key)
		}
		fmt.Fprintf(table, "  %s\t%s\t%s\n", h.Key, h.Value, because)
	}
	table.Flush()

	fmt.Fprintln(a.stdout, "\nlose support")
	if len(w.Loses) == 0 {
		fmt.Fprintln(a.stdout, "  none")
	}
	for _, l := range w.Loses {
		fmt.Fprintf(a.stdout, "  %s, which rested on %s\n", l.ID, keyList(l.Lost))
	}

	fmt.Fprintln(a.stdout, "\nstand on hypotheses")
	unconditional, conditional := []string{}, 0
	for _, s := range w.Stands {
		if len(s.On) == 0 {
			unconditional = append(unconditional, s.ID)
			continue
		}
		conditional++
		lost := ""
		if len(s.Lost) > 0 {
			lost = ", without " + keyList(s.Lost)
		}
		fmt.Fprintf(a.stdout, "  %s, on %s%s\n", s.ID, keyList(s.On), lost)
		for _, chain := range s.Chains {
			fmt.Fprintf(a.stdout, "    %s\n", chain)
		}
	}
	if conditional == 0 {
		fmt.Fprintln(a.stdout, "  none")
	}
	if len(unconditional) > 0 {
		fmt.Fprintf(a.stdout, "\nstand on no hypothesis\n  %s\n", strings.Join(unconditional, ", "))
	}
	return nil
}

// statusOf is where a hypothesis stands, whatever is assumed.
func statusOf(key string) string {
	h, err := hypotheses.Named(hypotheses.Key(key))
	if err != nil {
		panic("finegrain: " + err.Error())
	}
	return h.Status.String()
}

func keyList(keys []hypotheses.Key) string {
	names := make([]string, len(keys))
	for i, key := range keys {
		names[i] = string(key)
	}
	return strings.Join(names, ", ")
}
