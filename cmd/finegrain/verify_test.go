package main

import (
	"bytes"
	"strings"
	"testing"

	"finegrain"
	"finegrain/experiments"
)

// TestBrokenLawIsExit1: an item that breaks a law is named, with what broke it, and ends the run with 1.
func TestBrokenLawIsExit1(t *testing.T) {
	laws := []experiments.Law{
		{Kind: "reduction", Name: "sound", Verify: func(_ finegrain.Env, trials int) finegrain.LawReport {
			return finegrain.LawReport{Kind: "reduction", Name: "sound", Trials: trials}
		}},
		{Kind: "reduction", Name: "unsound", Verify: func(_ finegrain.Env, trials int) finegrain.LawReport {
			report := finegrain.LawReport{Kind: "reduction", Name: "unsound", Trials: trials}
			report.Fail("trial 3: wrong answer")
			return report
		}},
		{Kind: "reduction", Name: "hasty", Verify: func(finegrain.Env, int) finegrain.LawReport {
			panic("index out of range")
		}},
	}
	var out bytes.Buffer
	a := &app{stdout: &out, stderr: &out}
	err := a.runVerify(t.Context(), &common{}, laws, 7)
	if code, _ := outcome(t.Context(), err); code != exitFailed {
		t.Errorf("exit code %d, want 1: %v", code, err)
	}
	for _, want := range []string{" unsound: BROKEN", "trial 3: wrong answer", "hasty: BROKEN", "panic: index out of range", " sound: holds"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the output lacks %q:\n%s", want, out.String())
		}
	}
}
