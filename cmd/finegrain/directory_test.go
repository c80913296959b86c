package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"finegrain"
	"finegrain/measure"
)

// TestTwoAtOnce: a second reproduce in a directory, and a second run on a store, is refused in one line and disturbs
// nothing; once the first was killed there is nothing in the way.
func TestTwoAtOnce(t *testing.T) {
	withLongSpec(t)
	rows := func(store string) int {
		s, err := openStore(t.Context(), store)
		if err != nil {
			return 0 // not yet
		}
		defer s.Close()
		all, err := s.Attempts(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	for _, c := range []struct {
		store, args string
		seconds     []string // what is refused meanwhile
		words       string
	}{
		{"out/" + storeFile, "reproduce --out out", []string{"reproduce --out out", "reproduce --out out --resume"}, "another reproduce is at work there"},
		{"long.sqlite", "run long.toml --resume", []string{"run long.toml --resume", "run long.toml --resume --full"}, "another process is at work there"},
	} {
		first := exec.Command("./finegrain", strings.Fields(c.args)...)
		var messages bytes.Buffer
		first.Stderr = &messages
		if err := first.Start(); err != nil {
			t.Fatal(err)
		}
		for rows(c.store) < 2 {
			time.Sleep(10 * time.Millisecond)
		}
		before := rows(c.store)
		for _, args := range c.seconds {
			second := exec.Command("./finegrain", strings.Fields(args)...)
			var out, errs strings.Builder
			second.Stdout, second.Stderr = &out, &errs
			err := second.Run()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != exitRequest {
				t.Errorf("%s: %v", args, err)
			}
			if err := refusal(out.String(), errs.String(), c.words); err != nil {
				t.Errorf("%s: %v", args, err)
			}
		}
		if after := rows(c.store); after < before {
			t.Errorf("%s: %d measurements were there, and %d are", c.args, before, after)
		}
		if err := first.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := first.Wait(); err == nil || messages.Len() > 0 {
			t.Errorf("%s: %v: %s", c.args, err, &messages)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		var out, errs strings.Builder
		if code := run(ctx, append(strings.Fields(c.args), "--json"), strings.NewReader(""), &out, &errs); code != exitInterrupted {
			t.Errorf("%s after kill −9: exit code %d: %s", c.args, code, &errs)
		}
	}
	if entries, err := filepath.Glob("out/.finegrain-lock"); err != nil || entries != nil {
		t.Errorf("a lock that was given up is there: %v, %v", entries, err)
	}
}

// TestWhatKilledReproductionsLeave: at whatever moment reproduce is killed, it knows the directory for its own.
func TestWhatKilledReproductionsLeave(t *testing.T) {
	made := func(files ...string) string {
		dir := t.TempDir()
		for _, f := range files {
			name := filepath.Join(dir, f)
			switch {
			case strings.HasSuffix(f, "/"):
				if err := os.Mkdir(name, 0o777); err != nil {
					t.Fatal(err)
				}
			case strings.HasSuffix(f, ".sqlite"):
				s, err := measure.Create(t.Context(), name)
				if err == nil {
					err = s.Close()
				}
				if err != nil {
					t.Fatal(err)
				}
			default:
				if err := os.WriteFile(name, nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
		return dir
	}
	for what, files := range map[string][]string{
		"before its store":                   {lockFile},
		"while it makes its store":           {lockFile, ".store123/"},
		"while it measures":                  {lockFile, storeFile, storeFile + "-wal", storeFile + "-shm", storeFile + "-lock"},
		"between putting aside and creating": {lockFile, "previous-1.sqlite", "previous-12.sqlite"},
		"while it writes the page":           {lockFile, storeFile, ".outfile-0123abcd.tmp"},
		"between the page and the summary":   {lockFile, storeFile, pageFile},
	} {
		if !ownReproduction(made(files...)) {
			t.Errorf("killed %s, what it leaves is taken for another's", what)
		}
	}
	for what, files := range map[string][]string{
		"a note":                {lockFile, storeFile, "note"},
		"a page":                {lockFile, pageFile},
		"a directory":           {storeFile, "previous-2.sqlite/"},
		"another previous file": {storeFile, "previous-02.sqlite"},
		"a hidden directory":    {storeFile, ".storeroom/"},
		"what is no store":      {storeFile + "-wal"},
	} {
		if ownReproduction(made(files...)) {
			t.Errorf("a directory with %s of somebody else's is taken for its own", what)
		}
	}
	empty := made()
	if err := os.WriteFile(filepath.Join(empty, storeFile), []byte("no database"), 0o600); err != nil || ownReproduction(empty) {
		t.Errorf("what only has the name of a store is taken for one; %v", err)
	}
}

// TestPutAsideWaitsForReaders: a store whose companions are live is not renamed.
func TestPutAsideWaitsForReaders(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	name := filepath.Join(dir, storeFile)
	store, err := measure.Create(ctx, name)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Declare(ctx, measure.Experiment{ID: "e"}); err != nil {
		t.Fatal(err)
	}
	reader, err := sql.Open("sqlite", "file:"+name+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := reader.Query("SELECT id FROM experiment")
	if err != nil || !rows.Next() {
		t.Fatalf("no rows: %v", err)
	}
	if _, err := putAside(ctx, dir); !errors.Is(err, measure.ErrBusy) { // who writes
		t.Errorf("error %v", err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := putAside(ctx, dir); err == nil || !strings.Contains(err.Error(), "another process reads") {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(name); err != nil {
		t.Errorf("the store is gone: %v", err)
	}
	if err := errors.Join(rows.Close(), reader.Close()); err != nil {
		t.Fatal(err)
	}
	aside, err := putAside(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	if aside != filepath.Join(dir, "previous-1.sqlite") || !isMeasurements(aside) {
		t.Error("the store is not put aside")
	}
}

// TestOtherCodeIsNamed: going on with measurements of another version or kernel says so in one line.
func TestOtherCodeIsNamed(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx := t.Context()
	if err := os.WriteFile("spec.toml", []byte("[[experiment]]\nid = \"e\"\ndoc = \"d\"\nsubject = \"orthogonal vectors\"\ngrid = { n = [4, 8] }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	jobs, err := (&app{}).readSpec(ctx, "spec.toml", false)
	if err != nil {
		t.Fatal(err)
	}
	store, err := measure.Create(ctx, "spec.sqlite")
	if err != nil {
		t.Fatal(err)
	}
	_, err = measure.Run(finegrain.NewEnv(ctx, 0), store, measure.Machine{Version: "0.0.1 abc", Kernel: "go"}, jobs...)
	if err := errors.Join(err, store.Close()); err != nil {
		t.Fatal(err)
	}
	var out, messages strings.Builder
	code := run(ctx, []string{"run", "spec.toml", "--resume"}, strings.NewReader(""), &out, &messages)
	want := "finegrain: 2 measurements of other code stand beside those of now: 0.0.1 abc, kernel go (2); this is " +
		machineOf(finegrain.NewEnv(ctx, 0)).Code() + "; to measure anew, name another --store\n"
	if code != exitDone || messages.String() != want || !strings.Contains(out.String(), "0 measurements in") {
		t.Errorf("exit code %d: %s%s", code, &messages, &out)
	}
}

func TestMachineOfBuilds(t *testing.T) {
	for commit, want := range map[string]string{
		"":                              "1 commit unknown", // as with -buildvcs=false
		"0123456789abcdef":              "1 0123456789ab",
		"0123456789abcdef with changes": "1 0123456789ab with changes",
	} {
		m := build{Version: "1", Commit: commit}.machine(finegrain.NewEnv(t.Context(), 0))
		if m.Build() != want || m.Dirty != (commit != "0123456789abcdef") {
			t.Errorf("%q: %q, %+v", commit, m.Build(), m)
		}
	}
}
