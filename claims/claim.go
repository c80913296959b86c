package claims

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"

	"finegrain"
	"finegrain/experiments"
	"finegrain/figure"
	"finegrain/internal/slug"
	"finegrain/measure"
)

// A claim is a value, and the catalogue is what is declared.

// Claim is a statement with everything that it takes to test it.
type Claim struct {
	ID        string // of lower-case letters, digits and hyphens
	Title     string // a few words
	Statement string // in full, with its regime
	Source    finegrain.Source
	Kind      Kind

	// Hardness says what a lower bound follows from; nil for what holds whatever becomes of a hypothesis.
	Hardness *Hardness

	// Remark is what is added here to a statement that is a paper's own, such as which reduction is run; empty: nothing.
	Remark string

	// Experiments are what the judge reads, and must be measured to their end for a claim to be consistent. Shown are
	// read by figures only, and may be censored. Claims may share an experiment: then both declare the same value.
	Experiments, Shown []measure.Experiment
	Judge              func(Evidence) finegrain.Verdict
	// Expect fills in what a measurement of these experiments yields if the claim holds: counts, values, seconds. Nothing
	// is judged by it: tests require that the claim is consistent with such rows and not with doctored ones.
	Expect  func(*measure.Measurement)
	Figures []Drawing
}

// Kind is what sort of statement a claim is.
type Kind int

const (
	UpperBound Kind = iota // an algorithm with its cost and error
	LowerBound             // a cost that no algorithm beats, if a hypothesis holds
	Reduces                // a reduction with its sizes and error
)

// String names the kind as pages do.
func (k Kind) String() string {
	return [...]string{"upper bound", "lower bound", "reduction"}[k]
}

// Drawing is a figure of a claim, drawn from what was measured.
type Drawing struct {
	ID   string // unique among all claims; the figure's ID
	Draw func(Evidence) (figure.Figure, error)
}

var catalogue []Claim

// declare enters a claim in the catalogue: `var x = declare(Claim{…})`. It panics where something is missing, so
// that an incomplete claim does not start.
func declare(c Claim) Claim {
	misuse := func(why string) { panic(fmt.Sprintf("claims: the declaration of %q %s", c.ID, why)) }
	switch {
	case !slug.Valid(c.ID):
		misuse("has an ID that is not of lower-case letters, digits and hyphens")
	case c.Title == "" || c.Statement == "" || c.Source.Paper.Key == "" || c.Judge == nil || c.Expect == nil ||
		len(c.Experiments) == 0:
		misuse("lacks a title, a statement, a paper, experiments, a judge or what is expected")
	case (c.Kind == LowerBound) != (c.Hardness != nil):
		misuse("must say what it rests on if it is a lower bound, and only then")
	}
	for _, e := range slices.Concat(c.Experiments, c.Shown) {
		if _, err := experiments.SubjectNamed(e.Subject); err != nil {
			misuse(fmt.Sprintf("measures what cannot be measured: %v", err))
		}
	}
	for _, other := range catalogue {
		if other.ID == c.ID {
			misuse("comes twice")
		}
		for _, d := range other.Figures {
			if slices.ContainsFunc(c.Figures, func(f Drawing) bool { return f.ID == d.ID }) {
				misuse(fmt.Sprintf("takes the name of %s's figure %s", other.ID, d.ID))
			}
		}
		for _, e := range slices.Concat(other.Experiments, other.Shown) {
			if slices.ContainsFunc(slices.Concat(c.Experiments, c.Shown), func(f measure.Experiment) bool {
				return f.ID == e.ID && !reflect.DeepEqual(e, f)
			}) {
				misuse(fmt.Sprintf("declares another experiment %s than %s does", e.ID, other.ID))
			}
		}
	}
	catalogue = append(catalogue, c)
	return c
}

// All lists the declared claims: by the paper's year and key, then by ID.
func All() []Claim {
	return slices.SortedFunc(slices.Values(catalogue), func(a, b Claim) int {
		return cmp.Or(
			cmp.Compare(a.Source.Paper.Year, b.Source.Paper.Year),
			cmp.Compare(a.Source.Paper.Key, b.Source.Paper.Key),
			cmp.Compare(a.ID, b.ID),
		)
	})
}

// Needed lists the experiments of some claims, each once, by ID.
func Needed(of []Claim) []measure.Experiment {
	var all []measure.Experiment
	for _, c := range of {
		for _, e := range slices.Concat(c.Experiments, c.Shown) {
			if !slices.ContainsFunc(all, func(f measure.Experiment) bool { return f.ID == e.ID }) {
				all = append(all, e)
			}
		}
	}
	slices.SortFunc(all, func(a, b measure.Experiment) int { return cmp.Compare(a.ID, b.ID) })
	return all
}
