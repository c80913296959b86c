package attention

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"sync/atomic"

	"finegrain"

	"gonum.org/v1/gonum/mat"
)

// VerifyMethod holds an attention algorithm to the law of algorithms, on random instances and on those
// that hurt: tied keys, scores up to 10^17, scales and values near the ends of float64, values of both signs
// and one magnitude, one key, ragged tiles, causal masks and ranges of keys, ε at the edge of what is promised.
//
// Inside its regime a method's error is at most the bound it reports, that is at most the bound it
// declared and, where an ε was asked, at most ε; it counts what it declared, and bytes, no more than it
// declared; its result is the same bit for bit and its counts are the same on 1, 2 and 3 cores and for views
// with a stride; it leaves its input alone; it stops when told, at the start and midway.
// It fails only where it may, and outside its regime it refuses. A bound that it names, as that of an output or as
// what it can promise, rounded up as it is printed, is kept when it is asked, and so is a larger one. The declared
// bound must not be vacuous: never above twice max|V|, within which everything is, and what is reported within a
// factor 10^6 of the error in the geometric mean over the trials.
func VerifyMethod(env finegrain.Env, m Method, trials int) finegrain.LawReport {
	law := methodLaw{report: finegrain.LawReport{Kind: "algorithm", Name: m.Name}, method: m}
	env = env.Sub("algorithm " + m.Name)
	var spread finegrain.SizeSpread
	for trial := range trials {
		if env.Err() != nil {
			law.report.Fail("stopped: %v", env.Err())
			return law.report
		}
		e := env.Sub(fmt.Sprint(trial))
		r := e.Rand("instance")
		size := finegrain.TrialSize(trial)
		var in Instance
		if m.Sample != nil && trial%2 == 0 {
			in = m.Sample(r, size)
		} else {
			in = hurtful(r, size)
			if mask := e.Rand("mask"); mask.IntN(5) == 0 {
				in.Causal, in.Ranges = false, SampleRanges(mask, in)
			}
		}
		law.chooseError(r, &in)
		spread.Saw(sizeOf(in))
		law.report.Trials++
		law.trial(e, in, func(format string, args ...any) {
			law.report.Fail("trial %d (%v, %+v): %s", trial, sizeOf(in), in.Regime(), fmt.Sprintf(format, args...))
		})
	}
	law.summary(env, spread)
	return law.report
}

type methodLaw struct {
	report            finegrain.LawReport
	method            Method
	inside, ran       int
	tightest, typical float64 // observed error over reported bound: the largest, and the sum of logarithms
	observed          int
	beyond            int // answered, and not compared: beyond what the reference serves
}

// hurtful draws an instance on which float64, tiles or bounds go wrong if they can.
func hurtful(r *rand.Rand, size int) Instance {
	in := Sample(r, size)
	switch r.IntN(8) { // more than one tile, ragged
	case 0, 1:
		m, d := 50+r.IntN(120), 1+r.IntN(10)
		n := 1 + r.IntN(9)
		in.Q, in.K, in.V = Uniform(r, n, d, 1), Uniform(r, m, d, 1), Uniform(r, m, 1+r.IntN(6), 1)
	case 2: // of the widest tile, with columns that fill vectors; few queries, as the reference takes its time
		m, d := 250+r.IntN(300), 1+r.IntN(20)
		n := 1 + r.IntN(2)
		in.Q, in.K, in.V = Uniform(r, n, d, 1), Uniform(r, m, d, 1), Uniform(r, m, 1+r.IntN(40), 1)
	}
	n, _ := in.Q.Dims()
	m, d := in.K.Dims()
	scaleValues := func(by float64) {
		in.V.Scale(by, in.V)
		in.Epsilon *= by
	}
	switch r.IntN(13) {
	case 0: // scores in the millions and beyond
		in.Q.Scale(1e4, in.Q)
		in.K.Scale(1e4, in.K)
	case 1: // the same, the keys nearly tied
		for j := range m {
			for l := range in.K.RawRowView(j) {
				in.K.Set(j, l, in.K.At(0, l)*(1+float64(r.IntN(5)-2)*0x1p-52))
			}
		}
		in.Q.Scale(1e6, in.Q)
		in.K.Scale(1e6, in.K)
	case 2:
		scaleValues(1e300)
	case 3:
		scaleValues(1e-300)
	case 4: // scores rise from key to key, so that the running maximum moves in every tile
		for j := range m {
			for l := range in.K.RawRowView(j) {
				in.K.Set(j, l, float64(j)/float64(m)*20)
			}
		}
	case 5: // a single key
		in.K, in.V = mat.DenseCopyOf(in.K.RowView(0).T()), mat.DenseCopyOf(in.V.RowView(0).T())
	case 6: // out of everyone's regime
		if n%2 == 0 {
			in.Q.Scale(0x1p600, in.Q)
			in.K.Scale(0x1p600, in.K)
		}
	case 7: // scores of 10^17 that float64 knows to within 100: whether a key matters is not seen in it
		in.Q, in.Scale = Uniform(r, n, d, 1e9), 1
		for l, k := range Uniform(r, 1, d, 1e8).RawRowView(0) {
			for j := range m {
				in.K.Set(j, l, k*(1+float64(r.IntN(3)-1)*0x1p-52))
			}
		}
	case 8: // s·log₂e is beyond float64
		in.Q.Scale(1e-300/in.Regime().B, in.Q)
		in.K.Scale(1e-8/in.Regime().B, in.K)
		in.Scale = math.Copysign(1.7e308, in.Scale)
	case 9: // values of one magnitude, so that none are further apart than the regime allows
		x := in.V.At(0, 0)
		in.V.Apply(func(int, int, float64) float64 { return float64(r.IntN(3)-1) * x }, in.V)
	}
	return in
}

// chooseError leaves ε, or asks for none, or for just what the method promises.
func (l *methodLaw) chooseError(r *rand.Rand, in *Instance) {
	switch r.IntN(3) {
	case 0:
		in.Epsilon = 0
	case 1:
		in.Epsilon = 0
		regime := in.Regime()
		if l.method.Guarantee.Valid(regime) == nil {
			in.Epsilon = l.method.Guarantee.Error(regime) * (1 + r.Float64())
		}
	}
}

func (l *methodLaw) trial(env finegrain.Env, in Instance, fail func(string, ...any)) {
	m, regime := l.method, in.Regime()
	before := in.clone()
	env.Cores = 1
	out, cost, err := m.Run(env, in)
	if !in.same(before) {
		fail("the input was modified")
	}
	if m.Guarantee.Valid(regime) != nil {
		var refused *OutsideRegime
		if err == nil || !errors.As(err, &refused) {
			fail("outside its regime it must refuse with *OutsideRegime, and returned error %v", err)
		}
		l.forced(env, in, fail)
		return
	}
	l.inside++
	promised := m.Guarantee.Error(regime)
	if !(promised <= 2*regime.MaxV*(1+0x1p-10)+underflow(regime)) {
		fail("the declared bound %g is vacuous: every average of the values is as near", promised)
	}
	if err != nil {
		var weak *CannotPromise
		if m.Guarantee.Reach(regime) == nil || !errors.As(err, &weak) {
			fail("inside its regime: %v", err)
			return
		}
		l.kept(env, in, weak.Bound, fail)
		return
	}
	l.ran++
	l.kept(env, in, out.Bound, fail)
	if err := wellFormed(in, out); err != nil {
		fail("%v", err)
		return
	}
	if Problem.Yes(out) {
		l.report.Yes++
	} else {
		l.report.No++
	}
	l.error(env, in, out, promised, fail)
	if err := cost.Differ(m.Guarantee.Cost(regime)); err != nil {
		fail("%v", err)
	}
	for cores := 1; cores <= 3; cores++ {
		env.Cores = cores
		again, counted, err := m.Run(env, in)
		if err != nil || !identical(out, again) {
			fail("a second run, on %d cores, differs (error %v)", cores, err)
		}
		if err == nil && !maps.Equal(cost, counted) {
			fail("%d cores count %v, and one counted %v", cores, counted, cost)
		}
	}
	switch bytes, counted := cost[finegrain.Bytes]; {
	case !counted:
		fail("it does not count its bytes of working memory")
	case bytes > m.Guarantee.Bytes(regime):
		fail("%d bytes of working memory, and %d declared", bytes, m.Guarantee.Bytes(regime))
	}
	if viewed, _, err := m.Run(env, in.views()); err != nil || !identical(out, viewed) {
		fail("views with a stride give another result (error %v)", err)
	}
}

// kept holds the method to a bound that it named, as printed, and to larger ones.
func (l *methodLaw) kept(env finegrain.Env, in Instance, bound float64, fail func(string, ...any)) {
	larger := math.Pow(10, 3*env.Rand("larger").Float64())
	for _, by := range []float64{1, larger} {
		in.Epsilon = ThreeDigitsUp(bound) * by
		if out, _, err := l.method.Run(env, in); err != nil {
			fail("an error of %g is named, and %g is refused: %v", bound, in.Epsilon, err)
		} else if in.Epsilon > 0 && !(out.Bound <= in.Epsilon) {
			fail("an error of %g is named, and asked for %g it reports %g", bound, in.Epsilon, out.Bound)
		}
	}
}

// forced holds what a method computes where it refuses, if it is forced, to its bound.
func (l *methodLaw) forced(env finegrain.Env, in Instance, fail func(string, ...any)) {
	if l.method.Forced == nil {
		return
	}
	out, _, err := l.method.Forced(env, in)
	if err != nil {
		var outside *OutsideRegime
		if !errors.As(err, &outside) {
			fail("forced: %v", err)
		}
		return
	}
	if err := wellFormed(in, out); err != nil {
		fail("forced: %v", err)
		return
	}
	l.within(env, in, out, func(format string, args ...any) { fail("forced: "+format, args...) })
}

// error compares the output with the reference, and its bound with what was promised.
func (l *methodLaw) error(env finegrain.Env, in Instance, out Output, promised float64, fail func(string, ...any)) {
	if !(out.Bound <= promised) {
		fail("the reported bound %g exceeds the declared %g", out.Bound, promised)
	}
	if in.Epsilon > 0 && !(out.Bound <= in.Epsilon) {
		fail("the reported bound %g exceeds the error asked, %g", out.Bound, in.Epsilon)
	}
	if distance := l.within(env, in, out, fail); out.Bound > 0 && distance > 0 {
		ratio := distance / out.Bound
		l.tightest = max(l.tightest, ratio)
		l.typical += math.Log(ratio)
		l.observed++
	}
}

// within compares the output with the reference, and returns the error made; 0 where there is no reference.
func (l *methodLaw) within(env finegrain.Env, in Instance, out Output, fail func(string, ...any)) float64 {
	if validBig(in.Regime()) != nil { // a method whose promise does not depend on scores may answer nonetheless
		l.beyond++
		return 0
	}
	off, err := measure(env, in, out, nil)
	if err != nil {
		fail("no reference: %v", err)
		return 0
	}
	if off.distance > sumUp(out.Bound, off.reference) {
		fail("row %d is %g off, and the reported bound is %g", off.row, off.distance, out.Bound)
	}
	return off.distance
}

func (l *methodLaw) summary(env finegrain.Env, spread finegrain.SizeSpread) {
	r := &l.report
	r.Sizes = spread.Strings()
	r.Notes = append(r.Notes, fmt.Sprintf("%d instances inside the regime, %d of them answered, "+
		"the others beyond its promise", l.inside, l.ran))
	if l.beyond > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%d answers not compared: scores above 2^60, beyond the reference", l.beyond))
	}
	if l.observed > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("error observed / reported: geometric mean %.2g, largest %.2g",
			math.Exp(l.typical/float64(l.observed)), l.tightest))
	}
	l.stopping(env)
	if !r.Judgeable() {
		return
	}
	if 3*l.ran < r.Trials {
		r.Fail("only %d of %d trials were answered: too few to show anything", l.ran, r.Trials)
	}
	if 5*r.Yes < l.ran || 5*r.No < l.ran {
		r.Fail("of %d answers %d were yes and %d no: each must be a fifth", l.ran, r.Yes, r.No)
	}
	if l.observed > 0 && l.typical/float64(l.observed) < math.Log(1e-6) {
		r.Fail("errors are mostly below 10^−6 of what is reported: the bounds are vacuous")
	}
	if !spread.Varied() {
		r.Fail("all instances have one size")
	}
}

// stopping holds the method to stopping when told: before it begins, and in the midst of work that takes
// far longer than a few milliseconds' looks.
func (l *methodLaw) stopping(env finegrain.Env) {
	const overdue = 16 // looks after which it should have stopped
	in := l.long(env.Rand("stopped"))
	if in.Q == nil {
		return
	}
	stopsWhenTold(env, &l.report, []int64{0, 1, 8, 20}, overdue, func(env finegrain.Env) error {
		_, _, err := l.method.Run(env, in)
		return err
	})
}

// stopsWhenTold holds run to end with the error of its context when that is cancelled after so many looks: before it
// begins, and in the midst of work that takes far more. It may look a few times more, less than overdue.
func stopsWhenTold(env finegrain.Env, report *finegrain.LawReport, after []int64, overdue int64,
	run func(finegrain.Env) error,
) {
	parent := env.Context
	env.Cores = 1
	for _, looks := range after {
		told := &countdown{Context: parent}
		told.left.Store(looks)
		env.Context = told
		if err := run(env); !errors.Is(err, context.Canceled) {
			report.Fail("told to stop at look %d, it returned error %v", looks+1, err)
		}
		if late := -told.left.Load(); late > overdue {
			report.Fail("told to stop at look %d, it looked %d times more", looks+1, late-1)
		}
	}
}

// long is an instance of many tiles, for which the method promises what is asked; of those that it samples itself the
// longest.
func (l *methodLaw) long(r *rand.Rand) Instance {
	if l.method.Sample == nil {
		return Instance{Q: Uniform(r, 130, 8, 1), K: Uniform(r, 1000, 8, 1), V: Uniform(r, 1000, 4, 1), Scale: 1}
	}
	var longest Instance
	most := int64(0)
	for range 32 {
		in := l.method.Sample(r, 60)
		if regime := in.Regime(); regime.Pairs() > most && l.method.Guarantee.Reach(regime) == nil {
			longest, most = in, regime.Pairs()
		}
	}
	if most == 0 {
		l.report.Fail("of 32 instances that it samples it promises what is asked of none")
	}
	return longest
}

// countdown is a context that is cancelled when it has been looked at so many times.
type countdown struct {
	context.Context
	left atomic.Int64
}

func (c *countdown) Err() error {
	if c.left.Add(-1) < 0 {
		return context.Canceled
	}
	return c.Context.Err()
}

// identical reports whether two outputs agree in every bit and in their bound.
func identical(a, b Output) bool {
	if (a.Float == nil) != (b.Float == nil) || a.Bound != b.Bound {
		return false
	}
	rows, cols := a.Dims()
	if r, c := b.Dims(); r != rows || c != cols {
		return false
	}
	for i := range rows {
		for j := range cols {
			if a.Float != nil && math.Float64bits(a.Float.At(i, j)) != math.Float64bits(b.Float.At(i, j)) {
				return false
			}
			if a.Float == nil && a.Big[i][j].Cmp(b.Big[i][j]) != 0 {
				return false
			}
		}
	}
	return true
}

func (in Instance) clone() Instance {
	in.Q, in.K, in.V = mat.DenseCopyOf(in.Q), mat.DenseCopyOf(in.K), mat.DenseCopyOf(in.V)
	in.Ranges = slices.Clone(in.Ranges)
	return in
}

func (in Instance) same(other Instance) bool {
	return mat.Equal(in.Q, other.Q) && mat.Equal(in.K, other.K) && mat.Equal(in.V, other.V) &&
		slices.Equal(in.Ranges, other.Ranges)
}

// views returns the same instance as windows of larger matrices whose other entries are not numbers.
func (in Instance) views() Instance {
	view := func(x *mat.Dense) *mat.Dense {
		rows, cols := x.Dims()
		data := make([]float64, (rows+2)*(cols+3))
		for i := range data {
			data[i] = math.NaN()
		}
		window := mat.NewDense(rows+2, cols+3, data).Slice(1, rows+1, 2, cols+2).(*mat.Dense)
		window.Copy(x)
		return window
	}
	in.Q, in.K, in.V = view(in.Q), view(in.K), view(in.V)
	return in
}
