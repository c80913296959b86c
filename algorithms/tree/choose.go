package tree

import (
	"math"

	"gonum.org/v1/gonum/floats"
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
	_, deviations, ok := principalAxes(k, max(1, rows/sampled))
	if !ok || len(deviations) < d {
		return 0, false
	}
	least, most := deviations[d-1], deviations[0]
	return least, most > 0 && least <= nearlyFlat*most
}

// principalAxes is those of every so-manieth row, a column each, and the standard deviations along them, descending;
// false: the rows are all equal, or too far apart.
func principalAxes(k *mat.Dense, step int) (axes mat.Dense, deviations []float64, ok bool) {
	rows, d := k.Dims()
	sample := mat.NewDense((rows+step-1)/step, d, nil)
	for i := 0; i < rows; i += step {
		floats.SubTo(sample.RawRowView(i/step), k.RawRowView(i), k.RawRowView(0))
	}
	// Scaled, so that no variance is near the ends of float64.
	largest := max(mat.Max(sample), -mat.Min(sample))
	if !(largest > 0) || math.IsInf(largest, 0) {
		return axes, nil, false
	}
	_, exponent := math.Frexp(largest)
	sample.Apply(func(_, _ int, x float64) float64 { return math.Ldexp(x, -exponent) }, sample)
	var components stat.PC
	if !components.PrincipalComponents(sample, nil) {
		return axes, nil, false
	}
	components.VectorsTo(&axes)
	deviations = components.VarsTo(nil)
	for l, x := range deviations {
		deviations[l] = math.Ldexp(math.Sqrt(x), exponent)
	}
	return axes, deviations, true
}
