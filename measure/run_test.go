package measure

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"finegrain"
)

// odd is a subject whose parameter says how it ends.
func odd(running func()) Subject {
	return Subject{
		Name: "odd", Doc: "for tests",
		Parameters: []Parameter{{Name: "ends", Doc: "how", Type: ""}, {Name: "n", Doc: "size", Default: int64(1)}},
		Work:       func(c Cell) float64 { return float64(c.Int("n")) },
		Bytes:      func(c Cell) float64 { return math.Pow(1000, float64(c.Int("n"))) },
		Prepare: func(env finegrain.Env, c Cell) (Trial, error) {
			ends := c.Word("ends")
			if ends == "unprepared" {
				return Trial{}, &Refused{errors.New("not here")}
			}
			calls := int64(0)
			t := Trial{Data: "00", Run: func(env finegrain.Env) (Outcome, error) {
				if calls++; running != nil {
					running()
				}
				out := Outcome{finegrain.Cost{"ops": 1}, map[string]float64{"value": 1}}
				switch ends {
				case "slow":
					<-env.Done()
					return out, env.Err()
				case "late": // it does not look at its context
					time.Sleep(60 * time.Millisecond)
				case "stuck":
					time.Sleep(400 * time.Millisecond)
				case "refused":
					return out, fmt.Errorf("asked: %w", &Refused{errors.New("too\nmuch")})
				case "error":
					return out, errors.New("broken")
				case "panic":
					panic("misuse")
				case "differs":
					out.Counts["ops"] = calls
				case "infinite":
					out.Values["value"] = math.Inf(1)
				case "long":
					return out, errors.New(strings.Repeat("ä", 5000))
				}
				return out, nil
			}}
			if ends == "observed" {
				t.Observe = func(_ finegrain.Env, out *Outcome) error {
					time.Sleep(60 * time.Millisecond) // longer than the limit, which is none of its
					out.Values["seen"] = 2
					return nil
				}
			}
			return t, nil
		},
	}
}

func oddExperiment(limits Limits, ends ...string) Experiment {
	return Experiment{
		ID: "odd", Doc: "d", Subject: "odd", Trials: 1, Seed: 1, Limits: limits,
		Axes: []Axis{{Name: "ends", Values: Values(ends...)}},
	}
}

func background() finegrain.Env { return finegrain.NewEnv(context.Background(), 0) }

func TestHowMeasurementsEnd(t *testing.T) {
	grace = 100 * time.Millisecond
	defer func() { grace = Grace }()
	const limit = 40 * time.Millisecond
	for ends, want := range map[string]struct {
		status Status
		reason string
	}{
		"done":       {Done, ""},
		"observed":   {Done, ""},
		"slow":       {OutOfTime, "time limit 40ms"},
		"late":       {OutOfTime, "time limit 40ms"},
		"stuck":      {OutOfTime, "time limit 40ms; it was told to stop and did not"},
		"refused":    {Refusal, "asked: too much"},
		"unprepared": {Refusal, "not here"},
		"error":      {Failure, "broken"},
		"panic":      {Failure, "panic: misuse"},
		"differs":    {Failure, "two runs of one trial count differently: ops=1 and ops="},
		"infinite":   {Failure, "measure: the value value of ends=infinite n=1 is +Inf; values must be finite"},
		"long":       {Failure, "ää"},
	} {
		t.Run(ends, func(t *testing.T) {
			store := newStore(t)
			summary, err := Run(background(), store, somewhere, Job{oddExperiment(Limits{Time: limit}, ends), odd(nil), false})
			if ends == "stuck" {
				if !errors.Is(err, ErrStuck) || !strings.Contains(err.Error(), "ends=stuck") {
					t.Errorf("error %v", err)
				}
			} else if err != nil {
				t.Errorf("error %v", err)
			}
			all, err := store.Measurements(context.Background(), "")
			if err != nil || len(all) != 1 || summary.Status[want.status] != 1 {
				t.Fatalf("%v, %v, %+v", all, err, summary)
			}
			m := all[0]
			if m.Status != want.status || !strings.HasPrefix(m.Reason, want.reason) || len(m.Reason) > 2100 {
				t.Errorf("%s: %s", m.Status, m.Reason)
			}
			if m.Status == Done && (m.Repeats < 2 || float64(m.Repeats)*m.Seconds < briefest.Seconds()*0.999 || m.Counts["ops"] != 1) {
				t.Errorf("brief runs are repeated: %+v", m)
			}
			if m.Status == OutOfTime && (m.Seconds < limit.Seconds() || m.Repeats != 0 || m.Counts != nil) {
				t.Errorf("censored: %+v", m)
			}
			if ends == "observed" && m.Values["seen"] != 2 {
				t.Errorf("values %v", m.Values)
			}
		})
	}
}

// TestMemoryLimit: what would take more than the limit, or than the surroundings allow, is never prepared.
func TestMemoryLimit(t *testing.T) {
	for _, c := range []struct{ limit, env int64 }{{1e6, 0}, {0, 1e6}, {1e6, 1e12}, {1e12, 1e6}} {
		store := newStore(t)
		e := oddExperiment(Limits{Memory: c.limit}, "done")
		e.Axes = append(e.Axes, Axis{Name: "n", Values: Values(2, 3, 100)})
		env := background()
		env.Memory = c.env
		summary, err := Run(env, store, somewhere, Job{e, odd(nil), false})
		if err != nil || summary.Status[Done] != 1 || summary.Status[OutOfRoom] != 2 {
			t.Fatalf("%+v, %v", summary, err)
		}
		all, _ := store.Measurements(context.Background(), "")
		for _, m := range all {
			if m.Status == OutOfRoom && (!strings.HasPrefix(m.Reason, "memory limit 977 KiB; it would take about") || m.Data != "") {
				t.Errorf("%+v", m)
			}
		}
	}
}

func TestInterruptKeepsWhatIsDone(t *testing.T) {
	store := newStore(t)
	e := killExperiment
	ctx, cancel := context.WithCancel(context.Background())
	env := finegrain.NewEnv(ctx, 0)
	defer func(before func(string)) { moment = before }(moment)
	measured := 0
	moment = func(now string) {
		if now == "measured" {
			if measured++; measured == 5 {
				cancel() // between measuring and commit: what is measured is kept
			}
		}
	}
	summary, err := Run(env, store, somewhere, Job{e, killSubject, false})
	if !errors.Is(err, context.Canceled) || summary.Measured != 5 {
		t.Fatalf("%+v, %v", summary, err)
	}
	// In the midst of a trial: nothing is recorded of it.
	other := newStore(t)
	ctx, cancel = context.WithCancel(context.Background())
	summary, err = Run(finegrain.NewEnv(ctx, 0), other, somewhere, Job{oddExperiment(Limits{}, "slow"), odd(cancel), false})
	if !errors.Is(err, context.Canceled) || summary.Measured != 0 {
		t.Fatalf("%+v, %v", summary, err)
	}
	if all, _ := other.Measurements(context.Background(), ""); all != nil {
		t.Errorf("recorded %v", all)
	}
	if summary, err = Run(background(), store, somewhere, Job{e, killSubject, false}); err != nil || summary.Before != 5 {
		t.Errorf("%+v, %v", summary, err)
	}
}

// TestAddingDisturbsNothing: with more cells, more trials and another order of axes, what was measured before has the
// same seed and the same counts.
func TestAddingDisturbsNothing(t *testing.T) {
	ctx := context.Background()
	small, large := newStore(t), newStore(t)
	e := killExperiment
	e.Trials = 2
	e.Axes = []Axis{{Name: "n", Values: Values(4, 64), Full: Values(7)}}
	if _, err := Run(background(), small, somewhere, Job{e, killSubject, false}); err != nil {
		t.Fatal(err)
	}
	if _, err := Run(background(), large, somewhere, Job{killExperiment, killSubject, false}); err != nil {
		t.Fatal(err)
	}
	few, _ := small.Measurements(ctx, "")
	many, _ := large.Measurements(ctx, "")
	all := facts(t, many)
	for key, m := range facts(t, few) {
		if !reflect.DeepEqual(all[key], m) {
			t.Errorf("%s: %+v and %+v", key, m, all[key])
		}
	}
	// The store goes on with the larger grid, and what the smaller one's full run would add is none of it.
	summary, err := Run(background(), small, somewhere, Job{e, killSubject, true}, Job{oddExperiment(Limits{}, "done"), odd(nil), false})
	if err != nil || summary.Before != 4 || summary.Measured != 3 {
		t.Errorf("%+v, %v", summary, err)
	}
	if summary, err = Progress(background(), small, somewhere, Job{killExperiment, killSubject, false}); err != nil || summary.Before != 4 || summary.Elsewhere != 2 {
		t.Errorf("%+v, %v", summary, err)
	}
}

// TestRounds: every cell is measured once before any is measured twice, in an order of its own in each round, which
// is the same in every run.
func TestRounds(t *testing.T) {
	order := func() (cells []int64) {
		store := newStore(t)
		if _, err := Run(background(), store, somewhere, Job{killExperiment, killSubject, false}); err != nil {
			t.Fatal(err)
		}
		all, err := store.Measurements(context.Background(), "")
		if err != nil {
			t.Fatal(err)
		}
		width := len(killExperiment.Axes[0].Values)
		for i, m := range all {
			if m.Trial != i/width {
				t.Fatalf("measurement %d is of round %d", i, m.Trial)
			}
			cells = append(cells, int64(m.Cell.Int("n")))
		}
		if slices.Equal(cells[:width], cells[width:2*width]) || slices.IsSorted(cells[:width]) {
			t.Errorf("rounds %v and %v", cells[:width], cells[width:2*width])
		}
		return cells
	}
	if a, b := order(), order(); !slices.Equal(a, b) {
		t.Errorf("orders %v and %v", a, b)
	}
}

func TestRunRefuses(t *testing.T) {
	store := newStore(t)
	var field *FieldError
	job := Job{killExperiment, killSubject, false}
	if _, err := Run(background(), store, somewhere, job, job); !errors.As(err, &field) || field.Field != "id" {
		t.Errorf("error %v", err)
	}
	if _, err := Run(background(), store, somewhere, Job{killExperiment, twin, false}); !errors.As(err, &field) || field.Field != "subject" {
		t.Errorf("error %v", err)
	}
	if _, err := Run(background(), store, somewhere, job); err != nil {
		t.Fatal(err)
	}
	job.Experiment.Seed++
	var changed *ChangedError
	if _, err := Run(background(), store, somewhere, job); !errors.As(err, &changed) {
		t.Errorf("error %v", err)
	}
}

// TestForetell: with rates that are known exactly, the estimate is the sum that they make.
func TestForetell(t *testing.T) {
	ctx := context.Background()
	store := newStore(t)
	e := oddExperiment(Limits{Time: 100 * time.Second, Memory: 1 << 62}, "done", "other")
	e.Axes = append(e.Axes, Axis{Name: "n", Values: Values(1, 2, 4), Full: Values(6, 1000)})
	for _, n := range []int64{1, 2, 4} {
		for i, ends := range []string{"done", "other"} {
			m := sample(0, 0)
			m.Experiment, m.Cell = "odd", Cell{{"ends", ends}, {"n", n}}
			m.Seconds, m.Repeats, m.Whole = float64(10*n)*float64(1+i), 1, float64(11*n)*float64(1+i)
			if err := store.Add(ctx, m); err != nil {
				t.Fatal(err)
			}
		}
	}
	// n = 6 at 11 and 22 seconds a unit, where the run itself is cut at 100 seconds: 66 and 100 + 12. What takes
	// 1000^1000 bytes takes no time.
	d, summary, err := Foretell(background(), store, somewhere, Job{e, odd(nil), true})
	if want := 178 * time.Second; err != nil || d != want || summary.Total-summary.Before != 4 {
		t.Errorf("%v, %+v, %v", d, summary, err)
	}
	// With a pilot, of what nothing is known; and if it is told nothing, by the limit.
	job := Job{oddExperiment(Limits{Time: time.Second}, "done"), odd(nil), false}
	briefest = 50 * time.Millisecond
	defer func() { briefest = time.Millisecond }()
	if d, _, err := Foretell(background(), nil, somewhere, job); err != nil || d <= 0 || d > time.Second {
		t.Errorf("%v, %v", d, err)
	}
	job.Experiment = oddExperiment(Limits{Time: 50 * time.Millisecond}, "slow")
	if d, _, err := Foretell(background(), nil, somewhere, job); err != nil || d != 50*time.Millisecond {
		t.Errorf("%v, %v", d, err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, _, err := Foretell(finegrain.NewEnv(ended, 0), nil, somewhere, job); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestForetellFromMoreThanOne: what a measurement of little work takes whatever its work is not carried to much larger
// ones: a pilot finds out, and without one nothing is told.
func TestForetellFromMoreThanOne(t *testing.T) {
	store := newStore(t)
	e := oddExperiment(Limits{}, "done")
	e.Axes = append(e.Axes, Axis{Name: "n", Values: Values(1, 2, 4, 8, 1024)})
	m := sample(0, 0)
	m.Experiment, m.Cell = e.ID, Cell{{"ends", "done"}, {"n", int64(1)}}
	m.Seconds, m.Repeats, m.Whole = 1e-3, 1, 1000
	if err := store.Add(context.Background(), m); err != nil {
		t.Fatal(err)
	}
	job := Job{e, odd(nil), false}
	if d, known, err := Left(background(), store, somewhere, job); err != nil || known || d != 0 {
		t.Errorf("%v is told of 1024 times the work; %v", d, err)
	}
	if d, _, err := Foretell(background(), store, somewhere, job); err != nil || d <= 0 || d > 10000*time.Second {
		t.Errorf("%v, %v; in proportion to the work it would be a million seconds", d, err)
	}
}

func TestProgressIsTold(t *testing.T) {
	var told []string
	env := background()
	briefest = 20 * time.Millisecond
	defer func() { briefest = time.Millisecond }()
	env.Progress = func(done, total int, what string) { told = append(told, fmt.Sprintf("%d/%d %s", done, total, what)) }
	store := newStore(t)
	if _, err := Run(env, store, somewhere, Job{killExperiment, killSubject, false}); err != nil {
		t.Fatal(err)
	}
	if len(told) < 2 || !strings.HasPrefix(told[0], "0/64 drawn n=") || !strings.Contains(told[1], "s left, drawn n=") {
		t.Errorf("told %q", told)
	}
}

func Example() {
	doubling := Subject{
		Name: "doubling", Doc: "2^n by doubling",
		Parameters: []Parameter{{Name: "n", Doc: "exponent", Type: int64(0)}},
		Work:       func(c Cell) float64 { return float64(c.Int("n")) },
		Bytes:      func(c Cell) float64 { return 8 },
		Prepare: func(_ finegrain.Env, c Cell) (Trial, error) {
			return Trial{Run: func(finegrain.Env) (Outcome, error) {
				x := 1
				for range c.Int("n") {
					x += x
				}
				return Outcome{Counts: finegrain.Cost{finegrain.Additions: int64(c.Int("n"))}}, nil
			}}, nil
		},
	}
	experiments, err := ReadSpec(strings.NewReader(`
[[experiment]]
id = "doubling-n"
doc = "additions against n"
subject = "doubling"
grid.n = [10, 20]
`), "example.toml", []Subject{doubling})
	if err != nil {
		fmt.Println(err)
		return
	}
	cells, err := Cells(experiments[0], doubling, false)
	fmt.Println(cells, err)
	// Output: [n=10 n=20] <nil>
}

// TestUntimed: of a subject whose time nobody asks for a brief trial runs twice, and counts are compared all the same.
func TestUntimed(t *testing.T) {
	for ends, want := range map[string]Status{"done": Done, "differs": Failure} {
		store, subject := newStore(t), odd(nil)
		subject.Untimed = true
		if _, err := Run(background(), store, somewhere, Job{oddExperiment(Limits{}, ends), subject, false}); err != nil {
			t.Fatal(err)
		}
		all, err := store.Measurements(context.Background(), "")
		if err != nil || len(all) != 1 || all[0].Status != want || want == Done && all[0].Repeats != 1 {
			t.Errorf("%s: %+v, error %v", ends, all, err)
		}
	}
}
