package algorithms

import (
	"fmt"

	"finegrain"
	"finegrain/algorithms/attention"
	"finegrain/algorithms/polynomial"
	"finegrain/algorithms/tree"
	"finegrain/ovp"
)

// Attention lists the attention algorithms: the definition, then the faster ones.
func Attention() []attention.Method {
	return []attention.Method{
		attention.Exact,
		attention.Streaming,
		attention.Streaming32,
		attention.Multiprecision,
		polynomial.Polynomial,
		tree.Tree,
	}
}

// OrthogonalVectors lists the algorithms for orthogonal vectors.
func OrthogonalVectors() []ovp.Algorithm { return ovp.Algorithms() }

// AttentionNamed returns the attention algorithm, or an error that lists the names there are.
func AttentionNamed(name string) (attention.Method, error) {
	return named("attention", Attention(), func(m attention.Method) string { return m.Name }, name)
}

// OrthogonalVectorsNamed returns the algorithm, or an error that lists the names there are.
func OrthogonalVectorsNamed(name string) (ovp.Algorithm, error) {
	return named("orthogonal-vectors", OrthogonalVectors(), func(a ovp.Algorithm) string { return a.Name }, name)
}

func named[M any](kind string, methods []M, nameOf func(M) string, name string) (M, error) {
	var names []string
	for _, m := range methods {
		if nameOf(m) == name {
			return m, nil
		}
		names = append(names, nameOf(m))
	}
	var none M
	return none, fmt.Errorf("there is no %s algorithm %q; there are %q", kind, name, names)
}

// Oracle makes an attention method an oracle for the attention problem. It promises an instance's ε only
// where the method does so before any work; the method's own bound after the work is held to ε again.
// Each answered call is reported to watch, unless that is nil.
func Oracle(m attention.Method, watch func(attention.Instance, attention.Output, finegrain.Cost),
) finegrain.Oracle[attention.Instance, attention.Output] {
	return finegrain.Oracle[attention.Instance, attention.Output]{
		Name:  m.Name,
		Reach: func(in attention.Instance) error { return m.Guarantee.Reach(in.Regime()) },
		Ask: func(env finegrain.Env, in attention.Instance) (attention.Output, error) {
			out, cost, err := m.Run(env, in)
			if err != nil {
				return out, err
			}
			if in.Epsilon > 0 && !(out.Bound <= in.Epsilon) {
				return out, &attention.CannotPromise{Method: m.Name, Asked: in.Epsilon, Bound: out.Bound}
			}
			if watch != nil {
				watch(in, out, cost)
			}
			return out, nil
		},
	}
}
