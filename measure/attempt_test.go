package measure

import (
	"errors"
	"maps"
	"reflect"
	"testing"
	"time"

	"finegrain"
)

// limited is a subject whose cells take the time and the memory that they say, in milliseconds and bytes; they fail in
// version "broken" where they say so.
func limited(version string) Subject {
	return Subject{
		Name: "limited", Doc: "for tests",
		Parameters: []Parameter{
			{Name: "ms", Doc: "of the run", Default: int64(0)},
			{Name: "prepare", Doc: "ms of preparing", Default: int64(0)},
			{Name: "observe", Doc: "ms of observing", Default: int64(0)},
			{Name: "bytes", Doc: "estimated", Default: int64(0)},
			{Name: "refuses", Doc: "below so many bytes", Default: int64(0)},
			{Name: "breaks", Doc: "in one version", Default: false},
		},
		Work:  func(c Cell) float64 { return 1 + float64(c.Int("ms")) },
		Bytes: func(c Cell) float64 { return float64(c.Int("bytes")) },
		Prepare: func(env finegrain.Env, c Cell) (Trial, error) {
			sleep := func(env finegrain.Env, name string) error {
				select {
				case <-env.Done():
					return env.Err()
				case <-time.After(time.Duration(c.Int(name)) * time.Millisecond):
					return nil
				}
			}
			return Trial{Data: "00", Run: func(env finegrain.Env) (Outcome, error) {
				if c.Bool("breaks") && version == "broken" {
					return Outcome{}, errors.New("broken")
				}
				if env.Memory > 0 && env.Memory < int64(c.Int("refuses")) {
					return Outcome{}, &Refused{errors.New("too little")}
				}
				return Outcome{finegrain.Cost{"ops": 1}, nil}, sleep(env, "ms")
			}, Observe: func(env finegrain.Env, _ *Outcome) error { return sleep(env, "observe") }}, sleep(env, "prepare")
		},
	}
}

// TestMeasuredAgain: what hit a limit is measured again where that is wider, and only there; every attempt stays, with
// its limits, and the last counts.
func TestMeasuredAgain(t *testing.T) {
	store := newStore(t)
	e := Experiment{
		ID: "limited", Doc: "d", Subject: "limited", Trials: 1, Seed: 1,
		Axes: []Axis{{Name: "ms", Values: Values(0, 200)}, {Name: "bytes", Values: Values(0, 2000)}, {Name: "refuses", Values: Values(0, 1000)}},
	}
	attempts := 0
	for i, step := range []struct {
		time          time.Duration
		memory, room  int64 // the experiment's, and that of the surroundings
		before, again int
		status        map[Status]int
	}{
		{50 * time.Millisecond, 900, 0, 0, 0, map[Status]int{Done: 1, Refusal: 2, OutOfTime: 1, OutOfRoom: 4}},
		{50 * time.Millisecond, 900, 0, 8, 0, map[Status]int{Done: 1, Refusal: 2, OutOfTime: 1, OutOfRoom: 4}},
		{25 * time.Millisecond, 800, 0, 8, 0, map[Status]int{Done: 1, Refusal: 2, OutOfTime: 1, OutOfRoom: 4}}, // narrower
		{50 * time.Millisecond, 0, 950, 6, 2, map[Status]int{Done: 1, Refusal: 2, OutOfTime: 1, OutOfRoom: 4}},
		{50 * time.Millisecond, 2000, 0, 2, 6, map[Status]int{Done: 4, OutOfTime: 4}},
		{50 * time.Millisecond, 0, 0, 8, 0, map[Status]int{Done: 4, OutOfTime: 4}},
		{time.Second, 0, 1000, 6, 2, map[Status]int{Done: 6, OutOfTime: 2}}, // 2000 bytes do not fit
		{0, 0, 0, 6, 2, map[Status]int{Done: 8}},
		{0, 0, 0, 8, 0, map[Status]int{Done: 8}},
	} {
		e.Limits = Limits{step.time, step.memory}
		env := background()
		env.Memory = step.room
		ahead, err := Progress(env, store, somewhere, Job{e, limited(""), false})
		if err != nil || ahead.Before != step.before || ahead.Again != step.again {
			t.Errorf("step %d: foretold %+v, %v", i, ahead, err)
		}
		s, err := Run(env, store, somewhere, Job{e, limited(""), false})
		if err != nil || s.Before != step.before || s.Measured != s.Total-s.Before || !maps.Equal(s.Status, step.status) || s.Elsewhere != 0 {
			t.Fatalf("step %d: %+v, %v", i, s, err)
		}
		attempts += s.Measured
		last, err := store.Measurements(env, "limited")
		if err != nil {
			t.Fatal(err)
		}
		status := map[Status]int{}
		for _, m := range last {
			status[m.Status]++
		}
		all, err := store.Attempts(env, "")
		if err != nil || len(all) != attempts || !maps.Equal(status, step.status) {
			t.Fatalf("step %d: %d attempts of %d, last %v, %v", i, len(all), attempts, status, err)
		}
		room := step.memory
		if room == 0 || step.room > 0 && step.room < room {
			room = step.room
		}
		if s.Measured > 0 && all[len(all)-1].Limits != (Limits{step.time, room}) {
			t.Errorf("step %d: limits %v", i, all[len(all)-1].Limits)
		}
		next := map[string]int{}
		for _, m := range all {
			if m.Attempt != next[m.Cell.String()] {
				t.Errorf("step %d: %v: attempt %d comes %d", i, m.Cell, m.Attempt, next[m.Cell.String()])
			}
			next[m.Cell.String()]++
		}
	}
	m := sample(1, 0)
	m.Attempt = 1
	if err := store.Add(background(), m); err == nil {
		t.Error("an attempt is left out")
	}
}

// TestOtherCode: what other code measured stays and is reported; what failed in it is measured again.
func TestOtherCode(t *testing.T) {
	store := newStore(t)
	e := Experiment{
		ID: "limited", Doc: "d", Subject: "limited", Trials: 3, Seed: 1, Axes: []Axis{{Name: "breaks", Values: Values(false, true)}},
	}
	run := func(version string, machine Machine) Summary {
		t.Helper()
		s, err := Run(background(), store, machine, Job{e, limited(version), false})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	old := somewhere
	old.Version = "broken"
	if s := run("broken", old); s.Status[Failure] != 3 || len(s.Others) != 0 {
		t.Errorf("%+v", s)
	}
	if s := run("broken", old); s.Before != 6 || len(s.Others) != 0 {
		t.Errorf("a failure of the same version is measured again: %+v", s)
	}
	if s := run("", somewhere); s.Before != 3 || s.Status[Done] != 6 || !maps.Equal(s.Others, map[string]int{"broken with changes, kernel go": 3}) {
		t.Errorf("%+v", s)
	}
	kernel, clean := somewhere, somewhere
	kernel.Kernel, clean.Dirty = "avx2", false
	for _, m := range []Machine{kernel, clean} {
		want := map[string]int{"broken with changes, kernel go": 3, "v with changes, kernel go": 3}
		if s := run("", m); s.Before != 6 || !maps.Equal(s.Others, want) {
			t.Errorf("%+v", s)
		}
	}
	unknown := Machine{Version: "1 " + UnknownCommit, Dirty: true, Kernel: "go"}
	if unknown.Build() != "1 commit unknown" || unknown.Code() != "1 commit unknown, kernel go" {
		t.Errorf("%q, %q", unknown.Build(), unknown.Code())
	}
}

// TestEveryPartIsLimited: preparing and observing have a limit of their own, and the reason says which was exceeded.
func TestEveryPartIsLimited(t *testing.T) {
	for limit, want := range map[time.Duration]time.Duration{0: 0, 1: time.Minute, time.Minute: 10 * time.Minute, 1 << 62: 1<<63 - 1} {
		if got := (Limits{Time: limit}).Beside(); got != want {
			t.Errorf("%v: %v, want %v", limit, got, want)
		}
	}
	leastBeside = time.Millisecond
	defer func() { leastBeside = time.Minute }()
	for _, c := range []struct {
		part   string
		ms     int
		status Status
		reason string
	}{
		{"ms", 400, OutOfTime, "time limit 30ms"},
		{"prepare", 60, Done, ""}, // longer than the run may take
		{"prepare", 60000, OutOfTime, "time limit 300ms of preparing the instance"},
		{"observe", 60, Done, ""},
		{"observe", 60000, OutOfTime, "time limit 300ms of observing what came out"},
	} {
		store := newStore(t)
		e := Experiment{
			ID: "limited", Doc: "d", Subject: "limited", Trials: 1, Seed: 1, Limits: Limits{Time: 30 * time.Millisecond},
			Axes: []Axis{{Name: c.part, Values: Values(c.ms)}},
		}
		if _, err := Run(background(), store, somewhere, Job{e, limited(""), false}); err != nil {
			t.Fatal(err)
		}
		all, err := store.Measurements(background(), "")
		if err != nil || len(all) != 1 || all[0].Status != c.status || all[0].Reason != c.reason {
			t.Errorf("%s %d: %+v, %v", c.part, c.ms, all, err)
		}
	}
}

// TestWithin keeps what the declaration asks for.
func TestWithin(t *testing.T) {
	store := newStore(t)
	large := killExperiment
	large.Axes = []Axis{{Name: "n", Values: Values(1, 2, 3), Full: Values(4)}}
	large.Trials = 3
	if _, err := Run(background(), store, somewhere, Job{large, killSubject, true}, Job{oddExperiment(Limits{}, "done"), odd(nil), false}); err != nil {
		t.Fatal(err)
	}
	rows, err := store.Measurements(background(), "")
	if err != nil {
		t.Fatal(err)
	}
	small := large
	small.Trials, small.Axes = 2, []Axis{{Name: "n", Values: Values(2), Full: Values(4, 9)}}
	for _, c := range []struct {
		e               Experiment
		full            bool
		kept, elsewhere int
	}{{large, true, 12, 0}, {large, false, 9, 3}, {small, true, 4, 8}, {small, false, 2, 10}} {
		kept, elsewhere := Within(c.e, killSubject, c.full, rows)
		if len(kept) != c.kept || elsewhere != c.elsewhere {
			t.Errorf("%d kept, %d elsewhere; want %+v", len(kept), elsewhere, c)
		}
		s, err := Progress(background(), store, somewhere, Job{c.e, killSubject, c.full})
		if err != nil || s.Elsewhere != elsewhere {
			t.Errorf("%+v, %v", s, err)
		}
	}
	kept, _ := Within(small, killSubject, false, rows)
	var want []Measurement
	for _, m := range rows {
		if m.Experiment == "drawn" && m.Cell.Int("n") == 2 && m.Trial < 2 {
			want = append(want, m)
		}
	}
	if !reflect.DeepEqual(kept, want) {
		t.Errorf("kept %v", kept)
	}
	defer func() {
		if recover() == nil {
			t.Error("an experiment that cannot be run is no misuse")
		}
	}()
	Within(Experiment{}, killSubject, false, nil)
}

// TestForetellInLittleMemory: what would not fit in the memory of the surroundings takes no time.
func TestForetellInLittleMemory(t *testing.T) {
	store := newStore(t)
	e := Experiment{
		ID: "limited", Doc: "d", Subject: "limited", Trials: 1, Seed: 1, Limits: Limits{Time: time.Hour},
		Axes: []Axis{{Name: "ms", Values: Values(0, 1)}, {Name: "bytes", Values: Values(10, 1000)}},
	}
	for _, ms := range []int64{0, 1} {
		m := sample(0, 0)
		m.Experiment, m.Trial, m.Seconds, m.Repeats, m.Whole = e.ID, int(ms), 10, 1, 10
		m.Cell = Cell{{"ms", ms}, {"prepare", int64(0)}, {"observe", int64(0)}, {"bytes", int64(5)}, {"refuses", int64(0)}, {"breaks", false}}
		if err := store.Add(background(), m); err != nil {
			t.Fatal(err)
		}
	}
	for room, want := range map[int64]time.Duration{0: 40 * time.Second, 100: 20 * time.Second, 5: 0} {
		env := background()
		env.Memory = room
		if d, _, err := Foretell(env, store, somewhere, Job{e, limited(""), false}); err != nil || d != want {
			t.Errorf("in %d bytes: %v, %v; want %v", room, d, err, want)
		}
		if d, known, err := Left(env, store, somewhere, Job{e, limited(""), false}); err != nil || !known || d != want {
			t.Errorf("in %d bytes: %v, %t, %v; want %v", room, d, known, err, want)
		}
	}
}
