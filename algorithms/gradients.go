package algorithms

import (
	"finegrain/algorithms/attention"
	"finegrain/algorithms/polynomial"
	"finegrain/algorithms/tree"
)

// Gradients lists the algorithms for the gradient of the attention loss: the definition, the same through a fast
// method of attention, and those that are faster where their regime allows.
func Gradients() []attention.GradientMethod {
	return []attention.GradientMethod{
		attention.ExactGradient,
		attention.GradientThrough(attention.Streaming),
		polynomial.Gradient,
		attention.GradientThrough(tree.Tree),
	}
}

// GradientNamed returns the algorithm, or an error that lists the names there are.
func GradientNamed(name string) (attention.GradientMethod, error) {
	return named("gradient", Gradients(), func(m attention.GradientMethod) string { return m.Name }, name)
}
