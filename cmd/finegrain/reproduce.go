package main

// reproduce: the main job. It measures what the claims ask for into a store, runs the formulas of the corpus, judges,
// and writes one page. All of it is kept in one directory, which reproduce knows for its own; the store grows row by
// row, everything else appears whole.

import (
	"context"
	"encoding/json"
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

// What reproduce writes into its directory: the page, the summary, the measurements, and those of the run before.
// While a store is open it has companions, and a process that is killed leaves them.
const (
	pageFile     = "index.html"
	summaryFile  = "reproduce.json"
	storeFile    = "measurements.sqlite"
	previousFile = "previous.sqlite"

	defaultReproduction = "finegrain-reproduce"
)

var companions = []string{"-wal", "-shm"}

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
			"--full measures larger sizes too, and says beforehand about how long it will take. Every measurement is on disk\n" +
			"before the next begins: what was interrupted, or killed, goes on with --resume. Without it everything is measured\n" +
			"anew, and the measurements of the run before are kept as previous.sqlite in the same directory. A directory with\n" +
			"anything else in it is left alone.",
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
	return fmt.Sprintf("%s --seed %d", text, f.seed)
}

// reproduced is what reproduce prints with --json, and keeps beside the page.
type reproduced struct {
	Command  string         `json:"command"`
	Version  string         `json:"version"`
	Claims   int            `json:"claims"`
	Verdicts map[string]int `json:"verdicts"`
	Refuted  []string       `json:"refuted"` // IDs of claims

	Measurements int `json:"measurements"` // that the claims rest on
	Measured     int `json:"measured"`     // of them, in this run
	Censored     int `json:"censored"`

	Formulas int     `json:"formulas"`
	Runs     int     `json:"runs"`
	Agree    int     `json:"agree"`
	Disagree int     `json:"disagree"`
	Failed   int     `json:"failed"`
	Page     string  `json:"page"`
	Seconds  float64 `json:"seconds"`
}

func (a *app) runReproduce(ctx context.Context, f *reproduceFlags) error {
	start := time.Now()
	selected, pipeline, err := ofPapers(a.claims(), f.papers)
	if err != nil {
		return err
	}
	if err := outfile.CheckDirectory(f.out, ownReproduction); err != nil {
		return err
	}
	store, err := openMeasurements(ctx, f.out, f.resume)
	if err != nil {
		return inStore(err)
	}
	defer store.Close()
	env := finegrain.NewEnv(ctx, f.seed)
	env.Memory = int64(f.memory)
	var jobs []measure.Job
	for _, e := range claims.Needed(selected) {
		subject, err := experiments.SubjectNamed(e.Subject)
		if err != nil {
			return err
		}
		e.Seed = f.seed
		jobs = append(jobs, measure.Job{Experiment: e, Subject: subject, Full: f.full})
	}
	if f.full {
		d, s, err := measure.Foretell(env, store, jobs...)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.stderr, "finegrain: %d measurements to go of %d, about %v\n", s.Total-s.Before, s.Total, d)
	}
	bar := a.newProgress()
	env.Progress = bar.report
	edition := reports.Edition{Hypotheses: hypotheses.All()}
	measured, err := measure.Run(env, store, machineOf(env), jobs...)
	if err == nil && pipeline {
		edition.Pipeline, err = a.reproduction(env)
	}
	bar.close()
	if err != nil {
		return inStore(err)
	}
	env.Progress = nil
	var rows []measure.Measurement
	for _, j := range jobs {
		of, err := store.Measurements(ctx, j.Experiment.ID)
		if err != nil {
			return err
		}
		rows = append(rows, of...)
	}
	if edition.Claims, err = claims.JudgeAll(env, selected, rows, f.out); err != nil {
		return err
	}
	edition.Pipeline.Command, edition.Pipeline.Version = f.command(), version
	edition.Measured = measured.Total
	for status, n := range measured.Status {
		if status != measure.Done && status != measure.Failure {
			edition.Censored += n
		}
	}
	m := machineOf(env)
	edition.Again = reports.Again{
		Command: f.command(), Version: m.Version, Seed: f.seed, Seconds: time.Since(start).Seconds(),
		Machine: fmt.Sprintf("%s, %d cores, kernel %s", m.CPU, m.Cores, m.Kernel),
		Date:    time.Now().UTC().Format(time.DateOnly),
	}
	if m.Dirty {
		edition.Again.Version += " with changes"
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
	if err == nil && len(summary.Refuted)+summary.Disagree+summary.Failed > 0 {
		return refuse("%d claims are refuted, %d of %d runs disagree, %d failed; see %s",
			len(summary.Refuted), summary.Disagree, summary.Runs, summary.Failed, summary.Page)
	}
	return err
}

// ofPapers selects the claims of some papers, all if none is named, and says whether the formulas of the corpus are
// to be run, which belong to the papers of the reductions.
func ofPapers(all []claims.Claim, keys []string) (selected []claims.Claim, pipeline bool, err error) {
	if len(keys) == 0 {
		return all, true, nil
	}
	var known []string
	for _, c := range all {
		if key := c.Source.Paper.Key; !slices.Contains(known, key) {
			known = append(known, key)
		}
	}
	for _, key := range keys {
		if !slices.Contains(known, key) {
			return nil, false, unknown("paper", key, known)
		}
		pipeline = pipeline || key == finegrain.Williams2005.Key || key == finegrain.AlmanSong2023.Key
	}
	selected = slices.DeleteFunc(slices.Clone(all), func(c claims.Claim) bool {
		return !slices.Contains(keys, c.Source.Paper.Key)
	})
	return selected, pipeline, nil
}

// openMeasurements opens the store of the directory, or begins one; without resume those of an earlier run are put
// aside.
func openMeasurements(ctx context.Context, dir string, resume bool) (*measure.Store, error) {
	name := filepath.Join(dir, storeFile)
	_, err := os.Lstat(name)
	switch {
	case err == nil && resume:
		return measure.Open(ctx, name)
	case err == nil:
		if err := putAside(ctx, name, filepath.Join(dir, previousFile)); err != nil {
			return nil, err
		}
	case !errors.Is(err, os.ErrNotExist):
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	return measure.Create(ctx, name)
}

// putAside renames a store. Opened and closed first, it is one file, whatever ended the process that wrote it.
func putAside(ctx context.Context, name, to string) error {
	store, err := measure.Open(ctx, name)
	if err != nil {
		return err
	}
	if err := store.Close(); err != nil {
		return err
	}
	return os.Rename(name, to)
}

// machineOf is what measurements are made with.
func machineOf(env finegrain.Env) measure.Machine {
	b := thisBuild()
	commit, dirty := strings.CutSuffix(b.Commit, " with changes")
	m := measure.Machine{
		CPU: b.CPU, Cores: env.Workers(), Kernel: b.Kernel, Go: b.Go, OS: runtime.GOOS + "/" + runtime.GOARCH,
		Version: b.Version, Dirty: dirty,
	}
	if commit != "" {
		m.Version += " " + commit[:min(len(commit), 12)]
	}
	return m
}

func summarise(e reports.Edition, measured measure.Summary) reproduced {
	s := reproduced{
		Command: e.Again.Command, Version: e.Again.Version, Claims: len(e.Claims), Verdicts: map[string]int{}, Refuted: []string{},
		Measurements: e.Measured, Measured: measured.Measured, Censored: e.Censored, Formulas: len(e.Pipeline.Formulas), Page: pageFile,
		Seconds: e.Again.Seconds,
	}
	for _, c := range e.Claims {
		s.Verdicts[c.Verdict.Outcome.String()]++
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
	fmt.Fprintln(table, "verdict\tpaper\tclaim")
	for _, c := range e.Claims {
		fmt.Fprintf(table, "%s\t%s\t%s: %s\n", c.Verdict.Outcome, c.Source.Paper.Key, c.ID, c.Title)
	}
	table.Flush()
	fmt.Fprintf(a.stdout, "%d claims on %d measurements, %d censored; %s s\n", s.Claims, s.Measurements, s.Censored, short(s.Seconds))
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

// ownReproduction reports whether a directory holds what reproduce leaves, and nothing else: its page with the
// summary, or its store.
func ownReproduction(directory string) bool {
	files := []string{pageFile, summaryFile, storeFile, previousFile}
	for _, c := range companions {
		files = append(files, storeFile+c)
	}
	entries, err := os.ReadDir(directory)
	if err != nil || slices.ContainsFunc(entries, func(e os.DirEntry) bool {
		leftover := strings.HasPrefix(e.Name(), ".store") // of a process that was killed as it began one
		return !leftover && (e.IsDir() || !slices.Contains(files, e.Name()))
	}) {
		return false
	}
	names := func(name string) bool {
		return slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Name() == name })
	}
	if names(pageFile) || names(summaryFile) {
		data, err := os.ReadFile(filepath.Join(directory, summaryFile))
		var s reproduced
		return err == nil && json.Unmarshal(data, &s) == nil && s.Page == pageFile && s.Version != ""
	}
	store, err := measure.OpenReadOnly(context.Background(), filepath.Join(directory, storeFile))
	if err != nil {
		return false
	}
	return store.Close() == nil
}
