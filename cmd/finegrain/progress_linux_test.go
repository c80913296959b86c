package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"finegrain"
	"finegrain/experiments"
)

// terminal is a pseudo-terminal of a size, 0 by 0 if nobody told it: the end that a program writes to, and what it
// wrote.
type terminal struct {
	*os.File
	lock  sync.Mutex
	wrote bytes.Buffer
}

func openTerminal(t *testing.T, rows, cols uint16) *terminal {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fd := int(master.Fd())
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err := errors.Join(err, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0),
		unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: rows, Col: cols})); err != nil {
		t.Fatal(err)
	}
	end, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	x := &terminal{File: end}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buffer := make([]byte, 4096)
		for {
			n, err := master.Read(buffer) // fails once the other end is closed
			x.lock.Lock()
			x.wrote.Write(buffer[:n])
			x.lock.Unlock()
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		end.Close()
		<-done
		master.Close()
	})
	return x
}

func (x *terminal) shows(what *regexp.Regexp) bool {
	x.lock.Lock()
	defer x.lock.Unlock()
	return what.Match(x.wrote.Bytes())
}

// TestReproduceOnATerminal: on a terminal, of whatever size and also if it does not know its own, reproduce says how much
// there is to do and about how long it will take, and shows how far it is.
func TestReproduceOnATerminal(t *testing.T) {
	bar := regexp.MustCompile(`split-and-list-sizes .*[0-9]+/[0-9]+ .*s of about [0-9]`)
	for _, size := range [][2]uint16{{0, 0}, {24, 100}} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			t.Chdir(t.TempDir())
			x := openTerminal(t, size[0], size[1])
			waits := func(env finegrain.Env) (experiments.Reproduction, error) {
				for patience := 400; !x.shows(bar); patience-- { // the bar is drawn some times a second
					if patience == 0 {
						return experiments.Reproduction{}, errors.New("no bar is drawn")
					}
					time.Sleep(25 * time.Millisecond)
				}
				return smallReproduction(env)
			}
			var out strings.Builder
			code := (&app{strings.NewReader(""), &out, x.File, waits, smallClaims}).run(t.Context(), []string{"reproduce"})
			if code != exitDone {
				t.Errorf("exit code %d: %s", code, &x.wrote)
			}
			if !x.shows(regexp.MustCompile(`finegrain: ([0-9]+) of [0-9]+ measurements to go, about [0-9.]+(ms|s|m[0-9]+s)\r\n`)) {
				t.Errorf("it does not say how long it will take: %q", &x.wrote)
			}
		})
	}
}
