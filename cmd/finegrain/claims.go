package main

// claims: what the papers claim, with the verdicts of a reproduction.

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"finegrain"
	"finegrain/claims"
	"finegrain/hypotheses"
	"finegrain/measure"
)

// listedClaim is a row of `claims`.
type listedClaim struct {
	ID        string `json:"id"`
	Title     string `json:"title"`
	Statement string `json:"statement"`
	Remark    string `json:"remark,omitempty"` // what is added here to a paper's statement
	Kind      string `json:"kind"`
	sourced
	Verdict      string           `json:"verdict"`
	Because      string           `json:"because"`
	Hypotheses   []hypotheses.Key `json:"hypotheses"` // any one of them supports the claim; empty: it needs none
	Figures      []string         `json:"figures"`    // IDs
	Experiments  []string         `json:"experiments"`
	Measurements int              `json:"measurements"`
	Notes        []string         `json:"notes"` // what was censored or failed, what could not be drawn
	support      []claims.Support
}

func (a *app) listClaims() *cobra.Command {
	var c common
	var papers []string
	cmd := &cobra.Command{
		Use:   "claims [DIR]",
		Short: "List the claims, what they rest on, and their verdicts",
		Long: "List what the papers claim: whose it is, what it rests on, the figures it has, and the verdict on the measurements\n" +
			"in DIR, a directory that finegrain reproduce made (finegrain-reproduce if there is one). Without measurements\n" +
			"every claim is unmeasured.",
		Example: "  finegrain claims",
		Args:    atMost(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			selected, _, err := ofPapers(a.claims(), papers)
			if err != nil {
				return err
			}
			dir := defaultReproduction
			if len(args) == 1 {
				dir = args[0]
			}
			judged, err := judgedIn(cmd.Context(), dir, len(args) == 1, selected)
			if err != nil {
				return err
			}
			var rows []listedClaim
			for _, j := range judged {
				row, err := newListedClaim(j)
				if err != nil {
					return err
				}
				rows = append(rows, row)
			}
			if c.json {
				return a.printJSON(rows)
			}
			for i, r := range rows {
				if i > 0 {
					fmt.Fprintln(a.stdout)
				}
				r.write(a)
			}
			return nil
		},
	}
	cmd.Flags().StringSliceVar(&papers, "paper", nil, "only the claims of a paper, by its key; may be repeated")
	c.jsonFlag(cmd)
	return cmd
}

// judgedIn judges claims on the measurements that a directory has. That there are none is an error if they were asked
// for.
func judgedIn(ctx context.Context, dir string, asked bool, selected []claims.Claim) ([]claims.Judged, error) {
	store, err := measure.OpenReadOnly(ctx, filepath.Join(dir, storeFile))
	if errors.Is(err, os.ErrNotExist) && asked {
		return nil, request("%s has no measurements; name a directory that finegrain reproduce made", dir)
	}
	if errors.Is(err, os.ErrNotExist) {
		return claims.JudgeAll(finegrain.NewEnv(ctx, 1), selected, nil, shellWord(dir)), nil
	}
	if err != nil {
		return nil, err
	}
	defer store.Close()
	env := finegrain.NewEnv(ctx, 1)
	declared, err := store.Experiments(ctx)
	if err != nil {
		return nil, err
	}
	if len(declared) > 0 {
		env.Seed = declared[0].Seed // one run has one
	}
	rows, err := measurementsOf(ctx, store, claims.Needed(selected))
	if err != nil {
		return nil, err
	}
	return claims.JudgeAll(env, selected, rows, shellWord(dir)), nil
}

// measurementsOf reads what a store has of some experiments.
func measurementsOf(ctx context.Context, store *measure.Store, of []measure.Experiment) (rows []measure.Measurement, err error) {
	for _, e := range of {
		some, err := store.Measurements(ctx, e.ID)
		if err != nil {
			return nil, err
		}
		rows = append(rows, some...)
	}
	return rows, nil
}

func newListedClaim(j claims.Judged) (listedClaim, error) {
	row := listedClaim{
		ID: j.ID, Title: j.Title, Statement: j.Statement, Remark: j.Remark, Kind: j.Kind.String(), sourced: sourceOf(j.Source),
		Verdict: j.Verdict.Outcome.String(), Because: j.Verdict.Because,
		Figures: []string{}, Experiments: []string{}, Measurements: j.Measured, Notes: append([]string{}, j.Notes...),
	}
	var err error
	if row.support, err = j.Support(); err != nil {
		return row, err
	}
	row.Hypotheses = claims.Keys(row.support)
	for _, f := range j.Claim.Figures {
		row.Figures = append(row.Figures, f.ID)
	}
	for _, e := range j.Experiments {
		row.Experiments = append(row.Experiments, e.ID)
	}
	return row, nil
}

func (r listedClaim) write(a *app) {
	fmt.Fprintf(a.stdout, "%s: %s\n", r.ID, r.Title)
	field := func(name, text string) {
		if text != "" {
			fmt.Fprintf(a.stdout, "    %-11s %s\n", name, text)
		}
	}
	field("claim", r.Statement)
	field("here", r.Remark)
	field("verdict", r.Verdict+". "+r.Because)
	field("kind", r.Kind)
	field("source", r.Source)
	field("paper key", r.Paper)
	if len(r.support) == 0 {
		field("rests on", "no hypothesis: none bears on it")
	}
	for i, s := range r.support {
		field([]string{"rests on", "or on"}[min(i, 1)], s.String())
	}
	for _, n := range r.Notes {
		field("note", n)
	}
	field("figures", strings.Join(r.Figures, ", "))
	field("experiments", strings.Join(r.Experiments, ", "))
}
