package experiments

import (
	"testing"

	"finegrain/measure"
)

// TestGradientSubject: what is observed is below the bound, at the corner not far below, and the bound is below
// what was asked.
func TestGradientSubject(t *testing.T) {
	for _, m := range measured(t, "gradient", 1, axis("n", 300), axis("d", 2), axis("algorithm", gradientNames()...),
		axis("data", boundedTraining, cornerTraining), axis("epsilon", 1e-2, 1e-5)) {
		of := m.Values
		data, _ := m.Cell.Lookup("data")
		algorithm, _ := m.Cell.Lookup("algorithm")
		if !(m.Status == measure.Done && of["observed"] > 0 && of["bound"] <= of["asked"]) {
			t.Errorf("%v: %v, %v", m.Cell, m.Status, of)
		}
		slack := of["bound"] / of["observed"]
		if algorithm == "polynomial" && (slack < 1 || data == cornerTraining && slack > 20) {
			t.Errorf("%v: the bound is %g times the error made", m.Cell, slack)
		}
	}
}

func TestGradientSubjectRefusesNoCorner(t *testing.T) {
	cell := measure.Cell{{Name: "data", Value: cornerTraining}, {Name: "epsilon", Value: 0.0}, {Name: "B", Value: 0.5}}
	if GradientSubject.Accepts(cell) == nil {
		t.Error("a corner for no error was accepted")
	}
}
