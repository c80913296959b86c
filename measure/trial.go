package measure

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"strings"
	"time"

	"finegrain"
	"finegrain/internal/memory"
)

// One measurement, from its seed to its row.
//
// What is timed is Trial.Run alone, after a collection of garbage. A run shorter than briefest is repeated until the
// repeats took as long together, and the seconds are their mean; the first run, in which caches and pages are cold,
// is then not among them. Counts are those of the first run, and must be those of the last one too.
//
// A limit of time ends the context of Run. What returns later than the limit is censored, also if it returns a
// result. What has not returned Grace after its context ended cannot be ended at all, since a goroutine cannot: it is
// recorded as censored, and the run ends with ErrStuck, so that nothing is measured beside what still runs.

// Grace is how long after its context has ended a trial is waited for.
const Grace = 5 * time.Second

var grace = Grace // tests are less patient

// ErrStuck is returned where a trial did not stop when it was told. The measurements so far are kept; a program that
// is started again goes on after it.
var ErrStuck = errors.New("it was told to stop and did not")

// briefest is how long what is timed lasts at least. The clock resolves less than a ten-thousandth of it.
// Tests, which judge no times, hurry.
var briefest = 20 * time.Millisecond

// TrialSeed is the seed of a trial. It is named by experiment, cell and trial, so that adding cells or trials disturbs
// none, and with the cell it is all that it takes to make the instance again.
func TrialSeed(e Experiment, c Cell, trial int) uint64 {
	return finegrain.NewEnv(context.Background(), e.Seed).Sub("experiment " + e.ID).Sub(c.String()).
		Rand(fmt.Sprintf("trial %d", trial)).Uint64()
}

// measurer measures the trials of one experiment.
type measurer struct {
	e     Experiment
	s     Subject
	grace time.Duration
}

// room is the memory that a trial may take, 0 for any: what the experiment and the surroundings both allow.
func (x measurer) room(env finegrain.Env) int64 {
	if limit := x.e.Limits.Memory; limit > 0 && (env.Memory == 0 || limit < env.Memory) {
		return limit
	}
	return env.Memory
}

// measure measures one trial. Where env is done before it ends, it has no status and the error is env's. Otherwise it
// is to be recorded, also with the only other error, ErrStuck.
func (x measurer) measure(env finegrain.Env, c Cell, trial int) (Measurement, error) {
	m := Measurement{Experiment: x.e.ID, Cell: c, Trial: trial, Seed: TrialSeed(x.e, c, trial)}
	if room := x.room(env); room > 0 {
		if bytes := x.s.Bytes(c); bytes > float64(room) {
			m.Status = OutOfRoom
			m.Reason = fmt.Sprintf("memory limit %s; it would take about %s", memory.Format(room), memory.Format(int64(min(bytes, 1<<62))))
			return m, nil
		}
	}
	own := finegrain.NewEnv(env, m.Seed)
	own.Memory, own.Cores = x.room(env), env.Cores
	t, err := supervise(x, env, func() (Trial, error) { return x.s.Prepare(own.Sub("prepare"), c) })
	if err == nil && t.Run == nil {
		panic(fmt.Sprintf("measure: subject %q prepared nothing to run", x.s.Name))
	}
	m.Data = t.Data
	moment("prepared")
	if err == nil {
		err = x.time(env, own.Sub("run"), t, &m)
	}
	if err == nil && t.Observe != nil {
		given := Outcome{maps.Clone(m.Counts), maps.Clone(m.Values)}
		var observed Outcome
		observed, err = supervise(x, env, func() (Outcome, error) {
			return given, t.Observe(own.Sub("observe"), &given)
		})
		if err == nil {
			m.Outcome = observed
		}
	}
	if env.Err() != nil {
		return m, errors.Join(env.Err(), stuck(err))
	}
	m.end(err, x.e.Limits.Time)
	if wrong := m.check(); wrong != nil {
		m.Outcome = Outcome{}
		m.Status, m.Reason = Failure, wrong.Error()
	}
	return m, stuck(err)
}

func stuck(err error) error {
	if errors.Is(err, ErrStuck) {
		return ErrStuck
	}
	return nil
}

// errSlow is the error of a run that exceeded the limit of time.
var errSlow = errors.New("time limit")

// timed is what came of running a trial a number of times.
type timed struct {
	Outcome         // of the last run
	seconds float64 // of one run
	runs    int
}

// time runs the trial and fills in the outcome, the seconds and the repeats.
func (x measurer) time(env, own finegrain.Env, t Trial, m *Measurement) error {
	runtime.GC()
	first, err := x.repeat(env, own, t, 0)
	m.Seconds, m.Repeats = first.seconds, first.runs
	if err != nil {
		return err
	}
	if first.seconds < briefest.Seconds() {
		more, err := x.repeat(env, own, t, briefest)
		m.Seconds, m.Repeats = more.seconds, more.runs
		if err == nil && !maps.Equal(first.Counts, more.Counts) {
			err = fmt.Errorf("two runs of one trial count differently: %v and %v", first.Counts, more.Counts)
		}
		if err != nil {
			return err
		}
	}
	m.Outcome = first.Outcome
	return nil
}

// repeat runs the trial once, and again until it has taken so long. Where it did not end, its seconds are those after
// which it was stopped.
func (x measurer) repeat(env, own finegrain.Env, t Trial, least time.Duration) (timed, error) {
	limit := x.e.Limits.Time
	start := time.Now() // before the limit begins: what is stopped by it took no less
	bounded := own
	if limit > 0 {
		ctx, cancel := context.WithTimeout(own.Context, limit+2*least)
		defer cancel()
		bounded.Context = ctx
	}
	r, err := supervise(x, bounded, func() (timed, error) {
		for n := 1; ; n++ {
			out, err := t.Run(bounded)
			if spent := time.Since(start); err != nil || spent >= least {
				return timed{out, spent.Seconds() / float64(n), n}, err
			}
		}
	})
	if err != nil {
		if bounded.Err() != nil && env.Err() == nil && !errors.Is(err, ErrStuck) {
			err = errSlow
		}
		return timed{seconds: time.Since(start).Seconds()}, err
	}
	if limit > 0 && r.seconds > limit.Seconds() {
		return timed{seconds: r.seconds}, errSlow
	}
	return r, nil
}

// supervise runs f in a goroutine of its own and waits for it, after ctx has ended for no longer than the grace. A
// panic is an error.
func supervise[T any](x measurer, ctx context.Context, f func() (T, error)) (T, error) {
	type end struct {
		value T
		err   error
	}
	ended := make(chan end, 1)
	go func() {
		var e end
		defer func() {
			if reason := recover(); reason != nil {
				e.err = fmt.Errorf("panic: %v", reason)
			}
			ended <- e
		}()
		e.value, e.err = f()
	}()
	select {
	case e := <-ended:
		return e.value, e.err
	case <-ctx.Done():
	}
	select {
	case e := <-ended:
		return e.value, e.err
	case <-time.After(x.grace):
		var none T
		return none, ErrStuck
	}
}

// end sets status and reason by the error that ended the trial.
func (m *Measurement) end(err error, limit time.Duration) {
	var refused *Refused
	switch {
	case err == nil:
		m.Status, m.Reason = Done, ""
	case errors.Is(err, errSlow):
		m.Status, m.Reason = OutOfTime, fmt.Sprintf("time limit %v", limit)
	case errors.Is(err, ErrStuck):
		m.Status, m.Reason = OutOfTime, fmt.Sprintf("time limit %v; %v", limit, ErrStuck)
	case errors.As(err, &refused):
		m.Status, m.Reason = Refusal, err.Error()
	default:
		m.Status, m.Reason = Failure, err.Error()
	}
	const longest = 2000
	m.Reason = strings.Join(strings.Fields(m.Reason), " ")
	if len(m.Reason) > longest {
		m.Reason = strings.ToValidUTF8(m.Reason[:longest], "") + "…"
	}
	if m.Status != Done && m.Reason == "" {
		m.Reason = "no reason was given"
	}
}
