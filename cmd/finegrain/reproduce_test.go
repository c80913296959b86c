package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"finegrain"
	"finegrain/experiments"
)

func reproduceWith(t *testing.T, job func(finegrain.Env) (experiments.Reproduction, error), args ...string,
) (code int, out, messages string) {
	t.Helper()
	var stdout, stderr strings.Builder
	a := &app{strings.NewReader(""), &stdout, &stderr, job}
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
	if s.Runs != 2 || s.Agree != 2 || s.Page != page || s.Command != "finegrain reproduce --seed 7" || s.Decoded != 8 {
		t.Errorf("summary %+v", s)
	}
}

// TestReproduceFails requires exit code 1, and the page all the same, where something disagrees.
func TestReproduceFails(t *testing.T) {
	for name, spoil := range map[string]func(*experiments.Reproduction){
		"a disagreement":    func(r *experiments.Reproduction) { r.Formulas[0].Runs[0].Disagreement = "otherwise" },
		"a failed run":      func(r *experiments.Reproduction) { r.Formulas[0].Runs[0].Err = errors.New("too weak") },
		"a row decoded ill": func(r *experiments.Reproduction) { r.Entries.Decodings[0].Wrong = 1 },
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
