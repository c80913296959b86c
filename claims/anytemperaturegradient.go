package claims

import (
	"fmt"
	"math"
	"time"

	"finegrain"
	"finegrain/algorithms/attention"
	"finegrain/algorithms/tree"
	"finegrain/figure"
	"finegrain/fit"
	"finegrain/measure"
)

// The gradient of the attention loss at any temperature (Gupta et al. 2025): a few attention outputs with the same
// queries and keys, which share one tree, and products that are linear in n.

// treeGradientAxes are on one core, since how two share a size of some milliseconds moves an exponent.
func treeGradientAxes(algorithm string, n measure.Axis) []measure.Axis {
	return []measure.Axis{
		{Name: "algorithm", Values: measure.Values(algorithm)},
		{Name: "cores", Values: measure.Values(1)},
		{Name: "B", Values: measure.Values(100.0), Full: measure.Values(1.0)},
		{Name: "d", Values: measure.Values(1, 2), Full: measure.Values(3)},
		{Name: "dh", Values: measure.Values(2)},
		{Name: "epsilon", Values: measure.Values(temperatureEpsilon)},
		n,
	}
}

var treeGradient = measure.Experiment{
	ID:      "any-temperature-gradient",
	Doc:     "seconds and error of the gradient through the tree method against n at low temperature, on one core",
	Subject: "gradient",
	Axes:    treeGradientAxes(tree.Tree.Name, measure.Axis{Name: "n", Values: halfOctaves(12, 16), Full: halfOctaves(16.5, 18)}),
	Trials:  1, Seed: 1,
	Limits: measure.Limits{Time: time.Minute, Memory: 8 << 30},
}

var treeGradientBeside = measure.Experiment{
	ID:      "any-temperature-gradient-beside",
	Doc:     "seconds of the gradient through streaming attention, in the same setting",
	Subject: "gradient",
	Axes:    treeGradientAxes(attention.Streaming.Name, measure.Axis{Name: "n", Values: sizes(12, 14), Full: sizes(15, 16)}),
	Trials:  1, Seed: 1,
	Limits: measure.Limits{Time: time.Minute, Memory: 8 << 30},
}

// AnyTemperatureGradient is the upper bound for training.
var AnyTemperatureGradient = declare(Claim{
	ID:    "any-temperature-gradient",
	Title: "The gradient of the attention loss takes no more than attention at every temperature",
	Statement: "For L(X) = ½‖D^{-1}·exp(s·A1·X·A2ᵀ)·A3·Y − E‖², dL/dX is computed by O(d) attention outputs with queries A1·X and " +
		"keys A2, and O(n·d²) other operations; for constant d therefore in n^(2−1/d)·polylog(n·B/ε), and so is a whole training.",
	Source: finegrain.Source{Paper: finegrain.Gupta2025, Provenance: finegrain.Unchecked, Place: "theorem 1.3"},
	Remark: "In what is run all outputs are columns of one: averages of values, keys and their products under the softmax weights, so that they " +
		"share one tree. The bound on the error is derived here, from that of the averages. Errors are judged, and seconds at low " +
		"temperature, where the tree pays at sizes within reach, for d ≥ 2: n up to logarithms is also what caches do.",
	Kind:        UpperBound,
	Experiments: []measure.Experiment{treeGradient},
	Shown:       []measure.Experiment{treeGradientBeside},
	Judge: func(e Evidence) finegrain.Verdict {
		rows := e.Of(treeGradient)
		parts := []finegrain.Verdict{
			exactly(rows, "the error guaranteed is at most the one asked", func(r row) error {
				if bound, asked := r.value("bound"), r.value("asked"); !(bound <= asked) {
					return fmt.Errorf("%.3g is guaranteed, and %.3g asked", bound, asked)
				}
				return nil
			}),
			exactly(between(rows, 0, observedGradients), "the distance to the gradient through streaming, with its guarantee, is at most the error asked",
				func(r row) error {
					if made, asked := r.value("observed"), r.value("asked"); !(made <= asked) {
						return fmt.Errorf("it is %.3g, and %.3g is asked", made, asked)
					}
					return nil
				}),
		}
		for _, b := range rows.Values("B") {
			for _, d := range rows.Where("B", b).Values("d") {
				if d.(int64) == 1 { // the claim is n up to logarithms, and caches are as much
					continue
				}
				parts = append(parts, e.seconds(fmt.Sprintf("Seconds at B = %v, d = %v", b, d),
					fit.Claimed{Exponent: 1 + exponentOf(d.(int64)), Logs: secondsLogs}, rows.Where("B", b).Where("d", d)))
			}
		}
		return finegrain.Worst(parts...)
	},
	Expect: func(m *measure.Measurement) {
		n, d := number(*m, "n"), number(*m, "d")
		if m.Experiment == treeGradientBeside.ID {
			m.Seconds = 1e-9 * n * n
			return
		}
		m.Seconds = 1e-6 * math.Pow(n, 2-1/d) * math.Pow(math.Log(n), secondsLogs)
		m.Values["asked"] = number(*m, "epsilon") * n
		if m.Values["bound"] = m.Values["asked"] / 2; n <= observedGradients {
			m.Values["observed"] = m.Values["bound"] / 100
		}
	},
	Figures: []Drawing{{ID: "any-temperature-gradient", Draw: func(e Evidence) (figure.Figure, error) {
		return treeGradientAgainstN(e), nil
	}}},
})

// observedGradients is the largest n at which the gradient is computed a second time, through streaming.
const observedGradients = 1 << 14

func treeGradientAgainstN(e Evidence) figure.Figure {
	f := figure.Figure{
		Title: "Seconds for the gradient of the attention loss at B = 100",
		Caption: fmt.Sprintf("Through the tree method and through streaming, at d_h = 2, scale 1/d, to an error of %v·n in each entry of dL/dX, on one "+
			"core. Dashed lines are fitted; their slopes are the measured exponents, beside the theorem's 2 − 1/d: 1 for d = 1, 1.5 for d = 2.",
			temperatureEpsilon),
		Alt: "Time against n on logarithmic axes.",
		X:   figure.Axis{Label: "n, queries and keys", Base: 2},
		Y:   figure.Axis{Label: "time", Unit: "s", Base: 10},
	}
	rows, beside := e.Of(treeGradient).Where("B", 100.0), e.Of(treeGradientBeside).Where("B", 100.0)
	for _, d := range rows.Values("d") {
		name := fmt.Sprintf("tree, d = %v", d)
		addFitted(&f, name, rows.Where("d", d).Points("n", Seconds))
		f.Series = append(f.Series, figure.Series{
			Name: fmt.Sprintf("streaming, d = %v", d), Kind: figure.Measured, Of: name,
			Points: beside.Where("d", d).Points("n", Seconds),
		})
	}
	return f
}
