package experiments

import (
	"finegrain"
	"finegrain/algorithms"
	"finegrain/algorithms/attention"
	"finegrain/ovp"
	"finegrain/reductions"
	"finegrain/sat"
)

// Law is one declared thing, ready to be held to the laws of its kind.
type Law struct {
	Kind, Name string
	Verify     func(env finegrain.Env, trials int) finegrain.LawReport
}

// Laws lists everything declared: problems, reductions, algorithms, gradients.
func Laws() []Law {
	laws := []Law{
		problem(sat.Decision), problem(sat.Search), problem(sat.Counting), problem(sat.Census),
		problem(ovp.Decision), problem(ovp.Search), problem(ovp.Counting), problem(ovp.Census),
		problem(ovp.MaxInnerProduct), problem(ovp.MinInnerProduct),
		problem(attention.Problem),
	}
	for _, r := range reductions.All() {
		laws = append(laws, Law{"reduction", r.Describe().Name, r.Verify})
	}
	for _, a := range algorithms.OrthogonalVectors() {
		laws = append(laws, Law{"algorithm", a.Name, func(env finegrain.Env, trials int) finegrain.LawReport {
			return ovp.VerifyAlgorithm(env, a, trials)
		}})
	}
	for _, m := range algorithms.Attention() {
		laws = append(laws, Law{"algorithm", m.Name, func(env finegrain.Env, trials int) finegrain.LawReport {
			return attention.VerifyMethod(env, m, trials)
		}})
	}
	for _, m := range algorithms.Gradients() {
		laws = append(laws, Law{"gradient", m.Name, func(env finegrain.Env, trials int) finegrain.LawReport {
			return attention.VerifyGradient(env, m, trials)
		}})
	}
	return laws
}

func problem[I, A any](p finegrain.Problem[I, A]) Law {
	return Law{"problem", p.Name, func(env finegrain.Env, trials int) finegrain.LawReport {
		return finegrain.VerifyProblem(env, p, trials)
	}}
}
