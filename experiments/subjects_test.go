package experiments

import (
	"context"
	"errors"
	"math"
	"math/big"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"finegrain"
	"finegrain/algorithms"
	"finegrain/algorithms/attention"
	"finegrain/algorithms/tree"
	"finegrain/internal/declared"
	"finegrain/measure"
	"finegrain/ovp"
	"finegrain/sat"
)

// TestSubjectsAreListed: every declaration in the source is in the catalogue.
func TestSubjectsAreListed(t *testing.T) {
	declared := declared.By(t)["declareSubject"]
	if listed := len(Subjects()); listed != declared || listed == 0 {
		t.Errorf("%d subjects are listed, %d are declared in the source", listed, declared)
	}
	if _, err := SubjectNamed("atention"); err == nil || !strings.Contains(err.Error(), `"attention"`) {
		t.Errorf("error %v", err)
	}
}

// measured runs an experiment with the axes given into a new store.
func measured(t *testing.T, subject string, trials int, axes ...measure.Axis) []measure.Measurement {
	t.Helper()
	s, err := SubjectNamed(subject)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	store, err := measure.Create(ctx, filepath.Join(t.TempDir(), "store"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	e := measure.Experiment{ID: "e", Doc: "d", Subject: subject, Trials: trials, Seed: 1, Axes: axes}
	if _, err := measure.Run(finegrain.NewEnv(ctx, 0), store, measure.Machine{}, measure.Job{Experiment: e, Subject: s}); err != nil {
		t.Fatal(err)
	}
	all, err := store.Measurements(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func axis[T int | int64 | float64 | string | bool](name string, values ...T) measure.Axis {
	return measure.Axis{Name: name, Values: measure.Values(values...)}
}

// smallest are small cells of every subject.
var smallest = map[string][]measure.Axis{
	"attention":          {axis("n", 8), axis("d", 4), axis("algorithm", attentionNames()...), axis("data", attentionData()...)},
	"orthogonal vectors": {axis("n", 9), axis("d", 6), axis("algorithm", vectorsNames()...), axis("data", vectorsData()...)},
	"split and list":     {axis("variables", 6, 9)},
	"route":              {axis("variables", 6), axis("route", routeNames()...)},
	"law":                {axis("reduction", "threshold route (decision)"), axis("trials", 30)},
	"epsilon-rank":       {axis("n", 16, 64), axis("ratio", 0.25, 0.5), axis("data", "uniform", "corners")},
	"transition":         {axis("log2n", 1, 8, 1<<14), axis("ratio", 0.0, 1e-12, 0.5)},
	"temperature":        {axis("n", 50, 300), axis("d", 1, 3), axis("keys", keySpreads...), axis("queries", 5), axis("B", 0.0, 10.0)},
	"crossing":           {axis("tree", tree.Builders...), axis("data", crossingDataNames()...), axis("n", 20, 200)},
	"degree":             {axis("function", functionNames()...), axis("M", 0.5, 64.0), axis("delta", 1e-300, 0.5)},
	"decoding":           {axis("n", 16), axis("understated", 1.0, 1000.0)},
	"gradient":           {axis("n", 40, 64), axis("d", 2), axis("dh", 1, 2), axis("algorithm", gradientNames()...), axis("epsilon", 1e-3)},
	"encoding":           {axis("ell", 3), axis("blocks", 1, 2), axis("inner", 0, 2), axis("pairs", 0, 30)},
	"encoding size":      {axis("log2n", 8, 1<<12), axis("ell", 0, 5), axis("inner", 0, 2)},
	"encoding dimension": {axis("log2n", 8, 1<<10), axis("loss", 1.0), axis("inner", 1, 3)},
	"entries":            {axis("n", 2, 1<<20), axis("error", "n^-6", "1e-12"), axis("route", "interpolation", "threshold", "threshold normalised")},
}

// TestSubjectsRepeat: every subject's small cells are measured; measured again they have the same instance, the same
// counts and the same values; estimates are positive and grow.
func TestSubjectsRepeat(t *testing.T) {
	for _, s := range Subjects() {
		t.Run(s.Name, func(t *testing.T) {
			axes, ok := smallest[s.Name]
			if !ok {
				t.Fatal("the subject has no small cells here")
			}
			first, second := measured(t, s.Name, 1, axes...), measured(t, s.Name, 1, axes...)
			hashes, done := map[string]bool{}, 0
			for i, m := range first {
				again := second[i]
				for name := range merged(m.Counts, m.Values) {
					if !slices.ContainsFunc(s.Yields, func(y measure.Yield) bool { return y.Name == name && y.Doc != "" }) {
						t.Errorf("%v yields %s, which the subject does not say", m.Cell, name)
					}
				}
				switch m.Status {
				case measure.Done:
					done++
				case measure.Refusal: // outside the regime of an algorithm
				default:
					t.Errorf("%v: %s, %s", m.Cell, m.Status, m.Reason)
				}
				if !reflect.DeepEqual(m.Cell, again.Cell) || !reflect.DeepEqual(m.Outcome, again.Outcome) || m.Data != again.Data || len(m.Data) != 32 {
					t.Errorf("%v: first %+v, then %+v", m.Cell, m, again)
				}
				if hashes[m.Data] {
					t.Errorf("%v: another cell has its instance", m.Cell)
				}
				hashes[m.Data] = true
				if w, b := s.Work(m.Cell), s.Bytes(m.Cell); !(w > 0) || !(b > 0) || math.IsInf(w+b, 0) {
					t.Errorf("%v: work %v, %v bytes", m.Cell, w, b)
				}
			}
			if 2*done < len(first) {
				t.Errorf("only %d of %d measurements were done", done, len(first))
			}
		})
	}
}

// merged is the names of counts and values.
func merged(counts finegrain.Cost, values map[string]float64) map[string]bool {
	names := map[string]bool{}
	for name := range counts {
		names[name] = true
	}
	for name := range values {
		names[name] = true
	}
	return names
}

func TestAttentionSubject(t *testing.T) {
	all := measured(t, "attention", 1, axis("n", 32), axis("d", 4), axis("m", 0, 20), axis("causal", false, true), axis("B", 0.0, 3.0))
	for _, m := range all {
		n := int64(32)
		keys := n
		if k := int64(m.Cell.Int("m")); k > 0 {
			keys = k
		}
		pairs := n * keys
		if m.Cell.Bool("causal") {
			pairs = 0
			for i := range n {
				pairs += min(i+1, keys)
			}
		}
		if err := m.Counts.Differ(finegrain.Cost{finegrain.Exponentials: pairs, finegrain.MultiplyAdds: pairs * 8}); err != nil {
			t.Errorf("%v: %v", m.Cell, err)
		}
		if v := m.Values; v["observed"] > v["bound"] || v["bound"] <= 0 || v["observed_rows"] != observedRows {
			t.Errorf("%v: %v", m.Cell, v)
		}
	}
	// What no algorithm in float64 can promise is refused, and no failure.
	all = measured(t, "attention", 1, axis("n", 8), axis("epsilon", 1e-60), axis("algorithm", "streaming", "multiprecision"))
	for _, m := range all {
		if want := map[string]measure.Status{"streaming": measure.Refusal, "multiprecision": measure.Done}[m.Cell.Word("algorithm")]; m.Status != want {
			t.Errorf("%v: %s, %s", m.Cell, m.Status, m.Reason)
		}
	}
}

func TestVectorsSubject(t *testing.T) {
	for _, m := range measured(t, "orthogonal vectors", 2, axis("n", 50), axis("d", 12), axis("question", "decide", "count", "histogram"),
		axis("data", "planted")) {
		if m.Counts["pairs"] != 1 {
			t.Errorf("%v: %v, planted is one pair", m.Cell, m.Counts)
		}
	}
}

func TestSplitSubject(t *testing.T) {
	some := false
	for _, m := range measured(t, "split and list", 3, axis("variables", 5, 12), axis("ratio", 2.0)) {
		c := m.Counts
		if c["models"] != c["pairs"]<<c["free"] || c["vectors_a"] > 1<<6 || c["dimension"] > c["clauses"] ||
			c["clauses"] != int64(2*m.Cell.Int("variables")) {
			t.Errorf("%v: %v", m.Cell, c)
		}
		some = some || c["models"] > 0
	}
	if !some {
		t.Error("no formula has a model")
	}
}

func TestRouteSubject(t *testing.T) {
	for _, m := range measured(t, "route", 3, axis("variables", 8), axis("route", routeNames()...)) {
		if m.Status != measure.Done || m.Counts["disagreements"] != 0 || m.Counts["calls"] > 0 && m.Values["observed"] > m.Values["tolerated"] {
			t.Errorf("%v: %+v", m.Cell, m)
		}
	}
	// A route that answers wrongly is seen to.
	env := finegrain.NewEnv(context.Background(), 1)
	f, err := sat.Uniform(env.Rand("f"), 8, 20, 3)
	if err != nil {
		t.Fatal(err)
	}
	route := mustRoute(measure.Cell{{Name: "route", Value: "interpolation"}})
	right, err := answer(env, Request{Formula: f, Route: route, Algorithm: attention.Streaming.Name, Count: true})
	if err != nil {
		t.Fatal(err)
	}
	for name, mutant := range map[string]func(*answered){
		"":                  func(*answered) {},
		"counts one more":   func(a *answered) { a.Count = new(big.Int).Add(a.Count, big.NewInt(1)) },
		"says the opposite": func(a *answered) { a.Answer = sat.Answer{Satisfiable: !a.Satisfiable, Model: make(sat.Model, 8)} },
		"has a model that is none": func(a *answered) {
			a.Model = slices.Clone(a.Model)
			for _, l := range f.Clauses[0] {
				a.Model[l.Variable()-1] = l < 0
			}
		},
	} {
		a := right
		mutant(&a)
		out := measure.Outcome{Counts: finegrain.Cost{}}
		if err := a.observe(env, f, &out); err != nil {
			t.Fatal(err)
		}
		if (out.Counts["disagreements"] == 0) != (name == "") {
			t.Errorf("a route that %s: %d disagreements", name, out.Counts["disagreements"])
		}
	}
}

func TestDecodingSubject(t *testing.T) {
	for _, m := range measured(t, "decoding", 1, axis("n", 64), axis("understated", 1.0, 1000.0)) {
		if honest := m.Cell.Float("understated") == 1; (m.Counts["wrong"] == 0) != honest || m.Counts["rows"] != 64 {
			t.Errorf("%v: %v", m.Cell, m.Counts)
		}
	}
}

func TestLawSubject(t *testing.T) {
	for _, m := range measured(t, "law", 1, axis("reduction", "split and list (counting)"), axis("trials", 40)) {
		if c := m.Counts; c["trials"] != 40 || c["yes"]+c["no"] != 40 || c["failures"] != 0 {
			t.Errorf("%v", c)
		}
	}
}

// TestSubjectsRefuse: what does not go together is refused before anything is made.
func TestSubjectsRefuse(t *testing.T) {
	for _, c := range []struct {
		subject, want string
		axes          []measure.Axis
	}{
		{"attention", `there is no "fast"`, []measure.Axis{axis("n", 8), axis("algorithm", "fast")}},
		{"attention", "n is from 1 to", []measure.Axis{axis("n", 0)}},
		{"attention", "d must be even", []measure.Axis{axis("n", 8), axis("d", 3), axis("data", "conv")}},
		{"attention", "leave m out", []measure.Axis{axis("n", 8), axis("m", 9), axis("data", "conv")}},
		{"attention", "exceed the limit", []measure.Axis{axis("n", 1<<30), axis("d", 1<<16)}},
		{"orthogonal vectors", "use scan", []measure.Axis{axis("n", 8), axis("d", 64), axis("algorithm", "zeta")}},
		{"orthogonal vectors", "makes no histogram", []measure.Axis{axis("n", 8), axis("d", 8), axis("algorithm", "zeta"), axis("question", "histogram")}},
		{"split and list", "variables is from 2 to 60", []measure.Axis{axis("variables", 61)}},
		{"split and list", "need as many variables", []measure.Axis{axis("variables", 2)}},
		{"split and list", "there are only 8 clauses", []measure.Axis{axis("variables", 3)}},
		{"route", "needs a value", []measure.Axis{axis("variables", 8)}},
		{"entries", "no power of two", []measure.Axis{axis("n", 3)}},
		{"entries", "is no error", []measure.Axis{axis("n", 4), axis("error", "n^-0")}},
		{"entries", "is no error", []measure.Axis{axis("n", 4), axis("error", "2")}},
		{"law", "there is no", []measure.Axis{axis("reduction", "nothing")}},
		{"temperature", "is for 2 coordinates", []measure.Axis{axis("n", 8), axis("d", 3), axis("tree", tree.ConjugationTree)}},
		{"temperature", "have no noise", []measure.Axis{axis("n", 8), axis("noise", 0.5)}},
		{"attention", "have no rank", []measure.Axis{axis("n", 8), axis("rank", 2)}},
		{"crossing", "is for 2 coordinates", []measure.Axis{axis("n", 8), axis("d", 3), axis("tree", tree.ConjugationTree)}},
		{"crossing", "is for at most 16384 points", []measure.Axis{axis("n", 1<<15), axis("tree", tree.PathTree)}},
	} {
		s, err := SubjectNamed(c.subject)
		if err != nil {
			t.Fatal(err)
		}
		e := measure.Experiment{ID: "e", Doc: "d", Subject: c.subject, Trials: 1, Axes: c.axes}
		var field *measure.FieldError
		if _, err := measure.Cells(e, s, true); !errors.As(err, &field) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %v: error %v, want %q", c.subject, c.axes, err, c.want)
		}
	}
}

// TestSubjectBytes: the estimate is not below what the instance and the algorithm's own account take.
func TestSubjectBytes(t *testing.T) {
	for _, name := range attentionNames() {
		method, err := algorithms.AttentionNamed(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range measured(t, "attention", 1, axis("n", 64), axis("d", 8), axis("algorithm", name)) {
			if least := 8*64*8*4 + float64(m.Counts[finegrain.Bytes]); AttentionSubject.Bytes(m.Cell) < least {
				t.Errorf("%s: %v bytes, at least %v", method.Name, AttentionSubject.Bytes(m.Cell), least)
			}
		}
	}
}

// TestVectorsWork: work is the sum of what an algorithm's Cost counts, and goes on growing where integers overflow.
func TestVectorsWork(t *testing.T) {
	for _, a := range algorithms.OrthogonalVectors() {
		for _, n := range []int{1, 2, 3, 100, 1000} {
			for _, d := range []int{1, 5, 20} {
				want := 0.0
				for kind, count := range a.Cost(n, n, d) {
					if kind != finegrain.Bytes {
						want += float64(count)
					}
				}
				if got := vectorsWork(a, float64(n), d); got != want {
					t.Errorf("%s, n %d, d %d: %v, want %v", a.Name, n, d, got, want)
				}
			}
		}
	}
	if got, want := vectorsWork(ovp.Scan, 1<<26, 1<<20), math.Exp2(26+26+14); got != want {
		t.Errorf("the largest cell: %v, want %v", got, want)
	}
}
