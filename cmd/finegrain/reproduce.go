package main

// reproduce: the main job. It measures what the claims ask for into a store, runs the formulas of the corpus, judges,
// and writes one page. All of it is kept in one directory (directory.go); the store grows row by row, everything else
// appears whole.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"finegrain"
	"finegrain/claims"
	"finegrain/experiments"
	"finegrain/hypotheses"
	"finegrain/internal/outfile"
	"finegrain/measure"
	"finegrain/reports"
)

type reproduceFlags struct {
	common
	out                 string
	quick, full, resume bool
	papers              []string
}

func (a *app) reproduce() *cobra.Command {
	var f reproduceFlags
	cmd := &cobra.Command{
		Use:   "reproduce",
		Short: "Run the main job: every claim measured and judged, on one page",
		Long: "Measure what the claims of the papers ask for, judge them, run the formulas of the corpus through every route with\n" +
			"every answer checked by solvers that share no code with the routes, and write one page that needs no network.\n" +
			"The last line is the page's path. Exit code 1 if a claim is refuted or an answer disagrees.\n\n" +
			"--full measures larger sizes too, and says beforehand about how long it will take, as the quick sizes do on a\n" +
			"terminal, where progress is shown. Every measurement is on disk before the next begins: what was interrupted,\n" +
			"or killed, goes on with --resume, which also measures again, as a further attempt, what hit a limit that is\n" +
			"wider now, or failed in another version. With --paper the page then keeps the claims of other papers that were\n" +
			"measured there before. Without --resume everything is measured anew, and the measurements of runs before are\n" +
			"kept in the same directory as previous-1.sqlite, previous-2.sqlite and so on; remove what you do not need. A\n" +
			"directory with anything else in it is left alone, as is one where another reproduce is at work.",
		Example: "  finegrain reproduce --out finegrain-reproduce\n  finegrain reproduce --full --resume",
		Args:    exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.full && f.quick && cmd.Flags().Changed("quick") {
				return request("--quick and --full say opposite things; give one of them")
			}
			if !f.full && !f.quick {
				return request("--quick=false asks for no sizes; give --full")
			}
			return a.runReproduce(cmd.Context(), &f)
		},
	}
	cmd.Flags().BoolVar(&f.quick, "quick", true, "the quick sizes, under two minutes on two cores")
	cmd.Flags().BoolVar(&f.full, "full", false, "larger sizes as well")
	cmd.Flags().BoolVar(&f.resume, "resume", false, "go on with the measurements that the directory has")
	cmd.Flags().StringSliceVar(&f.papers, "paper", nil, "only the claims of a paper, by its key as finegrain claims lists it; may be repeated")
	cmd.Flags().StringVar(&f.out, "out", defaultReproduction, "directory to make")
	f.jsonFlag(cmd)
	f.seedFlag(cmd)
	f.memoryFlag(cmd)
	return cmd
}

// command is what repeats the run, but for its speed.
func (f *reproduceFlags) command() string {
	text := "finegrain reproduce"
	if f.full {
		text += " --full"
	}
	for _, p := range f.papers {
		text += " --paper " + p
	}
	text = fmt.Sprintf("%s --seed %d", text, f.seed)
	if f.out != defaultReproduction {
		text += " --out " + shellWord(f.out)
	}
	return text
}

// reproduced is what reproduce prints with --json, and keeps beside the page.
type reproduced struct {
	Command  string            `json:"command"`
	Version  string            `json:"version"`
	Claims   int               `json:"claims"`
	Verdicts map[string]int    `json:"verdicts"`
	Refuted  []string          `json:"refuted"`  // IDs of claims
	Outcomes map[string]string `json:"outcomes"` // by ID of the claim

	Measurements       int `json:"measurements"` // that the claims rest on
	Measured           int `json:"measured"`     // of them, in this run
	Censored           int `json:"censored"`
	MeasurementsFailed int `json:"measurements_failed"`

	Formulas int     `json:"formulas"`
	Runs     int     `json:"runs"`
	Agree    int     `json:"agree"`
	Disagree int     `json:"disagree"`
	Failed   int     `json:"failed"`
	Page     string  `json:"page"`
	Seconds  float64 `json:"seconds"`
}

func (a *app) runReproduce(ctx context.Context, f *reproduceFlags) (err error) {
	start := time.Now()
	selected, pipeline, err := ofPapers(a.claims(), f.papers)
	if err != nil {
		return err
	}
	lock, err := claimDirectory(f.out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Release()) }()
	defer func() {
		if _, none := os.Stat(filepath.Join(f.out, storeFile)); err != nil && ctx.Err() != nil && none == nil {
			fmt.Fprintf(a.stderr, "What was measured is kept in %s. To go on: %s --resume\n", f.out, f.command())
		}
	}()
	store, aside, err := openMeasurements(ctx, f.out, f.resume)
	if err != nil {
		return inStore(err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if aside != "" {
		fmt.Fprintf(a.stderr, "finegrain: what was measured before is kept in %s; --resume would go on with it\n", aside)
	}
	before, err := store.Measurements(ctx, "")
	if err != nil {
		return err
	}
	shown := alsoMeasured(a.claims(), selected, before)
	shownFlags := *f // of the page
	if f.papers != nil {
		shownFlags.papers = papersOf(shown)
		pipeline = hasPipeline(shownFlags.papers)
	}
	env := finegrain.NewEnv(ctx, f.seed)
	env.Memory = int64(f.memory)
	needed := claims.Needed(selected)
	for i := range needed {
		needed[i].Seed = f.seed
	}
	jobs, err := jobsOf(needed, f.full)
	if err != nil {
		return err
	}
	m := machineOf(env)
	left, err := a.foretell(env, store, m, jobs, f.full || a.onTerminal() != nil, "leave out --resume")
	if err != nil {
		return err
	}
	bar := a.newProgress()
	bar.expect(left)
	env.Progress = bar.report
	edition := reports.Edition{Hypotheses: hypotheses.All()}
	measured, err := measure.Run(env, store, m, jobs...)
	if err == nil && pipeline {
		edition.Pipeline, err = a.reproduction(env)
	}
	bar.close()
	if err != nil {
		return inStore(err)
	}
	env.Progress = nil
	rows, err := measurementsOf(ctx, store, claims.Needed(shown))
	if err != nil {
		return err
	}
	edition.Claims = claims.JudgeAll(env, shown, rows, shellWord(f.out))
	edition.Pipeline.Command, edition.Pipeline.Version = shownFlags.command(), version
	edition.Measured = measured.Total
	for status, n := range measured.Status {
		if status != measure.Done && status != measure.Failure {
			edition.Censored += n
		}
	}
	for _, m := range ofOthers(rows, needed) {
		edition.Measured++
		if m.Status != measure.Done && m.Status != measure.Failure {
			edition.Censored++
		}
	}
	edition.Again = reports.Again{
		Command: shownFlags.command(), Version: m.Build(), Seed: f.seed, Seconds: time.Since(start).Seconds(),
		Machine: m.String(), Date: time.Now().UTC().Format(time.DateOnly),
	}
	page, err := reports.Page(edition)
	if err != nil {
		return err
	}
	summary := summarise(edition, measured)
	write := func(w io.Writer) error { _, err := w.Write(page); return err }
	if err := outfile.File(ctx, filepath.Join(f.out, pageFile), write); err != nil {
		return err
	}
	if err := writeJSON(ctx, filepath.Join(f.out, summaryFile), summary); err != nil {
		return err
	}
	summary.Page = filepath.Join(f.out, pageFile)
	if f.json {
		err = a.printJSON(summary)
	} else {
		a.printReproduction(edition, summary)
	}
	if err == nil && len(summary.Refuted)+summary.MeasurementsFailed+summary.Disagree+summary.Failed > 0 {
		return refuse("%s refuted, %s failed, %d of %d runs disagree, %d failed; see %s", plural(len(summary.Refuted), "claim"),
			plural(summary.MeasurementsFailed, "measurement"), summary.Disagree, summary.Runs, summary.Failed, summary.Page)
	}
	return err
}

// papersOf lists the keys of the claims' papers.
func papersOf(of []claims.Claim) (keys []string) {
	for _, c := range of {
		if key := c.Source.Paper.Key; !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// hasPipeline reports whether the formulas of the corpus belong to one of the papers: to those of the reductions.
func hasPipeline(papers []string) bool {
	return slices.Contains(papers, finegrain.Williams2005.Key) || slices.Contains(papers, finegrain.AlmanSong2023.Key)
}

// ofPapers selects the claims of some papers, all if none is named, and says whether the formulas of the corpus are
// to be run.
func ofPapers(all []claims.Claim, keys []string) (selected []claims.Claim, pipeline bool, err error) {
	if len(keys) == 0 {
		return all, true, nil
	}
	known := papersOf(all)
	for _, key := range keys {
		if !slices.Contains(known, key) {
			return nil, false, unknown("paper", key, known)
		}
	}
	selected = slices.DeleteFunc(slices.Clone(all), func(c claims.Claim) bool {
		return !slices.Contains(keys, c.Source.Paper.Key)
	})
	return selected, hasPipeline(keys), nil
}

// alsoMeasured are the selected claims and those that runs for other papers measured: of which a store has rows of an
// experiment that no selected claim declares. They are in the order of all, and belong on the page as well.
func alsoMeasured(all, selected []claims.Claim, rows []measure.Measurement) []claims.Claim {
	others := ofOthers(rows, claims.Needed(selected))
	return slices.DeleteFunc(slices.Clone(all), func(c claims.Claim) bool {
		same := func(s claims.Claim) bool { return s.ID == c.ID }
		return !slices.ContainsFunc(selected, same) && len(ofOthers(others, claims.Needed([]claims.Claim{c}))) == len(others)
	})
}

// ofOthers are the rows of no experiment of some.
func ofOthers(rows []measure.Measurement, some []measure.Experiment) []measure.Measurement {
	return slices.DeleteFunc(slices.Clone(rows), func(m measure.Measurement) bool {
		return slices.ContainsFunc(some, func(e measure.Experiment) bool { return e.ID == m.Experiment })
	})
}

// machineOf is what measurements are made with.
func machineOf(env finegrain.Env) measure.Machine { return thisBuild().machine(env) }

func (b build) machine(env finegrain.Env) measure.Machine {
	commit, dirty := strings.CutSuffix(b.Commit, " with changes")
	if commit == "" {
		commit, dirty = measure.UnknownCommit, true
	} else {
		commit = commit[:min(len(commit), 12)]
	}
	return measure.Machine{
		CPU: b.CPU, Cores: env.Workers(), Kernel: b.Kernel, Go: b.Go, OS: runtime.GOOS + "/" + runtime.GOARCH,
		Version: b.Version + " " + commit, Dirty: dirty,
	}
}

func summarise(e reports.Edition, measured measure.Summary) reproduced {
	s := reproduced{
		Command: e.Again.Command, Version: e.Again.Version, Claims: len(e.Claims), Verdicts: map[string]int{}, Refuted: []string{},
		Outcomes: map[string]string{}, MeasurementsFailed: measured.Status[measure.Failure],
		Measurements: e.Measured, Measured: measured.Measured, Censored: e.Censored, Formulas: len(e.Pipeline.Formulas), Page: pageFile,
		Seconds: e.Again.Seconds,
	}
	for _, c := range e.Claims {
		s.Verdicts[c.Verdict.Outcome.String()]++
		s.Outcomes[c.ID] = c.Verdict.Outcome.String()
		if c.Verdict.Outcome == finegrain.Refuted {
			s.Refuted = append(s.Refuted, c.ID)
		}
	}
	for _, f := range e.Pipeline.Formulas {
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
	return s
}

func (a *app) printReproduction(e reports.Edition, s reproduced) {
	if s.Formulas > 0 {
		table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "formula\troute\tcalls\tn\td\tB\tanswer\tmodels\tagrees\tseconds")
		for _, f := range e.Pipeline.Formulas {
			for _, run := range f.Runs {
				printRun(table, f.Name, run)
			}
		}
		table.Flush()
		fmt.Fprintf(a.stdout, "%d formulas, %d runs: %d agree with gini and the counter, %d do not, %d failed\n\n",
			s.Formulas, s.Runs, s.Agree, s.Disagree, s.Failed)
	}
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "verdict\tclaim\trests on\twhose")
	for _, c := range e.Claims {
		rests := "no hypothesis"
		if supports, err := c.Support(); err == nil && len(supports) > 0 {
			rests = keyList(claims.Keys(supports))
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", c.Verdict.Outcome, c.ID, rests, c.Source)
	}
	table.Flush()
	fmt.Fprintf(a.stdout, "%s on %d measurements, %d censored; %s s\n", plural(s.Claims, "claim"), s.Measurements, s.Censored, short(s.Seconds))
	fmt.Fprintln(a.stdout, s.Page)
}

func printRun(table io.Writer, formula string, run experiments.RouteRun) {
	if run.Err != nil {
		fmt.Fprintf(table, "%s\t%s\tfailed: %s\n", formula, run.Route, oneLine(run.Err.Error()))
		return
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
	fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%d\t%.3g\t%s\t%s\t%s\t%s\n", formula, run.Route,
		run.Oracle.Calls, run.Oracle.N, run.Oracle.D, run.Oracle.B, answer, models, agrees, short(run.Seconds))
}
