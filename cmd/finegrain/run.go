package main

// run: experiments of one's own, measured into a store. subjects: what they can be about.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"finegrain"
	"finegrain/experiments"
	"finegrain/internal/textfile"
	"finegrain/measure"
)

// storeEnding is that of the stores which run makes.
const storeEnding = ".sqlite"

type runFlags struct {
	common
	store        string
	resume, full bool
}

func (a *app) measureSpec() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run SPEC.toml",
		Short: "Measure experiments of one's own into a store",
		Long: "Measure the experiments of a TOML file, each trial of each cell of their grids, into a store, one SQLite file:\n" +
			"operations counted, errors, seconds, and where and with what it was measured. A file holds one or more of\n\n" +
			"  [[experiment]]\n" +
			"  id = \"streaming-n\"\n" +
			"  doc = \"seconds of streaming attention against n\"\n" +
			"  subject = \"attention\"       # finegrain subjects lists them, with their parameters\n" +
			"  trials = 5                  # of each cell; 1 if left out\n" +
			"  seed = 1                    # of all randomness\n" +
			"  time = \"10s\"                # limits of one measurement; none if left out\n" +
			"  memory = \"1 GiB\"\n" +
			"  [experiment.grid]           # parameters; those left out take their default\n" +
			"  algorithm = \"streaming\"     # one value, or a list of them\n" +
			"  n = [256, 512, 1024]\n" +
			"  [experiment.full]           # values that only --full takes in addition\n" +
			"  n = [2048, 4096]\n\n" +
			"Every measurement is on disk before the next begins and is never rewritten: what was interrupted, or killed, goes\n" +
			"on with --resume, which measures what is missing. What hits a limit is kept as censored. Cells are measured in\n" +
			"rounds, each in an order of its own, so that a drift of the machine's clocks aligns with no parameter; runs under\n" +
			"20 ms are repeated and averaged, but for subjects that only count or compute. The time limit is that of what is\n" +
			"measured; making the instance, and finding out afterwards such as the error made, may each take ten times as long,\n" +
			"and at least a minute. A trial that does not stop 5 s after its time limit ends the run, since nothing can be\n" +
			"measured beside it; it is recorded, and --resume goes on after it. --full says beforehand about how long it will\n" +
			"take.\n\n" +
			"With --resume an experiment may have another grid, other trials and other limits than before: measurements that are\n" +
			"there stay and count where they still belong. What hit a limit that is wider now, be it in the file or --max-memory,\n" +
			"and what failed in another version of finegrain, is measured again; of such attempts the last counts, and\n" +
			"finegrain export lists them all. Subject and seed may not change. One run at a time measures into a store.\n\n" +
			"Exit code 1 if a measurement failed, which is otherwise than censored.",
		Example: "  finegrain run experiment.toml --resume",
		Args:    exactly("SPEC.toml"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runRun(cmd.Context(), &f, args[0])
		},
	}
	cmd.Flags().StringVar(&f.store, "store", "", "store to measure into (SPEC.sqlite in the working directory)")
	cmd.Flags().BoolVar(&f.resume, "resume", false, "go on with a store that is there already")
	cmd.Flags().BoolVar(&f.full, "full", false, "the values of [experiment.full] as well")
	f.jsonFlag(cmd)
	f.memoryFlag(cmd)
	return cmd
}

// storeOf is the name of a file's store: --store, or the file's own name in the working directory.
func storeOf(spec, given string) (string, error) {
	switch {
	case given != "":
		return given, nil
	case spec == "-":
		return "", request("experiments from standard input need --store FILE")
	}
	base := filepath.Base(spec)
	return strings.TrimSuffix(base, filepath.Ext(base)) + storeEnding, nil
}

// readSpec reads a file of experiments as jobs.
func (a *app) readSpec(ctx context.Context, name string, full bool) ([]measure.Job, error) {
	in, err := a.open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	all, err := measure.ReadSpec(in, in.name, experiments.Subjects())
	if err != nil {
		return nil, inFile(in.name, err)
	}
	return jobsOf(all, full)
}

// jobsOf joins experiments with their subjects.
func jobsOf(all []measure.Experiment, full bool) ([]measure.Job, error) {
	var jobs []measure.Job
	for _, e := range all {
		s, err := experiments.SubjectNamed(e.Subject)
		if err != nil {
			return nil, request("experiment %q: %v", e.ID, err)
		}
		jobs = append(jobs, measure.Job{Experiment: e, Subject: s, Full: full})
	}
	return jobs, nil
}

// inStore is the error of a store, or of what is asked of it, that is the request's fault.
func inStore(err error) error {
	var field *measure.FieldError
	var changed *measure.ChangedError
	var syntax *textfile.SyntaxError
	if errors.Is(err, measure.ErrNoStore) || errors.Is(err, measure.ErrBusy) ||
		errors.As(err, &field) || errors.As(err, &changed) || errors.As(err, &syntax) {
		return request("%v", err)
	}
	return err
}

// ran is what run prints with --json, and status.
type ran struct {
	Store       string          `json:"store"`
	Experiments []ranExperiment `json:"experiments"`
	Total       int             `json:"total"`
	Missing     int             `json:"missing"`
	Measured    int             `json:"measured"` // in this run
	Failed      int             `json:"failed"`
	Seconds     float64         `json:"seconds"`
}

type ranExperiment struct {
	ID        string                 `json:"id"`
	Subject   string                 `json:"subject"`
	Doc       string                 `json:"doc"`
	Total     int                    `json:"total"`   // measurements that the grid asks for
	Missing   int                    `json:"missing"` // of them
	Status    map[measure.Status]int `json:"status"`
	Elsewhere int                    `json:"elsewhere"` // measurements that the grid does not ask for
}

// progressOf sets a store against jobs, each by itself.
func progressOf(env finegrain.Env, store *measure.Store, jobs []measure.Job) (ran, error) {
	r := ran{Store: store.Name(), Experiments: []ranExperiment{}}
	for _, j := range jobs {
		s, err := measure.Progress(env, store, machineOf(env), j)
		if err != nil {
			return r, inStore(err)
		}
		e := ranExperiment{j.Experiment.ID, j.Subject.Name, j.Experiment.Doc, s.Total, s.Total - s.Before, s.Status, s.Elsewhere}
		r.Experiments = append(r.Experiments, e)
		r.Total += e.Total
		r.Missing += e.Missing
		r.Failed += e.Status[measure.Failure]
	}
	return r, nil
}

// statuses are the columns of how measurements ended.
var statuses = []measure.Status{measure.Done, measure.OutOfTime, measure.OutOfRoom, measure.Refusal, measure.Failure}

func (r ran) write(w io.Writer) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(table, "experiment\tsubject\tmeasured\tof")
	for _, s := range statuses {
		fmt.Fprintf(table, "\t%s", s)
	}
	fmt.Fprintln(table)
	elsewhere := 0
	for _, e := range r.Experiments {
		fmt.Fprintf(table, "%s\t%s\t%d\t%d", e.ID, e.Subject, e.Total-e.Missing, e.Total)
		for _, s := range statuses {
			fmt.Fprintf(table, "\t%d", e.Status[s])
		}
		fmt.Fprintln(table)
		elsewhere += e.Elsewhere
	}
	table.Flush()
	if elsewhere > 0 {
		fmt.Fprintf(w, "%s more of other cells or trials than the grids ask for; they are kept\n", plural(elsewhere, "measurement"))
	}
}

func (a *app) runRun(ctx context.Context, f *runFlags, spec string) (err error) {
	start := time.Now()
	name, err := storeOf(spec, f.store)
	if err != nil {
		return err
	}
	jobs, err := a.readSpec(ctx, spec, f.full)
	if err != nil {
		return err
	}
	store, err := measure.Create(ctx, name)
	if errors.Is(err, measure.ErrExists) {
		if !f.resume {
			return request("%s: is there already; --resume goes on with it, --store names another", name)
		}
		store, err = measure.Open(ctx, name)
	}
	if err != nil {
		return inStore(err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	env := finegrain.NewEnv(ctx, 0) // the seeds are the experiments'
	env.Memory = int64(f.memory)
	m := machineOf(env)
	left, err := a.foretell(env, store, m, jobs, f.full, "name another --store")
	if err != nil {
		return err
	}
	bar := a.newProgress()
	defer bar.close()
	bar.expect(left)
	env.Progress = bar.report
	summary, err := measure.Run(env, store, m, jobs...)
	if err != nil {
		return inStore(err)
	}
	r, err := progressOf(env, store, jobs)
	if err != nil {
		return err
	}
	bar.close()
	r.Measured, r.Seconds = summary.Measured, time.Since(start).Seconds()
	if f.json {
		err = a.printJSON(r)
	} else {
		r.write(a.stdout)
		fmt.Fprintf(a.stdout, "%s in %s s, %d before; %s\n", plural(r.Measured, "measurement"), short(r.Seconds), summary.Before, name)
	}
	if err == nil && r.Failed > 0 {
		err = refuse("%s failed; finegrain status %s says why", plural(r.Failed, "measurement"), name)
	}
	return err
}

// foretell says on standard error which measurements of a store were made with other code than now, and anew what to do
// about it. With a pilot, and on a terminal, also how many measurements are to be made and about how long they will
// take, which it returns: by a pilot, or by what the store has if that is enough to tell, and is 0 if not.
func (a *app) foretell(
	env finegrain.Env, store *measure.Store, m measure.Machine, jobs []measure.Job, pilot bool, anew string,
) (left time.Duration, err error) {
	s, err := measure.Progress(env, store, m, jobs...)
	if err != nil {
		return 0, inStore(err)
	}
	if line := otherCode(s, m, anew); line != "" {
		fmt.Fprintln(a.stderr, "finegrain: "+line)
	}
	known := pilot
	switch {
	case pilot:
		bar := a.newProgress()
		bar.report(s.Before, s.Total, "a pilot, to tell how long it will take")
		left, _, err = measure.Foretell(env, store, m, jobs...)
		bar.close()
	case a.onTerminal() != nil:
		left, known, err = measure.Left(env, store, m, jobs...)
	default:
		return 0, nil
	}
	if err != nil {
		return 0, inStore(err)
	}
	about := ""
	if known {
		about = fmt.Sprintf(", about %v", left)
	}
	fmt.Fprintf(a.stderr, "finegrain: %d of %s to go%s\n", s.Total-s.Before, plural(s.Total, "measurement"), about)
	return left, nil
}

// listedSubject is a row of `subjects`.
type listedSubject struct {
	Name       string            `json:"name"`
	Doc        string            `json:"doc"`
	Parameters []listedParameter `json:"parameters"`
	Yields     []listedYield     `json:"yields"` // beside seconds
}

type listedYield struct {
	Name string `json:"name"`
	Doc  string `json:"doc"`
}

type listedParameter struct {
	Name    string `json:"name"`
	Doc     string `json:"doc"`
	Default any    `json:"default"` // null: it must be given
}

func (a *app) subjects() *cobra.Command {
	var c common
	cmd := &cobra.Command{
		Use:   "subjects [NAME]",
		Short: "List what experiments of one's own can measure",
		Long: "List the subjects of experiments, which finegrain run measures, with their parameters and defaults, and\n" +
			"what a trial counts or finds.",
		Example: "  finegrain subjects attention",
		Args:    atMost(1),
		RunE: func(_ *cobra.Command, args []string) error {
			var rows []listedSubject
			var names []string
			for _, s := range experiments.Subjects() {
				names = append(names, s.Name)
				if len(args) == 1 && args[0] != s.Name {
					continue
				}
				row := listedSubject{Name: s.Name, Doc: s.Doc}
				for _, p := range s.Parameters {
					row.Parameters = append(row.Parameters, listedParameter{p.Name, p.Doc, p.Default})
				}
				for _, y := range s.Yields {
					row.Yields = append(row.Yields, listedYield(y))
				}
				rows = append(rows, row)
			}
			if rows == nil {
				return unknown("subject", args[0], names)
			}
			if c.json {
				return a.printJSON(rows)
			}
			for i, r := range rows {
				if i > 0 {
					fmt.Fprintln(a.stdout)
				}
				fmt.Fprintf(a.stdout, "%s: %s\n", r.Name, r.Doc)
				table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
				for _, p := range r.Parameters {
					usual := "must be given"
					if p.Default != nil {
						usual = measure.Text(p.Default)
					}
					fmt.Fprintf(table, "  %s\t%s\t%s\n", p.Name, usual, p.Doc)
				}
				fmt.Fprintln(table, "  yields\tseconds\tof a trial")
				for _, y := range r.Yields {
					fmt.Fprintf(table, "  \t%s\t%s\n", y.Name, y.Doc)
				}
				table.Flush()
			}
			return nil
		},
	}
	c.jsonFlag(cmd)
	return cmd
}
