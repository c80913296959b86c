package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"finegrain/internal/simd"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"finegrain": main})
}

// TestScripts runs the scripts, in which finegrain is the command itself, and further:
//
//	exits CODE finegrain …      runs it and compares the exit code
//	refuses CODE WORDS finegrain …   also: nothing on standard output, one line on standard error, with WORDS
//	json PATH=VALUE …           compares what the JSON on standard output has at a path; VALUE may be a <type>
//	numbers FILE COLUMNS X …    writes an array of float64
//	integers FILE COLUMNS X …   writes one of int64
//	clean                       fails if a temporary file was left behind
func TestScripts(t *testing.T) {
	arrays, err := filepath.Abs("../../internal/npy/testdata/numpy")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("ARRAYS", arrays)
			env.Setenv("GORACE", "atexit_sleep_ms=0") // a program under the race detector sleeps for a second at its end
			kernel := os.Getenv(simd.Variable)        // scripts run with the one that the tests do
			env.Setenv(simd.Variable, kernel)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":    exits,
			"refuses":  refuses,
			"json":     holdsJSON,
			"numbers":  writesNumbers,
			"integers": writesIntegers,
			"clean":    clean,
		},
	})
}

// exitCode runs a command and returns its exit code; output is for the commands that follow.
func exitCode(ts *testscript.TestScript, args []string) int {
	err := ts.Exec(args[0], args[1:]...)
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	ts.Fatalf("%v", err)
	return -1
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND…")
	}
	if got := exitCode(ts, args[1:]); strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit code %d, want %s", got, args[0])
	}
}

func refuses(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: refuses CODE WORDS COMMAND…")
	}
	exits(ts, false, append(args[:1:1], args[2:]...))
	if err := refusal(ts.ReadFile("stdout"), ts.ReadFile("stderr"), args[1]); err != nil {
		ts.Fatalf("%v", err)
	}
}

// refusal returns nil if a command printed just the one line that is promised for what is refused.
func refusal(stdout, stderr, words string) error {
	switch {
	case stdout != "":
		return fmt.Errorf("standard output has %q", stdout)
	case !strings.HasPrefix(stderr, "finegrain: ") || strings.Count(stderr, "\n") != 1 || !strings.HasSuffix(stderr, "\n"):
		return fmt.Errorf("standard error is not one line of finegrain's: %q", stderr)
	case !strings.Contains(stderr, words):
		return fmt.Errorf("the line %q does not say %q", stderr, words)
	}
	return nil
}

func TestRefusalMutants(t *testing.T) {
	if err := refusal("", "finegrain: a.cnf:3: wrong\n", "a.cnf:3"); err != nil {
		t.Fatal(err)
	}
	for name, mutant := range map[string][2]string{
		"half an answer before the refusal": {"c route", "finegrain: a.cnf:3: wrong\n"},
		"usage after the line":              {"", "finegrain: a.cnf:3: wrong\nUsage:\n"},
		"a panic":                           {"", "panic: a.cnf:3\n\ngoroutine 1\n"},
		"another's prefix":                  {"", "Error: a.cnf:3: wrong\n"},
		"another line":                      {"", "finegrain: a.cnf:4: wrong\n"},
		"silence":                           {"", ""},
	} {
		if refusal(mutant[0], mutant[1], "a.cnf:3") == nil {
			t.Errorf("%s passes as a refusal", name)
		}
	}
}

func holdsJSON(ts *testscript.TestScript, neg bool, args []string) {
	var value any
	decoder := json.NewDecoder(strings.NewReader(ts.ReadFile("stdout")))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil || decoder.More() {
		ts.Fatalf("standard output is not one JSON value: %v", err)
	}
	for _, arg := range args {
		path, want, compare := strings.Cut(arg, "=")
		got, err := at(value, path)
		if neg {
			if err == nil {
				ts.Fatalf("%s is there: %v", path, got)
			}
			continue
		}
		if err != nil {
			ts.Fatalf("%v", err)
		}
		if text := fmt.Sprint(got); compare && text != want && "<"+typeOf(got)+">" != want {
			ts.Fatalf("%s is %s %s, want %s", path, typeOf(got), text, want)
		}
	}
}

var step = regexp.MustCompile(`[^.\[\]]+`)

// at follows a path such as steps[0].name; "#" is the length of an array.
func at(value any, path string) (any, error) {
	for _, key := range step.FindAllString(path, -1) {
		switch v := value.(type) {
		case map[string]any:
			next, ok := v[key]
			if !ok {
				return nil, fmt.Errorf("%s: there is no %q", path, key)
			}
			value = next
		case []any:
			i, err := strconv.Atoi(key)
			switch {
			case key == "#":
				value = len(v)
			case err != nil || i >= len(v):
				return nil, fmt.Errorf("%s: there is no element %q of %d", path, key, len(v))
			default:
				value = v[i]
			}
		default:
			return nil, fmt.Errorf("%s: %q of %T", path, key, value)
		}
	}
	return value, nil
}

func typeOf(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case bool:
		return "bool"
	case string:
		return "string"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	}
	return "number"
}

var temporary = regexp.MustCompile(`/\..*-[0-9a-f]{8}\.tmp$`)

// clean fails if a temporary file was left, in the directory or below.
func clean(ts *testscript.TestScript, _ bool, _ []string) {
	err := filepath.Walk(ts.MkAbs("."), func(name string, _ os.FileInfo, err error) error {
		if err == nil && temporary.MatchString(name) {
			err = fmt.Errorf("%s is left", name)
		}
		return err
	})
	if err != nil {
		ts.Fatalf("%v", err)
	}
}

// inProcess runs a command line in the test's own process.
func inProcess(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, messages bytes.Buffer
	code = run(context.Background(), args, strings.NewReader(""), &out, &messages)
	return code, out.String(), messages.String()
}

// succeeds is inProcess for what must end with exit code 0.
func succeeds(t *testing.T, args ...string) string {
	t.Helper()
	code, out, messages := inProcess(t, args...)
	if code != exitDone {
		t.Fatalf("%q exits with %d: %s", args, code, messages)
	}
	return out
}
