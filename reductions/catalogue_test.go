package reductions_test

import (
	"strings"
	"testing"

	"finegrain/internal/declared"
	"finegrain/reductions"
)

// TestCatalogueIsComplete: as many reductions and routes are listed as there are declarations in the source,
// and what a route consists of is declared, so that a law holds it.
func TestCatalogueIsComplete(t *testing.T) {
	declared := declared.By(t)
	if listed := len(reductions.All()); listed != declared["declare"] || listed == 0 {
		t.Errorf("%d reductions are listed, %d are declared in the source", listed, declared["declare"])
	}
	if listed := len(reductions.Routes()); listed != declared["declareRoute"] || listed == 0 {
		t.Errorf("%d routes are listed, %d are declared in the source", listed, declared["declareRoute"])
	}
	names := map[string]bool{}
	for _, d := range reductions.All() {
		names[d.Describe().Name] = true
	}
	for _, r := range reductions.Routes() {
		if !names[r.Search.Name] || r.Census != nil && !names[r.Census.Name] {
			t.Errorf("a reduction of route %s is not declared, so no law holds it", r.Name)
		}
	}
}

func TestDescriptionsAreWhole(t *testing.T) {
	for _, r := range reductions.All() {
		d := r.Describe()
		if d.Doc == "" || d.From == "" || d.To == "" || d.Source.String() == "" {
			t.Errorf("%q is described incompletely: %+v", d.Name, d)
		}
		if strings.Contains(d.Source.String(), "derived here") && d.Source.Argument == "" {
			t.Errorf("%q is derived here, and no argument is given", d.Name)
		}
	}
}

func TestRouteNamed(t *testing.T) {
	if r, err := reductions.RouteNamed("threshold"); err != nil || r.Name != "threshold" || r.Census != nil {
		t.Errorf("threshold: %+v, %v", r.Name, err)
	}
	if _, err := reductions.RouteNamed("treshold"); err == nil || !strings.Contains(err.Error(), "interpolation") {
		t.Errorf("an unknown route: %v", err)
	}
}
