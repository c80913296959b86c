package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"finegrain"
	"finegrain/claims"
	"finegrain/experiments"
)

// commands lists every command that --help can be asked of.
func commands(c *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{c}
	for _, child := range c.Commands() {
		if child.IsAvailableCommand() || child.Name() == "help" {
			all = append(all, commands(child)...)
		}
	}
	return all
}

// TestExamples runs every example of every command's help, in a directory that has the files which the
// examples name, and requires one of every command.
func TestExamples(t *testing.T) {
	t.Chdir(t.TempDir())
	succeeds(t, "generate", "cnf", "threshold", "--n", "10", "--out", "formula.cnf")
	succeeds(t, "generate", "ov", "random", "--n", "20", "--d", "12", "--out", "instance.ov")
	succeeds(t, "generate", "attention", "bounded", "--n", "10", "--out", "arrays")
	succeeds(t, "generate", "training", "--n", "10", "--out", "step")
	for dir, names := range map[string][]string{"arrays": {"q", "k", "v"}, "step": {"a1", "a2", "a3", "x", "y", "e"}} {
		for _, x := range names {
			if err := os.Rename(filepath.Join(dir, x+".npy"), x+".npy"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.WriteFile("experiment.toml", []byte(smallSpec), 0o600); err != nil {
		t.Fatal(err)
	}
	succeeds(t, "run", "experiment.toml")
	count := 0
	for _, c := range commands((&app{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard}).root()) {
		if c.Short == "" || c.Long == "" || c.Example == "" {
			t.Errorf("%s: Short, Long and Example are all needed", c.CommandPath())
		}
		for line := range strings.Lines(c.Example) {
			words := strings.Fields(line)
			if len(words) < 2 || words[0] != "finegrain" {
				t.Errorf("%s: the example %q is no command line", c.CommandPath(), line)
				continue
			}
			os.RemoveAll("made") // several examples make it
			var out, messages strings.Builder
			a := &app{strings.NewReader(""), &out, &messages, smallReproduction, smallClaims}
			if code := a.run(t.Context(), words[1:]); code != exitDone && code != exitSatisfiable && code != exitUnsatisfiable {
				t.Errorf("%s: the example %q exits with %d: %s", c.CommandPath(), line, code, &messages)
			}
			count++
		}
	}
	if count < 30 {
		t.Errorf("only %d examples were found", count)
	}
}

// smallSpec is the experiment of the examples.
const smallSpec = `[[experiment]]
id = "small"
doc = "multiply-adds against n and d"
subject = "attention"
grid = { d = [4, 8, 16], n = [16, 32, 64] }
`

// TestHelp requires that --help shows the example, and of a group what it holds.
func TestHelp(t *testing.T) {
	for _, c := range commands((&app{}).root()) {
		path := strings.Fields(c.CommandPath())[1:]
		help := succeeds(t, append(path, "--help")...)
		if !strings.Contains(help, strings.TrimSpace(c.Example)) {
			t.Errorf("%s --help does not show its example:\n%s", c.CommandPath(), help)
		}
		for _, child := range c.Commands() {
			if child.IsAvailableCommand() && !strings.Contains(help, child.Short) {
				t.Errorf("%s --help does not name %s", c.CommandPath(), child.Name())
			}
		}
	}
}

// smallReproduction stands in for the main job: the picture's formula through both routes.
func smallReproduction(env finegrain.Env) (experiments.Reproduction, error) {
	r := experiments.Reproduction{Seed: env.Seed, Go: "go", CPU: "cpu", Cores: 1, Seconds: 1}
	corpus, err := experiments.Corpus()
	if err != nil {
		return r, err
	}
	for _, named := range corpus {
		if named.Name != "picture" {
			continue
		}
		run := experiments.FormulaRun{NamedFormula: named}
		for _, count := range []bool{false, true} {
			solution, err := experiments.Solve(env, experiments.Request{
				Formula: named.Formula, Route: experiments.DefaultRoute(count), Count: count,
			})
			if err != nil {
				return r, err
			}
			run.Check.Satisfiable = solution.Satisfiable
			run.Check.Count = solution.Count
			run.Runs = append(run.Runs, experiments.RouteRun{Solution: solution, Seconds: 1})
		}
		r.Formulas = append(r.Formulas, run)
		if r.Picture, err = experiments.TakePicture(env, named.Name, named.Formula); err != nil {
			return r, err
		}
	}
	return r, nil
}

// smallClaims is one claim that is quickly measured.
func smallClaims() []claims.Claim {
	return slices.DeleteFunc(claims.All(), func(c claims.Claim) bool { return c.ID != "split-and-list" })
}
