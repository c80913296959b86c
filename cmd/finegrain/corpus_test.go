package main

import (
	"strings"
	"testing"

	"finegrain/experiments"
	"finegrain/sat"
)

// TestCorpusIsWhatItsCommandsMake: every formula of the corpus comes out of the command in its first line.
func TestCorpusIsWhatItsCommandsMake(t *testing.T) {
	corpus, err := experiments.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	for _, named := range corpus {
		args := strings.Fields(strings.TrimPrefix(named.Command, "finegrain "))
		made, err := sat.ReadDIMACS(strings.NewReader(succeeds(t, args...)), named.Name, sat.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if !made.Equal(named.Formula) {
			t.Errorf("%s is not what %q makes", named.Name, named.Command)
		}
	}
}
