package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"gonum.org/v1/gonum/mat"

	"finegrain"
	"finegrain/algorithms/attention"
	"finegrain/internal/npy"
)

// A broken output is an error in either precision, not a panic and not a file of NaN.
func TestRoundRefusesBrokenOutputs(t *testing.T) {
	one := mat.NewDense(1, 1, []float64{1})
	in := attention.Instance{Q: one, K: one, V: one, Scale: 1}
	for _, precision := range []string{"float64", "float32"} {
		var o attendOptions
		o.precision = precision
		for _, x := range []float64{math.NaN(), math.Inf(1)} {
			out := attention.Output{Float: mat.NewDense(1, 1, []float64{x})}
			if _, _, err := o.rounded(in, out); err == nil || !strings.Contains(err.Error(), "at row 0, column 0") {
				t.Errorf("%v in %s: %v", x, precision, err)
			}
		}
		if rounded, _, err := o.rounded(in, attention.Output{Float: one}); err != nil || rounded.At(0, 0) != 1 {
			t.Errorf("1 in %s: %v, %v", precision, rounded, err)
		}
	}
}

// The memory is estimated again when the values are known: at 1e300 an error of 1e-12 takes a thousand bits.
func TestMemoryFollowsTheValues(t *testing.T) {
	const keys = 4000
	in := attention.Instance{
		Q: mat.NewDense(1, 1, []float64{1}), K: mat.NewDense(keys, 1, nil), V: mat.NewDense(keys, 1, nil),
		Scale: 1, Epsilon: 1e-12,
	}
	in.V.Set(0, 0, 1)
	method := attention.Multiprecision
	needed := method.Guarantee.Bytes(in.Regime())
	var o attendOptions
	o.memory = amount(needed + needed/8)
	env := finegrain.NewEnv(context.Background(), 1)
	if _, _, err := o.compute(env, method, in, 0); err != nil {
		t.Errorf("values of 1: %v", err)
	}
	in.V.Set(0, 0, 1e300)
	if _, _, err := o.compute(env, method, in, 0); err == nil || !strings.Contains(err.Error(), "--max-memory") {
		t.Errorf("values of 1e300 in the memory of values of 1: %v", err)
	}
}

// writesNumbers is a command of the scripts: numbers FILE COLUMNS X … writes an array.
func writesNumbers(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: numbers FILE COLUMNS X…")
	}
	cols, err := strconv.Atoi(args[1])
	ts.Check(err)
	var data []float64
	for _, text := range args[2:] {
		x, err := strconv.ParseFloat(text, 64)
		ts.Check(err)
		data = append(data, x)
	}
	var file bytes.Buffer
	ts.Check(npy.Write(&file, mat.NewDense(len(data)/cols, cols, data), npy.Float64))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), file.Bytes(), 0o600))
}

// writesIntegers writes what numpy.save does of an array of int64.
func writesIntegers(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: integers FILE COLUMNS X…")
	}
	cols, err := strconv.Atoi(args[1])
	ts.Check(err)
	header := fmt.Sprintf("{'descr': '<i8', 'fortran_order': False, 'shape': (%d, %d), }\n", len(args[2:])/cols, cols)
	file := append([]byte("\x93NUMPY\x01\x00"), byte(len(header)), 0)
	file = append(file, header...)
	for _, text := range args[2:] {
		x, err := strconv.ParseInt(text, 10, 64)
		ts.Check(err)
		file = binary.LittleEndian.AppendUint64(file, uint64(x))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), file, 0o600))
}
