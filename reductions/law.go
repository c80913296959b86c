package reductions

import (
	"errors"
	"fmt"
	"math"
	"math/big"

	"gonum.org/v1/gonum/stat/distuv"

	"finegrain"
)

// Verify holds the reduction to the laws of reductions, on sampled instances:
//
//  1. With an oracle that is always correct and adversarial among the correct answers, the answer checks,
//     read from the plan and by Run. A deterministic reduction never fails. A randomised one is planned
//     anew many times for each instance and fails at most as often as its Fail allows, on every instance;
//     with one-sided error it never answers a wrong yes.
//  2. Every query satisfies the target's promise; the calls and their sizes are those that the plan states,
//     the same each time they are listed; a many-one reduction makes one at most. They are within Bound,
//     which is nearly attained, grows with the size, and is covered by Growth.
//  3. Of the target's wrong oracles at least one makes the answer wrong or has it refused, and often wrong:
//     the answer comes from the oracle, not from other means.
//  4. Yes- and no-instances are each a fifth of the trials, sizes vary, and most instances ask something.
//
// An oracle that will not promise enough may be refused, but only then.
func (r Reduction[S, A, T, B]) Verify(env finegrain.Env, trials int) finegrain.LawReport {
	run := lawRun[S, A, T, B]{
		Reduction: r,
		report:    finegrain.LawReport{Kind: "reduction", Name: r.Name},
		trials:    trials,
		slack:     map[string]float64{},
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

const (
	// replans is how often a randomised reduction is planned anew for one instance.
	replans = 24
	// confidence is the chance that a law about probabilities passes what keeps it, over all trials.
	confidence = 1 - 1e-6
	// fewestMisled is the number of plans from which it is judged how often wrong oracles mislead: some
	// reductions check what they are told, and are misled only now and then.
	fewestMisled = 100
	// attained is how far, in binary orders, a bound may stay above every plan that was seen.
	attained = 1.0
)

// lawRun is the state of one Verify.
type lawRun[S, A, T, B any] struct {
	Reduction[S, A, T, B]
	report         finegrain.LawReport
	trials         int
	spread         finegrain.SizeSpread
	asked, refused int                // trials with a call; trials in which the adversary would not promise enough
	misled         int                // trials in which a wrong oracle made the answer wrong, not only refused
	misses         int                // wrong answers of a randomised reduction
	slack          map[string]float64 // the least seen of log2 of Bound over a plan, by parameter and for calls
}

type failure func(format string, args ...any)

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
	l.bounds(size, fail)

	if l.Fail == nil {
		if answer, wrong, ok := l.once(env, s, size, adversary, fail); ok {
			l.tally(answer)
			if wrong != nil {
				fail("wrong answer: %v", wrong)
			}
		}
		return
	}
	probability := l.Fail(size)
	if limit := 0.5; !(probability >= 0 && (probability < limit || l.OneSided && probability < 1)) {
		fail("a failure probability of %v bounds nothing", probability)
		return
	}
	misses := 0
	for again := range replans {
		answer, wrong, ok := l.once(env.Sub(fmt.Sprintf("plan %d", again)), s, size, adversary, fail)
		if !ok {
			return
		}
		if again == 0 {
			l.tally(answer)
		}
		if wrong != nil {
			misses++
			if l.OneSided && l.From.Yes(answer) {
				fail("a wrong yes from a reduction with one-sided error: %v", wrong)
			}
		}
	}
	l.misses += misses
	if allowed := allowedMisses(probability, l.trials); misses > allowed {
		fail("%d wrong answers in %d plans: failure probability %.3g allows %d", misses, replans, probability, allowed)
	}
}

func (l *lawRun[S, A, T, B]) tally(answer A) {
	if l.From.Yes(answer) {
		l.report.Yes++
	} else {
		l.report.No++
	}
}

// allowedMisses is the number of misses in replans plans that is exceeded with probability at most
// 1 − confidence on any of the instances, if each plan misses with the given probability.
func allowedMisses(probability float64, instances int) int {
	binomial := distuv.Binomial{N: replans, P: probability}
	allowed := 0
	for allowed < replans && 1-binomial.CDF(float64(allowed)) > (1-confidence)/float64(instances) {
		allowed++
	}
	return allowed
}

// bounds holds Bound and Growth to each other and Bound to growing, at one size.
func (l *lawRun[S, A, T, B]) bounds(size finegrain.Size, fail failure) {
	bound := l.Bound(size)
	positive := true
	for _, name := range size.Names() {
		positive = positive && size.Get(name).Sign() > 0
		var larger finegrain.Size
		for _, other := range size.Names() {
			v := size.Get(other)
			if other == name {
				v.Add(v, big.NewInt(1))
			}
			larger = larger.With(other, v)
		}
		if err := (Queries{bound}).Within(l.Bound(larger)); err != nil {
			fail("the bound falls as %s grows: %v", name, err)
		}
	}
	if positive {
		if err := l.Growth.Covers(size, bound); err != nil {
			fail("growth and bound disagree: %v", err)
		}
	}
}

// once plans the instance, holds the plan to law 2, answers it adversarially and then wrongly. wrong is
// what Check says of the answer; ok is false if there is no answer.
func (l *lawRun[S, A, T, B]) once(env finegrain.Env, s S, size finegrain.Size, adversary finegrain.Adversary[T, B], fail failure,
) (answer A, wrong error, ok bool) {
	oracle := l.To.AdversarialOracle(adversary)
	plan, err := l.plan(env, s, oracle)
	if errors.Is(err, ErrTooWeak) && adversary.Reach != nil {
		l.refused++
		return answer, nil, false
	}
	if err != nil {
		fail("no plan: %v", err)
		return answer, nil, false
	}
	truth, ok := l.list(env, plan, adversary, size, fail)
	if !ok {
		return answer, nil, false
	}

	answer, err = plan.drive(func(i int, query T, read func(B) error) error {
		b := adversary.Answer(query, truth[i])
		if err := l.To.Check(query, b); err != nil {
			return fmt.Errorf("query %d is not what it was when it was first listed: %w", i, err)
		}
		return read(b)
	})
	if err != nil {
		fail("a correct oracle was refused: %v", err)
		return answer, nil, false
	}
	wrong = l.From.Check(s, answer)
	if ran, err := l.Run(env, s, oracle); err != nil {
		fail("Run: %v", err)
	} else if again := l.From.Check(s, ran); (again == nil) != (wrong == nil) {
		fail("the plan's answer and Run's differ: %v; %v", wrong, again)
	}
	if len(truth) > 0 {
		l.asked++
		if wrong == nil { // where a randomised reduction misses, a wrong oracle may well set it right
			l.mislead(plan, truth, s, fail)
		}
	}
	return answer, wrong, true
}

// list goes through all queries of the plan, holds them to law 2, and returns their correct answers.
func (l *lawRun[S, A, T, B]) list(env finegrain.Env, plan Plan[T, B, A], adversary finegrain.Adversary[T, B], size finegrain.Size, fail failure,
) (truth []B, ok bool) {
	bound := l.Bound(size)
	if err := plan.Queries.Within(bound); err != nil {
		fail("the plan exceeds its bound: %v", err)
		return nil, false
	}
	stated := plan.Queries.sizes()
	if l.Kind == ManyOne && len(stated) > 1 {
		fail("a many-one reduction states %d queries", len(stated))
		return nil, false
	}
	l.approach(bound, plan.Queries)
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

// approach records how close the plan comes to its bound.
func (l *lawRun[S, A, T, B]) approach(bound Group, queries Queries) {
	see := func(what string, limit, value *big.Int) {
		if value.Sign() <= 0 || limit.Sign() <= 0 {
			return
		}
		gap := log2(limit) - log2(value)
		if least, seen := l.slack[what]; !seen || gap < least {
			l.slack[what] = gap
		}
	}
	see("calls", bound.Calls, queries.Total())
	for _, g := range queries {
		for _, name := range bound.Size.Names() {
			see(name, bound.Size.Get(name), g.Size.Get(name))
		}
	}
}

// mislead asks with the wrong oracles.
func (l *lawRun[S, A, T, B]) mislead(plan Plan[T, B, A], truth []B, s S, fail failure) {
	wrong, refused := false, false
	for _, oracle := range l.To.Wrong {
		answer, err := plan.drive(func(i int, query T, read func(B) error) error {
			return read(oracle(query, truth[i]))
		})
		switch {
		case errors.Is(err, ErrBrokenPromise):
			refused = true
		case err != nil:
			fail("a wrong oracle led to an error that does not say so: %v", err)
		case l.From.Check(s, answer) != nil:
			wrong = true
		}
	}
	if wrong {
		l.misled++
	} else if !refused {
		fail("the answer is right with every wrong oracle: it does not come from the oracle")
	}
}

func (l *lawRun[S, A, T, B]) conclude() finegrain.LawReport {
	report := &l.report
	report.Sizes = l.spread.Strings()
	if l.Fail != nil {
		report.Notes = append(report.Notes, fmt.Sprintf("%d wrong answers in %d plans", l.misses, replans*report.Trials))
	}
	if l.refused > 0 {
		report.Notes = append(report.Notes, fmt.Sprintf("%d instances beyond the reach of a limited oracle", l.refused))
	}
	answered := *report
	answered.Trials -= l.refused
	answered.Balanced()
	report.Failures, report.Violations = answered.Failures, answered.Violations
	if !report.Judgeable() {
		return *report
	}
	if !l.spread.Varied() {
		report.Fail("all instances have one size")
	}
	plans := report.Trials
	if l.Fail != nil {
		plans *= replans
	}
	if 2*l.asked < plans {
		report.Fail("only %d of %d plans asked the oracle anything", l.asked, plans)
	}
	report.Notes = append(report.Notes, fmt.Sprintf("wrong oracles: %d of %d plans misled, the others refused", l.misled, l.asked))
	if l.asked >= fewestMisled && 50*l.misled < l.asked {
		report.Fail("wrong oracles made the answer wrong in only %d of %d plans, and else were refused", l.misled, l.asked)
	}
	for what, gap := range l.slack {
		if !(gap <= attained) || math.IsNaN(gap) {
			report.Fail("no plan came closer than 2^%.2f to the bound on %s", gap, what)
		}
	}
	return *report
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
