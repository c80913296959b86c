package tree

import (
	"math"

	"finegrain/internal/roundoff"

	"gonum.org/v1/gonum/mat"
)

// Frames. A box along the axes is fat where the points are thin: nearly on a line, or on a small part of a
// sphere. The frame of a node is the principal axes of its points (Pearson 1901), found from a sample of them; a
// node keeps the frame of its parent unless its own box would have no more than half the volume, as moments pass
// more cheaply between nodes of one frame.

const (
	mostTurned = 8 // dimensions with frames
	sampled    = 128
	turnGain   = 0.5
)

// frameError is the largest κ, a bound on ‖I − FᵀF‖, of a frame that is used.
const frameError = 64 * mostTurned * roundoff.Unit

// turn gives node v the frame of its principal axes, if that is worth it.
func (t *tree) turn(v int32) {
	d, n := t.dim, &t.nodes[v]
	size := int(n.to - n.from)
	if size <= d {
		return
	}
	step := max(1, size/sampled)
	base := t.point(int(n.from))
	var mean, x [mostTurned]float64
	count := 0
	for j := int(n.from); j < int(n.to); j += step {
		for l, k := range t.point(j) {
			mean[l] += k - base[l]
		}
		count++
	}
	for l := range d {
		mean[l] /= float64(count)
	}
	largest := 0.0
	products := make([]float64, d*d)
	for j := int(n.from); j < int(n.to); j += step {
		for l, k := range t.point(j) {
			x[l] = k - base[l] - mean[l]
			largest = max(largest, math.Abs(x[l]))
		}
		for l := range d {
			for i := range l + 1 {
				products[i*d+l] += x[l] * x[i]
			}
		}
	}
	if !(largest > 1e-100 && largest < 1e100) { // products are in range
		return
	}
	own := t.frames[int(v)*d*d:][:d*d]
	kappa, ok := principal(own, products, d)
	if !ok || !(t.volume(*n, own, step) < math.Log(turnGain)+t.volume(*n, t.frame(v), step)) {
		clear(own)
		return
	}
	n.frame, t.kappa[v] = v, kappa
}

// principal writes the eigenvectors of a symmetric matrix to the rows of f and returns their κ; false: they are
// not found, or not orthonormal to frameError.
func principal(f, symmetric []float64, d int) (kappa float64, ok bool) {
	var e mat.EigenSym
	if !e.Factorize(mat.NewSymDense(d, symmetric), true) {
		return 0, false
	}
	var vectors mat.Dense
	e.VectorsTo(&vectors)
	for l := range d {
		for i := range d {
			f[l*d+i] = vectors.At(i, l)
		}
	}
	off := 0.0
	for i := range d {
		for j := range d {
			sum := 0.0
			for l := range d {
				sum += f[l*d+i] * f[l*d+j]
			}
			if i == j {
				sum--
			}
			off += sum * sum
		}
	}
	kappa = math.Sqrt(off) + 2*float64(d)*roundoff.Gamma(float64(d+2)) // of d² entries, each with its rounding
	return kappa, kappa <= frameError
}

// volume is the logarithm of that of a sample's box in a frame, sides being at least 2^−40 of the longest.
func (t *tree) volume(n node, f []float64, step int) float64 {
	d := t.dim
	base := t.point(int(n.from))
	var least, most, x [mostTurned]float64
	for j := int(n.from); j < int(n.to); j += step {
		for l, k := range t.point(j) {
			x[l] = k - base[l]
		}
		for l := range d {
			y := x[l]
			if f != nil {
				y = 0
				for i, g := range f[l*d:][:d] {
					y += g * x[i]
				}
			}
			least[l], most[l] = min(least[l], y), max(most[l], y)
		}
	}
	longest := 0.0
	for l := range d {
		longest = max(longest, most[l]-least[l])
	}
	volume := 0.0
	for l := range d {
		volume += math.Log(max(most[l]-least[l], 0x1p-40*longest))
	}
	return volume
}
