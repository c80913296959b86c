package reductions

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"

	"finegrain"
	"finegrain/algorithms/attention"
	"finegrain/sat"
)

// A route is a composed reduction from formulas to attention: the main job of the workbench. Each is
// declared in the file of the reduction that gives it its name.

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

var routes []Route

// declareRoute enters a route of this package: `var XRoute = declareRoute(Route{…})`.
func declareRoute(r Route) Route {
	if r.Name == "" || r.Doc == "" || r.Search.Plan == nil {
		panic(fmt.Sprintf("reductions: the declaration of route %q is incomplete", r.Name))
	}
	if slices.ContainsFunc(routes, func(other Route) bool { return other.Name == r.Name }) {
		panic(fmt.Sprintf("reductions: route %q is declared twice", r.Name))
	}
	routes = append(routes, r)
	return r
}

// Routes lists the routes by name.
func Routes() []Route {
	return slices.SortedFunc(slices.Values(routes), func(a, b Route) int { return cmp.Compare(a.Name, b.Name) })
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
