package measure

import (
	"context"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"finegrain"
)

func newStore(t testing.TB) *Store {
	t.Helper()
	s, err := Create(context.Background(), filepath.Join(t.TempDir(), "a ?#%41.sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

var somewhere = Machine{CPU: "a processor", Cores: 2, Kernel: "go", Go: "go1", OS: "linux/amd64", Version: "v", Dirty: true}

func sample(n int64, trial int) Measurement {
	return Measurement{
		Experiment: "e", Cell: Cell{{"n", n}, {"x", 1.0}, {"kind", "odd one"}, {"causal", true}}, Trial: trial,
		Seed: math.MaxUint64, Status: Done, Outcome: Outcome{finegrain.Cost{"ops": math.MaxInt64}, map[string]float64{"error": 1e-300}},
		Seconds: 1.0 / 3, Repeats: 4, Whole: 2, Data: "ab", Machine: somewhere, At: time.Now().UTC(),
	}
}

func TestStoreKeepsWhatItIsGiven(t *testing.T) {
	ctx := context.Background()
	s := newStore(t)
	other := sample(2, 0)
	other.Machine.Version, other.Status, other.Reason, other.Outcome = "w", OutOfTime, "time limit 1s", Outcome{}
	want := []Measurement{sample(1, 1), sample(1, 0), other}
	for _, m := range want {
		if err := s.Add(ctx, m); err != nil {
			t.Fatal(err)
		}
	}
	check := func(s *Store) {
		t.Helper()
		got, err := s.Measurements(ctx, "e")
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %v\nwant %+v", got, err, want)
		}
		if none, err := s.Measurements(ctx, "f"); err != nil || none != nil {
			t.Errorf("got %v, %v", none, err)
		}
		if all, err := s.Measurements(ctx, ""); err != nil || len(all) != len(want) {
			t.Errorf("got %v, %v", all, err)
		}
	}
	check(s)
	reader, err := OpenReadOnly(ctx, s.Name()) // beside the writer
	if err != nil {
		t.Fatal(err)
	}
	check(reader)
	if err := reader.Add(ctx, sample(7, 7)); err == nil || !strings.Contains(err.Error(), "readonly") {
		t.Errorf("what is open for reading is written: %v", err)
	}
	if err := errors.Join(reader.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	if entries, _ := os.ReadDir(filepath.Dir(s.Name())); len(entries) != 1 {
		t.Errorf("a store at rest is %v", entries)
	}
	if reader, err = OpenReadOnly(ctx, s.Name()); err != nil {
		t.Fatal(err)
	}
	check(reader)
	reader.Close()
	if entries, _ := os.ReadDir(filepath.Dir(s.Name())); len(entries) != 1 {
		t.Errorf("reading leaves %v", entries)
	}
}

// TestStoreNeverRewrites: whoever writes SQL of their own cannot change or lose a row unnoticed.
func TestStoreNeverRewrites(t *testing.T) {
	ctx := context.Background()
	s := newStore(t)
	if err := errors.Join(s.Declare(ctx, Experiment{ID: "e", Subject: "twin"}), s.Add(ctx, sample(1, 0))); err != nil {
		t.Fatal(err)
	}
	if err := s.Add(ctx, sample(1, 0)); err == nil || !strings.Contains(err.Error(), "measured before") {
		t.Errorf("measured twice: %v", err)
	}
	before, _ := s.Measurements(ctx, "")
	const all = "experiment, cell, trial, attempt, time_limit, memory_limit, settings, seed, status, reason, counts, figures, 0, repeats, whole, data, machine, at"
	for _, statement := range []string{
		"UPDATE measurement SET seconds = 0",
		"DELETE FROM measurement",
		"INSERT OR REPLACE INTO measurement SELECT number, " + all + " FROM measurement",
		"INSERT OR REPLACE INTO measurement SELECT number + 1, " + all + " FROM measurement",
		"INSERT INTO measurement SELECT number + 1, " + all + " FROM measurement",
		"REPLACE INTO machine SELECT number, '{}' FROM machine",
		"REPLACE INTO machine SELECT number + 1, description FROM machine",
		"UPDATE machine SET description = '{}'", "DELETE FROM machine",
		"UPDATE experiment SET id = 'f'", "DELETE FROM experiment",
		"REPLACE INTO experiment SELECT number, id, 'x' FROM experiment",
		"INSERT INTO measurement SELECT 9, experiment, cell, 7, 0, 0, 0, settings, seed, 'fine', reason, counts, figures, 0, repeats, whole, data, machine, at FROM measurement",
		"INSERT INTO measurement SELECT 9, experiment, cell, 7, 0, 0, 0, settings, seed, status, reason, counts, figures, 'x', repeats, whole, data, machine, at FROM measurement",
	} {
		if _, err := s.db.Exec(statement); err == nil {
			t.Errorf("%s: no error", statement)
		}
	}
	if after, err := s.Measurements(ctx, ""); err != nil || !reflect.DeepEqual(before, after) {
		t.Errorf("before %+v, after %+v, %v", before, after, err)
	}
}

// TestTriggersBite: without the trigger a replacement goes through, so that what the test above sees is the trigger.
func TestTriggersBite(t *testing.T) {
	s := newStore(t)
	if err := s.Add(context.Background(), sample(1, 0)); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		"DROP TRIGGER measured_once",
		"REPLACE INTO measurement SELECT number, experiment, cell, trial, attempt, 0, 0, settings, seed, status, reason, counts, figures, 0, repeats, whole, data, machine, at FROM measurement",
		"DROP TRIGGER no_DELETE_of_measurement", "DELETE FROM measurement",
	} {
		if _, err := s.db.Exec(statement); err != nil {
			t.Errorf("%s: %v", statement, err)
		}
	}
}

func TestStoreRefuses(t *testing.T) {
	ctx := context.Background()
	s := newStore(t)
	for want, change := range map[string]func(*Measurement){
		"values must be finite": func(m *Measurement) { m.Values = map[string]float64{"x": math.NaN()} },
		"took":                  func(m *Measurement) { m.Seconds = math.Inf(1) },
		"has a reason if":       func(m *Measurement) { m.Reason = "why" },
		"a reason if it":        func(m *Measurement) { m.Status = Failure },
		"CHECK":                 func(m *Measurement) { m.Status, m.Reason = "odd", "why" },
	} {
		m := sample(1, 0)
		change(&m)
		if err := s.Add(ctx, m); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if all, _ := s.Measurements(ctx, ""); all != nil {
		t.Errorf("the store has %v", all)
	}
}

func TestDeclare(t *testing.T) {
	ctx := context.Background()
	s := newStore(t)
	e := Experiment{
		ID: "e", Doc: "d", Subject: "twin", Seed: 1, Trials: 2, Limits: Limits{time.Second, 5},
		Axes: []Axis{{Name: "n", Values: Values[int64](1, 2), Full: Values[int64](3)}, {Name: "x", Values: []Value{2.0, 1e300}}, {Name: "kind", Values: Values("a")}},
	}
	more := e
	more.Trials = 3
	for _, x := range []Experiment{e, e, more} {
		if err := s.Declare(ctx, x); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := s.Experiments(ctx); err != nil || !reflect.DeepEqual(got, []Experiment{more}) {
		t.Errorf("got %+v, %v", got, err)
	}
	var n int
	if err := s.db.QueryRow("SELECT count(*) FROM experiment").Scan(&n); err != nil || n != 2 {
		t.Errorf("%d declarations, %v", n, err)
	}
	seed, subject := more, more
	seed.Seed, subject.Subject = 2, "other"
	for _, x := range []Experiment{seed, subject} {
		var changed *ChangedError
		if err := s.Declare(ctx, x); !errors.As(err, &changed) || !strings.Contains(err.Error(), "another id") {
			t.Errorf("error %v", err)
		}
	}
}

// TestOpenLeavesOthersAlone: what is no store is refused and not changed by a byte, nor is anything put beside it.
func TestOpenLeavesOthersAlone(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	foreign, later := filepath.Join(dir, "foreign"), filepath.Join(dir, "later")
	for name, pragma := range map[string]string{foreign: "application_id = 7", later: "application_id = 1718185573; PRAGMA user_version = 99"} {
		db, err := sql.Open("sqlite", dsn(name))
		if err == nil {
			_, err = db.Exec("CREATE TABLE t (x); PRAGMA " + pragma)
		}
		if err := errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
	}
	names := map[string]string{
		filepath.Join(dir, "empty"): "is no SQLite", filepath.Join(dir, "text"): "is no SQLite",
		filepath.Join(dir, "folder"): "not a regular file",
		foreign:                      "another program", later: "version 99, and this program knows version 2 only",
	}
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "empty"), nil, 0o600), os.Mkdir(filepath.Join(dir, "folder"), 0o700),
		os.WriteFile(filepath.Join(dir, "text"), []byte(strings.Repeat("text ", 1000)), 0o600)); err != nil {
		t.Fatal(err)
	}
	state := func() map[string]string {
		all := map[string]string{}
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			data, _ := os.ReadFile(filepath.Join(dir, e.Name()))
			all[e.Name()] = string(data)
		}
		return all
	}
	before := state()
	for name, want := range names {
		for _, open := range []func(context.Context, string) (*Store, error){Open, OpenReadOnly} {
			if _, err := open(ctx, name); !errors.Is(err, ErrNoStore) || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v", name, err)
			}
		}
		if _, err := Create(ctx, name); !errors.Is(err, ErrExists) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if !reflect.DeepEqual(before, state()) {
		t.Error("something was changed")
	}
	if _, err := Open(ctx, filepath.Join(dir, "missing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
	if _, err := Create(ctx, filepath.Join(dir, "missing", "a")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

func TestReadOnlyDirectory(t *testing.T) {
	s := newStore(t)
	if err := errors.Join(s.Add(context.Background(), sample(1, 0)), s.Close()); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(s.Name())
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o700)
	r, err := OpenReadOnly(context.Background(), s.Name())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if all, err := r.Measurements(context.Background(), ""); err != nil || len(all) != 1 {
		t.Errorf("%v, %v", all, err)
	}
}

// TestCellText: a cell's JSON reads back as the same cell, types included, and cells that differ have texts that
// differ.
func TestCellText(t *testing.T) {
	value := rapid.OneOf(
		rapid.Map(rapid.Int64(), func(x int64) Value { return x }),
		rapid.Map(rapid.Float64(), func(x float64) Value { return x + 0 }),
		rapid.Map(rapid.String(), func(x string) Value { return strings.ToValidUTF8(x, "?") }),
		rapid.Map(rapid.Bool(), func(x bool) Value { return x }),
	)
	cell := rapid.Map(rapid.SliceOfN(value, 1, 4), func(values []Value) Cell {
		var c Cell
		for i, v := range values {
			c = append(c, Setting{string(rune('a' + i)), v})
		}
		return c
	})
	rapid.Check(t, func(t *rapid.T) {
		c := cell.Draw(t, "cell")
		data, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		var back Cell
		if err := json.Unmarshal(data, &back); err != nil || !reflect.DeepEqual(c, back) {
			t.Fatalf("%s reads back as %#v, %v; want %#v", data, back, err, c)
		}
		d := slices.Clone(c)
		at := rapid.IntRange(0, len(c)-1).Draw(t, "at")
		switch x := d[at].Value.(type) { // another value of the same type
		case int64:
			d[at].Value = x + 1
		case float64:
			d[at].Value = math.Nextafter(x, math.Inf(1))
		case string:
			d[at].Value = x + rapid.SampledFrom([]string{" ", "=", `"`, " b=1", "\\", "é"}).Draw(t, "more")
		case bool:
			d[at].Value = !x
		}
		if c.String() == d.String() {
			t.Fatalf("%#v and %#v have one text, %s", c, d, c)
		}
	})
}

func TestExport(t *testing.T) {
	other := sample(2, 0)
	other.Cell = Cell{{"m", int64(5)}}
	other.Status, other.Reason, other.Outcome = Refusal, "it cannot; a \"reason\"", Outcome{}
	all := []Measurement{sample(1, 0), other}
	var text, object strings.Builder
	if err := errors.Join(WriteCSV(&text, all), WriteJSON(&object, all)); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(strings.NewReader(text.String())).ReadAll()
	if err != nil || len(lines) != 3 {
		t.Fatalf("%v, %v", lines, err)
	}
	column := func(line int, name string) string { return lines[line][slices.Index(lines[0], name)] }
	for name, want := range map[string][2]string{
		"n": {"1", ""}, "m": {"", "5"}, "kind": {"odd one", ""}, "x": {"1", ""}, "count:ops": {"9223372036854775807", ""},
		"value:error": {"1e-300", ""}, "status": {"done", "refused"}, "reason": {"", "it cannot; a \"reason\""},
		"seed": {"18446744073709551615", "18446744073709551615"}, "seconds": {"0.3333333333333333", "0.3333333333333333"},
	} {
		if column(1, name) != want[0] || column(2, name) != want[1] {
			t.Errorf("%s: %q and %q", name, column(1, name), column(2, name))
		}
	}
	var back []map[string]any
	if err := json.Unmarshal([]byte(object.String()), &back); err != nil || len(back) != 2 || back[0]["seed"] != "18446744073709551615" {
		t.Errorf("%v, %v", back, err)
	}
}
