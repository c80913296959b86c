package main

// What attend and gradient have in common: an array is written with a bound on its error, which includes the rounding of
// what is written. Where an error is asked that the bound exceeds nothing is written, unless that is forced.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/spf13/cobra"
	"gonum.org/v1/gonum/mat"

	"finegrain"
	"finegrain/algorithms/attention"
	"finegrain/internal/npy"
	"finegrain/internal/outfile"
)

// guaranteed holds the flags.
type guaranteed struct {
	common
	out       string
	algorithm string
	scale     number
	epsilon   number
	force     bool
	precision string
}

// forceHelp ends what --help says of an error that cannot be guaranteed.
const forceHelp = "With --force it computes for all that, and\n" +
	"says what it can promise; also where the algorithm does not apply, unless nothing can be computed there."

// guaranteedFlags adds them to a command whose output has the shape given.
func (o *guaranteed) guaranteedFlags(cmd *cobra.Command, shape, algorithm string, algorithms []string) {
	o.epsilon.positive = true
	flags := cmd.Flags()
	flags.StringVar(&o.out, "out", "", "file to write, "+shape)
	flags.Var(&o.scale, "scale", "the factor s of the scores; 1/d unless given")
	flags.Var(&o.epsilon, "error", "the largest error to be guaranteed")
	flags.BoolVar(&o.force, "force", false, "compute also where --error cannot be guaranteed")
	precisions := []string{"float64", "float32"}
	choice(cmd, &o.precision, "precision", precisions[0], "of the numbers in the written file", precisions)
	choice(cmd, &o.algorithm, "algorithm", algorithm, "the algorithm", algorithms)
	o.jsonFlag(cmd)
	o.memoryFlag(cmd)
}

// given is a flag with its value.
type given struct{ flag, value string }

// checkFiles wants all inputs and --out to be named, and --out to be no input and a file that can be made.
func (o *guaranteed) checkFiles(command string, inputs []given, optional ...string) error {
	for _, f := range append(inputs, given{"out", o.out}) {
		if f.value == "" {
			return request("%s needs --%s; see finegrain %[1]s --help", command, f.flag)
		}
	}
	for _, f := range inputs {
		optional = append(optional, f.value)
	}
	for _, in := range optional {
		if sameFile(in, o.out) {
			return request("--out %s is an input; name another file", o.out)
		}
	}
	return outfile.CheckFile(o.out)
}

// scaleFor is the scale for so many coordinates.
func (o *guaranteed) scaleFor(dim int) float64 {
	if o.scale.set {
		return o.scale.value
	}
	return 1 / float64(dim)
}

// orForced is what run yields, or, with --force where it refuses, what forced does, or, without forced where it cannot
// promise what was asked, what it yields once epsilon is 0.
func orForced[T any](o *guaranteed, epsilon *float64, run, forced func() (T, finegrain.Cost, error)) (T, finegrain.Cost, error) {
	out, cost, err := run()
	var cannot *attention.CannotPromise
	var outside *attention.OutsideRegime
	switch {
	case !o.force:
	case forced != nil && (errors.As(err, &cannot) || errors.As(err, &outside)):
		return forced()
	case errors.As(err, &cannot):
		*epsilon = 0
		return run()
	}
	return out, cost, err
}

// written is the precision of the numbers in the written file.
func (o *guaranteed) written() npy.Precision {
	if o.precision == "float32" {
		return npy.Float32
	}
	return npy.Float64
}

// round rounds x, which is called what, to the numbers that will be written.
func (o *guaranteed) round(what string, x *mat.Dense) error {
	rows, _ := x.Dims()
	for i := range rows {
		row := x.RawRowView(i)
		for j, y := range row {
			if row[j] = o.written().Round(y); math.IsInf(row[j], 0) {
				return refuse("the %s is %v at row %d, column %d, beyond float32; write --precision float64", what, y, i, j)
			}
		}
	}
	return nil
}

// keeps refuses what rounding has made worse than asked: method promises one bound, and with rounding it is another.
func (o *guaranteed) keeps(method string, promised, bound float64) error {
	if !o.epsilon.set || o.force || bound <= o.epsilon.value {
		return nil
	}
	return refuse("%s guarantees %.3g and writing %s makes that %.3g, above the error %.3g that was asked; "+
		"ask for at least %.3g%s",
		method, attention.ThreeDigitsUp(promised), o.precision, attention.ThreeDigitsUp(bound), o.epsilon.value,
		attention.ThreeDigitsUp(bound), o.morePrecision())
}

func (o *guaranteed) morePrecision() string {
	if o.written() == npy.Float32 {
		return ", or write --precision float64"
	}
	return ""
}

// write writes the rounded numbers.
func (o *guaranteed) write(ctx context.Context, x *mat.Dense) error {
	return outfile.File(ctx, o.out, func(w io.Writer) error { return npy.Write(w, x, o.written()) })
}

// asked is the error asked, nil if none was.
func (o *guaranteed) asked() *float64 {
	if !o.epsilon.set {
		return nil
	}
	return &o.epsilon.value
}

// refuse is the error of work that cannot promise what was asked.
func refuse(format string, args ...any) error { return &exit{exitFailed, fmt.Sprintf(format, args...)} }
