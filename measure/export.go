package measure

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"time"
)

// Measurements for other programs: CSV with a column for each parameter, count and value, and JSON.

// WriteCSV writes a header and one line for each measurement. Columns of what a measurement does not have are empty.
// Counts are in columns that begin with "count:", values in such that begin with "value:"; parameters have theirs, under
// their own names. hash is that of the instance. Limits are in seconds and in bytes, and empty where there was none.
func WriteCSV(w io.Writer, all []Measurement) error {
	var parameters []string
	counts, values := map[string]bool{}, map[string]bool{}
	for _, m := range all {
		for _, s := range m.Cell {
			if !slices.Contains(parameters, s.Name) {
				parameters = append(parameters, s.Name)
			}
		}
		for name := range m.Counts {
			counts[name] = true
		}
		for name := range m.Values {
			values[name] = true
		}
	}
	counted, valued := slices.Sorted(maps.Keys(counts)), slices.Sorted(maps.Keys(values))
	header := []string{"experiment", "trial", "attempt", "seed", "status", "reason", "seconds", "repeats", "time_limit", "memory_limit"}
	header = append(header, parameters...)
	for _, name := range counted {
		header = append(header, "count:"+name)
	}
	for _, name := range valued {
		header = append(header, "value:"+name)
	}
	header = append(header, "hash", "cpu", "machine_cores", "kernel", "go", "os", "version", "dirty", "at")
	out := csv.NewWriter(w)
	if err := out.Write(header); err != nil {
		return err
	}
	number := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
	limit := func(x float64) string {
		if x == 0 {
			return ""
		}
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	for _, m := range all {
		line := []string{
			m.Experiment, strconv.Itoa(m.Trial), strconv.Itoa(m.Attempt), strconv.FormatUint(m.Seed, 10), string(m.Status), m.Reason,
			number(m.Seconds), strconv.Itoa(m.Repeats), limit(m.Limits.Time.Seconds()), limit(float64(m.Limits.Memory)),
		}
		for _, name := range parameters {
			text := ""
			switch v, _ := m.Cell.Lookup(name); v := v.(type) {
			case nil:
			case float64:
				text = number(v)
			default:
				text = fmt.Sprint(v)
			}
			line = append(line, text)
		}
		for _, name := range counted {
			text := ""
			if n, ok := m.Counts[name]; ok {
				text = strconv.FormatInt(n, 10)
			}
			line = append(line, text)
		}
		for _, name := range valued {
			text := ""
			if x, ok := m.Values[name]; ok {
				text = number(x)
			}
			line = append(line, text)
		}
		on := m.Machine
		line = append(line, m.Data, on.CPU, strconv.Itoa(on.Cores), on.Kernel, on.Go, on.OS, on.Version,
			strconv.FormatBool(on.Dirty), m.At.UTC().Format(time.RFC3339Nano))
		if err := out.Write(line); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// exported is a measurement in JSON. The seed is a string, since numbers of JSON are often read as float64.
type exported struct {
	Experiment string             `json:"experiment"`
	Cell       Cell               `json:"cell"`
	Trial      int                `json:"trial"`
	Attempt    int                `json:"attempt"`
	Seed       string             `json:"seed"`
	Status     Status             `json:"status"`
	Reason     string             `json:"reason,omitempty"`
	Counts     map[string]int64   `json:"counts"`
	Values     map[string]float64 `json:"values"`
	Seconds    float64            `json:"seconds"`
	Repeats    int                `json:"repeats"`
	Time       float64            `json:"time_limit"`   // seconds; 0: none
	Memory     int64              `json:"memory_limit"` // bytes; 0: none
	Data       string             `json:"data"`
	Machine    exportedMachine    `json:"machine"`
	At         time.Time          `json:"at"`
}

type exportedMachine struct {
	CPU     string `json:"cpu"`
	Cores   int    `json:"cores"`
	Kernel  string `json:"kernel"`
	Go      string `json:"go"`
	OS      string `json:"os"`
	Version string `json:"version"`
	Dirty   bool   `json:"dirty"`
}

// WriteJSON writes an array with an object for each measurement.
func WriteJSON(w io.Writer, all []Measurement) error {
	list := make([]exported, len(all))
	for i, m := range all {
		counts, values := map[string]int64(m.Counts), m.Values
		if counts == nil {
			counts = map[string]int64{}
		}
		if values == nil {
			values = map[string]float64{}
		}
		list[i] = exported{
			m.Experiment, m.Cell, m.Trial, m.Attempt, strconv.FormatUint(m.Seed, 10), m.Status, m.Reason, counts, values,
			m.Seconds, m.Repeats, m.Limits.Time.Seconds(), m.Limits.Memory, m.Data, exportedMachine(m.Machine), m.At.UTC(),
		}
	}
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(list)
}
