package attention

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"finegrain"
)

// Method is an attention algorithm as the workbench declares it: what it promises and where, and how to
// run it. Run computes the whole output and counts what it does; the bytes that it counts are those of one
// core, so that no count depends on how many there are. It fails with *OutsideRegime where the
// guarantee does not hold, and with *CannotPromise where its bound exceeds the ε that was asked; it does
// not modify the instance, and its output is the same, bit for bit, whatever the number of cores.
type Method struct {
	Name      string
	Doc       string // one sentence
	Guarantee Guarantee
	Run       func(finegrain.Env, Instance) (Output, finegrain.Cost, error)

	// Forced is Run for instances that Run refuses although something can be computed: its bound may exceed the ε asked,
	// and its work that of the definition. nil: where Run does not apply, nothing can be computed.
	Forced func(finegrain.Env, Instance) (Output, finegrain.Cost, error)

	// Sample draws instances inside the regime, as Problem.Sample does, for a method whose regime those of
	// the problem mostly miss; nil: they will do.
	Sample func(r *rand.Rand, size int) Instance
}

// Guarantee says what a method promises, before any work, from the regime of an instance alone.
type Guarantee struct {
	Method string // whose guarantee it is; errors name it
	Source finegrain.Source
	Where  string                      // the regime in words; empty: any number of queries and keys
	Valid  func(Regime) error          // nil inside the regime; else why not
	Error  func(Regime) float64        // a-priori bound on max|out − exact|; Output.Bound is never above it
	Cost   func(Regime) finegrain.Cost // what Run counts, where the data do not decide it
	About  func(Regime) finegrain.Cost // what it counts where norms are all that decides, if data do; nil: Cost
	Bytes  func(Regime) int64          // memory beyond input and n·dv float64s, at most, with GOMAXPROCS workers
}

// Reach returns nil if the method promises, before any work, the ε that the instance asks for.
func (g Guarantee) Reach(r Regime) error {
	if err := g.Valid(r); err != nil {
		return err
	}
	if bound := g.Error(r); r.Epsilon > 0 && !(bound <= r.Epsilon) {
		return &CannotPromise{Method: g.Method, Asked: r.Epsilon, Bound: bound}
	}
	return nil
}

// Foretell is about what Run counts, as far as a regime tells.
func (g Guarantee) Foretell(r Regime) finegrain.Cost {
	if g.About != nil {
		return g.About(r)
	}
	return g.Cost(r)
}

// Admit is how every Run begins: it refuses what is not an instance or lies outside the regime, and stops when env
// is done. The survey is that of the instance, unless the instance is none.
func (g Guarantee) Admit(env finegrain.Env, in Instance) (Survey, error) {
	if err := in.shapes(); err != nil {
		return Survey{}, err
	}
	s, err := in.survey(env)
	switch {
	case err != nil:
		return Survey{}, fmt.Errorf("attention: %s stopped: %w", g.Method, err)
	case !s.finite:
		return Survey{}, in.Validate()
	}
	if err := g.Valid(s.Regime); err != nil {
		return s, &OutsideRegime{Method: g.Method, Reason: err}
	}
	return s, nil
}

// OutsideRegime is the error of a method that is asked for what its guarantee does not cover.
type OutsideRegime struct {
	Method string
	Reason error
}

func (e *OutsideRegime) Error() string {
	return fmt.Sprintf("attention: %s does not apply: %v", e.Method, e.Reason)
}

func (e *OutsideRegime) Unwrap() error { return e.Reason }

// CannotPromise is the error of a method whose bound on its own error exceeds what was asked. It says
// nothing of the true error, which may be smaller.
type CannotPromise struct {
	Method       string // empty: some method
	Asked, Bound float64
	Values       float64 // the largest absolute value: a bound of that says nothing; 0: unknown
	Because      error   // why there is no smaller bound, and what would help; nil: nothing more is to be said
}

func (e *CannotPromise) Unwrap() error { return e.Because }

func (e *CannotPromise) Error() string {
	advice := ""
	switch e.Method {
	case nameMultiprecision:
	case nameStreaming32:
		advice = fmt.Sprintf("; use %q, which computes in float64, or %q, which serves any", nameStreaming,
			nameMultiprecision)
	default:
		advice = fmt.Sprintf("; use %q, which serves any", nameMultiprecision)
	}
	if e.Because != nil {
		advice += fmt.Sprintf(" (%v)", e.Because)
	}
	if e.Values > 0 && e.Bound >= e.Values {
		return fmt.Sprintf("attention: error %.3g was asked and %s can promise none below the values themselves, up to %.3g, on this "+
			"instance%s", e.Asked, cmp.Or(e.Method, "the method"), e.Values, advice)
	}
	bound := ThreeDigitsUp(e.Bound)
	return fmt.Sprintf("attention: error %.3g was asked and %s can promise only %.3g on this instance; "+
		"ask for an error of at least %.3g%s", e.Asked, cmp.Or(e.Method, "the method"), bound, bound,
		strings.Replace(advice, "; use", ", or use", 1))
}

// The scores that methods accept. Below 2^1000 float64 sums and products stay finite; below 2^60 the
// binary exponent of e^score fits a machine word.
const (
	maxFloatScore = 0x1p1000
	maxBigScore   = 0x1p60
	maxFloatValue = 0x1p1020
)

// The names of methods, which errors advise.
const (
	nameExact       = "exact"
	namePolynomial  = "polynomial" // of the package of that name
	nameStreaming   = "streaming"
	nameStreaming32 = "streaming32"
)

// maxSingleScore keeps scaled queries and scores within float32, where long before no bound says anything; with
// maxSingleDim the roundings of a score still have a bound.
const (
	maxSingleScore = 0x1p60
	maxSingleDim   = 1 << 22
)

// validStreaming is the regime of the streaming methods, whose tiles begin at the first key.
func validStreaming(r Regime) error {
	if r.RangePairs > 0 {
		return fmt.Errorf("it takes all keys up to some last one, and ranges may begin anywhere; use %q, or %q where scores "+
			"are small", nameExact, namePolynomial)
	}
	return validFloat(r)
}

// validSingle is the regime of the float32 method.
func validSingle(r Regime) error {
	if err := validStreaming(r); err != nil {
		return err
	}
	if score := r.Score(); !(score < maxSingleScore) {
		return fmt.Errorf("scores may reach %.3g, beyond what float32 serves for; use %q", score, nameStreaming)
	}
	if r.Dim > maxSingleDim {
		return fmt.Errorf("inner products of %d coordinates lose all digits of float32; use %q", r.Dim, nameStreaming)
	}
	return nil
}

// validFloat is the regime of the float64 methods: nothing overflows.
func validFloat(r Regime) error {
	switch score := r.Score(); {
	case !(score < maxFloatScore):
		return fmt.Errorf("scores may reach %.3g, beyond float64; scale Q or K down", score)
	case !(math.Abs(r.Scale)*r.QNorm < maxFloatScore),
		!(r.QNorm*r.KNorm < maxFloatScore),
		!(r.KNorm < maxFloatScore):
		return errors.New("scaled queries, keys or inner products may exceed 2^1000; move magnitude from one to the other")
	case r.Scale != 0 && math.Abs(r.Scale) < 1/maxFloatScore:
		return errors.New("the scale is below 2^−1000; move its magnitude into Q or K")
	case !(r.MaxV < maxFloatValue):
		return fmt.Errorf("values reach %.3g, at or above 2^1020; scale V down", r.MaxV)
	}
	return nil
}
