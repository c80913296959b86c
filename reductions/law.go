package reductions

import (
	"errors"
	"fmt"
	"math/big"

	"gonum.org/v1/gonum/stat/distuv"

	"finegrain"
)

// Verify holds the reduction to the laws of reductions, on sampled instances:
//
//  1. With an oracle that is always correct and adversarial among the correct answers, the answer checks.
//     A deterministic reduction never fails; a randomised one at most as often as its Fail allows.
//  2. Every query satisfies the target's promise, and the calls and their sizes are those that the plan
//     states, within Bound, which Growth covers.
//  3. Of the target's wrong oracles at least one makes the answer wrong or refused: the answer comes from
//     the oracle, not from other means.
//  4. Yes- and no-instances are each a fifth of the trials, sizes vary, and most instances ask something.
func (r Reduction[S, A, T, B]) Verify(env finegrain.Env, trials int) finegrain.LawReport {
	run := lawRun[S, A, T, B]{
		Reduction: r,
		report:    finegrain.LawReport{Kind: "reduction", Name: r.Name},
	}
	env = env.Sub("law " + r.Name)
	env.Watch, env.Progress = nil, nil
	for trial := range trials {
		if err := env.Err(); err != nil {
			run.report.Fail("stopped after %d trials: %v", trial, err)
			return run.report
		}
		run.trial(env.Sub(fmt.Sprint(trial)), trial)
	}
	return run.conclude()
}

// lawRun is the state of one Verify.
type lawRun[S, A, T, B any] struct {
	Reduction[S, A, T, B]
	report         finegrain.LawReport
	spread         finegrain.SizeSpread
	asked, refused int // trials with a call; trials in which the adversary would not promise enough
	misses         int // wrong answers of a randomised reduction
	worstFail      float64
}

func (l *lawRun[S, A, T, B]) trial(env finegrain.Env, trial int) {
	draw := env.Rand("instance")
	s := l.From.Sample(draw, finegrain.TrialSize(trial))
	size := l.From.Size(s)
	adversary := l.To.Adversary(draw)
	l.report.Trials++
	l.spread.Saw(size)
	fail := func(format string, args ...any) {
		l.report.Fail("trial %d (%v, oracle %s): %s", trial, size, adversary.Name, fmt.Sprintf(format, args...))
	}

	plan, err := l.plan(env, s, l.To.AdversarialOracle(adversary))
	if errors.Is(err, ErrTooWeak) {
		l.refused++
		return
	}
	if err != nil {
		fail("no plan: %v", err)
		return
	}
	truth, ok := l.list(env, plan, adversary, size, fail)
	if !ok {
		return
	}

	answer, err := plan.drive(func(i int, query T, read func(B) error) error {
		return read(adversary.Answer(query, truth[i]))
	})
	if err != nil {
		fail("a correct oracle was refused: %v", err)
		return
	}
	if l.From.Yes(answer) {
		l.report.Yes++
	} else {
		l.report.No++
	}
	wrong := l.From.Check(s, answer)
	if wrong != nil {
		l.miss(size, answer, wrong, fail)
	}
	if len(truth) > 0 {
		l.asked++
		// Where a randomised reduction misses, a wrong oracle may well set it right.
		if wrong == nil && !l.depends(plan, truth, s) {
			fail("the answer is right with every wrong oracle: it does not come from the oracle")
		}
	}
}

// list goes through all queries of the plan, holds them to law 2, and returns their correct answers.
func (l *lawRun[S, A, T, B]) list(env finegrain.Env, plan Plan[T, B, A], adversary finegrain.Adversary[T, B], size finegrain.Size,
	fail func(string, ...any),
) (truth []B, ok bool) {
	bound := l.Bound(size)
	if err := plan.Queries.Within(bound); err != nil {
		fail("the plan exceeds its bound: %v", err)
		return nil, false
	}
	if positive(size) {
		if err := l.Growth.Covers(size, bound); err != nil {
			fail("growth and bound disagree: %v", err)
			return nil, false
		}
	}
	stated := plan.Queries.sizes()
	for i, query := range plan.Each {
		if i != len(truth) || i >= len(stated) {
			fail("query %d comes as number %d of %d stated", i, len(truth), len(stated))
			return nil, false
		}
		if err := l.To.MeetsPromise(query); err != nil {
			fail("query %d breaks the promise: %v", i, err)
			return nil, false
		}
		if adversary.Reach != nil {
			if err := adversary.Reach(query); err != nil {
				fail("query %d asks more than the oracle reaches: %v", i, err)
				return nil, false
			}
		}
		if got := l.To.Size(query); !got.Equal(stated[i]) {
			fail("query %d has size %v, stated as %v", i, got, stated[i])
			return nil, false
		}
		b, err := l.To.Solve(env, query)
		if err != nil {
			fail("query %d: the definition failed: %v", i, err)
			return nil, false
		}
		truth = append(truth, b)
	}
	if len(truth) != len(stated) {
		fail("%d queries listed, %d stated", len(truth), len(stated))
		return nil, false
	}
	return truth, true
}

// miss is told of a wrong answer.
func (l *lawRun[S, A, T, B]) miss(size finegrain.Size, answer A, err error, fail func(string, ...any)) {
	switch {
	case l.Fail == nil:
		fail("wrong answer: %v", err)
	case l.OneSided && l.From.Yes(answer):
		fail("a wrong yes from a reduction with one-sided error: %v", err)
	default:
		l.misses++
		l.worstFail = max(l.worstFail, l.Fail(size))
	}
}

// depends reports whether some wrong oracle makes the answer wrong or refused.
func (l *lawRun[S, A, T, B]) depends(plan Plan[T, B, A], truth []B, s S) bool {
	for _, wrong := range l.To.Wrong {
		answer, err := plan.drive(func(i int, query T, read func(B) error) error {
			return read(wrong(query, truth[i]))
		})
		if err != nil || l.From.Check(s, answer) != nil {
			return true
		}
	}
	return false
}

func (l *lawRun[S, A, T, B]) conclude() finegrain.LawReport {
	report := l.report
	report.Sizes = l.spread.Strings()
	if l.misses > 0 {
		// The chance of more misses than this is below one in a million if Fail is right.
		const confidence = 1 - 1e-6
		binomial := distuv.Binomial{N: float64(report.Trials), P: l.worstFail}
		allowed := 0
		for allowed < report.Trials && binomial.CDF(float64(allowed)) < confidence {
			allowed++
		}
		report.Notes = append(report.Notes, fmt.Sprintf("%d wrong answers, %d allowed at failure probability %.3g", l.misses, allowed, l.worstFail))
		if l.misses > allowed {
			report.Fail("%d wrong answers in %d trials: failure probability %.3g allows %d", l.misses, report.Trials, l.worstFail, allowed)
		}
	}
	if l.refused > 0 {
		report.Notes = append(report.Notes, fmt.Sprintf("%d instances beyond the reach of a limited oracle", l.refused))
	}
	answered := report
	answered.Trials -= l.refused
	answered.Balanced()
	report.Failures, report.Violations = answered.Failures, answered.Violations
	if !l.spread.Varied() {
		report.Fail("all instances have one size")
	}
	if 2*l.asked < report.Trials {
		report.Fail("only %d of %d instances asked the oracle anything", l.asked, report.Trials)
	}
	return report
}

// sizes lists the size of every single call.
func (q Queries) sizes() []finegrain.Size {
	var out []finegrain.Size
	for _, g := range q {
		for i := new(big.Int); i.Cmp(g.Calls) < 0; i.Add(i, big.NewInt(1)) {
			out = append(out, g.Size)
		}
	}
	return out
}

func positive(s finegrain.Size) bool {
	for _, name := range s.Names() {
		if s.Get(name).Sign() <= 0 {
			return false
		}
	}
	return true
}
