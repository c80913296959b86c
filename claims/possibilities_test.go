package claims

import (
	"math"
	"strings"
	"testing"

	"finegrain/figure"
	"finegrain/hypotheses"
)

// TestPossibilities: the map is monotone, as it must be: what forbids some entries forbids larger ones, what serves some
// serves smaller; a lower bound and nothing else has hypotheses, those that its claim rests on, and the caption says where
// they stand.
func TestPossibilities(t *testing.T) {
	isLower := func(k int) bool { return k == forbidden || k == forbiddenCited || k == multiplication }
	isUpper := func(k int) bool { return k == almostLinear || k == almostLinearDerived || k == subquadratic }
	for d := range mapDims {
		for b := 1; b < len(mapEntries); b++ {
			before, here := knownOf(d, b-1), knownOf(d, b)
			if isLower(before) && !isLower(here) || isUpper(here) && !isUpper(before) || before == subquadratic && here < subquadratic {
				t.Errorf("d = %s: %s is of kind %d, and %s of kind %d", mapDims[d], mapEntries[b-1], before, mapEntries[b], here)
			}
		}
	}
	// More dimensions make nothing easier, but that padding needs larger entries: down the columns of poly(n) entries.
	for d := 1; d < len(mapDims); d++ {
		if isLower(knownOf(d-1, polyEntries)) && !isLower(knownOf(d, polyEntries)) {
			t.Errorf("with entries poly(n), d = %s is forbidden and d = %s is not", mapDims[d-1], mapDims[d])
		}
	}
	f, err := possibilities(Evidence{})
	if err != nil {
		t.Fatal(err)
	}
	for category, claim := range map[int]Claim{forbidden: BoundedEntriesLowerBound, multiplication: HighDimensionLowerBound} {
		supports, err := claim.Support()
		if err != nil || len(supports) == 0 {
			t.Fatal(err)
		}
		_, named, _ := strings.Cut(f.Grid.Categories[category], ", if ")
		if named != anyOf(Keys(supports)) {
			t.Errorf("%q, and %s rests on %v", f.Grid.Categories[category], claim.ID, Keys(supports))
		}
	}
	for k, name := range f.Grid.Categories {
		if isLower(k) != strings.HasPrefix(name, "no ") || isLower(k) != strings.Contains(name, ", if ") {
			t.Errorf("%q: a lower bound and nothing else has a hypothesis", name)
		}
	}
	for _, h := range hypotheses.All() {
		if named := strings.Contains(strings.Join(f.Grid.Categories, " "), string(h.Key)); named &&
			!strings.Contains(f.Caption, string(h.Key)+" is "+h.Status.String()) {
			t.Errorf("the caption does not say where %s stands", h.Key)
		}
	}
}

// TestBestExponents: the better method is the one that the caption says, on both sides of the marks, and the numbers of
// the alternative text are those of the figure.
func TestBestExponents(t *testing.T) {
	for d := 2.0; d <= 6; d++ {
		at := meetingEntries(d)
		if math.Abs(cellsExponent(d, at)-treeExponent(d)) > 1e-12 || cellsExponent(d, at-0.01) >= treeExponent(d) ||
			cellsExponent(d, at+0.01) <= treeExponent(d) || d != 2 && at >= meetingEntries(2) {
			t.Errorf("d = %g: they do not meet at %g", d, at)
		}
	}
	if meetingEntries(1) != 0 || meetingEntries(2) != 1.0/8 || treeExponent(2) != 1.5 || math.Abs(meetingEntries(3)-0.111) > 5e-4 ||
		math.Abs(meetingEntries(6)-0.069) > 5e-4 || math.Abs(treeExponent(3)-1.667) > 5e-4 || math.Abs(treeExponent(6)-1.833) > 5e-4 {
		t.Error("the caption's numbers are others")
	}
	for id, draw := range map[string]func(Evidence) (figure.Figure, error){"a": possibilities, "b": bestExponents} {
		f, err := draw(Evidence{})
		if err != nil {
			t.Fatal(err)
		}
		f.ID, f.Source = id, figure.Source{Command: "c", Version: "v", Date: "2026-11-22", Data: f.Hash()}
		if err := f.Validate(); err != nil {
			t.Error(err)
		}
	}
}
