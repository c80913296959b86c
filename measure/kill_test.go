package measure

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"finegrain"
)

// What survives kill −9. The test runs itself as another process that measures into a store and ends itself with
// SIGKILL at a named moment, twenty times over, each time going on where the one before was killed; a store's
// promises are then held against what the processes had been told.

const (
	killStore  = "FINEGRAIN_TEST_KILL_STORE"
	killMoment = "FINEGRAIN_TEST_KILL_MOMENT" // MOMENT:COUNT, the how manieth time
)

func TestMain(m *testing.M) {
	briefest = time.Millisecond
	if name := os.Getenv(lockName); name != "" {
		holdLock(name)
	}
	if name := os.Getenv(killStore); name != "" {
		killed(name, os.Getenv(killMoment))
	}
	os.Exit(m.Run())
}

// killSubject counts what its seed says, and nothing that time could change.
var killSubject = Subject{
	Name: "drawn", Doc: "for tests",
	Parameters: []Parameter{{Name: "n", Doc: "size", Type: int64(0)}},
	Work:       func(c Cell) float64 { return float64(c.Int("n")) },
	Bytes:      func(c Cell) float64 { return 0 },
	Prepare: func(env finegrain.Env, c Cell) (Trial, error) {
		r := env.Rand("instance")
		drawn := r.Int64N(1 << 40)
		return Trial{Data: fmt.Sprintf("%x", drawn), Run: func(finegrain.Env) (Outcome, error) {
			if drawn%5 == 0 {
				return Outcome{}, &Refused{errors.New("it is a multiple of 5")}
			}
			return Outcome{finegrain.Cost{"drawn": drawn}, map[string]float64{"root": float64(drawn) / 3}}, nil
		}}, nil
	},
}

var killExperiment = Experiment{
	ID: "drawn", Doc: "d", Subject: "drawn", Trials: 8, Seed: 3,
	Axes: []Axis{{Name: "n", Values: Values(1, 2, 4, 8, 16, 32, 64, 128)}},
}

// killed is the other process. It says "acknowledged KEY" of every measurement that Add has returned of. It ends
// itself at the moment, or in silence when all is measured.
func killed(name, at string) {
	fail := func(err error) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	want, count, _ := strings.Cut(at, ":")
	left, err := strconv.Atoi(count)
	if err != nil {
		fail(err)
	}
	die := func() {
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
	var store *Store
	var measured atomic.Int64
	moment = func(now string) {
		if now == "committed" {
			measured.Add(1)
			rows, err := store.Measurements(context.Background(), "")
			if err != nil {
				fail(err)
			}
			m := rows[len(rows)-1]
			fmt.Printf("acknowledged %v %d\n", m.Cell, m.Trial)
		}
		if want == "checkpoint" && now == "committed" && measured.Load() == int64(left) {
			dieInCheckpoint(store, name, die, fail)
		}
		if now == want {
			if left--; left == 0 {
				die()
			}
		}
	}
	ctx := context.Background()
	if store, err = Create(ctx, name); errors.Is(err, ErrExists) {
		store, err = Open(ctx, name)
	}
	if err != nil {
		fail(err)
	}
	if want == "checkpoint" { // nothing but the one that the test waits for
		if _, err := store.db.Exec("PRAGMA wal_autocheckpoint = 0"); err != nil {
			fail(err)
		}
	}
	if _, err := Run(finegrain.NewEnv(ctx, 0), store, somewhere, Job{killExperiment, killSubject, false}); err != nil {
		fail(err)
	}
	if err := store.Close(); err != nil {
		fail(err)
	}
	os.Exit(0)
}

// dieInCheckpoint begins a checkpoint and ends the process as soon as it has changed the store's file, before it has
// returned. So that it takes long enough, much is to be written: an experiment with a long doc. One that is over
// before it is noticed is followed by another.
func dieInCheckpoint(store *Store, name string, die func(), fail func(error)) {
	for i := range 100 {
		long := Experiment{ID: "long", Doc: strings.Repeat(fmt.Sprintf("long %d ", i), 1<<19), Subject: "none"}
		if err := store.Declare(context.Background(), long); err != nil {
			fail(err)
		}
		before, err := os.Stat(name)
		if err != nil {
			fail(err)
		}
		var returned atomic.Bool
		begun, over := make(chan struct{}), make(chan struct{})
		go func() {
			close(begun)
			for !returned.Load() {
				now, err := os.Stat(name)
				if err == nil && (now.ModTime() != before.ModTime() || now.Size() != before.Size()) && !returned.Load() {
					die()
				}
			}
			close(over)
		}()
		<-begun
		if _, err := store.db.Exec("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
			fail(err)
		}
		returned.Store(true)
		<-over
	}
	fail(errors.New("every checkpoint was over before it could be disturbed"))
}

// facts are what of a measurement does not depend on when it was made, by cell and trial.
func facts(t *testing.T, all []Measurement) map[string]Measurement {
	out := map[string]Measurement{}
	for _, m := range all {
		key := fmt.Sprintf("%v %d", m.Cell, m.Trial)
		if _, twice := out[key]; twice {
			t.Errorf("%s is there twice", key)
		}
		m.Seconds, m.Whole, m.Repeats, m.At = 0, 0, 0, time.Time{}
		out[key] = m
	}
	return out
}

func TestKilledAndResumed(t *testing.T) {
	ctx := context.Background()
	undisturbed := newStore(t)
	total := len(killExperiment.Axes[0].Values) * killExperiment.Trials
	summary, err := Run(finegrain.NewEnv(ctx, 0), undisturbed, somewhere, Job{killExperiment, killSubject, false})
	if err != nil || summary.Measured != total {
		t.Fatalf("%+v, %v", summary, err)
	}
	rows, err := undisturbed.Measurements(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	want := facts(t, rows)

	name := filepath.Join(t.TempDir(), "store")
	acknowledged := map[string]bool{}
	kills := 0
	for round := range 4 {
		for _, at := range []string{"created", "prepared", "measured", "inserted", "committed", "checkpoint"} {
			if at == "created" && round > 0 {
				continue // there is but one creation that comes to its end
			}
			count := 1 + round
			if at == "created" {
				count = 1
			}
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), killStore+"="+name, fmt.Sprintf("%s=%s:%d", killMoment, at, count))
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			stdout, err := cmd.Output()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
				t.Fatalf("%s %d: %v, not killed: %s", at, count, err, &stderr)
			}
			kills++
			for lines := bufio.NewScanner(bytes.NewReader(stdout)); lines.Scan(); {
				key, _ := strings.CutPrefix(lines.Text(), "acknowledged ")
				if acknowledged[key] {
					t.Errorf("%s was measured twice", key)
				}
				acknowledged[key] = true
			}
			if at == "created" {
				continue
			}
			// Reading what a killed process left loses nothing either.
			store, err := OpenReadOnly(ctx, name)
			if err != nil {
				t.Fatalf("%s %d: %v", at, count, err)
			}
			rows, err := store.Measurements(ctx, "")
			if err := errors.Join(err, store.Close()); err != nil {
				t.Fatalf("%s %d: %v", at, count, err)
			}
			got := facts(t, rows)
			for key := range acknowledged {
				if _, ok := got[key]; !ok {
					t.Errorf("%s %d: %s was acknowledged and is lost", at, count, key)
				}
			}
			for key, m := range got {
				if !reflect.DeepEqual(m, want[key]) {
					t.Errorf("%s is %+v, undisturbed %+v", key, m, want[key])
				}
			}
		}
	}
	if kills < 20 || len(acknowledged) >= total {
		t.Fatalf("%d kills, %d of %d acknowledged: all was over too early", kills, len(acknowledged), total)
	}
	store, err := Open(ctx, name)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	var sound string
	if err := store.db.QueryRow("PRAGMA integrity_check").Scan(&sound); err != nil || sound != "ok" {
		t.Errorf("integrity: %s, %v", sound, err)
	}
	before := len(acknowledged)
	summary, err = Run(finegrain.NewEnv(ctx, 0), store, somewhere, Job{killExperiment, killSubject, false})
	if err != nil || summary.Before < before || summary.Before+summary.Measured != total {
		t.Fatalf("%+v, %v", summary, err)
	}
	if rows, err = store.Measurements(ctx, ""); err != nil {
		t.Fatal(err)
	}
	if got := facts(t, rows); !maps.EqualFunc(got, want, func(a, b Measurement) bool { return reflect.DeepEqual(a, b) }) {
		t.Error("the measurements are not those of an undisturbed run")
	}
	t.Logf("%d kills; %d acknowledged before, %d rows found; keys %v…", kills, before, summary.Before,
		slices.Sorted(maps.Keys(want))[:2])
}
