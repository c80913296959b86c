package ovp

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync/atomic"

	"finegrain"
)

// The part of the law that looks at no answer: how soon an algorithm lets go. It needs no clock: how promptly
// it stops is how often it asks its context for the work that it counts.

const (
	// operationsBetweenPolls is how many counted operations may lie between two looks at the context: at
	// three nanoseconds or less, a few milliseconds.
	operationsBetweenPolls = 1 << 20

	// farewellPolls is how often a goroutine may ask a context that has ended: once in each loop it leaves.
	farewellPolls = 4
)

// run is one of an algorithm's functions on an instance.
type run struct {
	name   string
	answer int64 // bytes of its answer
	do     func(finegrain.Env) (finegrain.Cost, error)
}

func (a Algorithm) runs(in Instance) []run {
	runs := []run{
		{"find", 0, func(env finegrain.Env) (finegrain.Cost, error) { _, cost, err := a.Find(env, in); return cost, err }},
		{"count", 0, func(env finegrain.Env) (finegrain.Cost, error) { _, cost, err := a.Count(env, in); return cost, err }},
	}
	if a.Histogram != nil {
		runs = append(runs, run{"histogram", 8 * (int64(in.D()) + 1), func(env finegrain.Env) (finegrain.Cost, error) {
			_, cost, err := a.Histogram(env, in)
			return cost, err
		}})
	}
	return runs
}

// verifyPromptness holds a to stopping when it is told to, on an instance without an orthogonal pair.
func verifyPromptness(env finegrain.Env, a Algorithm, report *finegrain.LawReport) {
	env.Progress, env.Watch = nil, nil
	in, err := hopeless(env, a, [3]int{1 << 11, 1 << 11, 64})
	if err == nil {
		err = stops(env, a, in)
	}
	if err != nil {
		report.Fail("cancellation: %v", err)
	}
}

// hopeless draws an instance without an orthogonal pair of about that shape.
func hopeless(env finegrain.Env, a Algorithm, shape [3]int) (Instance, error) {
	return drawn(a, shape[0], shape[1], shape[2], func(n, m, d int) (Instance, error) {
		return Adversarial(env, n, m, d, false)
	})
}

// polled is a context that is cancelled when it has been asked for its error a number of times.
type polled struct {
	context.Context
	cancel context.CancelFunc
	polls  atomic.Int64
	until  int64
}

// polledEnv returns env with a context that answers until times that it goes on, and the context.
func polledEnv(env finegrain.Env, until int64) (finegrain.Env, *polled) {
	ctx, cancel := context.WithCancel(env.Context)
	p := &polled{Context: ctx, cancel: cancel, until: until}
	env.Context = p
	return env, p
}

func (p *polled) Err() error {
	if p.polls.Add(1) > p.until {
		p.cancel()
	}
	return p.Context.Err()
}

// stops returns nil if every function asks its context often enough for the work that it counts, and if,
// cancelled at any time, it does no more and returns the context's error.
func stops(env finegrain.Env, a Algorithm, in Instance) error {
	for _, run := range a.runs(in) {
		ask := func(cores int, until int64) (int64, finegrain.Cost, error) {
			e, ctx := polledEnv(env, until)
			defer ctx.cancel()
			e.Cores = cores
			cost, err := run.do(e)
			return ctx.polls.Load(), cost, err
		}
		polls, cost, err := ask(1, math.MaxInt64)
		if err != nil {
			return fmt.Errorf("%s failed: %w", run.name, err)
		}
		operations := int64(0)
		for kind, count := range cost {
			if kind != finegrain.Bytes {
				operations += count
			}
		}
		if least := 1 + operations/operationsBetweenPolls; polls < least {
			return fmt.Errorf("%s looks at its context %d times in %d operations; it must %d times",
				run.name, polls, operations, least)
		}
		for _, until := range []int64{0, 1, polls / 2, polls - 1} {
			for cores := 1; cores <= 2; cores++ {
				switch asked, _, err := ask(cores, until); {
				case !errors.Is(err, context.Canceled):
					return fmt.Errorf("%s, cancelled at look %d of %d, returns the error %v", run.name, until+1, polls, err)
				case asked > until+int64(farewellPolls*cores):
					return fmt.Errorf("%s, cancelled at look %d of %d, goes on to look %d", run.name, until+1, polls, asked)
				}
			}
		}
	}
	return nil
}
