package tree

import (
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// Which tree the keys get. Along the axes nothing is to be turned in one dimension, nor beyond mostTurned; else
// frames cost little and a box then is as thin as its points. But halving the longest side again and again
// leaves boxes on a line that all contain it: where the keys of the plane lie nearly on a line the conjugation
// tree also cuts lengthwise.

// nearlyLine is the ratio of the standard deviations across and along from which keys of the plane lie nearly on
// a line.
const nearlyLine = 0x1p-10

// Chosen is the name of the builder whose tree the keys get, a row each.
func Chosen(k *mat.Dense) string {
	rows, d := k.Dims()
	if d == 1 || d > mostTurned {
		return kdTree.name
	}
	if d > 2 || rows < 3 {
		return framedTree.name
	}
	step := max(1, rows/sampled)
	sample := mat.NewDense((rows+step-1)/step, d, nil)
	for i := 0; i < rows; i += step {
		for l, x := range k.RawRowView(i) {
			sample.Set(i/step, l, x-k.At(0, l))
		}
	}
	// Scaled, so that no covariance is near the ends of float64, which gonum's eigenvalues do not survive.
	largest := max(mat.Max(sample), -mat.Min(sample))
	if !(largest > 0) || math.IsInf(largest, 0) {
		return framedTree.name
	}
	_, exponent := math.Frexp(largest)
	sample.Apply(func(_, _ int, x float64) float64 { return math.Ldexp(x, -exponent) }, sample)
	var c mat.SymDense
	stat.CovarianceMatrix(&c, sample, nil)
	var e mat.EigenSym
	if !e.Factorize(&c, false) {
		return framedTree.name
	}
	if v := e.Values(nil); v[1] > 0 && math.Sqrt(math.Abs(v[0])) <= nearlyLine*math.Sqrt(v[1]) {
		return Builders[2]
	}
	return framedTree.name
}
