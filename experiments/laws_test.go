package experiments_test

import (
	"testing"

	"finegrain/experiments"
)

// TestLawsHold runs every law there is, briefly; `finegrain verify` runs them at length.
func TestLawsHold(t *testing.T) {
	trials := 36
	if testing.Short() {
		trials = 18
	}
	t.Logf("%d trials", trials)
	for _, law := range experiments.Laws() {
		t.Run(law.Kind+" "+law.Name, func(t *testing.T) {
			t.Parallel()
			report := law.Verify(testEnv(), trials)
			if err := report.Err(); err != nil {
				t.Error(err)
			}
			if report.Trials < trials {
				t.Errorf("%d trials of %d", report.Trials, trials)
			}
		})
	}
}
