package algorithms_test

import (
	"context"
	"strings"
	"testing"

	"finegrain"
	"finegrain/algorithms"
	"finegrain/algorithms/attention"
)

// TestGradients: every method for gradients keeps the law, and is found by its name.
func TestGradients(t *testing.T) {
	for _, m := range algorithms.Gradients() {
		t.Run(m.Name, func(t *testing.T) {
			report := attention.VerifyGradient(finegrain.NewEnv(context.Background(), 7), m, 48)
			t.Log(report.Notes)
			if err := report.Err(); err != nil {
				t.Error(err)
			}
			got, err := algorithms.GradientNamed(m.Name)
			if err != nil || got.Name != m.Name || m.Doc == "" || m.Source.Argument == "" {
				t.Errorf("%q: %v, %v", m.Name, got.Name, err)
			}
		})
	}
	if _, err := algorithms.GradientNamed("exat"); err == nil || !strings.Contains(err.Error(), "exact") {
		t.Errorf("an unknown algorithm: %v", err)
	}
}
