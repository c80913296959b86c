package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"finegrain"
	"finegrain/claims"
	"finegrain/experiments"
	"finegrain/hypotheses"
	"finegrain/measure"
	"finegrain/reports"
)

func reproduceWith(t *testing.T, job func(finegrain.Env) (experiments.Reproduction, error), args ...string,
) (code int, out, messages string) {
	t.Helper()
	var stdout, stderr strings.Builder
	a := &app{strings.NewReader(""), &stdout, &stderr, job, smallClaims}
	code = a.run(t.Context(), append([]string{"reproduce"}, args...))
	return code, stdout.String(), stderr.String()
}

func TestReproduce(t *testing.T) {
	t.Chdir(t.TempDir())
	code, out, messages := reproduceWith(t, smallReproduction)
	if code != exitDone || messages != "" {
		t.Fatalf("exit code %d: %s", code, messages)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	page := lines[len(lines)-1]
	if page != filepath.Join("finegrain-reproduce", "index.html") {
		t.Errorf("the last line is %q", page)
	}
	if data, err := os.ReadFile(page); err != nil || !strings.Contains(string(data), "<html") {
		t.Errorf("the page: %v", err)
	}
	if !strings.Contains(out, "2 agree with gini and the counter, 0 do not, 0 failed") {
		t.Errorf("the summary is missing:\n%s", out)
	}

	// Its own output is replaced, and JSON is all there is on standard output.
	code, out, _ = reproduceWith(t, smallReproduction, "--json", "--quick", "--seed", "7")
	var s reproduced
	if err := json.Unmarshal([]byte(out), &s); err != nil || code != exitDone {
		t.Fatalf("exit code %d, %v: %s", code, err, out)
	}
	if s.Runs != 2 || s.Agree != 2 || s.Page != page || s.Command != "finegrain reproduce --seed 7" ||
		s.Claims != 1 || s.Verdicts["consistent"] != 1 || s.Measured != s.Measurements || s.Measurements == 0 {
		t.Errorf("summary %+v", s)
	}
}

// TestReproduceFails requires exit code 1, and the page all the same, where something disagrees.
func TestReproduceFails(t *testing.T) {
	for name, spoil := range map[string]func(*experiments.Reproduction){
		"a disagreement": func(r *experiments.Reproduction) { r.Formulas[0].Runs[0].Disagreement = "otherwise" },
		"a failed run":   func(r *experiments.Reproduction) { r.Formulas[0].Runs[0].Err = errors.New("too weak") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			job := func(env finegrain.Env) (experiments.Reproduction, error) {
				r, err := smallReproduction(env)
				spoil(&r)
				return r, err
			}
			code, out, messages := reproduceWith(t, job, "--out", "page")
			if code != exitFailed || strings.Count(messages, "\n") != 1 {
				t.Errorf("exit code %d, messages %q", code, messages)
			}
			if _, err := os.Stat("page/index.html"); err != nil || !strings.HasSuffix(out, "page/index.html\n") {
				t.Errorf("the page is missing: %v", err)
			}
		})
	}
}

// TestReproduceLeavesOthersAlone requires that a directory with anything of somebody else's is refused
// before the work begins.
func TestReproduceLeavesOthersAlone(t *testing.T) {
	never := func(finegrain.Env) (experiments.Reproduction, error) {
		t.Error("the work was begun")
		return experiments.Reproduction{}, errors.New("begun")
	}
	for name, files := range map[string]map[string]string{
		"another's file":              {"thesis.tex": "x"},
		"another's page":              {"index.html": "<html>"},
		"another's summary":           {"index.html": "<html>", "reproduce.json": "{}"},
		"its own beside another file": {"index.html": "<html>", "reproduce.json": `{"version":"0.1.0","page":"index.html"}`, "notes": "x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			for file, text := range files {
				if err := os.MkdirAll("page", 0o777); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join("page", file), []byte(text), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			code, _, messages := reproduceWith(t, never, "--out", "page")
			if code != exitRequest || !strings.Contains(messages, "not empty") {
				t.Errorf("exit code %d: %s", code, messages)
			}
			for file, text := range files {
				if data, _ := os.ReadFile(filepath.Join("page", file)); string(data) != text {
					t.Errorf("%s was changed", file)
				}
			}
		})
	}
}

// TestReproduceResumes: what was measured before an interrupt is not measured again with --resume; without, everything
// is, and the measurements of before are put aside.
func TestReproduceResumes(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx, interrupt := context.WithCancel(t.Context())
	stopped := func(finegrain.Env) (experiments.Reproduction, error) {
		interrupt()
		return experiments.Reproduction{}, ctx.Err()
	}
	var out, messages strings.Builder
	a := &app{strings.NewReader(""), &out, &messages, stopped, smallClaims}
	if code := a.run(ctx, []string{"reproduce"}); code != exitInterrupted || out.Len() > 0 {
		t.Fatalf("exit code %d: %s%s", code, &out, &messages)
	}
	measured := func(args ...string) reproduced {
		t.Helper()
		code, out, messages := reproduceWith(t, smallReproduction, append(args, "--json")...)
		var s reproduced
		if err := json.Unmarshal([]byte(out), &s); err != nil || code != exitDone || s.Measurements == 0 {
			t.Fatalf("exit code %d, %v: %s%s", code, err, out, messages)
		}
		return s
	}
	if s := measured("--resume"); s.Measured != 0 {
		t.Errorf("%d of %d were measured again", s.Measured, s.Measurements)
	}
	rows := func(name string) []measure.Measurement {
		t.Helper()
		s, err := measure.OpenReadOnly(t.Context(), filepath.Join(defaultReproduction, name))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		all, err := s.Attempts(t.Context(), "")
		if err != nil || len(all) == 0 {
			t.Fatalf("%s: %d measurements, %v", name, len(all), err)
		}
		return all
	}
	kept := map[string][]measure.Measurement{}
	for _, aside := range []string{"previous-1.sqlite", "previous-2.sqlite", "previous-11.sqlite"} {
		if aside == "previous-11.sqlite" { // as if those between had been removed
			second := filepath.Join(defaultReproduction, "previous-2.sqlite")
			if err := os.Rename(second, filepath.Join(defaultReproduction, "previous-10.sqlite")); err != nil {
				t.Fatal(err)
			}
			kept["previous-10.sqlite"] = kept["previous-2.sqlite"]
			delete(kept, "previous-2.sqlite")
		}
		kept[aside] = rows(storeFile)
		if s := measured(); s.Measured != s.Measurements {
			t.Errorf("%d of %d were measured anew", s.Measured, s.Measurements)
		}
	}
	for name, want := range kept {
		if got := rows(name); !reflect.DeepEqual(got, want) {
			t.Errorf("%s has not the measurements of the run before", name)
		}
	}
	if entries, err := filepath.Glob(filepath.Join(defaultReproduction, "*.sqlite*")); err != nil || len(entries) != 4 {
		t.Errorf("stores %v, %v", entries, err)
	}
	if code, _, messages := reproduceWith(t, smallReproduction, "--resume", "--seed", "2"); code != exitRequest || !strings.Contains(messages, "seed") {
		t.Errorf("another seed: exit code %d: %s", code, messages)
	}
}

// TestReproducePapers: only the claims of the papers that are named are measured, and the formulas belong to the papers
// of the reductions.
func TestReproducePapers(t *testing.T) {
	t.Chdir(t.TempDir())
	code, _, messages := reproduceWith(t, smallReproduction, "--paper", "wiliams-2005")
	if code != exitRequest || !strings.Contains(messages, `did you mean "williams-2005"`) {
		t.Errorf("exit code %d: %s", code, messages)
	}
	for _, c := range []struct {
		keys     []string
		pipeline bool
	}{{nil, true}, {[]string{"williams-2005"}, true}, {[]string{"gupta-2025"}, false}, {[]string{"gupta-2025", "alman-song-2023"}, true}} {
		selected, pipeline, err := ofPapers(claims.All(), c.keys)
		if err != nil || pipeline != c.pipeline || len(selected) == 0 {
			t.Errorf("%q: %d claims, formulas %t, %v", c.keys, len(selected), pipeline, err)
		}
		for _, s := range selected {
			if c.keys != nil && !slices.Contains(c.keys, s.Source.Paper.Key) {
				t.Errorf("%q: selected %s", c.keys, s.ID)
			}
		}
	}
}

// TestReproduceKeepsOtherPapers: the page of a run for one paper that goes on where another was measured has the claims of
// both; a run that does not go on says where the measurements are.
func TestReproduceKeepsOtherPapers(t *testing.T) {
	t.Chdir(t.TempDir())
	theirs := smallClaims()[0]
	other := theirs
	other.ID, other.Title, other.Source.Paper, other.Figures = "another", "Another claim", finegrain.Gupta2025, nil
	other.Judge = func(claims.Evidence) finegrain.Verdict {
		return finegrain.Verdict{Outcome: finegrain.Consistent, Because: "It was measured."}
	}
	other.Experiments = slices.Clone(theirs.Experiments)
	for i := range other.Experiments {
		other.Experiments[i].ID += "-again"
	}
	both := func() []claims.Claim { return []claims.Claim{theirs, other} }
	reproduce := func(args ...string) (s reproduced, messages string) {
		t.Helper()
		var stdout, stderr strings.Builder
		a := &app{strings.NewReader(""), &stdout, &stderr, smallReproduction, both}
		code := a.run(t.Context(), append([]string{"reproduce", "--json"}, args...))
		if err := json.Unmarshal([]byte(stdout.String()), &s); err != nil || code != exitDone {
			t.Fatalf("%q: exit code %d, %v: %s", args, code, err, &stderr)
		}
		return s, stderr.String()
	}
	alone, _ := reproduce("--paper", theirs.Source.Paper.Key)
	if alone.Claims != 1 || alone.Runs == 0 {
		t.Errorf("one paper: %+v", alone)
	}
	joined, messages := reproduce("--paper", other.Source.Paper.Key, "--resume")
	if joined.Claims != 2 || joined.Outcomes[theirs.ID] != alone.Outcomes[theirs.ID] || joined.Outcomes[other.ID] != "consistent" ||
		joined.Runs != alone.Runs || joined.Measurements != 2*alone.Measurements || joined.Measured != alone.Measured || messages != "" ||
		joined.Command != "finegrain reproduce --paper williams-2005 --paper gupta-2025 --seed 1" {
		t.Errorf("another paper after it: %+v; %s", joined, messages)
	}
	page, err := os.ReadFile(joined.Page)
	if err != nil || !strings.Contains(string(page), theirs.Title) || !strings.Contains(string(page), other.Title) {
		t.Errorf("the page lacks a claim; %v", err)
	}
	anew, messages := reproduce("--paper", other.Source.Paper.Key)
	if anew.Claims != 1 || !strings.Contains(messages, "is kept in finegrain-reproduce/previous-1.sqlite; --resume would go on with it") {
		t.Errorf("anew: %+v; %s", anew, messages)
	}
}

// TestReportFigure: a claim's figure is written from what reproduce measured, in every format, with the command that
// writes it again.
func TestReportFigure(t *testing.T) {
	t.Chdir(t.TempDir())
	if code, _, messages := reproduceWith(t, smallReproduction); code != exitDone {
		t.Fatalf("exit code %d: %s", code, messages)
	}
	for _, f := range reports.Formats() {
		succeeds(t, "report", defaultReproduction, "--figure", "split-and-list-sizes", "--format", f.Name, "--out", "figure"+f.Extension)
		data, err := os.ReadFile("figure" + f.Extension)
		if err != nil || len(data) == 0 {
			t.Errorf("%s: %d bytes, %v", f.Name, len(data), err)
		}
		if !strings.HasPrefix(f.Name, "pdf") && !strings.Contains(string(data), "report --figure split-and-list-sizes "+defaultReproduction) {
			t.Errorf("%s does not say how to write it again", f.Name)
		}
	}
	for words, args := range map[string][]string{
		`did you mean "split-and-list-sizes"`: {"--figure", "split-and-list-size"},
		"--x chooses measurements":            {"--figure", "split-and-list-sizes", "--x", "k"},
		"finegrain: nothing that figure degree-and-rank shows was measured in finegrain-reproduce; finegrain reproduce " +
			"--paper aggarwal-alman-2022 --out finegrain-reproduce --resume does": {"--figure", "degree-and-rank"},
	} {
		var out, messages strings.Builder
		code := run(t.Context(), append([]string{"report", defaultReproduction}, args...), strings.NewReader(""), &out, &messages)
		if code != exitRequest && code != exitFailed || !strings.Contains(messages.String(), words) || out.Len() > 0 {
			t.Errorf("%q: exit code %d: %s", args, code, &messages)
		}
	}
}

// TestClaimsCommand: verdicts are those of the directory; without one, every claim is unmeasured.
func TestClaimsCommand(t *testing.T) {
	t.Chdir(t.TempDir())
	listed := func() map[string]listedClaim {
		t.Helper()
		var rows []listedClaim
		if err := json.Unmarshal([]byte(succeeds(t, "claims", "--json")), &rows); err != nil || len(rows) != len(claims.All()) {
			t.Fatalf("%d claims, %v", len(rows), err)
		}
		byID := map[string]listedClaim{}
		for _, r := range rows {
			if r.Statement == "" || r.Because == "" || r.Paper == "" {
				t.Errorf("claim %+v lacks something", r)
			}
			byID[r.ID] = r
		}
		return byID
	}
	for id, r := range listed() {
		if r.Verdict != "unmeasured" {
			t.Errorf("%s is %s without a measurement", id, r.Verdict)
		}
	}
	if code, _, messages := reproduceWith(t, smallReproduction); code != exitDone {
		t.Fatalf("exit code %d: %s", code, messages)
	}
	rows := listed()
	if r := rows["split-and-list"]; r.Verdict != "consistent" || r.Measurements == 0 {
		t.Errorf("split-and-list: %+v", r)
	}
	if r := rows["bounded-entries-lower-bound"]; r.Verdict != "unmeasured" || !slices.Equal(r.Hypotheses, []hypotheses.Key{"SETH", "LDOVC"}) {
		t.Errorf("bounded-entries-lower-bound: %+v", r)
	}
}
