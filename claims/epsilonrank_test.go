package claims

import (
	"testing"

	"finegrain"
	"finegrain/measure"
)

// TestEpsilonRankIsJudged: each sentence of the statement is refuted by rows that break it and no other.
func TestEpsilonRankIsJudged(t *testing.T) {
	at := func(m measure.Measurement, n, ratio float64) bool {
		return number(m, "n") == n && number(m, "ratio") == ratio
	}
	for what, doctor := range map[string]func(measure.Measurement){
		"a rank above the polynomial method's": func(m measure.Measurement) {
			if at(m, 256, 0.25) {
				m.Counts["epsilon_rank"] = int64(m.Values["polynomial_rank"]) + 1
				m.Values["exponent"] = rankExponent(float64(m.Counts["epsilon_rank"]), 256)
			}
		},
		"rank 2 where B is least": func(m measure.Measurement) {
			if at(m, 512, leastRatio) && m.Trial == 1 {
				m.Counts["epsilon_rank"], m.Values["exponent"] = 2, rankExponent(2, 512)
			}
		},
		"a small rank where B is largest": func(m measure.Measurement) {
			if at(m, 256, mostRatio) {
				m.Counts["epsilon_rank"], m.Values["exponent"] = 111, rankExponent(111, 256) // 256^0.85 is 111.4
			}
		},
		"a rank that falls": func(m measure.Measurement) {
			if at(m, 512, 0.25) {
				m.Counts["epsilon_rank"], m.Values["exponent"] = 2, rankExponent(2, 512)
			}
		},
	} {
		j := outcomeOf(t, EpsilonRank, evidenceFor(t, EpsilonRank, func(m measure.Measurement) measure.Measurement {
			m = clone(asClaimed(EpsilonRank)(m))
			doctor(m)
			return m
		}))
		if j.Verdict.Outcome != finegrain.Refuted {
			t.Errorf("%s: %v", what, j.Verdict)
		}
	}
}
