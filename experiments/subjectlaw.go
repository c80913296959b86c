package experiments

import (
	"slices"

	"finegrain"
	"finegrain/measure"
	"finegrain/reductions"
)

// LawSubject holds a declared reduction to its laws, as finegrain verify does: with oracles that are right and
// adversarial, and with oracles that are wrong. Counts: trials, yes and no, failures.
var LawSubject = declareSubject(measure.Subject{
	Name: "law",
	Doc:  "a declared reduction held to its laws",
	Parameters: []measure.Parameter{
		oneOf("reduction", "reduction, by its name", "", reductionNames()),
		preset(wholeFrom("trials", "instances that the law tries", 1, 1<<20), int64(200)),
	},
	Yields: []measure.Yield{
		{Name: "trials", Doc: "instances tried"},
		{Name: "yes", Doc: "of them with the answer yes"},
		{Name: "no", Doc: "with the answer no"},
		{Name: "failures", Doc: "of the law"},
	},
	Work:  func(c measure.Cell) float64 { return float64(c.Int("trials")) },
	Bytes: func(measure.Cell) float64 { return 64 << 20 },
	Prepare: func(env finegrain.Env, c measure.Cell) (measure.Trial, error) {
		all := reductions.All()
		i := slices.IndexFunc(all, func(d reductions.Declared) bool { return d.Describe().Name == c.Word("reduction") })
		data, with := seeded(env, c, "trials")
		return measure.Trial{Data: data, Run: func(env finegrain.Env) (measure.Outcome, error) {
			report := all[i].Verify(with(env), c.Int("trials"))
			if err := env.Err(); err != nil {
				return measure.Outcome{}, err // what was stopped shows nothing
			}
			return measure.Outcome{Counts: finegrain.Cost{
				"trials": int64(report.Trials), "yes": int64(report.Yes), "no": int64(report.No), "failures": int64(report.Failures),
			}}, nil
		}}, nil
	},
})

func reductionNames() (names []string) {
	for _, r := range reductions.All() {
		names = append(names, r.Describe().Name)
	}
	return names
}
