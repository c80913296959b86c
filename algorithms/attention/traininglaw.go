package attention

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/big"
	"math/rand/v2"

	"finegrain"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// SampleTraining draws an instance with up to 2+3·size queries and keys, on which methods for gradients go wrong
// if they can: random entries, tied keys, large scores, entries whose common part is far larger than what tells
// them apart, products A1·X that cancel, one key, values that are all the same. ε is sometimes none, and sometimes more
// than float64 can promise.
func SampleTraining(r *rand.Rand, size int) Training {
	s := TrainingSize{
		Queries: 1 + r.IntN(2+3*size), Keys: 1 + r.IntN(2+3*size),
		Dim: 1 + r.IntN(4), Width: 1 + r.IntN(3), ValueDim: 1 + r.IntN(3),
	}
	t := BoundedTraining(r, s, 0.1+2*r.Float64())
	offset := func(x *mat.Dense, most float64) {
		_, cols := x.Dims()
		for l := range cols {
			y := most * (2*r.Float64() - 1)
			x.Apply(func(_, c int, v float64) float64 {
				if c == l {
					v += y
				}
				return v
			}, x)
		}
	}
	switch r.IntN(9) {
	case 0: // tied keys
		for k := 1; k < s.Keys; k++ {
			t.A2.SetRow(k, t.A2.RawRowView(0))
		}
		t.A2.Set(s.Keys-1, 0, t.A2.At(0, 0)*(1+0x1p-40))
	case 1: // large scores
		t.X.Scale(300, t.X)
	case 2: // keys far from 0: no matter for the softmax, nor for the gradient
		offset(t.A2, 1e3)
	case 3:
		offset(t.A3, 1e3)
	case 4: // far from what is wanted
		t.E.Scale(1e6, t.E)
	case 5: // one value
		for k := 1; k < s.Keys; k++ {
			t.A3.SetRow(k, t.A3.RawRowView(0))
		}
	case 6:
		t.Scale *= -3
	case 7: // queries that are all rounding, beside what they are sums of
		for j := range s.Queries {
			row := t.A1.RawRowView(j)
			row[0] -= floats.Sum(row)
		}
		t.X.Apply(func(_, l int, v float64) float64 { return v + 1e9*float64(1+l)/3 }, t.X)
		t.Scale = 1e-3
	}
	switch r.IntN(4) {
	case 0:
		t.Epsilon = math.Pow(10, -20*r.Float64())
	case 1:
		t.Epsilon = 1e-6 * float64(s.Queries)
	}
	return t
}

// VerifyGradient holds a method for gradients to the law. Where it answers, each entry is within its bound of
// the gradient at arbitrary precision, the bound is at most the error asked, and the loss is within its own
// bound; it counts what it says; it takes no more memory than it says; the result is the same bit for bit and
// the counts are on 1, 2 and 3 cores and for views with a stride; it leaves its input alone, and stops when
// told. Where it refuses it says that it cannot promise or that the instance is outside its regime. A bound that it
// names, as that of an answer or as what it can promise, rounded up as it is printed, is answered when it is asked, and
// so is a larger one; and what a refusal says of another method, that keeps. It must answer a third of the instances and
// refuse a tenth for what is asked, and its bound be within 10^6 of the error in the geometric mean.
func VerifyGradient(env finegrain.Env, m GradientMethod, trials int) finegrain.LawReport {
	law := gradientLaw{report: finegrain.LawReport{Kind: "gradient", Name: m.Name}, method: m}
	env = env.Sub("gradient " + m.Name)
	var spread finegrain.SizeSpread
	for trial := range trials {
		e := env.Sub(fmt.Sprint(trial))
		r, size := e.Rand("instance"), finegrain.TrialSize(trial)
		draw := SampleTraining
		if m.Sample != nil && trial%2 == 0 {
			draw = m.Sample
		}
		t := draw(r, size)
		s := t.Size()
		spread.Saw(finegrain.Size{}.WithInt("n", s.Queries).WithInt("m", s.Keys).WithInt("d", s.Dim))
		law.report.Trials++
		law.trial(e, t, func(format string, args ...any) {
			law.report.Fail("trial %d (%+v, ε = %g): %s", trial, s, t.Epsilon, fmt.Sprintf(format, args...))
		})
		if env.Err() != nil {
			law.report.Fail("stopped: %v", env.Err())
			return law.report
		}
	}
	law.summary(env, spread)
	return law.report
}

type gradientLaw struct {
	report            finegrain.LawReport
	method            GradientMethod
	ran, observed     int
	refused           int     // for the error asked
	tightest, typical float64 // observed error over reported bound: the largest, and the sum of logarithms
}

// gradientBits is the precision that gradients are judged at.
const gradientBits = 256

func (l *gradientLaw) trial(env finegrain.Env, t Training, fail func(string, ...any)) {
	before := t.mapped(mat.DenseCopyOf)
	env.Cores = 1
	g, cost, err := l.method.Run(env, t)
	for i, x := range t.matrices() {
		if !mat.Equal(x.m, before.matrices()[i].m) {
			fail("%s was modified", x.name)
		}
	}
	if err != nil {
		var outside *OutsideRegime
		if !errors.As(err, &outside) {
			l.refusal(env, t, err, fail)
		}
		return
	}
	l.ran++
	s := t.Size()
	if t.Epsilon > 0 && !(g.Bound <= t.Epsilon) {
		fail("the reported bound %g exceeds the error asked", g.Bound)
	}
	less := t
	less.Epsilon = g.Bound * math.Pow(10, -2*env.Rand("less").Float64())
	if smaller, _, err := l.method.Run(env, less); err != nil {
		l.refusal(env, less, err, fail)
	} else if !(smaller.Bound <= less.Epsilon) {
		fail("asked for %g it reports %g", less.Epsilon, smaller.Bound)
	}
	l.kept(env, l.method, t, g.Bound, fail)
	reference, err := GradientReference(env, t, gradientBits)
	if err != nil {
		fail("no reference: %v", err)
		return
	}
	off := reference.Observe(g.DX)
	if !(off <= sumUp(g.Bound, 2*reference.Bound)) {
		fail("an entry is %g off, and the reported bound is %g", off, g.Bound)
	}
	loss := new(big.Float).Sub(reference.Loss, big.NewFloat(g.Loss))
	if d, _ := loss.Abs(loss).Float64(); !(d <= g.LossBound) {
		fail("the loss is %g off, and its bound is %g", d, g.LossBound)
	}
	if off > 4*reference.Bound && g.Bound > 0 {
		ratio := off / g.Bound
		l.tightest, l.typical, l.observed = max(l.tightest, ratio), l.typical+math.Log(ratio), l.observed+1
	}
	if err := cost.Differ(l.method.Cost(s)); err != nil {
		fail("%v", err)
	}
	if bytes, most := cost[finegrain.Bytes], l.method.Bytes(s); bytes <= 0 || bytes > most {
		fail("%d bytes of working memory, and %d declared", bytes, most)
	}
	same := func(how string, t Training) {
		again, counted, err := l.method.Run(env, t)
		if err != nil || !sameGradient(g, again) || !maps.Equal(cost, counted) {
			fail("%s: another result or other counts (%v, %v)", how, counted, err)
		}
	}
	for cores := 1; cores <= 3; cores++ {
		env.Cores = cores
		same(fmt.Sprint(cores, " cores"), t)
	}
	same("views with a stride", t.mapped(window))
}

// refusal holds an error to be that of what cannot be promised, and what it says instead to be kept.
func (l *gradientLaw) refusal(env finegrain.Env, t Training, err error, fail func(string, ...any)) {
	var weak *WeakGradient
	if !errors.As(err, &weak) || !(weak.Weak.Bound > t.Epsilon && t.Epsilon > 0) {
		fail("asked for %g it fails: %v", t.Epsilon, err)
		return
	}
	l.refused++
	l.kept(env, l.method, t, weak.Weak.Bound, fail)
	for _, other := range []GradientMethod{ExactGradient, GradientThrough(Streaming)} {
		if other.Name != weak.Instead {
			continue
		}
		if !(weak.Promises < weak.Weak.Bound) {
			fail("it advises %s, which promises %g and not less than %g", other.Name, weak.Promises, weak.Weak.Bound)
		}
		l.kept(env, other, t, weak.Promises, fail)
	}
}

// kept holds a method to a bound that was named, as printed, and to larger ones.
func (l *gradientLaw) kept(env finegrain.Env, m GradientMethod, t Training, bound float64, fail func(string, ...any)) {
	larger := math.Pow(10, 3*env.Rand("larger").Float64())
	for _, by := range []float64{1, larger} {
		t.Epsilon = ThreeDigitsUp(bound) * by
		if g, _, err := m.Run(env, t); err != nil {
			fail("an error of %g is named, and %g is refused: %v", bound, t.Epsilon, err)
		} else if !(g.Bound <= t.Epsilon) {
			fail("an error of %g is named, and asked for %g %s reports %g", bound, t.Epsilon, m.Name, g.Bound)
		}
	}
}

// mapped is t with f of each matrix.
func (t Training) mapped(f func(mat.Matrix) *mat.Dense) Training {
	for _, x := range []**mat.Dense{&t.A1, &t.A2, &t.A3, &t.X, &t.Y, &t.E} {
		*x = f(*x)
	}
	return t
}

// window is a copy of x within a larger matrix whose other entries are not numbers.
func window(x mat.Matrix) *mat.Dense {
	rows, cols := x.Dims()
	around := mat.NewDense(rows+2, cols+3, nil)
	around.Apply(func(int, int, float64) float64 { return math.NaN() }, around)
	view := around.Slice(1, rows+1, 2, cols+2).(*mat.Dense)
	view.Copy(x)
	return view
}

func sameGradient(a, b Gradient) bool {
	same := a.Bound == b.Bound && a.Loss == b.Loss && a.LossBound == b.LossBound
	rows, cols := a.DX.Dims()
	for i := range rows {
		for j := range cols {
			same = same && math.Float64bits(a.DX.At(i, j)) == math.Float64bits(b.DX.At(i, j))
		}
	}
	return same
}

func (l *gradientLaw) summary(env finegrain.Env, spread finegrain.SizeSpread) {
	r := &l.report
	r.Sizes = spread.Strings()
	r.Notes = append(r.Notes, fmt.Sprintf("%d instances answered, the others refused; %d errors asked could not be "+
		"promised", l.ran, l.refused))
	if l.observed > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("error made over error reported: at most %.2g, %.2g in the geometric mean",
			l.tightest, math.Exp(l.typical/float64(l.observed))))
	}
	l.stopping(env)
	if !r.Judgeable() {
		return
	}
	if 3*l.ran < r.Trials {
		r.Fail("only %d of %d trials were answered: too few to show anything", l.ran, r.Trials)
	}
	if 10*l.refused < r.Trials {
		r.Fail("only %d errors asked could not be promised: too few to show that what is named instead is kept", l.refused)
	}
	if l.observed == 0 || l.typical/float64(l.observed) < math.Log(1e-6) {
		r.Fail("errors are mostly below 10^−6 of what is reported: the bounds are vacuous")
	}
	if !spread.Varied() {
		r.Fail("all instances have one size")
	}
}

// stopping holds the method to stopping when told, as methods of attention are.
func (l *gradientLaw) stopping(env finegrain.Env) {
	const overdue = 80 // looks: one for each strand that is not begun
	t := BoundedTraining(env.Rand("stopped"), TrainingSize{700, 700, 3, 3, 2}, 0.5)
	stopsWhenTold(env, &l.report, []int64{0, 1, 8, 40}, overdue, func(env finegrain.Env) error {
		_, _, err := l.method.Run(env, t)
		return err
	})
}
