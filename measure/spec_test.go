package measure

import (
	"errors"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"finegrain"
	"finegrain/internal/textfile"
)

// twin is a subject with a parameter of every type.
var twin = Subject{
	Name: "twin", Doc: "for tests",
	Parameters: []Parameter{
		{Name: "n", Doc: "size, from 1", Type: int64(0), Check: func(v Value) error {
			if v.(int64) < 1 {
				return errors.New("n is at least 1")
			}
			return nil
		}},
		{Name: "x", Doc: "a number", Default: 0.5},
		{Name: "kind", Doc: "a word", Default: "plain"},
		{Name: "causal", Doc: "yes or no", Default: false},
	},
	Accepts: func(c Cell) error {
		if c.Int("n") == 13 && c.Bool("causal") {
			return errors.New("13 is never causal")
		}
		return nil
	},
	Work:  func(c Cell) float64 { return float64(c.Int("n")) },
	Bytes: func(c Cell) float64 { return float64(c.Int("n")) },
	Prepare: func(env finegrain.Env, c Cell) (Trial, error) {
		drawn := env.Rand("draw").Int64()
		return Trial{Data: "00", Run: func(finegrain.Env) (Outcome, error) {
			return Outcome{finegrain.Cost{"drawn": drawn}, map[string]float64{"half": float64(drawn) / 2}}, nil
		}}, nil
	},
}

const goodSpec = `# an experiment
[[experiment]]
id = "first"
doc = "what it shows"
subject = "twin"
trials = 3
seed = 7
time = "10s"
memory = "1 GiB"
[experiment.grid]
x = [1, 2.5]
n = [4, 8]
kind = "odd one"
[experiment.full]
n = [16]

[[experiment]]
id = "second"
doc = "d"
subject = "twin"
grid = { n = 1, causal = [true, false] }
`

func TestReadSpec(t *testing.T) {
	got, err := ReadSpec(strings.NewReader(goodSpec), "a.toml", []Subject{twin})
	if err != nil {
		t.Fatal(err)
	}
	want := []Experiment{
		{
			ID: "first", Doc: "what it shows", Subject: "twin", Trials: 3, Seed: 7,
			Axes: []Axis{
				{Name: "x", Values: []Value{int64(1), 2.5}},
				{Name: "n", Values: Values[int64](4, 8), Full: Values[int64](16)},
				{Name: "kind", Values: Values("odd one")},
			},
			Limits: Limits{10 * time.Second, 1 << 30},
		},
		{
			ID: "second", Doc: "d", Subject: "twin", Trials: 1, Seed: 1,
			Axes: []Axis{{Name: "n", Values: Values[int64](1)}, {Name: "causal", Values: Values(true, false)}},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read\n%+v, want\n%+v", got, want)
	}
	cells, err := Cells(got[0], twin, true)
	if err != nil {
		t.Fatal(err)
	}
	if len(cells) != 6 || cells[1].String() != `n=8 x=1 kind="odd one" causal=false` || cells[5].Int("n") != 16 {
		t.Errorf("cells %v", cells)
	}
}

// TestReadSpecErrors: every error names the line of what is wrong, counted from the line with [[experiment]] as 1,
// and says what to do.
func TestReadSpecErrors(t *testing.T) {
	const head = "[[experiment]]\nid = \"a\"\ndoc = \"d\"\nsubject = \"twin\"\n"
	for _, c := range []struct {
		text, want string
	}{
		{"", "x.toml:1: there is no experiment"},
		{"a = 1\n", `x.toml:1: there is no "a"`},
		{"\n\nexperiment = 3", "x.toml:3: there is no experiment"},
		{"\nexperiment = [1]", "x.toml:2: an experiment is a table"},
		{head + "[experiment.grid]\nn = [1, 0]\n", "x.toml:6: grid.n: n is at least 1"},
		{head + "[experiment.grid]\nn = [1,\n2,\n0]\n", "x.toml:8: grid.n: n is at least 1"},
		{head + "[experiment.grid]\nn = [1,\n2,\n1]\n", "x.toml:8: grid.n: 1 comes twice"},
		{head + "[experiment.grid]\nn = 1\nm = 2\n", `x.toml:7: grid.m: twin has no parameter "m"; it has n, x`},
		{head + "[experiment.grid]\nn = 1.5\n", "x.toml:6: grid.n: 1.5 is no whole number"},
		{head + "[experiment.grid]\nn = 1\nx = nan\n", "x.toml:7: grid.x: NaN is no number"},
		{head + "[experiment.grid]\nn = 1\nx = 9007199254740993\n", "x.toml:7: grid.x: 9007199254740993 is no number"},
		{head + "[experiment.grid]\nn = 1\nkind = true\n", "x.toml:7: grid.kind: true is no word"},
		{head + "[experiment.grid]\nn = 1\ncausal = \"yes\"\n", `x.toml:7: grid.causal: "yes" is no truth value`},
		{head + "[experiment.grid]\nn = []\n", "x.toml:6: grid.n: has no values"},
		{head + "[experiment.grid]\nn = [[1]]\n", "x.toml:6: a value is a number"},
		{head + "[experiment.grid]\nn = 2020-01-01\n", "x.toml:6: a value is a number"},
		{head + "[experiment.grid]\nx = 1\n", `x.toml:5: grid: twin needs a value for "n": size, from 1`},
		{head, `x.toml:1: grid: twin needs a value for "n"`},
		{head + "[experiment.grid]\nn = 13\ncausal = true", "x.toml:5: grid: n=13 x=0.5 kind=plain causal=true: 13 is never"},
		{head + "[experiment.grid]\nn = 1\n[experiment.full]\nx = 3", "x.toml:8: full.x adds to nothing"},
		{head + "[experiment.grid]\nn = 1\n[experiment.full]\nn = [2,\n 1]", "x.toml:9: full.n: 1 comes twice"},
		{head + "grid = 3", "x.toml:5: grid is a table"},
		{head + "trails = 3", `x.toml:5: an experiment has no "trails"; it has id, doc`},
		{head + "Trials = 3", `x.toml:5: an experiment has no "Trials"`},
		{head + "trials = 0", "x.toml:5: 0 trials"},
		{head + "trials = 1.0", "x.toml:5: trials is a whole number"},
		{head + "trials = 100000", "x.toml:5: 100000 trials"},
		{head + "seed = -1", "x.toml:5: the seed -1 is negative"},
		{head + "time = 3", "x.toml:5: time is a time in quotes"},
		{head + "time = \"3\"", `x.toml:5: "3" is no time; write it as`},
		{head + "time = \"-3s\"", `x.toml:5: "-3s" is no time`},
		{head + "memory = \"much\"", `x.toml:5: "much" is no amount of memory`},
		{head + "id = \"b\"", "x.toml:5: key id is already defined"},
		{head + "memory = ", "x.toml:5: "},
		{head + "[experiment.grid]\nn = 010", "x.toml:6: "},
		{"[[experiment]]\nid = \"A b\"\ndoc = \"d\"\nsubject = \"twin\"\n", `x.toml:2: id: "A b" is no name; take lower-case letters, digits, and hyphens between them, at most 80 characters, such as "a-b"`},
		{"[[experiment]]\nid = \"a\"\nsubject = \"twin\"\n", "x.toml:1: doc: is missing"},
		{"[[experiment]]\nid = \"a\"\ndoc = \"d\"\nsubject = \"tw\"\n", `x.toml:4: there is no subject "tw"; subject is one of "twin"`},
		{
			head + "grid.n = 1\n" + head + "grid.n = 1\n",
			`x.toml:7: experiment "a" comes twice`,
		},
		{strings.Repeat("\n", SpecBytes) + "#", "x.toml:65536: the file is longer"},
		{head + "grid.n = " + strings.Repeat("[", 50000), "x.toml:5: "},
	} {
		_, err := ReadSpec(strings.NewReader(c.text), "x.toml", []Subject{twin})
		var syntax *textfile.SyntaxError
		if !errors.As(err, &syntax) || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%.200q: error %v, want %s…", c.text, err, c.want)
		}
	}
	if _, err := ReadSpec(errReader{}, "x", nil); !errors.Is(err, os.ErrClosed) {
		t.Errorf("error %v", err)
	}
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, os.ErrClosed }

// TestCellsTooMany: no more cells than are allowed are ever made.
func TestCellsTooMany(t *testing.T) {
	var many []Value
	for i := range 2000 {
		many = append(many, int64(i+1))
	}
	e := Experiment{ID: "a", Doc: "d", Subject: "twin", Trials: 1, Axes: []Axis{
		{Name: "n", Values: many}, {Name: "x", Values: many},
	}}
	if _, err := Cells(e, twin, false); err == nil || !strings.Contains(err.Error(), "grid.x: makes more than 65536 cells") {
		t.Errorf("error %v", err)
	}
	e.Axes = e.Axes[:1]
	e.Trials = MaxTrials
	if _, err := Cells(e, twin, false); err == nil || !strings.Contains(err.Error(), "more than 1048576 measurements") {
		t.Errorf("error %v", err)
	}
}

func TestGoDeclaredExperiment(t *testing.T) {
	e := Experiment{ID: "a", Doc: "d", Subject: "twin", Trials: 1, Axes: []Axis{{Name: "n", Values: Values(3)}, {Name: "x", Values: Values(math.Copysign(0, -1))}}}
	cells, err := Cells(e, twin, false)
	if err != nil || len(cells) != 1 || cells[0].String() != "n=3 x=0 kind=plain causal=false" {
		t.Errorf("%v, %v", cells, err)
	}
	for field, wrong := range map[string]Experiment{
		"id":      {ID: "", Doc: "d", Subject: "twin", Trials: 1},
		"doc":     {ID: "a", Doc: " ", Subject: "twin", Trials: 1},
		"subject": {ID: "a", Doc: "d", Subject: "other", Trials: 1},
		"trials":  {ID: "a", Doc: "d", Subject: "twin"},
		"time":    {ID: "a", Doc: "d", Subject: "twin", Trials: 1, Limits: Limits{Time: -1}},
		"memory":  {ID: "a", Doc: "d", Subject: "twin", Trials: 1, Limits: Limits{Memory: -1}},
		"grid.n":  {ID: "a", Doc: "d", Subject: "twin", Trials: 1, Axes: []Axis{{Name: "n", Values: Values(1)}, {Name: "n", Values: Values(1)}}},
	} {
		var got *FieldError
		if _, err := Cells(wrong, twin, false); !errors.As(err, &got) || got.Field != field {
			t.Errorf("%s: error %v", field, err)
		}
	}
}

func FuzzReadSpec(f *testing.F) {
	f.Add(goodSpec)
	f.Fuzz(func(t *testing.T, text string) {
		all, err := ReadSpec(strings.NewReader(text), "f", []Subject{twin})
		var syntax *textfile.SyntaxError
		switch {
		case err == nil:
			for _, e := range all {
				if _, err := Cells(e, twin, true); err != nil {
					t.Errorf("an experiment that was read is refused: %v", err)
				}
			}
		case !errors.As(err, &syntax):
			t.Errorf("error without a line: %v", err)
		case syntax.Line < 1 || syntax.Line > 1+strings.Count(text, "\n"):
			t.Errorf("line %d of a text with %d", syntax.Line, 1+strings.Count(text, "\n"))
		case strings.Contains(syntax.Problem, "\n"):
			t.Errorf("more than one line: %q", syntax.Problem)
		}
	})
}
