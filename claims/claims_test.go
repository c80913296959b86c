package claims

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"finegrain"
	"finegrain/experiments"
	"finegrain/measure"
)

// TestEveryDeclarationIsListed compares the catalogue with the declarations in the source.
func TestEveryDeclarationIsListed(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	declared := 0
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if f, ok := call.Fun.(*ast.Ident); ok && f.Name == "declare" && !strings.HasSuffix(name, "_test.go") {
				declared++
			}
			return true
		})
	}
	if all := All(); len(all) != declared || declared == 0 {
		t.Errorf("%d claims are declared in the source and %d are listed", declared, len(all))
	}
}

// TestIncompleteClaimsDoNotStart: what lacks a part, or takes another's name, panics with a reason.
func TestIncompleteClaimsDoNotStart(t *testing.T) {
	before := len(catalogue)
	for what, spoil := range map[string]func(*Claim){
		"no statement":            func(c *Claim) { c.Statement = "" },
		"no judge":                func(c *Claim) { c.Judge = nil },
		"no experiment":           func(c *Claim) { c.Experiments = nil },
		"an ID that is none":      func(c *Claim) { c.ID = "Not a slug" },
		"another's ID":            func(c *Claim) { c.ID = "exact-attention" },
		"another's figure":        func(c *Claim) { c.Figures = ExactAttention.Figures },
		"a bound on nothing":      func(c *Claim) { c.Kind = LowerBound },
		"a subject that is none":  func(c *Claim) { c.Experiments = []measure.Experiment{{ID: "x", Subject: "moods"}} },
		"another's experiment ID": func(c *Claim) { c.Experiments = []measure.Experiment{{ID: exactAttentionN.ID, Subject: "attention"}} },
	} {
		t.Run(what, func(t *testing.T) {
			c := SplitAndList
			c.ID, c.Figures = "new", nil
			spoil(&c)
			defer func() {
				if got := fmt.Sprint(recover()); !strings.HasPrefix(got, "claims: the declaration of") {
					t.Errorf("it started, or said %q", got)
				}
			}()
			declare(c)
		})
	}
	if len(catalogue) != before {
		t.Error("the catalogue grew")
	}
}

// TestExperimentsAreWellFormed: the grids of all claims are accepted by their subjects, quick and full, and the full one
// has all that the quick one has.
func TestExperimentsAreWellFormed(t *testing.T) {
	for _, e := range Needed(All()) {
		subject, err := experiments.SubjectNamed(e.Subject)
		if err != nil {
			t.Fatal(err)
		}
		quick, err := measure.Cells(e, subject, false)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		full, err := measure.Cells(e, subject, true)
		if err != nil || len(full) < len(quick) {
			t.Errorf("%s: %d cells in quick, %d in full, %v", e.ID, len(quick), len(full), err)
		}
	}
}

// evidenceFor makes rows as a claim expects them, without measuring: of every cell of its quick grids, trial after
// trial, with what of says.
func evidenceFor(t *testing.T, c Claim, of func(measure.Measurement) measure.Measurement) []measure.Measurement {
	t.Helper()
	var rows []measure.Measurement
	for _, e := range c.Experiments {
		subject, err := experiments.SubjectNamed(e.Subject)
		if err != nil {
			t.Fatal(err)
		}
		cells, err := measure.Cells(e, subject, false)
		if err != nil {
			t.Fatal(err)
		}
		for trial := range e.Trials {
			for _, cell := range cells {
				m := measure.Measurement{
					Experiment: e.ID, Cell: cell, Trial: trial, Status: measure.Done, Seconds: 1e-3,
					Outcome: measure.Outcome{Counts: finegrain.Cost{}, Values: map[string]float64{}},
					Machine: measure.Machine{CPU: "a processor", Cores: 2, Kernel: "go", Version: "0.1.0"},
					At:      time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC),
				}
				rows = append(rows, of(m))
			}
		}
	}
	return rows
}

// asClaimed fills rows of any subject in as the claims say they come out.
func asClaimed(m measure.Measurement) measure.Measurement {
	c := m.Counts
	at := func(name string) float64 { x, _ := m.Cell.Number(name); return x }
	n, d := int64(at("n")), int64(at("d"))
	jitter := 1 + 0.01*math.Sin(float64(m.Trial)+at("n"))
	switch m.Experiment {
	case exactAttentionN.ID:
		c[finegrain.Exponentials], c[finegrain.MultiplyAdds] = n*n, 2*n*n*d
		m.Seconds = 1e-9 * float64(n*n*d) * jitter
	case scanN.ID:
		c[finegrain.WordOperations] = n * n * (d / 64)
		m.Seconds = 1e-10 * float64(n*n*d) * jitter
	case splitAndListSizes.ID:
		half := int64(1) << (int(at("variables")+1) / 2)
		c["vectors_a"], c["vectors_b"], c["clauses"], c["dimension"], c["pairs"], c["models"] = half, half-1, 9, 8, 5, 5
	case thresholdLaws.ID, interpolationLaws.ID:
		c["trials"], c["yes"], c["no"], c["failures"] = 200, 90, 110, 0
	case thresholdRuns.ID, interpolationRuns.ID:
		keys := int64(1) << int(at("variables")/2)
		c["calls"], c["keys"], c["disagreements"] = 1, keys, 0
		m.Values["b"] = math.Sqrt(math.Log(2 * float64(keys)))
		m.Values["tolerated"], m.Values["guaranteed"], m.Values["observed"] = 1e-2, 1e-10, 1e-12
	case decodings.ID:
		c["rows"] = n
		if at("understated") > 1 {
			c["wrong"] = n
		}
	case entries.ID:
		m.Values["b"] = 2 * math.Sqrt(math.Log(float64(n)))
	default:
		panic("claims: no evidence is known for " + m.Experiment)
	}
	return m
}

func outcomeOf(t *testing.T, c Claim, rows []measure.Measurement) Judged {
	t.Helper()
	judged, err := JudgeAll(finegrain.NewEnv(context.Background(), 1), []Claim{c}, rows, "made")
	if err != nil {
		t.Fatal(err)
	}
	return judged[0]
}

// TestVerdicts: every claim is consistent with rows that are as it says, draws all of its figures from them, is
// unmeasured without any, and is refuted by each kind of doctored rows.
func TestVerdicts(t *testing.T) {
	doctored := map[string]func(m measure.Measurement) (measure.Measurement, bool){
		"an operation too many": func(m measure.Measurement) (measure.Measurement, bool) {
			_, ok := m.Counts[finegrain.MultiplyAdds]
			m.Counts[finegrain.MultiplyAdds]++
			return m, ok
		},
		"a word operation too few": func(m measure.Measurement) (measure.Measurement, bool) {
			_, ok := m.Counts[finegrain.WordOperations]
			m.Counts[finegrain.WordOperations]--
			return m, ok
		},
		"seconds that grow faster": func(m measure.Measurement) (measure.Measurement, bool) {
			n, _ := m.Cell.Number("n")
			m.Seconds *= math.Pow(n, 0.4)
			return m, m.Experiment == exactAttentionN.ID || m.Experiment == scanN.ID
		},
		"a pair that is no model":      count("pairs", 1),
		"a list too long":              count("vectors_b", 1<<20),
		"more dimensions than clauses": count("dimension", 100),
		"a law broken":                 count("failures", 1),
		"a wrong answer":               count("disagreements", 1),
		"an error beyond the guarantee": func(m measure.Measurement) (measure.Measurement, bool) {
			_, ok := m.Values["observed"]
			m.Values["observed"] = 1e-3
			return m, ok
		},
		"a guarantee beyond what is tolerated": func(m measure.Measurement) (measure.Measurement, bool) {
			_, ok := m.Values["guaranteed"]
			m.Values["guaranteed"] = 1
			return m, ok
		},
		"a row decoded wrongly": func(m measure.Measurement) (measure.Measurement, bool) {
			understated, ok := m.Cell.Number("understated")
			m.Counts["wrong"] = 1
			return m, ok && understated == 1
		},
		"decoding that shows nothing": func(m measure.Measurement) (measure.Measurement, bool) {
			understated, ok := m.Cell.Number("understated")
			m.Counts["wrong"] = 0
			return m, ok && understated > 1
		},
		"a failure": func(m measure.Measurement) (measure.Measurement, bool) {
			m.Status, m.Reason = measure.Failure, "it broke"
			return m, true
		},
	}
	used := map[string]bool{}
	for _, c := range All() {
		t.Run(c.ID, func(t *testing.T) {
			if j := outcomeOf(t, c, nil); j.Verdict.Outcome != finegrain.Unmeasured || j.Verdict.Because == "" || len(j.Drawn) > 0 {
				t.Errorf("without evidence: %v, %d figures", j.Verdict, len(j.Drawn))
			}
			j := outcomeOf(t, c, evidenceFor(t, c, asClaimed))
			if j.Verdict.Outcome != finegrain.Consistent || len(j.Drawn) != len(c.Figures) {
				t.Errorf("as claimed: %v, %d of %d figures", j.Verdict, len(j.Drawn), len(c.Figures))
			}
			for what, doctor := range doctored {
				applies := false
				rows := evidenceFor(t, c, func(m measure.Measurement) measure.Measurement {
					m = asClaimed(m)
					spoiled, ok := doctor(clone(m))
					if !ok || m.Trial > 0 && !strings.HasPrefix(what, "seconds") {
						return m // one trial that is wrong must do, but seconds are judged by their median
					}
					applies = true
					return spoiled
				})
				if !applies {
					continue
				}
				used[what] = true
				if j := outcomeOf(t, c, rows); j.Verdict.Outcome != finegrain.Refuted || j.Verdict.Because == "" {
					t.Errorf("%s: %v", what, j.Verdict)
				}
			}
		})
	}
	for what := range doctored {
		if !used[what] {
			t.Errorf("%q applies to no claim", what)
		}
	}
}

// count spoils a count that is there.
func count(kind string, by int64) func(measure.Measurement) (measure.Measurement, bool) {
	return func(m measure.Measurement) (measure.Measurement, bool) {
		_, ok := m.Counts[kind]
		m.Counts[kind] += by
		return m, ok
	}
}

func clone(m measure.Measurement) measure.Measurement {
	counts, values := finegrain.Cost{}, map[string]float64{}
	for k, v := range m.Counts {
		counts[k] = v
	}
	for k, v := range m.Values {
		values[k] = v
	}
	m.Counts, m.Values = counts, values
	return m
}

// TestTooFewSizesAreUndecided: with half of the sizes the growth of seconds is not judged, and the reason says which
// sizes would do.
func TestTooFewSizesAreUndecided(t *testing.T) {
	var rows []measure.Measurement
	for _, m := range evidenceFor(t, ExactAttention, asClaimed) {
		if n, _ := m.Cell.Number("n"); n <= 2048 {
			rows = append(rows, m)
		}
	}
	j := outcomeOf(t, ExactAttention, rows)
	if j.Verdict.Outcome != finegrain.Undecided || !strings.Contains(j.Verdict.Because, "Sizes up to about") {
		t.Errorf("%v", j.Verdict)
	}
}

// TestCensoredIsDrawn: a cell of which no trial was done is no sample, and is drawn as censored.
func TestCensoredIsDrawn(t *testing.T) {
	rows := Table(evidenceFor(t, ExactAttention, func(m measure.Measurement) measure.Measurement {
		if n, _ := m.Cell.Number("n"); n == 16384 {
			m.Status, m.Reason, m.Seconds = measure.OutOfTime, "time limit 1m0s", 60
			return m
		}
		return asClaimed(m)
	})).Where("d", int64(16))
	if samples := rows.Samples("n", Seconds); len(samples) != 5 {
		t.Errorf("%d samples, want 5", len(samples))
	}
	points := rows.Points("n", Seconds)
	if last := points[len(points)-1]; len(points) != 6 || last.Censored != "time limit 1m0s" || last.Y != 60 {
		t.Errorf("points %+v", points)
	}
}

// TestClaimsRestOnSomething: every lower bound has support by the declared reductions, and nothing else has any.
func TestClaimsRestOnSomething(t *testing.T) {
	for _, c := range All() {
		supports, err := c.Support()
		if err != nil || (c.Kind == LowerBound) != (len(supports) > 0) {
			t.Errorf("%s, a %v: %d supports, %v", c.ID, c.Kind, len(supports), err)
		}
	}
}
