package reductions

import (
	"fmt"
	"math/big"

	"finegrain"
	"finegrain/algorithms/attention"
	"finegrain/sat"
)

// A route is a composed reduction from formulas to attention: the main job of the workbench.

// Composed reductions from satisfiability to attention, by route and kind of answer.
var (
	SATByThresholdDecision     = declare(Compose(SplitAndListDecision, ThresholdDecision))
	SATByThresholdSearch       = declare(Compose(SplitAndListSearch, ThresholdSearch))
	SATByInterpolationDecision = declare(Compose(SplitAndListDecision, InterpolationDecision))
	SATByInterpolationSearch   = declare(Compose(SplitAndListSearch, InterpolationSearch))
	SATByInterpolationCounting = declare(Compose(SplitAndListCounting, InterpolationCounting))
	SATByInterpolationCensus   = declare(Compose(SplitAndListCensus, InterpolationCensus))
)

// FormulaSearch and FormulaCensus are the types of a route: from a formula, by attention, to a model, or
// to the number of models and a model.
type (
	FormulaSearch = Reduction[sat.Formula, sat.Answer, attention.Instance, attention.Output]
	FormulaCensus = Reduction[sat.Formula, finegrain.Two[*big.Int, sat.Answer], attention.Instance, attention.Output]
)

// Route is a way from formulas to attention, as the command line names it.
type Route struct {
	Name   string
	Doc    string
	Source finegrain.Source
	Search FormulaSearch
	// Census counts as well; nil where the route only decides.
	Census *FormulaCensus
	// CensusAt is Census with the entries fixed by the route's own parameter; nil where it has none.
	CensusAt func(h float64) FormulaCensus
}

// Routes lists the routes by name.
func Routes() []Route {
	return []Route{
		{
			Name: "interpolation",
			Doc: "split and list, then about d attention calls with entries Θ(√log n) at scale 1/d, whose outputs are extrapolated " +
				"to the exact count",
			Source: InterpolationCensus.Source,
			Search: SATByInterpolationSearch,
			Census: &SATByInterpolationCensus,
			CensusAt: func(h float64) FormulaCensus {
				return Compose(SplitAndListCensus, InterpolationAt(h))
			},
		},
		{
			Name:   "threshold",
			Doc:    "split and list, then one attention call at scale 1 with entries √ln 2n, read against 5/12; decides and finds, does not count",
			Source: ThresholdSearch.Source,
			Search: SATByThresholdSearch,
		},
	}
}

// RouteNamed returns the route, or an error that lists the names there are.
func RouteNamed(name string) (Route, error) {
	var names []string
	for _, r := range Routes() {
		if r.Name == name {
			return r, nil
		}
		names = append(names, r.Name)
	}
	return Route{}, fmt.Errorf("there is no route %q; there are %q", name, names)
}
