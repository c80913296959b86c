package claims

import (
	"context"
	"fmt"
	"html"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"finegrain"
	"finegrain/algorithms/polynomial"
	"finegrain/experiments"
	"finegrain/fit"
	"finegrain/internal/declared"
	"finegrain/measure"
)

// TestEveryDeclarationIsListed compares the catalogue with the declarations in the source.
func TestEveryDeclarationIsListed(t *testing.T) {
	declared := declared.By(t)["declare"]
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
		"nothing expected":        func(c *Claim) { c.Expect = nil },
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

// unjudged is the seconds of rows whose claim expects none, and does not judge them.
const unjudged = 1e-3

// evidenceFor makes rows as a claim expects them, without measuring: of every cell of its quick grids, trial after
// trial, with what of says.
func evidenceFor(t *testing.T, c Claim, of func(measure.Measurement) measure.Measurement) []measure.Measurement {
	t.Helper()
	return evidenceOn(t, c, false, of)
}

// evidenceOn is evidenceFor with the choice of the full grids.
func evidenceOn(t *testing.T, c Claim, full bool, of func(measure.Measurement) measure.Measurement) []measure.Measurement {
	t.Helper()
	var rows []measure.Measurement
	for _, e := range slices.Concat(c.Experiments, c.Shown) {
		subject, err := experiments.SubjectNamed(e.Subject)
		if err != nil {
			t.Fatal(err)
		}
		cells, err := measure.Cells(e, subject, full)
		if err != nil {
			t.Fatal(err)
		}
		for trial := range e.Trials {
			for _, cell := range cells {
				m := measure.Measurement{
					Experiment: e.ID, Cell: cell, Trial: trial, Status: measure.Done, Seconds: unjudged,
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

// asClaimed makes rows as the claim expects them, with a jitter of seconds.
func asClaimed(c Claim) func(measure.Measurement) measure.Measurement {
	return func(m measure.Measurement) measure.Measurement {
		c.Expect(&m)
		m.Seconds *= 1 + 0.01*math.Sin(float64(m.Trial)+float64(len(m.Cell.String()))+m.Seconds)
		return m
	}
}

func outcomeOf(t *testing.T, c Claim, rows []measure.Measurement) Judged {
	t.Helper()
	return JudgeAll(finegrain.NewEnv(context.Background(), 1), []Claim{c}, rows, "made")[0]
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
			judged := math.Abs(m.Seconds/unjudged-1) > 0.02
			m.Seconds *= math.Pow(n, 0.7)
			return m, judged
		},
		"a pair that is no model": func(m measure.Measurement) (measure.Measurement, bool) {
			m.Counts["pairs"]++
			return m, m.Experiment == splitAndListSizes.ID
		},
		"a list too long": count("vectors_b", 1<<20),
		"more dimensions than clauses": func(m measure.Measurement) (measure.Measurement, bool) {
			m.Counts["dimension"] += 100
			return m, m.Experiment == splitAndListSizes.ID
		},
		"a law broken":   count("failures", 1),
		"a wrong answer": count("disagreements", 1),
		"an error beyond the guarantee": func(m measure.Measurement) (measure.Measurement, bool) {
			_, guaranteed := m.Values["guaranteed"]
			m.Values["observed"] = 1e-3
			return m, guaranteed
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
		"entries of another route": value("b", 1.01),
		"another tolerance":        value("tolerated", 1.02),
		"a call too many":          count("calls", 1),
		"entries that grow like log n": func(m measure.Measurement) (measure.Measurement, bool) {
			n, _ := m.Cell.Number("n")
			m.Values["b"] *= math.Sqrt(math.Log(n))
			return m, m.Experiment == entries.ID
		},
	}
	// The polynomial method's.
	maps.Copy(doctored, map[string]func(m measure.Measurement) (measure.Measurement, bool){
		"a rank that falls with n": func(m measure.Measurement) (measure.Measurement, bool) {
			n, _ := m.Cell.Number("n")
			both, rank := 2*int64(n), polynomial.Rank(polyDim, 3-int((math.Log2(n)-13.5)/1.5))
			m.Counts[finegrain.MultiplyAdds], m.Counts[polynomial.Features] = both*rank*(polyDim+1), both*(rank-1)
			m.Counts[polynomial.BlockSums] = rank
			return m, m.Experiment == polynomialGrowth.ID
		},
		"a rank beyond its degree's": func(m measure.Measurement) (measure.Measurement, bool) {
			n, _ := m.Cell.Number("n")
			both, rank := 2*int64(n), polynomial.Rank(polyDim, 9)
			m.Counts[finegrain.MultiplyAdds], m.Counts[polynomial.Features] = both*rank*(polyDim+1), both*(rank-1)
			return m, m.Experiment == polynomialGrowth.ID
		},
		"work of lower order that is not": func(m measure.Measurement) (measure.Measurement, bool) {
			n, _ := m.Cell.Number("n")
			m.Counts[polynomial.BlockSums] = int64(n * n / 100)
			return m, m.Experiment == polynomialGrowth.ID
		},
		"an error made beyond its bound": func(m measure.Measurement) (measure.Measurement, bool) {
			m.Values["observed"] = 1.01 * m.Values["bound"]
			return m, m.Experiment == polynomialErrors.ID
		},
		"a bound beyond the error asked": func(m measure.Measurement) (measure.Measurement, bool) {
			epsilon, _ := m.Cell.Number("epsilon")
			m.Values["bound"] = 1.01 * epsilon
			return m, m.Experiment == polynomialErrors.ID
		},
	})
	// The gradient's.
	maps.Copy(doctored, map[string]func(m measure.Measurement) (measure.Measurement, bool){
		"an exponential less than pairs": func(m measure.Measurement) (measure.Measurement, bool) {
			m.Counts[finegrain.Exponentials]--
			return m, m.Experiment == gradientQuadratic.ID
		},
		"work on a gradient that is not linear": func(m measure.Measurement) (measure.Measurement, bool) {
			n, _ := m.Cell.Number("n")
			m.Counts[polynomial.BlockSums] = int64(n * n / 10)
			return m, m.Experiment == gradientLinear.ID
		},
		"a gradient of one rank, and too high a one": func(m measure.Measurement) (measure.Measurement, bool) {
			if m.Experiment != gradientLinear.ID {
				return m, false
			}
			s := gradientSize(m)
			both, rank := int64(s.Queries+s.Keys), polynomial.Rank(s.Dim, 60)
			m.Counts[polynomial.Features] = both * (rank - 1)
			m.Counts[finegrain.MultiplyAdds] = s.Around()[finegrain.MultiplyAdds] + both*rank*int64(1+s.Dim)*int64(1+s.ValueDim)
			return m, true
		},
		"a gradient off by more than its bound": func(m measure.Measurement) (measure.Measurement, bool) {
			m.Values["observed"] = 1.01 * m.Values["bound"]
			return m, m.Experiment == gradientErrors.ID
		},
		"a bound of a gradient beyond the error asked": func(m measure.Measurement) (measure.Measurement, bool) {
			m.Values["bound"] *= 3.1
			return m, m.Experiment == gradientErrors.ID
		},
	})
	// What shows nothing, or not all, is undecided.
	empty := map[string]func(m measure.Measurement) (measure.Measurement, bool){
		"decoding that shows nothing": func(m measure.Measurement) (measure.Measurement, bool) {
			understated, ok := m.Cell.Number("understated")
			m.Counts["wrong"] = 0
			return m, ok && understated > 1
		},
		"instances of one answer": func(m measure.Measurement) (measure.Measurement, bool) {
			_, ok := m.Counts["yes"]
			m.Counts["yes"] = 0
			return m, ok
		},
		"a failure": func(m measure.Measurement) (measure.Measurement, bool) {
			m.Status, m.Reason = measure.Failure, "it broke"
			return m, true
		},
		"a trial that ran out of time": func(m measure.Measurement) (measure.Measurement, bool) {
			m.Status, m.Reason = measure.OutOfTime, "time limit 1s"
			return m, true
		},
		"seconds that grow as in caches": func(m measure.Measurement) (measure.Measurement, bool) {
			n, _ := m.Cell.Number("n")
			m.Seconds *= math.Pow(n, 0.3)
			return m, m.Experiment == exactAttentionN.ID || m.Experiment == scanN.ID || m.Experiment == polynomialGrowth.ID
		},
		"seconds that grow too slowly for an equality": func(m measure.Measurement) (measure.Measurement, bool) {
			n, _ := m.Cell.Number("n")
			m.Seconds *= math.Pow(n, -0.3)
			return m, m.Experiment == polynomialGrowth.ID
		},
		"a gradient's corner that tests nothing": func(m measure.Measurement) (measure.Measurement, bool) {
			m.Values["observed"] /= 1000
			return m, m.Experiment == gradientErrors.ID
		},
		"a corner that tests nothing": func(m measure.Measurement) (measure.Measurement, bool) {
			m.Values["observed"] /= 1000
			return m, m.Experiment == polynomialErrors.ID
		},
	}
	used := map[string]bool{}
	for _, c := range All() {
		t.Run(c.ID, func(t *testing.T) {
			if j := outcomeOf(t, c, nil); j.Verdict.Outcome != finegrain.Unmeasured || j.Verdict.Because == "" || len(j.Drawn) > 0 {
				t.Errorf("without evidence: %v, %d figures", j.Verdict, len(j.Drawn))
			}
			j := outcomeOf(t, c, evidenceFor(t, c, asClaimed(c)))
			if j.Verdict.Outcome != finegrain.Consistent || len(j.Drawn) != len(c.Figures) || len(j.Notes) > 0 {
				t.Errorf("as claimed: %v, %d of %d figures, notes %q", j.Verdict, len(j.Drawn), len(c.Figures), j.Notes)
			}
			j = outcomeOf(t, c, evidenceOn(t, c, true, asClaimed(c)))
			if j.Verdict.Outcome != finegrain.Consistent || len(j.Drawn) != len(c.Figures) || len(j.Notes) > 0 {
				t.Errorf("on the full grids: %v, %d of %d figures, notes %q", j.Verdict, len(j.Drawn), len(c.Figures), j.Notes)
			}
			for what, doctor := range merged(doctored, empty) {
				applies := false
				rows := evidenceFor(t, c, func(m measure.Measurement) measure.Measurement {
					m = asClaimed(c)(m)
					spoiled, ok := doctor(clone(m))
					if !ok || c.shownOnly(m.Experiment) || m.Trial > 0 && !overTrials(what) {
						return m // one trial that is wrong must do, but growth is judged by medians
					}
					applies = true
					return spoiled
				})
				if !applies {
					continue
				}
				used[what] = true
				want := finegrain.Refuted
				if empty[what] != nil {
					want = finegrain.Undecided
				}
				if j := outcomeOf(t, c, rows); j.Verdict.Outcome != want || j.Verdict.Because == "" {
					t.Errorf("%s: %v, want %v", what, j.Verdict, want)
				}
			}
		})
	}
	for what := range merged(doctored, empty) {
		if !used[what] {
			t.Errorf("%q applies to no claim", what)
		}
	}
}

// overTrials reports whether rows are doctored in every trial.
func overTrials(what string) bool {
	return strings.HasPrefix(what, "seconds") || strings.HasPrefix(what, "a rank") || strings.HasPrefix(what, "work")
}

// TestSpoiledCountsShow: of every claim, some count or value is judged: spoiled in one row, the claim is no longer
// consistent. What a claim counts and nobody judges is listed, for who reads the test's log.
func TestSpoiledCountsShow(t *testing.T) {
	for _, c := range All() {
		judged, kinds := 0, map[string]bool{}
		for _, m := range evidenceFor(t, c, asClaimed(c)) {
			for k := range m.Counts {
				kinds["count "+k] = true
			}
			for k := range m.Values {
				kinds["value "+k] = true
			}
		}
		for kind := range kinds {
			done := false
			rows := evidenceFor(t, c, func(m measure.Measurement) measure.Measurement {
				m = clone(asClaimed(c)(m))
				what, name, _ := strings.Cut(kind, " ")
				if _, ok := m.Counts[name]; ok && what == "count" && !done {
					m.Counts[name], done = 2*m.Counts[name]+1, true
				}
				if _, ok := m.Values[name]; ok && what == "value" && !done {
					m.Values[name], done = 3*m.Values[name]+1, true
				}
				return m
			})
			if outcomeOf(t, c, rows).Verdict.Outcome != finegrain.Consistent {
				judged++
			} else {
				t.Logf("%s: %s is not judged", c.ID, kind)
			}
		}
		if judged == 0 {
			t.Errorf("%s is consistent whatever is counted", c.ID)
		}
	}
}

// TestReadmePictures: the figures that README shows have the titles and the captions that their claims give them. Their
// points are measured, and their own.
func TestReadmePictures(t *testing.T) {
	for name, of := range map[string]Claim{"phase-transition": PhaseTransition, "any-temperature": AnyTemperature} {
		data, err := os.ReadFile("../docs/" + name + ".svg")
		if err != nil {
			t.Fatal(err)
		}
		drawn := outcomeOf(t, of, evidenceFor(t, of, asClaimed(of))).Drawn[0]
		for _, text := range []string{drawn.Title, drawn.Caption} {
			if !strings.Contains(html.UnescapeString(string(data)), text) {
				t.Errorf("docs/%s.svg lacks %q; write it again: finegrain report finegrain-reproduce --figure %s --out docs/%[1]s.svg",
					name, text, drawn.ID)
			}
		}
	}
}

// shownOnly reports whether an experiment is one that the judge does not read.
func (c Claim) shownOnly(id string) bool {
	return !slices.ContainsFunc(c.Experiments, func(e measure.Experiment) bool { return e.ID == id })
}

// TestWhatIsLackingShows: rows that lack a count or a value that a judge reads, as when a subject no longer records it,
// leave a claim undecided: what is missing does not read as 0. And what claims expect of a subject it says that it yields.
func TestWhatIsLackingShows(t *testing.T) {
	for _, c := range All() {
		expected := map[[2]string]bool{} // experiment and name
		for _, m := range evidenceFor(t, c, asClaimed(c)) {
			for _, names := range [][]string{slices.Collect(maps.Keys(m.Counts)), slices.Collect(maps.Keys(m.Values))} {
				for _, name := range names {
					expected[[2]string{m.Experiment, name}] = true
				}
			}
		}
		for _, e := range slices.Concat(c.Experiments, c.Shown) {
			subject, err := experiments.SubjectNamed(e.Subject)
			if err != nil {
				t.Fatal(err)
			}
			for x := range expected {
				yields := func(y measure.Yield) bool { return y.Name == x[1] }
				if x[0] == e.ID && !slices.ContainsFunc(subject.Yields, yields) {
					t.Errorf("%s expects %q of %s, which %s does not yield", c.ID, x[1], e.ID, subject.Name)
				}
			}
		}
		for x := range expected {
			if c.shownOnly(x[0]) {
				continue
			}
			rows := evidenceFor(t, c, func(m measure.Measurement) measure.Measurement {
				if m = asClaimed(c)(m); m.Experiment == x[0] {
					delete(m.Counts, x[1])
					delete(m.Values, x[1])
				}
				return m
			})
			if j := outcomeOf(t, c, rows); j.Verdict.Outcome == finegrain.Consistent {
				t.Errorf("%s is consistent without any %q of %s", c.ID, x[1], x[0])
			}
		}
	}
}

func merged[V any](maps ...map[string]V) map[string]V {
	all := map[string]V{}
	for _, m := range maps {
		for k, v := range m {
			all[k] = v
		}
	}
	return all
}

// value spoils a value that is there.
func value(name string, by float64) func(measure.Measurement) (measure.Measurement, bool) {
	return func(m measure.Measurement) (measure.Measurement, bool) {
		_, ok := m.Values[name]
		m.Values[name] *= by
		return m, ok && (m.Experiment == thresholdRuns.ID || m.Experiment == interpolationRuns.ID)
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
	for _, m := range evidenceFor(t, ExactAttention, asClaimed(ExactAttention)) {
		if n, _ := m.Cell.Number("n"); n <= 5793 {
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
		if n, _ := m.Cell.Number("n"); n == 32768 {
			m.Status, m.Reason, m.Seconds = measure.OutOfTime, "time limit 1m0s", 60
			return m
		}
		return asClaimed(ExactAttention)(m)
	})).Where("d", int64(8))
	if samples := rows.Samples("n", Seconds); len(samples) != 8 {
		t.Errorf("%d samples, want 8", len(samples))
	}
	points := rows.Points("n", Seconds)
	if last := points[len(points)-1]; len(points) != 9 || last.Censored != "time limit 1m0s" || last.Y != 60 {
		t.Errorf("points %+v", points)
	}
}

// TestSurvivorsAreNotAll: where most trials of the large sizes ran out of time, the median of those that did not says
// nothing, and the sizes are drawn as censored; where fewer than half did, they count as larger than the rest.
func TestSurvivorsAreNotAll(t *testing.T) {
	for stopped, sizes := range map[int]int{1: 9, 2: 4} { // of 3 trials, from n = 8192
		rows := evidenceFor(t, ExactAttention, func(m measure.Measurement) measure.Measurement {
			if n, _ := m.Cell.Number("n"); n >= 8192 && m.Trial < stopped {
				m.Status, m.Reason, m.Seconds = measure.OutOfTime, "time limit 1m0s", 60
				return m
			}
			return asClaimed(ExactAttention)(m)
		})
		of := Table(rows).Where("d", int64(8))
		if got := of.Samples("n", Seconds); len(got) != sizes {
			t.Errorf("%d of 3 stopped: %d sizes, want %d", stopped, len(got), sizes)
		}
		if samples, points := of.Samples("n", Seconds), of.Points("n", Seconds); fit.Median(samples[len(samples)-1].Y) !=
			points[len(samples)-1].Y {
			t.Errorf("%d of 3 stopped: what is drawn is not what is fitted", stopped)
		}
		if last := of.Points("n", Seconds)[8]; (last.Censored != "") != (sizes < 9) {
			t.Errorf("%d of 3 stopped: the last point is %+v", stopped, last)
		}
		if j := outcomeOf(t, ExactAttention, rows); j.Verdict.Outcome != finegrain.Undecided || len(j.Notes) == 0 {
			t.Errorf("%d of 3 stopped: %v", stopped, j.Verdict)
		}
	}
}

// TestRowsOfAnotherVersion: rows that are of no declared cell are left out, and said to be.
func TestRowsOfAnotherVersion(t *testing.T) {
	rows := evidenceFor(t, SplitAndList, asClaimed(SplitAndList))
	old := rows[0]
	old.Cell = measure.Cell{{Name: "once", Value: int64(1)}}
	j := outcomeOf(t, SplitAndList, append(rows, old))
	if j.Verdict.Outcome != finegrain.Consistent || len(j.Notes) != 1 || j.Measured != len(rows) {
		t.Errorf("%v, notes %q, %d of %d rows", j.Verdict, j.Notes, j.Measured, len(rows))
	}
}

// TestRunsWithoutAttentionShowNothing: where the lists alone settle every formula the route is not tested.
func TestRunsWithoutAttentionShowNothing(t *testing.T) {
	rows := evidenceFor(t, Threshold, func(m measure.Measurement) measure.Measurement {
		if m = asClaimed(Threshold)(m); m.Experiment == thresholdRuns.ID {
			m.Counts["calls"] = 0
		}
		return m
	})
	if j := outcomeOf(t, Threshold, rows); j.Verdict.Outcome != finegrain.Undecided {
		t.Errorf("%v", j.Verdict)
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
