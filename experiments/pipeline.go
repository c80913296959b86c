package experiments

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"

	"finegrain"
	"finegrain/algorithms"
	"finegrain/algorithms/attention"
	"finegrain/reductions"
	"finegrain/sat"
)

// Request asks for a formula to be decided, or counted, through a route.
type Request struct {
	Formula   sat.Formula
	Route     reductions.Route
	Algorithm string  // an attention algorithm; empty: streaming, or multiprecision where float64 is too weak
	Count     bool    // count the models too
	H         float64 // fixes the entries of the interpolation route, B = √(2hd); 0: the least that the algorithm can serve
}

// Solution is the answer, how it was found, and what it took.
type Solution struct {
	sat.Answer
	Count     *big.Int // nil if not asked for
	Route     string
	Algorithm string
	TooWeak   []TooWeak // algorithms that were tried before, and could not promise enough
	Steps     []Step
	Oracle    OracleUse
}

// TooWeak is an algorithm that cannot promise the accuracy that a route needs.
type TooWeak struct {
	Algorithm string
	Reason    error
}

// Step is a part of the run. Times of repeated steps are added up.
type Step struct {
	Name    string
	Size    finegrain.Size // of the largest instance it worked on
	Calls   int
	Seconds float64
}

// OracleUse is what was asked of the attention oracle. Errors are maxima over the calls, of
// max|out − exact|: what the read-off tolerates, what the algorithm guaranteed after its work, and what it
// made, measured at arbitrary precision on at most 16 sampled rows of the call with the largest entries.
type OracleUse struct {
	Calls      int
	Queries    int     // of the largest call
	Keys       int     // of the largest call
	N, D       int     // data keys and dimension of the orthogonal-vectors instance; 0 if there was none
	B          float64 // largest absolute entry of Q and K over all calls
	Scale      float64
	Tolerated  float64
	Guaranteed float64
	Observed   float64
	Operations finegrain.Cost
}

// ErrCannotCount is returned for a count through a route that only decides.
var ErrCannotCount = errors.New("the route does not count")

// DefaultRoute is the route that serves a request best: threshold to decide, interpolation to count.
func DefaultRoute(count bool) reductions.Route {
	name := "threshold"
	if count {
		name = "interpolation"
	}
	route, err := reductions.RouteNamed(name)
	if err != nil {
		panic("experiments: " + err.Error())
	}
	return route
}

// Solve runs the request. A model is checked against the formula before it is returned. The error wraps
// reductions.ErrTooWeak if no algorithm that may be used promises the accuracy that the route needs.
func Solve(env finegrain.Env, request Request) (Solution, error) {
	a, err := answer(env, request)
	if err != nil {
		return Solution{}, err
	}
	if a.Satisfiable {
		if err := request.Formula.CheckModel(a.Model); err != nil {
			return Solution{}, fmt.Errorf("route %s with %s returned a model that is none: %w", a.Route, a.Algorithm, err)
		}
	}
	if a.Count != nil && (a.Count.Sign() > 0) != a.Satisfiable {
		return Solution{}, fmt.Errorf("route %s with %s counted %v models and found satisfiable = %t", a.Route, a.Algorithm,
			a.Count, a.Satisfiable)
	}
	use, err := a.record.use(env)
	use.N, use.D = a.Oracle.N, a.Oracle.D
	a.Oracle = use
	return a.Solution, err
}

// answered is what a route answers, before it is checked. Of Oracle it has N and D alone; the rest is the record's.
type answered struct {
	Solution
	record *recorder
}

// answer runs the request with the first algorithm that promises enough.
func answer(env finegrain.Env, request Request) (answered, error) {
	if request.Count && request.Route.Census == nil {
		return answered{}, fmt.Errorf("%w: %s", ErrCannotCount, request.Route.Name)
	}
	if request.H > 0 && request.Route.CensusAt == nil {
		return answered{}, fmt.Errorf("the %s route has no h to fix; only interpolation has", request.Route.Name)
	}
	methods := []attention.Method{attention.Streaming, attention.Multiprecision}
	if request.Algorithm != "" {
		method, err := algorithms.AttentionNamed(request.Algorithm)
		if err != nil {
			return answered{}, err
		}
		methods = []attention.Method{method}
	}
	var tooWeak []TooWeak
	for _, method := range methods {
		a, err := answerWith(env, request, method)
		if err == nil || !errors.Is(err, reductions.ErrTooWeak) {
			a.TooWeak = tooWeak
			return a, err
		}
		tooWeak = append(tooWeak, TooWeak{method.Name, err})
	}
	return answered{}, tooWeak[len(tooWeak)-1].Reason
}

func answerWith(env finegrain.Env, request Request, method attention.Method) (answered, error) {
	watch := &stopwatch{outer: env.Watch}
	env.Watch = watch.step
	a := answered{
		Solution{Route: request.Route.Name, Algorithm: method.Name},
		&recorder{summary: OracleUse{Operations: finegrain.Cost{}}},
	}
	oracle := algorithms.Oracle(method, a.record.saw)
	var err error
	if census := request.census(); census != nil {
		var both finegrain.Two[*big.Int, sat.Answer]
		both, err = census.Run(env, request.Formula, oracle)
		a.Answer = both.Second
		if request.Count {
			a.Count = both.First
		}
	} else {
		a.Answer, err = request.Route.Search.Run(env, request.Formula, oracle)
	}
	a.Steps = watch.steps
	for _, s := range watch.steps {
		if s.Size.Has("d") { // the step that starts from orthogonal vectors
			a.Oracle.N, a.Oracle.D = int(s.Size.Get("m").Int64()), int(s.Size.Get("d").Int64())
		}
	}
	return a, err
}

// census is the reduction that serves the request if it must count or fixes h.
func (r Request) census() *reductions.FormulaCensus {
	if r.H > 0 {
		census := r.Route.CensusAt(r.H)
		return &census
	}
	if r.Count {
		return r.Route.Census
	}
	return nil
}

// recorder keeps account of what an oracle is asked.
type recorder struct {
	summary OracleUse
	hardest attention.Instance // with the largest entries
	output  attention.Output
}

func (r *recorder) saw(in attention.Instance, out attention.Output, cost finegrain.Cost) {
	s := &r.summary
	s.Calls++
	s.Operations.Add(cost)
	queries, _ := in.Q.Dims()
	keys, _ := in.K.Dims()
	s.Queries, s.Keys = max(s.Queries, queries), max(s.Keys, keys)
	s.Scale, s.Tolerated = in.Scale, in.Epsilon
	s.Guaranteed = max(s.Guaranteed, out.Bound)
	if b := in.Regime().B; s.Calls == 1 || b > s.B {
		s.B, r.hardest, r.output = b, in, out
	}
}

// observedRows is the number of rows on which the error made is measured.
const observedRows = 16

func (r *recorder) use(env finegrain.Env) (OracleUse, error) {
	if r.summary.Calls == 0 {
		return r.summary, nil
	}
	rows, _ := r.output.Dims()
	sample := env.Rand("observed rows").Perm(rows)
	sample = sample[:min(rows, observedRows)]
	slices.Sort(sample)
	observed, err := attention.ObservedError(env, r.hardest, r.output, sample)
	r.summary.Observed = observed
	return r.summary, err
}

// stopwatch adds up the time spent in each step, in order of first appearance.
// Who watched before goes on watching.
type stopwatch struct {
	steps []Step
	outer func(string, finegrain.Size) func()
}

func (w *stopwatch) step(name string, size finegrain.Size) func() {
	i := slices.IndexFunc(w.steps, func(s Step) bool { return s.Name == name })
	if i < 0 {
		i = len(w.steps)
		w.steps = append(w.steps, Step{Name: name, Size: size})
	}
	end := func() {}
	if w.outer != nil {
		end = w.outer(name, size)
	}
	start := time.Now()
	return func() {
		w.steps[i].Calls++
		w.steps[i].Seconds += time.Since(start).Seconds()
		end()
		if w.steps[i].Size.Within(size) == nil {
			w.steps[i].Size = size
		}
	}
}
