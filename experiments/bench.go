package experiments

// How much of the machine a kernel uses. Clocks drift and others use the machine too, so a time alone says
// little; a fraction of what the same cores could do at most in the same moment says more. Hence everything
// is measured in rounds, and within a round every kernel stands between two measurements of the limits that
// it is held against: the same instructions, type and number of cores. A round's fraction is the time that
// the kernel's necessary work takes at the mean of the two rates, over the time that it took. Reported are
// medians over the rounds, each with its spread.
//
// The fraction compares with the necessary work, not with what a kernel happens to do: of attention the
// multiply-adds of scores and values and one exponential a pair, one after the other; of the scan the test
// and count of every pair; of the rest the bytes that must be read or written once.

import (
	"fmt"
	"math"
	"slices"
	"time"

	"finegrain"
	"finegrain/internal/simd"
)

// BenchRequest says what to measure.
type BenchRequest struct {
	Kernel simd.ISA // the instructions of the kernels, one of simd.Supported; see simd.Chosen
	Rounds int      // at least 1
	Quick  bool     // small sizes and short measurements: figures of lesser worth
}

// BenchReport is the outcome of Bench.
type BenchReport struct {
	BenchRequest
	Cores   int // all of them; rows are for one core and for all
	Limits  []LimitRow
	Kernels []KernelRow
	Ratios  []RatioRow
	Seconds float64
}

// Subject is what a row is of. What does not apply is zero.
type Subject struct {
	Name   string // the kernel, or the limit
	ISA    simd.ISA
	Type   string // "float64" or "float32"
	N      int    // queries, and as many keys; vectors a side; variables; bytes that are read
	D, DV  int    // dimension, or clauses; columns of V
	Causal bool
	Cores  int
}

// Figure is a median over rounds. Spread is half the interquartile range relative to the median; NaN for a
// single round.
type Figure struct{ Median, Spread float64 }

// Unsteady reports whether the spread is known and so large that the figure should not be relied on.
func (f Figure) Unsteady() bool { return f.Spread > 0.10 }

// LimitRow is a rate that the cores sustain at most.
type LimitRow struct {
	Subject
	Unit string // of the work: flops, exponentials, pairs, bytes
	Rate Figure // a second
}

// KernelRow is what a kernel takes, and the limit's part of it.
type KernelRow struct {
	Subject
	Limit    string // what the fraction is of; empty: no limit is known
	Seconds  float64
	Fraction Figure // over the rounds' own fractions; NaN without a limit
	Steady   Figure // what Unsteady is to be asked of: the fraction, or without a limit the seconds
}

// RatioRow compares the times of two kernels in the same rounds. They may differ in name and instructions.
type RatioRow struct {
	Name                   string
	Numerator, Denominator Subject // whose times are divided
	Ratio                  Figure
}

// Bench measures limits and kernels. All inputs are random by env's seed; times are the machine's. It
// returns env's error if env is done, within some tens of milliseconds, and an error if a kernel fails or if the
// request cannot be fulfilled.
func Bench(env finegrain.Env, request BenchRequest) (BenchReport, error) {
	if request.Rounds < 1 {
		return BenchReport{}, fmt.Errorf("%d rounds; at least 1 is needed", request.Rounds)
	}
	if can := simd.Supported(); !slices.Contains(can, request.Kernel) {
		return BenchReport{}, fmt.Errorf("this processor does not have the instructions %v; ask for one of %v",
			request.Kernel, can)
	}
	start := time.Now()
	sizes, timer := fullBench, benchTimer{time.Now, 20 * time.Millisecond, 10 * time.Millisecond}
	if request.Quick {
		sizes, timer = quickBench, benchTimer{time.Now, 4 * time.Millisecond, 2 * time.Millisecond}
	}
	report := BenchReport{BenchRequest: request, Cores: env.Workers()}
	plan, err := newBenchPlan(env, request.Kernel, sizes)
	if err == nil {
		err = plan.measure(env, &report, timer)
	}
	report.Seconds = time.Since(start).Seconds()
	return report, err
}

// measure runs the rounds and fills in the rows.
func (plan *benchPlan) measure(env finegrain.Env, report *BenchReport, timer benchTimer) error {
	rounds := report.Rounds
	total, done := 0, 0
	for _, g := range plan.groups {
		total += rounds * len(g.kernels)
	}
	for range rounds {
		for _, g := range plan.groups {
			err := g.round(env, timer, func(k *benchKernel) {
				done++
				env.Report(done, total, k.row.Name)
			})
			if err != nil {
				return err
			}
		}
	}
	for _, g := range plan.groups {
		for _, l := range g.limits {
			l.row.Rate = figure(l.rates)
			report.Limits = append(report.Limits, l.row)
		}
		for _, k := range g.kernels {
			seconds := figure(k.seconds)
			k.row.Seconds, k.row.Fraction, k.row.Steady = seconds.Median, Figure{math.NaN(), math.NaN()}, seconds
			if k.row.Limit != "" {
				k.row.Fraction = figure(k.fractions)
				k.row.Steady = k.row.Fraction
			}
			report.Kernels = append(report.Kernels, k.row)
		}
	}
	for _, r := range plan.ratios {
		quotients := make([]float64, rounds)
		for i := range quotients {
			quotients[i] = r.over.seconds[i] / r.under.seconds[i]
		}
		report.Ratios = append(report.Ratios, RatioRow{r.name, r.over.row.Subject, r.under.row.Subject, figure(quotients)})
	}
	return nil
}

// benchGroup is some kernels and the limits that they share, on one number of cores.
type benchGroup struct {
	cores   int
	limits  []*benchLimit
	kernels []*benchKernel
}

// benchLimit is a limit, in pieces that the cores share and that take no notice of env; its rates, one for
// each round.
type benchLimit struct {
	row    LimitRow
	pieces int
	piece  func(i int) (work float64)
	rates  []float64
}

// benchKernel is a kernel. Its work is what it must do, in units of the limits of its group; run does it
// once.
type benchKernel struct {
	row       KernelRow
	work      []float64
	run       func(finegrain.Env) error
	seconds   []float64
	fractions []float64
}

type benchRatio struct {
	name        string
	over, under *benchKernel
}

// round measures limits, kernel, limits, kernel, …, limits.
func (g *benchGroup) round(env finegrain.Env, timer benchTimer, measured func(*benchKernel)) error {
	env.Cores, env.Progress = g.cores, nil
	sums := make([]float64, len(g.limits))
	before, err := g.rates(env, timer, sums)
	if err != nil {
		return err
	}
	for _, k := range g.kernels {
		seconds, err := timer.seconds(env, timer.kernel, func() error { return k.run(env) })
		if err != nil {
			return fmt.Errorf("%s: %w", k.row.Name, err)
		}
		after, err := g.rates(env, timer, sums)
		if err != nil {
			return err
		}
		necessary := 0.0
		for i, w := range k.work {
			necessary += w / ((before[i] + after[i]) / 2)
		}
		k.seconds = append(k.seconds, seconds)
		k.fractions = append(k.fractions, necessary/seconds)
		measured(k)
		before = after
	}
	for i, l := range g.limits {
		l.rates = append(l.rates, sums[i]/float64(len(g.kernels)+1))
	}
	return nil
}

// rates measures every limit and adds the rates to the sums.
func (g *benchGroup) rates(env finegrain.Env, timer benchTimer, sums []float64) ([]float64, error) {
	rates := make([]float64, len(g.limits))
	for i, l := range g.limits {
		work := make([]float64, l.pieces)
		seconds, err := timer.seconds(env, timer.limit, func() error {
			return env.ForEach(l.pieces, func(p int) { work[p] = l.piece(p) })
		})
		if err != nil {
			return nil, err
		}
		for _, w := range work {
			rates[i] += w / seconds
		}
		sums[i] += rates[i]
	}
	return rates, nil
}

// benchTimer is a clock, and for how long at least a kernel or a limit is measured at a time.
type benchTimer struct {
	now           func() time.Time
	kernel, limit time.Duration
}

// seconds repeats run until that has taken so long, and returns the seconds of one run.
func (t benchTimer) seconds(env finegrain.Env, least time.Duration, run func() error) (float64, error) {
	start := t.now()
	for n := 1; ; n++ {
		if err := run(); err != nil {
			return 0, err
		}
		if err := env.Err(); err != nil {
			return 0, err
		}
		if spent := t.now().Sub(start); spent >= least {
			return spent.Seconds() / float64(n), nil
		}
	}
}

// figure is the median of the values and their spread.
func figure(values []float64) Figure {
	sorted := slices.Sorted(slices.Values(values))
	f := Figure{Median: quantile(sorted, 0.5), Spread: math.NaN()}
	if len(sorted) > 1 {
		f.Spread = (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 2 / f.Median
	}
	return f
}

// quantile interpolates between the order statistics nearest to p·(k−1).
func quantile(sorted []float64, p float64) float64 {
	at := p * float64(len(sorted)-1)
	i := int(at)
	if i == len(sorted)-1 {
		return sorted[i]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}
