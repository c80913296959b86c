package experiments

import (
	"fmt"
	"math"

	"finegrain"
	"finegrain/algorithms/attention"
	"finegrain/measure"
	"finegrain/reductions"
	"finegrain/sat"
)

// automatic stands for streaming, and where that is too weak for multiprecision, as Solve chooses.
const automatic = "auto"

// RouteSubject measures a route from formulas to attention on random formulas; a route that counts counts. Counts are
// the algorithm's operations, calls of the oracle, attention_queries and attention_keys of the largest call, and keys and
// dimension of the orthogonal-vectors instance (none
// where it needed no oracle), multiprecision (1 if that served), and outside the measured time disagreements: how
// many of the answer and the count differ from what gini and the component-caching counter say. Values: b, the
// largest entry; scale; the errors that the read-off tolerates, that the algorithm guarantees, and that it made on
// sampled rows: tolerated, guaranteed, observed.
var RouteSubject = declareSubject(measure.Subject{
	Name: "route",
	Doc:  "a formula decided or counted through attention, and the answer checked by solvers that share no code with it",
	Parameters: append([]measure.Parameter{
		oneOf("route", "route", "", routeNames()),
		oneOf("algorithm", "attention algorithm; auto: streaming, or multiprecision where float64 is too weak", automatic,
			append([]string{automatic}, attentionNames()...)),
	}, formulaParameters(2*reductions.MaxHalf)...),
	Yields: []measure.Yield{
		{Name: "calls", Doc: "of the oracle"},
		{Name: "keys", Doc: "data keys of the orthogonal-vectors instance"},
		{Name: "dimension", Doc: "of it"},
		{Name: "attention_queries", Doc: "of the largest call"},
		{Name: "attention_keys", Doc: "of the largest call"},
		{Name: "multiprecision", Doc: "1 if float64 was too weak"},
		{Name: "disagreements", Doc: "with independent solvers: answer, count"},
		{Name: "inner_products", Doc: "by the attention algorithm"},
		{Name: "multiply_adds", Doc: "by it"},
		{Name: "exponentials", Doc: "by it"},
		{Name: "bytes", Doc: "working memory of it"},
		{Name: "refined_rows", Doc: "rows that it computes again"},
		{Name: "refined_inner_products", Doc: "of these rows"},
		{Name: "features", Doc: "by polynomial"},
		{Name: "block_sums", Doc: "by polynomial"},
		{Name: "b", Doc: "largest entry of Q and K"},
		{Name: "scale", Doc: "of the scores"},
		{Name: "tolerated", Doc: "error that the read-off tolerates"},
		{Name: "guaranteed", Doc: "error that the algorithm guarantees"},
		{Name: "observed", Doc: "error that it made, on sampled rows"},
	},
	Accepts: acceptsFormula,
	Work: func(c measure.Cell) float64 {
		n, d := math.Exp2(math.Ceil(float64(c.Int("variables"))/2)), float64(clauses(c))
		work := n * n * d
		if mustRoute(c).Census != nil {
			work *= d // a call for each node
		}
		return work
	},
	Bytes: func(c measure.Cell) float64 {
		return inFloat(unpruned(c).through(mustRoute(c)))
	},
	Prepare: prepareRoute,
})

func routeNames() (names []string) {
	for _, r := range reductions.Routes() {
		names = append(names, r.Name)
	}
	return names
}

// mustRoute is the route of a cell, whose name was checked.
func mustRoute(c measure.Cell) reductions.Route {
	r, err := reductions.RouteNamed(c.Word("route"))
	if err != nil {
		panic("experiments: " + err.Error())
	}
	return r
}

func prepareRoute(env finegrain.Env, c measure.Cell) (measure.Trial, error) {
	f, data, err := drawFormula(env, c)
	if err != nil {
		return measure.Trial{}, err
	}
	route := mustRoute(c)
	request := Request{Formula: f, Route: route, Algorithm: c.Word("algorithm"), Count: route.Census != nil}
	if request.Algorithm == automatic {
		request.Algorithm = ""
	}
	var last answered
	return measure.Trial{
		Data: data,
		Run: func(env finegrain.Env) (measure.Outcome, error) {
			var err error
			if last, err = answer(env, request); err != nil {
				return measure.Outcome{}, refusal(err)
			}
			use := last.record.summary
			counts := finegrain.Cost{
				"calls": int64(use.Calls), "keys": int64(last.Oracle.N), "dimension": int64(last.Oracle.D), "multiprecision": 0,
				"attention_queries": int64(use.Queries), "attention_keys": int64(use.Keys),
			}
			counts.Add(use.Operations)
			if last.Algorithm == attention.Multiprecision.Name {
				counts["multiprecision"] = 1
			}
			return measure.Outcome{Counts: counts}, nil
		},
		Observe: func(env finegrain.Env, out *measure.Outcome) error { return last.observe(env, f, out) },
	}, nil
}

// observe checks the answer by other means, and measures the error that the oracle made.
func (a answered) observe(env finegrain.Env, f sat.Formula, out *measure.Outcome) error {
	right, err := sat.Solve(env, f)
	if err != nil {
		return fmt.Errorf("checking: %w", err)
	}
	wrong := int64(0)
	if a.Satisfiable != right.Satisfiable || a.Satisfiable && f.CheckModel(a.Model) != nil {
		wrong++
	}
	if a.Count != nil {
		models, err := sat.Count(env, f)
		if err != nil {
			return fmt.Errorf("counting: %w", err)
		}
		if a.Count.Cmp(models) != 0 {
			wrong++
		}
	}
	out.Counts["disagreements"] = wrong
	use, err := a.record.use(env)
	if err != nil || use.Calls == 0 {
		return err
	}
	out.Values = map[string]float64{
		"b": use.B, "scale": use.Scale, "tolerated": use.Tolerated, "guaranteed": use.Guaranteed, "observed": use.Observed,
	}
	return nil
}
