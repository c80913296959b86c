package experiments

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"strings"

	"finegrain/sat"
)

// The corpus is a dozen formulas in DIMACS files, each made by one of the generators; the first comment of
// a file is the command that made it. Several are unsatisfiable, and none is settled by pruning alone.

//go:embed corpus/*.cnf
var corpusFiles embed.FS

// NamedFormula is a formula of the corpus.
type NamedFormula struct {
	Name    string // the file's name without its ending
	Kind    string // the generator
	Command string // what made it
	Formula sat.Formula
}

// Corpus lists the formulas by name.
func Corpus() ([]NamedFormula, error) {
	files, err := fs.Glob(corpusFiles, "corpus/*.cnf")
	if err != nil {
		return nil, err
	}
	var out []NamedFormula
	for _, path := range files {
		data, err := corpusFiles.ReadFile(path)
		if err != nil {
			return nil, err
		}
		f, err := sat.ReadDIMACS(bytes.NewReader(data), path, sat.Limits{})
		if err != nil {
			return nil, err
		}
		name := strings.TrimSuffix(strings.TrimPrefix(path, "corpus/"), ".cnf")
		first, _, _ := strings.Cut(string(data), "\n")
		command, ok := strings.CutPrefix(first, "c finegrain generate cnf ")
		if !ok {
			return nil, fmt.Errorf("%s: the first line must be the comment with the command that made it", path)
		}
		kind, _, _ := strings.Cut(command, " ")
		out = append(out, NamedFormula{Name: name, Kind: kind, Command: "finegrain generate cnf " + command, Formula: f})
	}
	return out, nil
}
