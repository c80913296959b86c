package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// longSpec measures for some seconds, in many measurements, and then in one that takes long.
const longSpec = `[[experiment]]
id = "long"
doc = "interrupted"
subject = "orthogonal vectors"
trials = 40
grid = { n = [64, 128] }
[[experiment]]
id = "longer"
doc = "interrupted"
subject = "orthogonal vectors"
grid = { n = 300000, d = 1024, question = "histogram" }
`

// withLongSpec goes to a new folder that holds the program itself and long.toml.
func withLongSpec(t *testing.T) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	t.Chdir(dir)
	t.Setenv("GORACE", "atexit_sleep_ms=0")
	if err := errors.Join(
		os.Symlink(program, filepath.Join(dir, "finegrain")), os.WriteFile("long.toml", []byte(longSpec), 0o600),
	); err != nil {
		t.Fatal(err)
	}
}

// TestRunInterrupted: an interrupt ends a run at once, in the midst of a trial too, with what was measured kept;
// --resume goes on.
func TestRunInterrupted(t *testing.T) {
	withLongSpec(t)
	measured := func() int {
		store, err := openStore(t.Context(), "long.sqlite")
		if err != nil {
			return 0 // not yet
		}
		defer store.Close()
		rows, err := store.Measurements(t.Context(), "")
		if err != nil {
			return 0
		}
		return len(rows)
	}
	for _, least := range []int{3, 10} { // measurements that are waited for
		command := exec.Command("./finegrain", "run", "long.toml", "--resume")
		var messages bytes.Buffer
		command.Stderr = &messages
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		for measured() < least {
			time.Sleep(10 * time.Millisecond)
		}
		if err := command.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		err := command.Wait()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted || messages.String() != "finegrain: interrupted\n" {
			t.Errorf("%v, %q", err, &messages)
		}
		if n := measured(); n < least || n > 80 {
			t.Errorf("%d measurements are there, %d were", n, least)
		}
	}
	out := succeeds(t, "status", "long.toml")
	if !strings.Contains(out, "missing, about") || !strings.Contains(out, "longer") {
		t.Errorf("status says %s", out)
	}
	if entries, _ := filepath.Glob("long.sqlite-*"); entries != nil {
		t.Errorf("an interrupted run leaves %v", entries)
	}
}

func TestShellWord(t *testing.T) {
	for word, want := range map[string]string{
		"a/b-c_1.sqlite": "a/b-c_1.sqlite", "": "''", "a b": "'a b'", "it's": `'it'\''s'`, "$x": "'$x'", "d=4": "d=4", "ä": "'ä'", "a;b": "'a;b'",
	} {
		if got := shellWord(word); got != want {
			t.Errorf("%q: %s, want %s", word, got, want)
		}
	}
}
