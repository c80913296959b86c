package measure

import (
	"bufio"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const lockName = "FINEGRAIN_TEST_LOCK"

// holdLock is another process that takes a lock, says so, and holds it until it is killed.
func holdLock(name string) {
	if _, err := TryLock(name); err != nil {
		os.Exit(1)
	}
	os.Stdout.WriteString("held\n")
	select {}
}

// TestLockOfAnotherProcess: a lock that another process has is refused, and is free once that process was killed, though
// its file is still there.
func TestLockOfAnotherProcess(t *testing.T) {
	name := filepath.Join(t.TempDir(), "lock")
	other := exec.Command(os.Args[0])
	other.Env = append(os.Environ(), lockName+"="+name)
	out, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "held\n" {
		t.Fatalf("%q, %v", line, err)
	}
	if _, err := TryLock(name); !errors.Is(err, ErrBusy) {
		t.Errorf("error %v", err)
	}
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	other.Wait()
	if _, err := os.Stat(name); err != nil {
		t.Errorf("the file of a lock whose process was killed: %v", err)
	}
	lock, err := TryLock(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(name); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a lock that was released leaves its file: %v", err)
	}
	if _, err := TryLock(filepath.Join(name, "below")); err == nil || errors.Is(err, ErrBusy) {
		t.Errorf("error %v", err)
	}
}

// TestLockExcludes: however often it is taken and released, with its file removed each time, one at a time has it.
func TestLockExcludes(t *testing.T) {
	name := filepath.Join(t.TempDir(), "lock")
	var wait sync.WaitGroup
	var inside sync.Mutex
	for range 4 {
		wait.Go(func() {
			for taken := 0; taken < 300; {
				lock, err := TryLock(name)
				if errors.Is(err, ErrBusy) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				if !inside.TryLock() {
					t.Error("two have the lock")
					return
				}
				taken++
				inside.Unlock()
				if err := lock.Release(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
}

// TestOneWriter: a store is open for writing once at a time, and read meanwhile.
func TestOneWriter(t *testing.T) {
	ctx := context.Background()
	s := newStore(t)
	if _, err := Open(ctx, s.Name()); !errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), "another process is at work there; wait") {
		t.Errorf("error %v", err)
	}
	if err := s.Add(ctx, sample(1, 0)); err != nil {
		t.Fatal(err)
	}
	r, err := OpenReadOnly(ctx, s.Name())
	if err != nil {
		t.Fatal(err)
	}
	rows, err := r.db.Query("SELECT number FROM measurement") // a reader in the midst of it
	if err != nil || !rows.Next() {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("a reader is no error of closing: %v", err)
	}
	if err := errors.Join(rows.Close(), r.Close()); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(ctx, s.Name()); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	if entries, _ := os.ReadDir(filepath.Dir(s.Name())); len(entries) != 1 {
		t.Errorf("a store at rest is %v", entries)
	}
}

// TestCreateWithoutLinks: where the file system makes no hard links the store appears all the same, and replaces
// nothing; where it cannot, the error says why.
func TestCreateWithoutLinks(t *testing.T) {
	ctx := context.Background()
	reason := errors.New("no links here")
	link = func(old, name string) error { return &os.LinkError{Op: "link", Old: old, New: name, Err: reason} }
	defer func() { link = os.Link }()
	dir := t.TempDir()
	name, taken := filepath.Join(dir, "store"), filepath.Join(dir, "taken")
	s, err := Create(ctx, name)
	if errors.Is(moveNew(name, name), errors.ErrUnsupported) {
		if !errors.Is(err, reason) || !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("error %v", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Add(ctx, sample(1, 0)), s.Close()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(taken, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := putNew(name, taken); !errors.Is(err, ErrExists) {
		t.Errorf("error %v", err)
	}
	if data, err := os.ReadFile(taken); string(data) != "mine" {
		t.Errorf("it holds %q, %v", data, err)
	}
	if err := putNew(name, filepath.Join(dir, "missing", "a")); !errors.Is(err, reason) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}
