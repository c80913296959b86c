package main

// reproduce: the main job. It writes one page, whole or not at all, into a directory that it knows for its own.

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"finegrain"
	"finegrain/experiments"
	"finegrain/internal/outfile"
	"finegrain/reports"
)

// What reproduce writes into its directory: the page, and the summary that also marks the directory as its
// own.
const (
	pageFile    = "index.html"
	summaryFile = "reproduce.json"
)

func (a *app) reproduce() *cobra.Command {
	var c common
	var out string
	var quick bool
	cmd := &cobra.Command{
		Use:   "reproduce",
		Short: "Run the main job and write its page",
		Long: "Run the formulas of the corpus through every route, check every answer and every count by solvers that\n" +
			"share no code with the routes, compute the entries and tolerances that the theory predicts, and write one\n" +
			"page that needs no network. The last line is the page's path. Exit code 1 if anything disagrees.\n\n" +
			"What an earlier run left in the directory is replaced; any other directory is left alone.",
		Example: "  finegrain reproduce --out finegrain-reproduce",
		Args:    exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !quick {
				return request("there are only the quick sizes; leave --quick=false out")
			}
			return a.runReproduce(cmd.Context(), &c, out)
		},
	}
	cmd.Flags().BoolVar(&quick, "quick", true, "the quick sizes, well under a minute, which are all there are")
	cmd.Flags().StringVar(&out, "out", "finegrain-reproduce", "directory to make")
	c.jsonFlag(cmd)
	c.seedFlag(cmd)
	return cmd
}

// reproduced is what reproduce prints with --json, and keeps beside the page.
type reproduced struct {
	Command  string  `json:"command"`
	Version  string  `json:"version"`
	Formulas int     `json:"formulas"`
	Runs     int     `json:"runs"`
	Agree    int     `json:"agree"`
	Disagree int     `json:"disagree"`
	Failed   int     `json:"failed"`
	Decoded  int     `json:"decoded"`       // rows decoded under the worst oracle
	Wrong    int     `json:"decoded_wrong"` // of them
	Page     string  `json:"page"`
	Seconds  float64 `json:"seconds"`
}

func summarise(r experiments.Reproduction) reproduced {
	s := reproduced{Command: r.Command, Version: r.Version, Formulas: len(r.Formulas), Page: pageFile, Seconds: r.Seconds}
	for _, f := range r.Formulas {
		for _, run := range f.Runs {
			s.Runs++
			switch {
			case run.Err != nil:
				s.Failed++
			case run.Disagreement != "":
				s.Disagree++
			default:
				s.Agree++
			}
		}
	}
	for _, d := range r.Entries.Decodings {
		s.Decoded += d.Rows
		s.Wrong += d.Wrong
	}
	return s
}

func (a *app) runReproduce(ctx context.Context, c *common, out string) error {
	if err := outfile.CheckDirectory(out, ownReproduction); err != nil {
		return err
	}
	env := finegrain.NewEnv(ctx, c.seed)
	bar := a.newProgress()
	env.Progress = bar.report
	r, err := a.reproduction(env)
	bar.close()
	if err != nil {
		return err
	}
	r.Command, r.Version = fmt.Sprintf("finegrain reproduce --seed %d", c.seed), version
	page, err := reports.Page(r)
	if err != nil {
		return err
	}
	summary := summarise(r)
	err = outfile.ReplaceDirectory(ctx, out, ownReproduction, func(dir string) error {
		write := func(w io.Writer) error { _, err := w.Write(page); return err }
		if err := outfile.File(ctx, filepath.Join(dir, pageFile), write); err != nil {
			return err
		}
		return writeJSON(ctx, filepath.Join(dir, summaryFile), summary)
	})
	if err != nil {
		return err
	}
	summary.Page = filepath.Join(out, pageFile)
	if c.json {
		err = a.printJSON(summary)
	} else {
		a.printReproduction(r, summary)
	}
	if err == nil && !r.OK() {
		return refuse("%d of %d runs disagree, %d failed, %d of %d decoded rows are wrong; see %s",
			summary.Disagree, summary.Runs, summary.Failed, summary.Wrong, summary.Decoded, summary.Page)
	}
	return err
}

func (a *app) printReproduction(r experiments.Reproduction, s reproduced) {
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "formula\troute\tcalls\tn\td\tB\tanswer\tmodels\tagrees\tseconds")
	for _, f := range r.Formulas {
		for _, run := range f.Runs {
			if run.Err != nil {
				fmt.Fprintf(table, "%s\t%s\tfailed: %s\n", f.Name, run.Route, oneLine(run.Err.Error()))
				continue
			}
			answer, models, agrees := "unsatisfiable", "not counted", "yes"
			if run.Satisfiable {
				answer = "satisfiable"
			}
			if run.Count != nil {
				models = run.Count.String()
			}
			if run.Disagreement != "" {
				agrees = "NO: " + run.Disagreement
			}
			fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%d\t%.3g\t%s\t%s\t%s\t%s\n", f.Name, run.Route,
				run.Oracle.Calls, run.Oracle.N, run.Oracle.D, run.Oracle.B, answer, models, agrees, short(run.Seconds))
		}
	}
	table.Flush()
	fmt.Fprintf(a.stdout, "%d formulas, %d runs: %d agree with gini and the counter, %d do not, %d failed; "+
		"%d of %d rows decoded wrongly under the worst oracle; %s s\n",
		s.Formulas, s.Runs, s.Agree, s.Disagree, s.Failed, s.Wrong, s.Decoded, short(s.Seconds))
	fmt.Fprintln(a.stdout, s.Page)
}

// ownReproduction reports whether a directory holds what reproduce leaves, and nothing else.
func ownReproduction(directory string) bool {
	entries, err := os.ReadDir(directory)
	if err != nil || slices.ContainsFunc(entries, func(e os.DirEntry) bool {
		return e.IsDir() || e.Name() != pageFile && e.Name() != summaryFile
	}) {
		return false
	}
	data, err := os.ReadFile(filepath.Join(directory, summaryFile))
	if err != nil {
		return false
	}
	var s reproduced
	return json.Unmarshal(data, &s) == nil && s.Page == pageFile && s.Version != ""
}
