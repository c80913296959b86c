package ovp

import (
	"fmt"
	"maps"
	"math/big"
	"slices"

	"finegrain"
)

// The law of algorithms: inside its regime an algorithm agrees with the definition on every kind of
// instance that is known to catch mistakes, counts what it declared, does not depend on the cores, and stops
// when it is told to. The memory that it declares is held by a test of this package, since what a run
// allocates can be measured only where nothing else runs.

// VerifyAlgorithm holds a to the law on the given number of instances: random, planted, adversarial, with
// many equal vectors, of several words, empty, of dimension 0, and of several blocks. On each, with one
// core and with two, Find returns the first orthogonal pair, Count their number and Histogram, if there
// is one, the number of pairs of each inner product with the first extremes; the declared cost is the
// counted one, or the most where a adapts; and one core and two count the same. An algorithm that passes is
// held, on a larger instance, to cancellation. The dimension of instances is lowered to what a allows.
func VerifyAlgorithm(env finegrain.Env, a Algorithm, trials int) finegrain.LawReport {
	report := finegrain.LawReport{Kind: "algorithm", Name: a.Name}
	var spread finegrain.SizeSpread
	env = env.Sub("algorithm " + a.Name)
	for trial := range trials {
		if env.Err() != nil {
			report.Fail("stopped: %v", env.Err())
			return report
		}
		e := env.Sub(fmt.Sprint(trial))
		kind := lawKinds[trial%len(lawKinds)]
		in, err := kind.draw(e, a, trial/len(lawKinds))
		if err != nil {
			report.Fail("trial %d: no instance (%s): %v", trial, kind.name, err)
			continue
		}
		report.Trials++
		spread.Saw(in.Size())
		want, err := answersByDefinition(e, in)
		if err != nil {
			report.Fail("trial %d: the definition failed: %v", trial, err)
			continue
		}
		if want.found.Any {
			report.Yes++
		} else {
			report.No++
		}
		before := Instance{in.A.Clone(), in.B.Clone()}
		var costs []counted
		for cores := 1; cores <= 2; cores++ {
			e.Cores = cores
			cost, err := holds(e, a, in, want)
			if err != nil {
				report.Fail("trial %d (%s, %v, %d cores): %v", trial, kind.name, in.Size(), cores, err)
				break
			}
			costs = append(costs, cost)
		}
		if len(costs) == 2 {
			if err := costs[0].differ(costs[1]); err != nil {
				report.Fail("trial %d (%s, %v): %v", trial, kind.name, in.Size(), err)
			}
		}
		if !in.Equal(before) {
			report.Fail("trial %d (%s, %v): the instance was changed", trial, kind.name, in.Size())
		}
	}
	if report.Failures == 0 {
		verifyPromptness(env, a, &report)
	}
	report.Sizes = spread.Strings()
	report.Balanced()
	return report
}

// answers are the right ones.
type answers struct {
	found     Found
	histogram Histogram
}

func answersByDefinition(env finegrain.Env, in Instance) (answers, error) {
	h, err := HistogramByDefinition(env, in)
	if h.Min.Any && h.Min.Value == 0 { // orthogonal means product 0, so the first least one is the first
		return answers{Found{true, h.Min.Pair}, h}, err
	}
	return answers{histogram: h}, err
}

// counted is what an algorithm counted on an instance, where that is not what it declares.
type counted struct{ find, count finegrain.Cost }

// differ compares what was counted on one core with what was counted on two.
func (one counted) differ(two counted) error {
	if !maps.Equal(one.find, two.find) {
		return fmt.Errorf("find counts %v on one core and %v on two", one.find, two.find)
	}
	if !maps.Equal(one.count, two.count) {
		return fmt.Errorf("count counts %v on one core and %v on two", one.count, two.count)
	}
	return nil
}

// holds compares the answers and the costs of one instance, and returns what was counted.
func holds(env finegrain.Env, a Algorithm, in Instance, want answers) (counted, error) {
	n, m, d := in.A.N(), in.B.N(), in.D()
	declared := a.Cost(n, m, d)
	charge := func(what string, cost finegrain.Cost, atMost bool) error {
		err := cost.Differ(declared)
		if atMost {
			err = within(cost, declared)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		return nil
	}
	adapts := a.Adapts != nil && a.Adapts(n, m, d)
	found, findCost, err := a.Find(env, in)
	switch {
	case err != nil:
		return counted{}, fmt.Errorf("find failed: %w", err)
	case found != want.found:
		return counted{}, fmt.Errorf("find returns %v, and the first orthogonal pair is %v", found, want.found)
	case !found.Any:
		if err := charge("find", findCost, adapts); err != nil {
			return counted{}, err
		}
	}
	count, countCost, err := a.Count(env, in)
	if err != nil {
		return counted{}, fmt.Errorf("count failed: %w", err)
	}
	if right := new(big.Int).SetUint64(want.histogram.Totals[0]); count.Cmp(right) != 0 {
		return counted{}, fmt.Errorf("count returns %v, and %v pairs are orthogonal", count, right)
	}
	if err := charge("count", countCost, adapts); err != nil {
		return counted{}, err
	}
	if a.Histogram != nil {
		h, cost, err := a.Histogram(env, in)
		if err != nil {
			return counted{}, fmt.Errorf("histogram failed: %w", err)
		}
		if !slices.Equal(h.Totals, want.histogram.Totals) {
			return counted{}, fmt.Errorf("histogram returns %v, and right is %v", h.Totals, want.histogram.Totals)
		}
		if h.Max != want.histogram.Max || h.Min != want.histogram.Min {
			return counted{}, fmt.Errorf("histogram has the largest product %v and the least %v, and right are %v and %v",
				h.Max, h.Min, want.histogram.Max, want.histogram.Min)
		}
		if err := charge("histogram", cost, false); err != nil {
			return counted{}, err
		}
	}
	return counted{findCost, countCost}, nil
}

// within returns nil if some of every kind of operation that is declared, and no more, was counted.
func within(cost, declared finegrain.Cost) error {
	for kind, most := range declared {
		if cost[kind] > most || cost[kind] <= 0 && most > 0 {
			return fmt.Errorf("%s: counted %d, declared at most %d", kind, cost[kind], most)
		}
	}
	return nil
}
