package finegrain_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// floors is the table of doc.go. A package imports only from lower floors; what may also be imported from
// the package's own floor is named. Later packages algorithms/<method> stand on floor 2 without a line.
var floors = map[string]int{
	"finegrain":                      0,
	"finegrain/sat":                  1,
	"finegrain/ovp":                  1,
	"finegrain/algorithms/attention": 1,
	"finegrain/hypotheses":           1,
	"finegrain/measure":              1,
	"finegrain/fit":                  1,
	"finegrain/figure":               1,
	"finegrain/reductions":           2,
	"finegrain/algorithms":           2,
	"finegrain/experiments":          3,
	"finegrain/claims":               4,
	"finegrain/reports":              5,
	"finegrain/cmd/finegrain":        6,
}

func floorOf(t *testing.T, path string) int {
	if floor, ok := floors[path]; ok {
		return floor
	}
	switch {
	case strings.HasPrefix(path, "finegrain/internal/"):
		return 0
	case strings.HasPrefix(path, "finegrain/algorithms/"):
		return 2
	}
	t.Fatalf("package %s stands on no floor; add it to the table here and in doc.go", path)
	return 0
}

// allowed reports whether a package may import another.
func allowed(t *testing.T, from, to string) bool {
	internal := func(p string) bool { return strings.HasPrefix(p, "finegrain/internal/") }
	switch {
	case internal(to):
		return true // on floor 0, below everything, among themselves without a cycle
	case internal(from):
		return to == "finegrain"
	case from == "finegrain/algorithms" && strings.HasPrefix(to, "finegrain/algorithms/"):
		return true // the catalogue lists the methods of its floor
	case from == "finegrain/reports" && strings.HasPrefix(to, "finegrain/algorithms/") && floorOf(t, to) == 2:
		return false // a report draws what was measured
	}
	return floorOf(t, to) < floorOf(t, from)
}

func TestFloors(t *testing.T) {
	for from, imports := range packageImports(t) {
		for to := range imports {
			if !allowed(t, from, to) {
				t.Errorf("%s (floor %d) may not import %s (floor %d)", from, floorOf(t, from), to, floorOf(t, to))
			}
		}
	}
}

// TestFloorsBite: what must not be imported is refused by the table.
func TestFloorsBite(t *testing.T) {
	for _, c := range [][2]string{
		{"finegrain/reductions", "finegrain/algorithms"},
		{"finegrain/algorithms", "finegrain/reductions"},
		{"finegrain/sat", "finegrain/ovp"},
		{"finegrain/ovp", "finegrain/reductions"},
		{"finegrain", "finegrain/sat"},
		{"finegrain/reports", "finegrain/algorithms/tree"},
		{"finegrain/algorithms/tree", "finegrain/algorithms/polynomial"},
		{"finegrain/experiments", "finegrain/reports"},
	} {
		if allowed(t, c[0], c[1]) {
			t.Errorf("the table lets %s import %s", c[0], c[1])
		}
	}
}

// packageImports maps every package of the module to the packages of the module that its files, tests
// included, import; an external test of a package may import the package itself.
func packageImports(t *testing.T) map[string]map[string]bool {
	out := map[string]map[string]bool{}
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && path != "." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata") {
			return filepath.SkipDir
		}
		if _, err := os.Stat(filepath.Join(path, "go.mod")); entry.IsDir() && path != "." && err == nil {
			return filepath.SkipDir // a module of its own
		}
		if entry.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		from := strings.TrimSuffix("finegrain/"+filepath.ToSlash(filepath.Dir(path)), "/.")
		if out[from] == nil {
			out[from] = map[string]bool{}
		}
		for _, spec := range file.Imports {
			to, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if (to == "finegrain" || strings.HasPrefix(to, "finegrain/")) && to != from {
				out[from][to] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < len(floors) {
		t.Errorf("%d packages found, %d stand in the table", len(out), len(floors))
	}
	return out
}
