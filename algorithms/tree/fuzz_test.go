package tree

import (
	"encoding/binary"
	"errors"
	"math"
	"testing"

	"finegrain/algorithms/attention"

	"gonum.org/v1/gonum/mat"
)

// Instances from bytes: whatever numbers arrive, the answer is within its bound or an error of the two kinds.

// reader hands out bytes, from the first again after the last.
type reader struct {
	data []byte
	at   int
}

func (r *reader) byte() byte {
	b := r.data[r.at%len(r.data)]
	r.at++
	return b
}

// matrix is numbers by their bits, those beyond 10^150 by 2^1024 less, or small whole ones times a power of
// two, as a first byte says.
func (r *reader) matrix(rows, cols int) *mat.Dense {
	kind := r.byte()
	x := mat.NewDense(rows, cols, nil)
	x.Apply(func(int, int, float64) float64 {
		if kind%4 > 0 {
			return math.Ldexp(float64(int8(r.byte())), int(kind/4)-40)
		}
		var bits [8]byte
		for i := range bits {
			bits[i] = r.byte()
		}
		y := math.Float64frombits(binary.LittleEndian.Uint64(bits[:]))
		if !(math.Abs(y) <= 1e150) {
			y = math.Float64frombits(math.Float64bits(y) &^ (1 << 62)) // from 2^x to 2^(x−1024)
		}
		return y
	}, x)
	return x
}

// decoded is an instance, by a header of which a method is the rest.
func decoded(data []byte) (in attention.Instance, x method) {
	r := &reader{data: data}
	n, m, d, dv := 1+int(r.byte()%64), 1+int(r.byte()%64), 1+int(r.byte()%4), 1+int(r.byte()%2)
	scale, epsilon, how := r.byte(), r.byte(), r.byte()
	in = attention.Instance{Scale: []float64{1, -1, 0.3, 0, 1e5, 1e-5}[scale%6]}
	in.Q, in.K, in.V = r.matrix(n, d), r.matrix(m, d), r.matrix(m, dv)
	if epsilon%16 > 0 {
		in.Epsilon = in.Regime().MaxV * math.Pow(10, 1-float64(epsilon%16))
	}
	names := append([]string{""}, Builders...)
	if x = small(names[int(how%8)%len(names)]); x.builder != "" && Takes(x.builder, m, d) != nil {
		x.builder = ""
	}
	x.lone, x.keen = how&8 > 0, how&16 == 0
	if how&32 > 0 {
		x = standard
	}
	return in, x
}

func FuzzTree(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) == 0 {
			return
		}
		in, x := decoded(data)
		out, _, _, err := answered(x.declare(), in)
		if outside := (*attention.OutsideRegime)(nil); errors.As(err, &outside) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if attention.Multiprecision.Guarantee.Valid(in.Regime()) != nil {
			return // scores above 2^60: there is no reference
		}
		n, _ := in.Q.Dims()
		if off, err := attention.ObservedError(testEnv(), in, out, []int{0, n - 1}); err != nil || off > out.Bound {
			t.Errorf("off by %g, and the bound is %g (error %v)", off, out.Bound, err)
		}
	})
}
