package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestInterrupt sends signals to the command itself while it computes, and while it waits for standard
// input: it ends with 130, says so in one line, and leaves nothing half-written.
func TestInterrupt(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "finegrain") // testscript runs the command of the name it is called by
	if err := os.Symlink(program, name); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	t.Chdir(dir)
	t.Setenv("GORACE", "atexit_sleep_ms=0")
	succeeds(t, "generate", "cnf", "threshold", "--n", "30", "--out", "large.cnf")
	succeeds(t, "generate", "ov", "adversarial", "--n", "200000", "--d", "300", "--out", "large.ov")
	before, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		signal os.Signal
		args   string
	}{
		{os.Interrupt, "solve large.cnf --count"},
		{syscall.SIGTERM, "ov count large.ov"},
		{os.Interrupt, "solve -"},
		{os.Interrupt, "attend --q - --k k.npy --v v.npy --out o.npy"},
		{syscall.SIGTERM, "verify --trials 1000000"},
		{os.Interrupt, "reproduce --out kept"},
		{os.Interrupt, "bench"},
		{syscall.SIGTERM, "generate ov planted --n 300000 --d 100 --out planted.ov"},
		{os.Interrupt, "reduce large.cnf --to attention --route interpolation --out calls"},
	} {
		command := exec.Command(name, strings.Fields(c.args)...)
		var messages bytes.Buffer
		command.Stderr = &messages
		waiting, err := command.StdinPipe() // never written to
		if err != nil {
			t.Fatal(err)
		}
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(300 * time.Millisecond)
		if strings.HasPrefix(c.args, "reproduce") { // it says how to go on once there is something to go on with
			for range 3000 {
				if _, err := os.Stat(filepath.Join("kept", storeFile)); err == nil {
					break
				}
				time.Sleep(10 * time.Millisecond)
			}
		}
		if err := command.Process.Signal(c.signal); err != nil {
			t.Errorf("%s ended by itself: %s", c.args, &messages)
		}
		err = command.Wait()
		waiting.Close()
		want := "finegrain: interrupted\n"
		if strings.HasPrefix(c.args, "reproduce") {
			want = "What was measured is kept in kept. To go on: finegrain reproduce --seed 1 --out kept --resume\n" + want
		}
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted || messages.String() != want {
			t.Errorf("%s: %v, %q", c.args, err, &messages)
		}
	}
	if _, err := os.Stat(filepath.Join("kept", pageFile)); err == nil {
		t.Error("an interrupted reproduction left a page")
	}
	if err := os.RemoveAll("kept"); err != nil { // what was measured so far
		t.Fatal(err)
	}
	after, err := os.ReadDir(dir)
	if err != nil || len(after) != len(before) {
		t.Errorf("the directory held %v and now holds %v", before, after)
	}
}
