package attention

import (
	"fmt"

	"finegrain"
)

// Checking an answer: every entry, or those of sampled rows, against the definition.

// The instances up to which Check looks at every row, and how many rows it looks at beyond.
const (
	checkedPairs = 4096
	checkedRows  = 64
)

// Check returns nil if every entry that it looks at is within ε of the reference. It looks at all rows
// where queries times keys are at most 4096; beyond, at 64 rows drawn by a fixed seed and at the one that
// differs most from a float64 computation. No correct answer is refused.
func Check(in Instance, out Output) error {
	if err := promise(in); err != nil {
		return err
	}
	if err := wellFormed(in, out); err != nil {
		return err
	}
	env := finegrain.NewEnv(background, 1).Sub("check attention")
	var rows []int
	n, _ := in.Q.Dims()
	m, _ := in.K.Dims()
	if n*m > checkedPairs && n > checkedRows {
		rows = env.Rand("rows").Perm(n)[:checkedRows]
		plain := in
		plain.Epsilon = 0
		quickly := Streaming
		if in.Ranges != nil {
			quickly = Exact
		}
		if quick, _, err := quickly.Run(env, plain); err == nil {
			_, worst := Distance(out, quick)
			rows = append(rows, worst)
		}
	}
	reference, err := Reference(env, in, rows, referenceBits(in))
	if err != nil {
		return err
	}
	distance, row := Distance(reference, out.rows(rows))
	if rows != nil {
		row = rows[row]
	}
	if distance > in.Epsilon+reference.Bound {
		return fmt.Errorf("attention: row %d is %.6g off, and ε is %.6g", row, distance, in.Epsilon)
	}
	return nil
}

// wellFormed returns nil if the output is well formed for the instance.
func wellFormed(in Instance, out Output) error {
	n, _ := in.Q.Dims()
	_, dv := in.V.Dims()
	return out.WellFormed(n, dv)
}
