package npy

import (
	"fmt"
	"io"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Reader reads one array. Its header has been read and checked, its numbers have not.
type Reader struct {
	Rows, Cols int // at least 1 each

	header header
	in     io.Reader
	sized  bool // the length of the file is known, and is right
}

// NewReader reads the header of an array of float64 or float32 from r. size is the number of bytes that r
// holds in all, or −1 where that is not known, as for a pipe. If it is known it is compared with what the
// header announces. Errors say what the file holds and what to do; the caller adds the file's name.
func NewReader(r io.Reader, size int64) (*Reader, error) { return newReader(r, size, false) }

// NewWholeReader is NewReader for an array of whole numbers, such as indices. It may be of int64 or int32 as
// well, which are read exactly: from 2^53 on, where a float64 does not hold every integer, Read returns an
// error. That numbers of float64 and float32 are whole is for the caller to see.
func NewWholeReader(r io.Reader, size int64) (*Reader, error) { return newReader(r, size, true) }

func newReader(r io.Reader, size int64, integers bool) (*Reader, error) {
	h, err := readHeader(r)
	if err == nil && h.integer && !integers {
		err = notFloats("integers")
	}
	if err != nil {
		return nil, err
	}
	if size >= 0 {
		if err := h.compare(size - h.offset); err != nil {
			return nil, err
		}
	}
	return &Reader{Rows: h.rows, Cols: h.cols, header: h, in: r, sized: size >= 0}, nil
}

// compare returns an error unless just so many bytes of numbers are there as announced.
func (h header) compare(there int64) error {
	switch want := h.bytes(); {
	case there < want:
		return fmt.Errorf("announces %d by %d numbers, %d bytes, and has only %d; the file was cut", h.rows, h.cols, want, there)
	case there > want:
		return fmt.Errorf("has %d bytes after its %d by %d numbers; one array to a file is read", there-want, h.rows, h.cols)
	}
	return nil
}

// Bytes is the most memory that Read holds at once, the result included.
func (r *Reader) Bytes() int64 {
	bytes := 8 * int64(r.Rows) * int64(r.Cols)
	if !r.sized { // a growing slice, and its copy
		bytes *= 3
	}
	if r.header.fortran { // and the transpose
		bytes *= 2
	}
	return bytes
}

// Read reads the numbers, all of which must be finite; it may be called once. The memory it takes is in
// proportion to the bytes that are there, whatever the header announces.
func (r *Reader) Read() (*mat.Dense, error) {
	h := r.header
	count := int64(h.rows) * int64(h.cols)
	var data []float64
	if r.sized {
		data = make([]float64, 0, count)
	}
	buffer := make([]byte, 1<<16)
	for int64(len(data)) < count {
		block := buffer[:min(int64(len(buffer)), (count-int64(len(data)))*int64(h.width))]
		n, err := io.ReadFull(r.in, block)
		if err != nil {
			return nil, orFailure(err, h.compare(int64(len(data))*int64(h.width)+int64(n)))
		}
		for ; len(block) > 0; block = block[h.width:] {
			data = append(data, h.number(block))
		}
	}
	if n, err := io.ReadFull(r.in, buffer[:1]); n > 0 {
		return nil, fmt.Errorf("has bytes after its %d by %d numbers; one array to a file is read", h.rows, h.cols)
	} else if err := orFailure(err, nil); err != nil {
		return nil, err
	}
	if h.fortran {
		transposed := mat.NewDense(h.rows, h.cols, nil)
		transposed.Copy(mat.NewDense(h.cols, h.rows, data).T())
		data = transposed.RawMatrix().Data
	}
	for e, x := range data {
		if h.integer && math.Abs(x) >= 1<<53 {
			return nil, fmt.Errorf("holds an integer of 2^53 or more at row %d, column %d (counted from 0); none so large can be read",
				e/h.cols, e%h.cols)
		}
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, fmt.Errorf("holds %v at row %d, column %d (counted from 0); numbers must be finite", x, e/h.cols, e%h.cols)
		}
	}
	return mat.NewDense(h.rows, h.cols, data), nil
}

// number is the first of the numbers in b. Integers that round do so to 2^53 or beyond.
func (h header) number(b []byte) float64 {
	switch {
	case h.integer && h.width == 4:
		return float64(int32(h.order.Uint32(b)))
	case h.integer:
		return float64(int64(h.order.Uint64(b)))
	case h.width == 4:
		return float64(math.Float32frombits(h.order.Uint32(b)))
	}
	return math.Float64frombits(h.order.Uint64(b))
}
