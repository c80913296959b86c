package claims

import (
	"math"
	"strings"
	"testing"

	"finegrain"
	"finegrain/algorithms/polynomial"
	"finegrain/measure"
	"finegrain/reductions"
)

// TestTransitionIsRefuted: each part of the judges bites, alone, and says so.
func TestTransitionIsRefuted(t *testing.T) {
	logN := func(m measure.Measurement) float64 { return number(m, "log2n") * math.Ln2 }
	far := func(m measure.Measurement) bool {
		return m.Experiment == transitionGrid.ID && number(m, "log2n") == farthest
	}
	// rank sets the rank, and with it the exponent, to that of a degree.
	rank := func(m *measure.Measurement, g int) {
		m.Counts["degree"], m.Values["log_rank"] = int64(g), polynomial.LogRank(int(m.Counts["dimension"]), g)
		m.Values["exponent"] = 1 + m.Values["log_rank"]/logN(*m)
	}
	for _, c := range []struct {
		what, because string
		claim         Claim
		spoil         func(*measure.Measurement) bool
	}{
		{"degrees twice as large", "lies below its limit", PhaseTransition, func(m *measure.Measurement) bool {
			if far(*m) {
				rank(m, 2*int(m.Counts["degree"]))
			}
			return far(*m)
		}},
		{"degrees that do not grow with n", "lies below its limit", PhaseTransition, func(m *measure.Measurement) bool {
			if far(*m) {
				rank(m, 1)
			}
			return far(*m)
		}},
		{"an exponent that is not the rank's", "the exponent is 1 + ln C(d+g,g)/ln n", PhaseTransition, func(m *measure.Measurement) bool {
			m.Values["exponent"] += 0.01
			return far(*m)
		}},
		{"a degree more than it takes", "the exponent is 1 + ln C(d+g,g)/ln n", PhaseTransition, func(m *measure.Measurement) bool {
			one := m.Experiment == transitionGrid.ID && number(*m, "log2n") == 40 && number(*m, "ratio") == 0.01
			if one {
				rank(m, int(m.Counts["degree"])+1)
			}
			return one
		}},
		{"a limit of another error", "and its limit that of the statement", PhaseTransition, func(m *measure.Measurement) bool {
			m.Values["limit"] *= 1.001
			return far(*m)
		}},
		{"a degree less at one B", "exponents grow with B", PhaseTransition, func(m *measure.Measurement) bool {
			one := m.Experiment == transitionGrid.ID && number(*m, "log2n") == 40 && number(*m, "ratio") == 0.13
			if one {
				rank(m, int(m.Counts["degree"])-2)
			}
			return one
		}},
		{"a run at a higher degree", "no more operations than is computed", PhaseTransition, func(m *measure.Measurement) bool {
			run := m.Experiment == transitionRuns[0].ID
			if run {
				n, most := runAt(*m)
				m.Counts[finegrain.MultiplyAdds] = 4 * n * polynomial.Rank(most.Dim, most.Degree+1)
			}
			return run
		}},
		{"a run that errs more than it was asked", "err by no more", PhaseTransition, func(m *measure.Measurement) bool {
			m.Values["bound"] = 1
			return m.Experiment == transitionRuns[1].ID
		}},
		{"a least degree above the other side", "lies between two sides", DegreeLaw, func(m *measure.Measurement) bool {
			m.Counts["least"] = m.Counts["chebyshev"] + 1
			return m.Experiment == degreeLaw.ID
		}},
		{"degrees far below the law", "within a factor 2", DegreeLaw, func(m *measure.Measurement) bool {
			m.Counts["least"], m.Counts["chebyshev"] = m.Counts["least"]/3, m.Counts["least"]/3
			return m.Experiment == degreeLaw.ID
		}},
		{"degrees far above the law", "within a factor 2", DegreeLaw, func(m *measure.Measurement) bool {
			m.Counts["least"], m.Counts["chebyshev"] = 3*m.Counts["least"], 3*m.Counts["least"]
			return m.Experiment == degreeLaw.ID
		}},
		{"another law", "within a factor 2", DegreeLaw, func(m *measure.Measurement) bool {
			m.Values["law"] *= 1.1
			return m.Experiment == degreeLaw.ID
		}},
	} {
		applies := false
		rows := evidenceFor(t, c.claim, func(m measure.Measurement) measure.Measurement {
			m = asClaimed(c.claim)(m)
			spoiled := clone(m)
			if !c.spoil(&spoiled) {
				return m
			}
			applies = true
			return spoiled
		})
		v := outcomeOf(t, c.claim, rows).Verdict
		if !applies || v.Outcome != finegrain.Refuted || !strings.Contains(v.Because, c.because) {
			t.Errorf("%s: %v, want refuted with %q", c.what, v, c.because)
		}
	}
}

// TestRegions: what the map's caption says of the two sides. As κ falls, both error exponents grow like ln(1/κ): that of the
// crossing with the factor γ at which ρ = 1, that of the reduction with c; so for small enough κ they overlap if
// γ > c, and not if γ < c; γ = c where ρ = 2c·ln 2 = 1, c = 0.7213….
func TestRegions(t *testing.T) {
	overlap := func(c float64) bool {
		for kappa := 1e-300; kappa < 100; kappa *= 1.2 {
			if polynomial.CrossingError(c, kappa) > reductions.InterpolationErrorExponent(c, kappa) {
				return true
			}
		}
		return false
	}
	for c, want := range map[float64]bool{0.3: true, 0.7: true, 0.73: false, 1 / math.Ln2: false, 2: false, 8: false} {
		if got := overlap(c); got != want {
			t.Errorf("c = %g: the regions overlap is %v, want %v", c, got, want)
		}
	}
}
