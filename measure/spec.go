package measure

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"finegrain/internal/memory"
	"finegrain/internal/textfile"
)

// Experiments as users write them, in TOML:
//
//	[[experiment]]
//	id = "streaming-n"
//	doc = "seconds of streaming attention against n"
//	subject = "attention"
//	trials = 5              # 1 if left out
//	seed = 1                # 1 if left out
//	time = "10s"            # limits of one measurement; none if left out
//	memory = "1 GiB"
//
//	[experiment.grid]       # the parameters; those left out take their default
//	algorithm = "streaming" # one value, or a list of them
//	n = [256, 512, 1024]
//
//	[experiment.full]       # values that only a full run takes in addition
//	n = [2048, 4096]
//
// The library reads the values and knows what is TOML. Where things stand is read off its parser, so that every
// error has a line, also those that are found when the file has long been read.

// SpecBytes is the longest file of experiments.
const SpecBytes = 1 << 16

// specKeys are the keys of an experiment.
var specKeys = []string{"id", "doc", "subject", "trials", "seed", "time", "memory", "grid", "full"}

// ReadSpec reads a file of experiments on the given subjects and checks their grids, full ones too. What is wrong
// with the text is a *textfile.SyntaxError; name is the file's in errors.
func ReadSpec(in io.Reader, name string, subjects []Subject) ([]Experiment, error) {
	data, err := io.ReadAll(textfile.Bounded(in, SpecBytes))
	if errors.Is(err, textfile.ErrTooLong) {
		return nil, textfile.Errorf(name, max(1, bytes.Count(data, []byte("\n"))),
			"the file is longer than %d bytes; write several", SpecBytes)
	}
	if err != nil {
		return nil, err
	}
	var tables map[string]any
	if err := toml.Unmarshal(data, &tables); err != nil {
		var at *toml.DecodeError
		if !errors.As(err, &at) {
			return nil, textfile.Errorf(name, 1, "%v; mend the TOML", err)
		}
		line, _ := at.Position()
		return nil, textfile.Errorf(name, max(1, line), "%s; mend the TOML", strings.TrimPrefix(at.Error(), "toml: "))
	}
	s := &spec{name: name, lines: linesOf(data)}
	return s.experiments(tables, subjects)
}

// spec is a file at work. The place of a thing is its path, as in "experiment.2.grid.n.0"; lists count from 0.
type spec struct {
	name  string
	lines map[string]place
}

type place struct{ line, order int } // order: the how manieth in the file

// errorf is an error at a path, or where that has no place of its own, at the nearest that holds it.
func (s *spec) errorf(path, format string, args ...any) error {
	for {
		if p, ok := s.lines[path]; ok {
			return textfile.Errorf(s.name, p.line, format, args...)
		}
		i := strings.LastIndexByte(path, '.')
		if i < 0 {
			return textfile.Errorf(s.name, 1, format, args...)
		}
		path = path[:i]
	}
}

// sorted lists the keys of a table in the order of the file.
func (s *spec) sorted(path string, table map[string]any) []string {
	if path != "" {
		path += "."
	}
	return slices.SortedFunc(maps.Keys(table), func(a, b string) int {
		return cmp.Or(cmp.Compare(s.lines[path+a].order, s.lines[path+b].order), cmp.Compare(a, b))
	})
}

func (s *spec) experiments(tables map[string]any, subjects []Subject) ([]Experiment, error) {
	for _, key := range s.sorted("", tables) {
		if key != "experiment" {
			return nil, s.errorf(key, "there is no %.60q; a file holds tables [[experiment]]", key)
		}
	}
	list, ok := tables["experiment"].([]any)
	if !ok || len(list) == 0 {
		return nil, s.errorf("experiment", "there is no experiment; begin one with the line [[experiment]]")
	}
	var all []Experiment
	for i, item := range list {
		path := fmt.Sprintf("experiment.%d", i)
		table, ok := item.(map[string]any)
		if !ok {
			return nil, s.errorf(path, "an experiment is a table; begin it with the line [[experiment]]")
		}
		e, err := s.experiment(path, table, subjects)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(all, func(other Experiment) bool { return other.ID == e.ID }) {
			return nil, s.errorf(path+".id", "experiment %q comes twice; give each an id of its own", e.ID)
		}
		all = append(all, e)
	}
	return all, nil
}

func (s *spec) experiment(path string, table map[string]any, subjects []Subject) (Experiment, error) {
	e := Experiment{Trials: 1, Seed: 1}
	var time, room string
	trials, seed := int64(1), int64(1)
	for _, key := range s.sorted(path, table) {
		at, value := path+"."+key, table[key]
		var err error
		switch key {
		case "id":
			err = take(s, at, value, &e.ID, "a name in quotes")
		case "doc":
			err = take(s, at, value, &e.Doc, "a sentence in quotes")
		case "subject":
			err = take(s, at, value, &e.Subject, "a name in quotes")
		case "time":
			err = take(s, at, value, &time, `a time in quotes, as in "10s"`)
		case "memory":
			err = take(s, at, value, &room, `an amount of memory in quotes, as in "1 GiB"`)
		case "trials":
			err = take(s, at, value, &trials, "a whole number")
		case "seed":
			err = take(s, at, value, &seed, "a whole number")
		case "grid", "full":
			if _, ok := value.(map[string]any); !ok {
				err = s.errorf(at, "%s is a table of parameters; begin it with the line [experiment.%[1]s]", key)
			}
		default:
			err = s.errorf(at, "an experiment has no %.60q; it has %s", key, strings.Join(specKeys, ", "))
		}
		if err != nil {
			return e, err
		}
	}
	switch {
	case trials < 1 || trials > MaxTrials:
		return e, s.errorf(path+".trials", "%d trials; a cell is measured at least once and at most %d times", trials, MaxTrials)
	case seed < 0:
		return e, s.errorf(path+".seed", "the seed %d is negative; take one from 0", seed)
	}
	e.Trials, e.Seed = int(trials), uint64(seed)
	var err error
	if time != "" {
		if e.Limits.Time, err = parseTime(time); err != nil {
			return e, s.errorf(path+".time", "%v", err)
		}
	}
	if room != "" {
		if e.Limits.Memory, err = memory.Parse(room); err != nil {
			return e, s.errorf(path+".memory", "%v", err)
		}
	}
	at := slices.IndexFunc(subjects, func(x Subject) bool { return x.Name == e.Subject })
	if at < 0 {
		var names []string
		for _, x := range subjects {
			names = append(names, fmt.Sprintf("%q", x.Name))
		}
		return e, s.errorf(path+".subject", "there is no subject %.60q; subject is one of %s", e.Subject, strings.Join(names, ", "))
	}
	if err := s.axes(path, table, &e); err != nil {
		return e, err
	}
	if _, err := Cells(e, subjects[at], true); err != nil {
		var field *FieldError
		if !errors.As(err, &field) {
			return e, s.errorf(path, "%v", err)
		}
		where := path + "." + field.Field
		if field.Index >= 0 {
			where += fmt.Sprintf(".%d", field.Index)
		}
		return e, s.errorf(where, "%s: %s", field.Field, field.Problem)
	}
	return e, nil
}

// axes makes an axis of each parameter, in the order of the grid.
func (s *spec) axes(path string, table map[string]any, e *Experiment) error {
	grid, _ := table["grid"].(map[string]any)
	full, _ := table["full"].(map[string]any)
	for _, name := range s.sorted(path+".grid", grid) {
		axis := Axis{Name: name}
		var err error
		if axis.Values, err = s.values(path+".grid."+name, grid[name]); err != nil {
			return err
		}
		if more, ok := full[name]; ok {
			if axis.Full, err = s.values(path+".full."+name, more); err != nil {
				return err
			}
		}
		e.Axes = append(e.Axes, axis)
	}
	for _, name := range s.sorted(path+".full", full) {
		if _, ok := grid[name]; !ok {
			return s.errorf(path+".full."+name, "full.%.60s adds to nothing; give the parameter values in [experiment.grid] too", name)
		}
	}
	return nil
}

// values is one value, or a list of them.
func (s *spec) values(path string, given any) ([]Value, error) {
	list, ok := given.([]any)
	if !ok {
		list = []any{given}
	}
	var values []Value
	for i, v := range list {
		switch v.(type) {
		case int64, float64, string, bool:
			values = append(values, v)
		default:
			return nil, s.errorf(fmt.Sprintf("%s.%d", path, i), "a value is a number, a text in quotes, true or false")
		}
	}
	return values, nil
}

// take stores a value of the type wanted, which what describes.
func take[T any](s *spec, path string, value any, to *T, what string) error {
	v, ok := value.(T)
	if !ok {
		return s.errorf(path, "%s is %s, not %.60v", path[strings.LastIndexByte(path, '.')+1:], what, value)
	}
	*to = v
	return nil
}

func parseTime(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 || d > math.MaxInt64/4 {
		return 0, fmt.Errorf("%.60q is no time; write it as 500ms, 10s or 1m30s", text)
	}
	return d, nil
}

// linesOf maps the path of every table, key and value of a text that is TOML to its place.
func linesOf(data []byte) map[string]place {
	lines := map[string]place{}
	var p unstable.Parser
	p.Reset(data)
	at := func(path string, raw unstable.Range) {
		if _, ok := lines[path]; !ok && path != "" {
			lines[path] = place{1 + bytes.Count(data[:raw.Offset], []byte("\n")), len(lines)}
		}
	}
	count := map[string]int{} // of the tables of a list
	join := func(path, key string) string {
		if path != "" {
			path += "."
		}
		path += key
		if n, ok := count[path]; ok { // a table of a list: the last so far
			path = fmt.Sprintf("%s.%d", path, n-1)
		}
		return path
	}
	var keyed func(path string, node *unstable.Node)
	var valued func(path string, node *unstable.Node)
	keyed = func(path string, node *unstable.Node) {
		for keys := node.Key(); keys.Next(); {
			path = join(path, string(keys.Node().Data))
			at(path, keys.Node().Raw)
		}
		valued(path, node.Value())
	}
	valued = func(path string, node *unstable.Node) {
		children := node.Children()
		switch node.Kind {
		case unstable.Array:
			for i := 0; children.Next(); i++ {
				element := fmt.Sprintf("%s.%d", path, i)
				if raw := children.Node().Raw; raw.Length > 0 {
					at(element, raw)
				}
				valued(element, children.Node())
			}
		case unstable.InlineTable:
			for children.Next() {
				keyed(path, children.Node())
			}
		}
	}
	table := ""
	for p.NextExpression() {
		node := p.Expression()
		switch node.Kind {
		case unstable.Table, unstable.ArrayTable:
			table = ""
			for keys := node.Key(); keys.Next(); {
				key := keys.Node()
				if node.Kind == unstable.ArrayTable && keys.IsLast() {
					if table != "" {
						table += "."
					}
					at(table+string(key.Data), key.Raw)
					count[table+string(key.Data)]++
				}
				if node.Kind == unstable.ArrayTable && keys.IsLast() {
					table += fmt.Sprintf("%s.%d", key.Data, count[table+string(key.Data)]-1)
				} else {
					table = join(table, string(key.Data))
				}
				at(table, key.Raw)
			}
		case unstable.KeyValue:
			keyed(table, node)
		}
	}
	return lines
}
