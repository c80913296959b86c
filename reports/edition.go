package reports

import (
	"finegrain/claims"
	"finegrain/experiments"
	"finegrain/hypotheses"
)

// Edition is all that a page shows. Parts that are empty are left out of it.
type Edition struct {
	Claims     []claims.Judged
	Hypotheses []hypotheses.Hypothesis
	Measured   int                      // measurements that the claims rest on, each counted once
	Censored   int                      // of them
	Pipeline   experiments.Reproduction // formulas through attention; no formula: it was not run
	Again      Again
}

// Again is what it takes to make the page once more.
type Again struct {
	Command, Version string
	Seed             uint64
	Machine, Date    string
	Seconds          float64
}
