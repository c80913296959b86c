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
// is then not among them, unless the subject is untimed: then it runs but once more. Counts are those of the first run,
// and must be those of the last one too.
//
// A limit of time ends the context of Run; preparing and observing have limits of their own, Limits.Beside. What
// returns later than its limit is censored, also if it returns a result, and the reason says which part it was. What
// has not returned Grace after its context ended cannot be ended at all, since a goroutine cannot: it is recorded as
// censored, and the run ends with ErrStuck, so that nothing is measured beside what still runs.

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

// fits reports whether a trial may take the memory that it is estimated to take.
func (x measurer) fits(env finegrain.Env, c Cell) bool {
	room := x.room(env)
	return room == 0 || x.s.Bytes(c) <= float64(room)
}

// again reports whether a trial whose last attempt is m is to be measured again: where it hit a limit that is wider
// now, also where an algorithm refused or failed that may now take more memory, and where it failed with another
// version of finegrain. What would not fit in memory now is not begun.
func (x measurer) again(env finegrain.Env, machine Machine, m Measurement) bool {
	wider := func(now, then int64) bool { return then > 0 && (now == 0 || now > then) } // 0: no limit
	roomier := wider(x.room(env), m.Limits.Memory)
	switch m.Status {
	case OutOfTime:
		return wider(int64(x.e.Limits.Time), int64(m.Limits.Time)) && x.fits(env, m.Cell)
	case OutOfRoom:
		return x.fits(env, m.Cell)
	case Refusal:
		return roomier && x.fits(env, m.Cell)
	case Failure:
		return (roomier || machine.Build() != m.Machine.Build()) && x.fits(env, m.Cell)
	}
	return false
}

// measure measures one trial. Where env is done before it ends, it has no status and the error is env's. Otherwise it
// is to be recorded, also with the only other error, ErrStuck.
func (x measurer) measure(env finegrain.Env, c Cell, trial int) (Measurement, error) {
	m := Measurement{
		Experiment: x.e.ID, Cell: c, Trial: trial, Seed: TrialSeed(x.e, c, trial),
		Limits: Limits{x.e.Limits.Time, x.room(env)},
	}
	if !x.fits(env, c) {
		m.Status = OutOfRoom
		m.Reason = fmt.Sprintf("memory limit %s; it would take about %s",
			memory.Format(m.Limits.Memory), memory.Format(int64(min(x.s.Bytes(c), 1<<62))))
		return m, nil
	}
	own := finegrain.NewEnv(env, m.Seed)
	own.Memory, own.Cores = x.room(env), env.Cores
	t, err := beside(x, own.Sub("prepare"), "preparing the instance", func(env finegrain.Env) (Trial, error) {
		return x.s.Prepare(env, c)
	})
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
		observed, err = beside(x, own.Sub("observe"), "observing what came out", func(env finegrain.Env) (Outcome, error) {
			err := t.Observe(env, &given)
			return given, err
		})
		if err == nil {
			m.Outcome = observed
		}
	}
	if env.Err() != nil {
		return m, errors.Join(env.Err(), stuck(err))
	}
	m.end(err)
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

// slow is the error of a part of a measurement that exceeded its limit of time.
type slow struct {
	limit time.Duration
	part  string // "": the run
	stuck error  // ErrStuck, or nil
}

func (s *slow) Error() string {
	text := fmt.Sprintf("time limit %v", s.limit)
	if s.part != "" {
		text += " of " + s.part
	}
	if s.stuck != nil {
		text += "; " + s.stuck.Error()
	}
	return text
}

func (s *slow) Unwrap() error { return s.stuck }

// beside does a part of a measurement that is not timed, in env with the limit that such parts have.
func beside[T any](x measurer, env finegrain.Env, part string, do func(finegrain.Env) (T, error)) (T, error) {
	limit := x.e.Limits.Beside()
	if limit == 0 {
		return supervise(x, env, func() (T, error) { return do(env) })
	}
	bounded, cancel := context.WithTimeout(env.Context, limit)
	defer cancel()
	outer := env.Context
	env.Context = bounded
	value, err := supervise(x, bounded, func() (T, error) { return do(env) })
	if bounded.Err() != nil && outer.Err() == nil {
		err = &slow{limit, part, stuck(err)}
	}
	return value, err
}

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
		least := briefest
		if x.s.Untimed {
			least = 0
		}
		more, err := x.repeat(env, own, t, least)
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
		if bounded.Err() != nil && env.Err() == nil {
			err = &slow{limit: limit, stuck: stuck(err)}
		}
		return timed{seconds: time.Since(start).Seconds()}, err
	}
	if limit > 0 && r.seconds > limit.Seconds() {
		return timed{seconds: r.seconds}, &slow{limit: limit}
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
func (m *Measurement) end(err error) {
	var refused *Refused
	var late *slow
	switch {
	case err == nil:
		m.Status, m.Reason = Done, ""
	case errors.As(err, &late):
		m.Status, m.Reason = OutOfTime, late.Error()
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
