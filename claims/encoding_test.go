package claims

import (
	"math"
	"strings"
	"testing"

	"finegrain"
	"finegrain/measure"
)

// TestEncodingIsRefuted: each part of the judge bites, alone, and says so.
func TestEncodingIsRefuted(t *testing.T) {
	in := func(m *measure.Measurement, x measure.Experiment) bool { return m.Experiment == x.ID }
	for _, c := range []struct {
		what, because string
		outcome       finegrain.Outcome
		spoil         func(*measure.Measurement) bool
	}{
		{"a pair told wrongly", "exactly if V holds", finegrain.Refuted, func(m *measure.Measurement) bool {
			m.Counts["disagreements"] = 1
			return in(m, encodingChosen)
		}},
		{"no pair that is not orthogonal", "orthogonal pairs among them", finegrain.Undecided, func(m *measure.Measurement) bool {
			m.Counts["yes"], m.Counts["no"] = m.Counts["pairs"], 0
			return in(m, encodingRandom)
		}},
		{"moduli that are too small do not show", "with moduli that are too small", finegrain.Undecided, func(m *measure.Measurement) bool {
			m.Counts["disagreements"] = 0
			return in(m, encodingMutants)
		}},
		{"other primes", "as is computed from primes", finegrain.Refuted, func(m *measure.Measurement) bool {
			m.Values["log2_modulus"] += 1e-3
			return in(m, encodingAll)
		}},
		{"an instance for every multiple of a prime", "as the formula has them", finegrain.Refuted, func(m *measure.Measurement) bool {
			if in(m, encodingSizes) {
				m.Values["log2_instances"] += 1
				m.Values["loss"] = m.Values["log2_instances"] / number(*m, "log2n")
			}
			return in(m, encodingSizes)
		}},
		{"a modulus of too few primes", "as the formula has them", finegrain.Refuted, func(m *measure.Measurement) bool {
			if in(m, encodingSizes) {
				log2M := m.Values["log2_modulus"] * 0.99
				_, _, instances := encodingBounds(*m, number(*m, "log2n"), number(*m, "ell"))
				m.Values["log2_modulus"], m.Values["log2_instances"] = log2M, instances(log2M)
				m.Values["loss"] = instances(log2M) / number(*m, "log2n")
			}
			return in(m, encodingSizes)
		}},
		{"a dimension that is not squared", "as the formula has them", finegrain.Refuted, func(m *measure.Measurement) bool {
			m.Counts["squared"] = m.Counts["dimension"]
			return in(m, encodingChen)
		}},
		{"another base than 7", "at most n^0.01", finegrain.Refuted, func(m *measure.Measurement) bool {
			ell := int64(math.Pow(8, 5))
			m.Counts["ell"], m.Counts["dimension"], m.Counts["squared"] = ell, ell+1, (ell+1)*(ell+1)
			return in(m, encodingChen) && number(*m, "log2n") == 64
		}},
		{"more instances than allowed", "the least ℓ makes at most", finegrain.Refuted, func(m *measure.Measurement) bool {
			m.Values["log2_instances"] = m.Values["log2_before"]
			return in(m, encodingOneLevel)
		}},
		{"an ℓ that is not the least", "the least ℓ makes at most", finegrain.Refuted, func(m *measure.Measurement) bool {
			m.Values["log2_before"] = 1
			return in(m, encodingTwoLevels)
		}},
		{"fewer instances than primes allow", "the least ℓ makes at most", finegrain.Refuted, func(m *measure.Measurement) bool {
			m.Counts["ell"], m.Counts["dimension"], m.Counts["squared"] = 2, 3, 9
			return in(m, encodingOneLevel)
		}},
	} {
		applies := false
		rows := evidenceFor(t, LowDimensionEncoding, func(m measure.Measurement) measure.Measurement {
			m = asClaimed(LowDimensionEncoding)(m)
			spoiled := clone(m)
			if !c.spoil(&spoiled) {
				return m
			}
			applies = true
			return spoiled
		})
		v := outcomeOf(t, LowDimensionEncoding, rows).Verdict
		if !applies || v.Outcome != c.outcome || !strings.Contains(v.Because, c.because) {
			t.Errorf("%s: %v, want %v with %q", c.what, v, c.outcome, c.because)
		}
	}
}
