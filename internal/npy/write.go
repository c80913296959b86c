package npy

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"

	"gonum.org/v1/gonum/mat"
)

// Precision is the type of the numbers in a file.
type Precision int

// The precisions that can be written.
const (
	Float64 Precision = iota
	Float32
)

// Round is x as the precision holds it: to nearest, ties to even; infinite beyond its range.
func (p Precision) Round(x float64) float64 {
	if p == Float32 {
		return float64(float32(x))
	}
	return x
}

// Write writes the matrix, little-endian and in C order, as numpy.save would in version 1 of the format.
// It is an error if a number is not finite in the precision asked for.
func Write(w io.Writer, m *mat.Dense, p Precision) error {
	rows, cols := m.Dims()
	descr, width := "<f8", 8
	if p == Float32 {
		descr, width = "<f4", 4
	}
	text := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%d, %d), }", descr, rows, cols)
	const before = len(magic) + 4
	text += strings.Repeat(" ", 63-(before+len(text))%64) + "\n" // the numbers begin at a multiple of 64
	start := append([]byte(magic), 1, 0)
	start = append(binary.LittleEndian.AppendUint16(start, uint16(len(text))), text...)
	if _, err := w.Write(start); err != nil {
		return err
	}
	line := make([]byte, 0, cols*width)
	for i := range rows {
		line = line[:0]
		for j, x := range m.RawRowView(i) {
			if y := p.Round(x); math.IsNaN(y) || math.IsInf(y, 0) {
				return fmt.Errorf("%v at row %d, column %d is not finite as float%d", x, i, j, 8*width)
			}
			if p == Float32 {
				line = binary.LittleEndian.AppendUint32(line, math.Float32bits(float32(x)))
			} else {
				line = binary.LittleEndian.AppendUint64(line, math.Float64bits(x))
			}
		}
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
	return nil
}
