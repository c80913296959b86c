package main

// status: how far a store is, and what in it failed. export: its measurements for other programs.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"finegrain"
	"finegrain/internal/outfile"
	"finegrain/measure"
)

// openStore opens the store that a command is to read: a file, or the store in a directory that reproduce made.
func openStore(ctx context.Context, name string) (*measure.Store, error) {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		name = filepath.Join(name, storeFile)
	}
	store, err := measure.OpenReadOnly(ctx, name)
	var path *fs.PathError
	if errors.As(err, &path) {
		return nil, request("%s: %v", name, path.Err)
	}
	return store, inStore(err)
}

// stated is what status prints with --json.
type stated struct {
	ran
	Last     string       `json:"last"`         // when the last measurement was made, RFC 3339; empty: there is none
	Left     *float64     `json:"seconds_left"` // null: nothing is known to tell it from
	Failures []failedCell `json:"failures"`
}

type failedCell struct {
	Experiment string       `json:"experiment"`
	Cell       measure.Cell `json:"cell"`
	Trial      int          `json:"trial"`
	Reason     string       `json:"reason"`
}

func (a *app) status() *cobra.Command {
	var c common
	var store string
	var full bool
	cmd := &cobra.Command{
		Use:   "status STORE|SPEC.toml|DIR",
		Short: "Say how far the experiments of a store are",
		Long: "Say of every experiment how many of its measurements are there, how they ended, and about how long the rest will\n" +
			"take; and list those that failed, with the reason. Named is a store, a file of experiments, whose store is\n" +
			"SPEC.sqlite or --store, or a directory that finegrain reproduce made. Missing is what a run with --resume, and with\n" +
			"the same --max-memory, would measure. It may be asked while a run is measuring.",
		Example: "  finegrain status experiment.sqlite",
		Args:    exactly("STORE or SPEC.toml"),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.statusOf(cmd.Context(), args[0], store, full, c.memory)
			if err != nil {
				return err
			}
			if c.json {
				return a.printJSON(s)
			}
			s.print(a.stdout)
			return nil
		},
	}
	cmd.Flags().StringVar(&store, "store", "", "the store of SPEC.toml, if it has another name")
	cmd.Flags().BoolVar(&full, "full", false, "the values of full runs as well")
	c.jsonFlag(cmd)
	c.memoryFlag(cmd)
	cmd.Flags().Lookup("max-memory").Usage = "that of the run; what is estimated to take more is not missing"
	return cmd
}

func (a *app) statusOf(ctx context.Context, name, given string, full bool, room amount) (s stated, err error) {
	env := finegrain.NewEnv(ctx, 0)
	env.Memory = int64(room)
	var jobs []measure.Job
	info, missing := os.Stat(name)
	spec := missing == nil && !info.IsDir() && !measure.IsDatabase(name) || name == "-"
	if spec {
		if jobs, err = a.readSpec(ctx, name, full); err != nil {
			return s, err
		}
		if name, err = storeOf(name, given); err != nil {
			return s, err
		}
	}
	store, err := openStore(ctx, name)
	if err != nil {
		return s, err
	}
	defer store.Close()
	if !spec {
		all, err := store.Experiments(ctx)
		if err != nil {
			return s, err
		}
		if jobs, err = jobsOf(all, full); err != nil {
			return s, err
		}
	}
	if s.ran, err = progressOf(env, store, jobs); err != nil {
		return s, err
	}
	if left, known, err := measure.Left(env, store, machineOf(env), jobs...); err != nil {
		return s, err
	} else if known {
		s.Left = new(left.Seconds())
	}
	rows, err := store.Measurements(ctx, "")
	if err != nil {
		return s, err
	}
	s.Failures = []failedCell{}
	for _, m := range rows {
		s.Last = max(s.Last, m.At.UTC().Format(time.RFC3339))
		if m.Status == measure.Failure {
			s.Failures = append(s.Failures, failedCell{m.Experiment, m.Cell, m.Trial, m.Reason})
		}
	}
	return s, nil
}

func (s stated) print(w io.Writer) {
	s.write(w)
	switch {
	case s.Missing == 0:
		fmt.Fprintln(w, "nothing is missing")
	case s.Left == nil:
		fmt.Fprintf(w, "%s missing\n", plural(s.Missing, "measurement"))
	default:
		left := time.Duration(*s.Left * float64(time.Second))
		fmt.Fprintf(w, "%s missing, about %v\n", plural(s.Missing, "measurement"), left)
	}
	if s.Last != "" {
		fmt.Fprintf(w, "last measured %s\n", s.Last)
	}
	for _, f := range s.Failures {
		fmt.Fprintf(w, "failed: %s, %v, trial %d: %s\n", f.Experiment, f.Cell, f.Trial, f.Reason)
	}
}

func (a *app) export() *cobra.Command {
	var c common
	var experiment, out string
	cmd := &cobra.Command{
		Use:   "export STORE|DIR",
		Short: "Write the measurements of a store as CSV or JSON",
		Long: "Write the measurements of a store for other programs, one line each, all attempts: as CSV, with a column for\n" +
			"each parameter, count and value, or with --json as an array of objects. Seeds are texts in JSON, since they have 64\n" +
			"bits. Attempts at one trial count from 0; the last is the one that finegrain fit and report take.",
		Example: "  finegrain export experiment.sqlite --out made",
		Args:    exactly("STORE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			store, err := openStore(ctx, args[0])
			if err != nil {
				return err
			}
			defer store.Close()
			rows, err := store.Attempts(ctx, experiment)
			if err != nil {
				return err
			}
			if experiment != "" && rows == nil {
				return unknownExperiment(ctx, store, experiment)
			}
			write := func(w io.Writer) error { return measure.WriteCSV(w, rows) }
			if c.json {
				write = func(w io.Writer) error { return measure.WriteJSON(w, rows) }
			}
			if out == "-" {
				return write(a.stdout)
			}
			return outfile.File(ctx, out, write)
		},
	}
	cmd.Flags().StringVar(&experiment, "experiment", "", "only the experiment of this id")
	cmd.Flags().StringVar(&out, "out", "-", "file to write; - is standard output")
	cmd.Flags().BoolVar(&c.json, "json", false, "JSON instead of CSV")
	return cmd
}

// unknownExperiment says that a store has no measurements of an experiment, and which it has.
func unknownExperiment(ctx context.Context, store *measure.Store, id string) error {
	rows, err := store.Measurements(ctx, "")
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return request("%s: nothing was measured yet", store.Name())
	}
	return unknown("experiment", id, experimentsOf(rows))
}

// experimentsOf lists the experiments that rows are of.
func experimentsOf(rows []measure.Measurement) (ids []string) {
	seen := map[string]bool{}
	for _, m := range rows {
		if !seen[m.Experiment] {
			seen[m.Experiment] = true
			ids = append(ids, m.Experiment)
		}
	}
	return ids
}
