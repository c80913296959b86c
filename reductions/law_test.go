package reductions_test

import (
	"context"
	"testing"

	"finegrain"
	"finegrain/reductions"
)

// trials is the number of instances a law is tried on in tests.
func trials(t *testing.T, full int) int {
	if testing.Short() {
		full /= 4
	}
	t.Logf("%d trials", full)
	return full
}

func testEnv() finegrain.Env { return finegrain.NewEnv(context.Background(), 1) }

// TestLaws holds every declared reduction to its laws.
func TestLaws(t *testing.T) {
	for _, r := range reductions.All() {
		t.Run(r.Describe().Name, func(t *testing.T) {
			t.Parallel()
			report := r.Verify(testEnv(), trials(t, 120))
			t.Logf("yes %d, no %d, sizes %q, notes %q", report.Yes, report.No, report.Sizes, report.Notes)
			if err := report.Err(); err != nil {
				t.Error(err)
			}
		})
	}
}
