package experiments

import (
	"fmt"
	"strings"

	"gonum.org/v1/gonum/mat"

	"finegrain"
	"finegrain/algorithms/attention"
	"finegrain/ovp"
	"finegrain/reductions"
	"finegrain/sat"
)

// Picture is one small formula on its way through the threshold route, in full: the two lists of
// half-assignments, the attention matrix between them, what each row reads, and the model that comes back.
type Picture struct {
	Name    string
	Formula sat.Formula

	Rows    []Half      // the queries: half-assignments of the first half, without the padding row
	Columns []Half      // the data keys: half-assignments of the second half, without the zero key
	Weights [][]float64 // softmax weights, a row a query; the last column is the zero key
	Inner   [][]int     // inner products of the vectors: how many clauses a pair leaves unsatisfied
	Outputs []float64   // what attention returns for each query: the weight that is not on the zero key
	Limit   float64     // rows above it are flagged

	Flagged int // the flagged row, −1 if there is none
	Partner int // the column that its scan finds
	Model   sat.Model
	T       float64 // ln 2n
}

// Half is a half-assignment.
type Half struct {
	Label  string // as in "x1=0 x2=1"
	Vector string // its vector, a digit a clause
}

// TakePicture runs the formula through the threshold route with the streaming algorithm and keeps what
// passes by. The formula must leave at most 64 vectors a side.
func TakePicture(env finegrain.Env, name string, f sat.Formula) (Picture, error) {
	split, err := reductions.SplitAndList(env, f)
	if err != nil {
		return Picture{}, err
	}
	in := split.OV
	if n, m := in.A.N(), in.B.N(); n == 0 || m == 0 || n > 64 || m > 64 || in.D() == 0 {
		return Picture{}, fmt.Errorf("a picture needs 1 to 64 vectors a side and a dimension; %s has %d and %d of %d bits", name, n, m, in.D())
	}
	p := Picture{Name: name, Formula: f, Limit: reductions.Threshold, Flagged: -1, Partner: -1}
	query := reductions.ThresholdInstance(in)
	out, _, err := attention.Streaming.Run(env, query)
	if err != nil {
		return Picture{}, err
	}
	p.T = reductions.ThresholdTemperature(in.B.N())
	weights, err := attentionMatrix(env, query)
	if err != nil {
		return Picture{}, err
	}
	first, second := split.Variables()
	for i := range in.A.N() {
		p.Rows = append(p.Rows, half(split, in.A, i, ovp.Pair{I: i}, first))
		p.Weights = append(p.Weights, mat.Row(nil, i, weights))
		p.Outputs = append(p.Outputs, out.Float.At(i, 0))
		inner := make([]int, in.B.N())
		for j := range inner {
			inner[j] = in.InnerProduct(ovp.Pair{I: i, J: j})
		}
		p.Inner = append(p.Inner, inner)
	}
	for j := range in.B.N() {
		p.Columns = append(p.Columns, half(split, in.B, j, ovp.Pair{J: j}, second))
	}
	found, err := reductions.ThresholdRead(in, out)
	if err != nil {
		return Picture{}, err
	}
	if found.Any {
		p.Flagged, p.Partner, p.Model = found.I, found.J, split.Model(found.Pair)
	}
	return p, nil
}

// attentionMatrix is D^{-1}exp(s·QKᵀ): what attention makes of the identity.
func attentionMatrix(env finegrain.Env, in attention.Instance) (*mat.Dense, error) {
	keys, _ := in.K.Dims()
	identity := mat.NewDense(keys, keys, nil)
	for j := range keys {
		identity.Set(j, j, 1)
	}
	in.V = identity
	out, _, err := attention.Streaming.Run(env, in)
	return out.Float, err
}

// half labels vector i of one side, by the variables of that side in a model of any pair that has it.
func half(split *reductions.Split, vectors ovp.Vectors, i int, pair ovp.Pair, variables []int) Half {
	model := split.Model(pair)
	var label, digits strings.Builder
	for _, v := range variables {
		value := 0
		if model[v-1] {
			value = 1
		}
		fmt.Fprintf(&label, " x%d=%d", v, value)
	}
	for k := range vectors.D() {
		digit := byte('0')
		if vectors.Bit(i, k) {
			digit = '1'
		}
		digits.WriteByte(digit)
	}
	return Half{strings.TrimSpace(label.String()), digits.String()}
}
