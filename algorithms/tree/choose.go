package tree

import (
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// Which tree the keys get. Along the axes nothing is to be turned in one dimension, nor beyond mostTurned; else
// frames cost little and a box then is as thin as its points. But halving the longest side again and again
// leaves boxes on a line that all contain it: where the keys lie nearly on a line, or on a flat, they are also cut
// lengthwise, in the plane by the conjugation tree, and else in the scale of the keys; unless no query tells apart what
// differs across it.

// nearlyFlat is the ratio of the standard deviations along the thinnest and the longest principal axis from which
// keys lie nearly on a flat.
const nearlyFlat = 0x1p-10

// Chosen is the name of the builder whose tree the keys get, a row each, for queries of norm at most longest, the
// scale included; +Inf: at whatever temperature.
func Chosen(k *mat.Dense, longest float64) string {
	rows, d := k.Dims()
	if d == 1 || d > mostTurned {
		return KDTree
	}
	if rows <= d {
		return FramedTree
	}
	switch across, ok := thickness(k); {
	case !ok || !(longest*across > 1):
		return FramedTree
	case d == 2:
		return ConjugationTree
	}
	return ScaledTree
}

// thickness is the standard deviation of a sample of the rows along their thinnest principal axis, if they lie nearly
// on a flat, though not in one point.
func thickness(k *mat.Dense) (across float64, ok bool) {
	rows, d := k.Dims()
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
		return 0, false
	}
	_, exponent := math.Frexp(largest)
	sample.Apply(func(_, _ int, x float64) float64 { return math.Ldexp(x, -exponent) }, sample)
	var c mat.SymDense
	stat.CovarianceMatrix(&c, sample, nil)
	var e mat.EigenSym
	if !e.Factorize(&c, false) {
		return 0, false
	}
	v := e.Values(nil) // ascending
	least, most := math.Sqrt(math.Abs(v[0])), math.Sqrt(max(0, v[d-1]))
	return math.Ldexp(least, exponent), most > 0 && least <= nearlyFlat*most
}
