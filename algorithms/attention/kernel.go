package attention

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/blas/gonum"
)

// kernel is the arithmetic of one tile: a block of queries against a run of keys. Everything that the
// streaming algorithm does n·m times is in these four functions, so that another implementation of them
// (for a processor's vector instructions, say) is another value of this type. Its error bounds hold for
// any order of summation within a tile; bit-equality asks that an entry's result does not depend on how
// many rows are computed with it.
type kernel struct {
	name string

	// scores sets dst[i][j] = ⟨q_i, k_j⟩.
	scores func(dst, q, k blas64.General)

	// most returns the largest of most and x. Branches are not taken once most is the running maximum.
	most func(x []float64, most float64) float64

	// exponentials replaces each x by 2^(x − shift) and returns their sum; no x exceeds shift. The relative
	// error is at most exp2Error, beside that of the subtraction.
	exponentials func(x []float64, shift float64) float64

	// values sets dst[i] = Σ_j p[i][j]·v_j.
	values func(dst, p, v blas64.General)
}

// portable is the kernel for every platform: matrix–vector products of gonum (SSE2 on amd64, plain Go
// elsewhere) and loops in Go. They take views as they are, need no packed copies of K and V, and have no
// padding to mask.
//
// What was tried for the products, in ns per multiply-add at d = 64 on one core of a 3.9 GHz Xeon with two
// 128-bit multipliers (the best of 60 short runs); the triple loop of BenchmarkStreaming takes 0.34 for an
// inner product and 0.45 for its update of the output:
//
//	packed panels in plain Go, 4×2 outputs in registers      0.26   bounds checks dominate
//	4×4 outputs                                              0.38   15 registers are not enough
//	4×2 or 3×3, four coordinates a step                      0.19   the limit of scalar SSE2
//	4×2 with math.FMA                                        0.48   a check and a call path each time
//	gonum Dot, a call for each pair                          0.17
//	gonum Gemv, a call for each query and tile               0.10   chosen
//	the same with K packed by columns                        0.10   a copy of K for nothing
//
// An exponential takes 2.4 ns (math.Exp 5.7), the maximum 0.4. Together a pair of query and key takes 17.8 ns
// at n = m = 4096, d = dv = 64, against 68 for the triple loop and 75 for Exact; two cores halve it.
var portable = kernel{
	name: "portable",
	scores: func(dst, q, k blas64.General) {
		for i := range q.Rows {
			blasGo.Dgemv(blas.NoTrans, k.Rows, k.Cols, 1, k.Data, k.Stride, q.Data[i*q.Stride:], 1,
				0, dst.Data[i*dst.Stride:], 1)
		}
	},
	most: func(x []float64, most float64) float64 {
		for len(x) >= 4 {
			if x[0] > most {
				most = x[0]
			}
			if x[1] > most {
				most = x[1]
			}
			if x[2] > most {
				most = x[2]
			}
			if x[3] > most {
				most = x[3]
			}
			x = x[4:]
		}
		for _, v := range x {
			if v > most {
				most = v
			}
		}
		return most
	},
	exponentials: func(x []float64, shift float64) float64 {
		var sum, other float64
		for len(x) >= 2 {
			p, r := exp2(x[0]-shift), exp2(x[1]-shift)
			x[0], x[1] = p, r
			sum, other = sum+p, other+r
			x = x[2:]
		}
		for i, y := range x {
			x[i] = exp2(y - shift)
			sum += x[i]
		}
		return sum + other
	},
	values: func(dst, p, v blas64.General) {
		for i := range p.Rows {
			blasGo.Dgemv(blas.Trans, v.Rows, v.Cols, 1, v.Data, v.Stride, p.Data[i*p.Stride:], 1,
				0, dst.Data[i*dst.Stride:], 1)
		}
	},
}

// blasGo is gonum's implementation itself, not blas64's exchangeable one: the result must not depend on
// what else a program registers.
var blasGo gonum.Implementation
