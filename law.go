package finegrain

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// LawReport is the outcome of holding one declared thing (a problem, a reduction, an algorithm) to the
// laws of its kind.
type LawReport struct {
	Kind, Name string
	Trials     int
	Yes, No    int      // how the instances were answered; a law that saw only one side has shown little
	Sizes      []string // spread of the instances' sizes: least to largest of each parameter
	Notes      []string // what was observed beyond pass and fail
	Failures   int
	Violations []string // the first few failures, each with what to reproduce it
}

const violationsKept = 5

// Fail records one failure.
func (r *LawReport) Fail(format string, args ...any) {
	r.Failures++
	if len(r.Violations) < violationsKept {
		r.Violations = append(r.Violations, fmt.Sprintf(format, args...))
	}
}

// Err is nil if nothing failed, and else names the item and the first failures.
func (r LawReport) Err() error {
	if r.Failures == 0 {
		return nil
	}
	return fmt.Errorf("%s %s: %d failures in %d trials:\n\t%s", r.Kind, r.Name, r.Failures, r.Trials, strings.Join(r.Violations, "\n\t"))
}

// fewestTrials is the number of trials from which the spread of instances is judged: of fewer, even a fair
// sample may be one-sided.
const fewestTrials = 30

// Judgeable reports whether there were trials enough to judge the spread of instances, and notes it if not.
func (r *LawReport) Judgeable() bool {
	if r.Trials >= fewestTrials {
		return true
	}
	if note := fmt.Sprintf("too few trials to judge the spread of instances: that takes %d", fewestTrials); !slices.Contains(r.Notes, note) {
		r.Notes = append(r.Notes, note)
	}
	return false
}

// Balanced records a failure unless yes- and no-instances are each at least a fifth of the trials.
func (r *LawReport) Balanced() {
	if !r.Judgeable() {
		return
	}
	if 5*r.Yes < r.Trials || 5*r.No < r.Trials {
		r.Fail("of %d trials %d were yes and %d no: each must be a fifth, or the law shows little", r.Trials, r.Yes, r.No)
	}
}

// SizeSpread collects the least and the largest value of every size parameter.
type SizeSpread struct{ least, most Size }

// Saw adds one instance's size.
func (s *SizeSpread) Saw(size Size) {
	if len(s.least.parameters) == 0 {
		s.least, s.most = size, size
		return
	}
	var least, most Size
	for _, name := range size.Names() {
		v, lo, hi := size.Get(name), s.least.Get(name), s.most.Get(name)
		least = least.With(name, slices.MinFunc([]*big.Int{v, lo}, (*big.Int).Cmp))
		most = most.With(name, slices.MaxFunc([]*big.Int{v, hi}, (*big.Int).Cmp))
	}
	s.least, s.most = least, most
}

// Strings returns "n 2…16" for every parameter.
func (s SizeSpread) Strings() []string {
	var out []string
	for _, name := range s.least.Names() {
		out = append(out, fmt.Sprintf("%s %v…%v", name, s.least.Get(name), s.most.Get(name)))
	}
	return out
}

// Varied reports whether some parameter took more than one value.
func (s SizeSpread) Varied() bool { return !s.least.Equal(s.most) }

// VerifyProblem holds a problem to the laws of problems: samples meet the promise, are of both answers
// and of several sizes; the definition's answer checks; so does every adversary's, and adversaries answer
// at least half of the instances; there is a wrong oracle, and no wrong oracle's answer checks.
func VerifyProblem[I, A any](env Env, p Problem[I, A], trials int) LawReport {
	report := LawReport{Kind: "problem", Name: p.Name}
	var spread SizeSpread
	answered := 0 // by an adversary
	env = env.Sub("problem " + p.Name)
	if len(p.Wrong) == 0 {
		report.Fail("there is no wrong oracle")
	}
	for trial := range trials {
		if env.Err() != nil {
			report.Fail("stopped: %v", env.Err())
			return report
		}
		e := env.Sub(fmt.Sprint(trial))
		r := e.Rand("instance")
		x := p.Sample(r, TrialSize(trial))
		report.Trials++
		spread.Saw(p.Size(x))
		if err := p.MeetsPromise(x); err != nil {
			report.Fail("trial %d: sample breaks the promise: %v", trial, err)
			continue
		}
		a, err := p.Solve(e, x)
		if err != nil {
			report.Fail("trial %d: the definition failed: %v", trial, err)
			continue
		}
		if p.Yes(a) {
			report.Yes++
		} else {
			report.No++
		}
		if err := p.Check(x, a); err != nil {
			report.Fail("trial %d: the definition's answer does not check: %v", trial, err)
		}
		adv := p.Adversary(r)
		if adv.Reach == nil || adv.Reach(x) == nil {
			answered++
			if err := p.Check(x, adv.Answer(x, a)); err != nil {
				report.Fail("trial %d: the answer of adversary %q does not check: %v", trial, adv.Name, err)
			}
		}
		for w, wrong := range p.Wrong {
			if p.Check(x, wrong(x, a)) == nil {
				report.Fail("trial %d: the answer of wrong oracle %d checks", trial, w)
			}
		}
	}
	report.Sizes = spread.Strings()
	report.Balanced()
	if report.Judgeable() {
		if !spread.Varied() {
			report.Fail("all %d instances have one size", trials)
		}
		if 2*answered < report.Trials {
			report.Fail("adversaries answered only %d of %d instances", answered, report.Trials)
		}
	}
	return report
}

// TrialSize spreads the trials of a law over sizes 1 to 6, small ones first.
func TrialSize(trial int) int { return 1 + trial%6 }
