package claims

import (
	"math"
	"strings"
	"testing"

	"finegrain"
	"finegrain/algorithms/tree"
	"finegrain/measure"
)

// TestAnyTemperatureIsRefuted: each part of the judges of attention at any temperature bites, and says so: queries that
// visit as many nodes as there are, seconds of the definition, errors beyond what was guaranteed or asked, a rank that is
// not that of the keys. Where the tree fails on one kind of keys alone, or in one dimension, that is enough.
func TestAnyTemperatureIsRefuted(t *testing.T) {
	growing := func(m *measure.Measurement, by float64) float64 { return math.Pow(number(*m, "n")/1e4, by) }
	visits := func(x measure.Experiment, d float64, keys string) func(*measure.Measurement) {
		return func(m *measure.Measurement) {
			if m.Experiment == x.ID && number(*m, "d") == d && (keys == "" || setting(*m, "keys") == keys) {
				m.Counts["visits"] = int64(1e4 * float64(m.Counts["visits"]) * growing(m, 1/d))
			}
		}
	}
	value := func(x measure.Experiment, name string, to func(*measure.Measurement) float64) func(*measure.Measurement) {
		return func(m *measure.Measurement) {
			if m.Experiment == x.ID {
				m.Values[name] = to(m)
			}
		}
	}
	beyond := func(m *measure.Measurement) float64 { return 1.01 * number(*m, "epsilon") }
	for _, c := range []struct {
		what, because string
		of            Claim
		spoil         func(*measure.Measurement)
	}{
		{"all nodes on a sphere", "keys on a sphere", AnyTemperature, visits(temperatureVisits, 3, "sphere")},
		{"all nodes of uniform keys on a line", "uniform keys", AnyTemperature, visits(temperatureVisits, 1, "uniform")},
		{"all nodes near a line", "keys nearly on a line", AnyTemperature, visits(temperatureLine, 2, "")},
		{"a guarantee beyond what was asked", "is guaranteed, and", AnyTemperature, value(temperatureLine, "bound", beyond)},
		{"an error beyond the guarantee", "is made, and", AnyTemperature, value(temperatureErrors, "observed", beyond)},
		{"the definition's seconds", "Seconds at B = 100, d = 2", AnyTemperature, func(m *measure.Measurement) {
			if m.Experiment == temperatureSeconds.ID && number(*m, "d") == 2 {
				m.Seconds *= growing(m, 1.2)
			}
		}},
		{"another rank", "1.5 is found", LowRank, value(lowRankRuns, tree.HeadRank, func(*measure.Measurement) float64 { return 1.5 })},
		{"another rank with noise", "1.5 is found", LowRank, value(lowRankErrors, tree.HeadRank, func(*measure.Measurement) float64 { return 1.5 })},
		{"an error that low rank adds", "is made, and", LowRank, value(lowRankErrors, "observed", beyond)},
		{"quadratic work to find a rank", "Multiply-adds to find rank 2", LowRank, func(m *measure.Measurement) {
			if m.Experiment == lowRankRuns.ID && number(*m, "rank") == 2 {
				m.Counts[tree.ReductionMultiplyAdds] = int64(float64(m.Counts[tree.ReductionMultiplyAdds]) * growing(m, 1))
			}
		}},
		{"a gradient beyond its guarantee", "is asked", AnyTemperatureGradient, value(treeGradient, "observed", func(m *measure.Measurement) float64 {
			return 1.01 * m.Values["asked"]
		})},
		{
			"a guarantee of a gradient beyond what was asked", "is guaranteed, and", AnyTemperatureGradient,
			value(treeGradient, "bound", func(m *measure.Measurement) float64 { return 1.01 * m.Values["asked"] }),
		},
		{"a gradient in the definition's seconds", "Seconds at B = 100, d = 2", AnyTemperatureGradient, func(m *measure.Measurement) {
			if m.Experiment == treeGradient.ID {
				m.Seconds *= growing(m, 1.2)
			}
		}},
	} {
		rows := evidenceFor(t, c.of, func(m measure.Measurement) measure.Measurement {
			m = clone(asClaimed(c.of)(m))
			c.spoil(&m)
			return m
		})
		v := outcomeOf(t, c.of, rows).Verdict
		if v.Outcome != finegrain.Refuted || !strings.Contains(v.Because, c.because) {
			t.Errorf("%s: %v", c.what, v)
		}
	}
}
