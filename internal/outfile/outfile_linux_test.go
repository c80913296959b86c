package outfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

func pipe(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(name, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := CheckFile(name); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestFileWritesToPipes(t *testing.T) {
	name := pipe(t)
	want := strings.Repeat("0123456789abcdef", 1<<16)
	written := make(chan error)
	go func() { written <- File(context.Background(), name, text(want)) }()
	if got, err := os.ReadFile(name); err != nil || string(got) != want {
		t.Errorf("%d bytes arrived of %d: %v", len(got), len(want), err)
	}
	if err := <-written; err != nil {
		t.Error(err)
	}
	if info, _ := os.Lstat(name); info.Mode()&os.ModeNamedPipe == 0 {
		t.Error("the pipe was replaced")
	}
}

// lastLook is a context that is cancelled when it has been asked for its error, and has none yet.
type lastLook struct {
	context.Context
	cancel func()
}

func (c lastLook) Err() error {
	defer c.cancel()
	return c.Context.Err()
}

// TestPipesDoNotHold: neither a pipe that nobody opens nor one that nobody empties outlasts the context.
func TestPipesDoNotHold(t *testing.T) {
	name := pipe(t)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- File(ctx, name, text("x")) }()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("without a reader: %v", err)
	}

	name = pipe(t)
	reader, err := syscall.Open(name, syscall.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(reader)
	filler, err := syscall.Open(name, syscall.O_WRONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(filler)
	for err == nil {
		_, err = syscall.Write(filler, make([]byte, os.Getpagesize()))
	}
	if err != syscall.EAGAIN {
		t.Fatal(err)
	}
	ctx, cancel = context.WithCancel(context.Background())
	if err := File(lastLook{ctx, cancel}, name, text("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("with an idle reader: %v", err)
	}
}

// unprivileged runs f as a user who may write only what everybody may, also where the test may write all.
func unprivileged(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		if os.Geteuid() == 0 {
			if err := syscall.Setfsuid(65534); err != nil {
				done <- err
				return
			}
		}
		done <- f()
	}()
	return <-done
}

// sparesProtected returns nil if a file that may not be written keeps what it holds, although its directory
// may be written, and the failure is told.
func sparesProtected(file func(context.Context, string, func(io.Writer) error) error) error {
	root, err := os.MkdirTemp("", "outfile")
	if err != nil {
		return err
	}
	defer os.RemoveAll(root)
	name := filepath.Join(root, "a")
	if err := errors.Join(os.Chmod(root, 0o777), os.WriteFile(name, []byte("before"), 0o444)); err != nil {
		return err
	}
	err = unprivileged(func() error { return file(context.Background(), name, text("after")) })
	if data, _ := os.ReadFile(name); string(data) != "before" {
		return fmt.Errorf("the file holds %q", data)
	}
	if !errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("the failure is told as %v", err)
	}
	return nil
}

func TestFileSparesWhatIsProtected(t *testing.T) {
	if err := sparesProtected(File); err != nil {
		t.Error(err)
	}
	check := func(_ context.Context, name string, _ func(io.Writer) error) error { return CheckFile(name) }
	if err := sparesProtected(check); err != nil {
		t.Errorf("before the work: %v", err)
	}
	renames := func(_ context.Context, name string, write func(io.Writer) error) error {
		file, err := create(name)
		if err != nil {
			return err
		}
		defer file.Close()
		if err := write(file); err != nil {
			return err
		}
		return os.Rename(file.Name(), name)
	}
	if sparesProtected(renames) == nil {
		t.Error("a writer that asks the directory only passes")
	}
}
