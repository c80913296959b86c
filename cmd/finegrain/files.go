package main

// What users name on the command line: a file, a pipe, or "-" for standard input. Pipes are read by a
// goroutine of their own, so that an interrupt is heeded while nothing comes.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"gonum.org/v1/gonum/mat"

	"finegrain/internal/npy"
	"finegrain/ovp"
	"finegrain/sat"
)

// input is something open for reading.
type input struct {
	io.ReadCloser
	name string // for messages
	size int64  // in bytes, −1 if it cannot be known
}

// open opens a file, or standard input for "-".
func (a *app) open(ctx context.Context, name string) (*input, error) {
	if name == "-" {
		return &input{piped(ctx, func() (io.Reader, error) { return a.stdin, nil }), "standard input", -1}, nil
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, inFile(name, err)
	}
	if info.IsDir() {
		return nil, request("%s: is a directory; name a file", name)
	}
	if !info.Mode().IsRegular() {
		return &input{piped(ctx, func() (io.Reader, error) { return os.Open(name) }), name, -1}, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, inFile(name, err)
	}
	return &input{file, name, info.Size()}, nil
}

// piped reads what open opens, which may block, until ctx ends.
func piped(ctx context.Context, open func() (io.Reader, error)) io.ReadCloser {
	out, in := io.Pipe()
	context.AfterFunc(ctx, func() { out.CloseWithError(ctx.Err()) })
	go func() {
		r, err := open()
		if err == nil {
			_, err = io.Copy(in, r)
		}
		in.CloseWithError(err)
	}()
	return interruptibleReader{ctx, out}
}

// interruptibleReader says that its context has ended where the pipe says only that it is closed.
type interruptibleReader struct {
	ctx context.Context
	*io.PipeReader
}

func (r interruptibleReader) Read(p []byte) (int, error) {
	n, err := r.PipeReader.Read(p)
	if err != nil && r.ctx.Err() != nil {
		err = r.ctx.Err()
	}
	return n, err
}

// Memory that reading takes, as multiples of the text. An empty clause is 2 bytes of text and 42 of memory,
// counting how slices grow; a row of one digit is 2 bytes and, so counted, 18.
const (
	formulaMemory = 24
	vectorsMemory = 10
)

// readFormula reads a DIMACS file within the memory allowed.
func (a *app) readFormula(ctx context.Context, c *common, name string) (sat.Formula, error) {
	in, err := a.open(ctx, name)
	if err != nil {
		return sat.Formula{}, err
	}
	defer in.Close()
	if err := c.afford("reading "+in.name, formulaMemory*float64(in.size)); err != nil {
		return sat.Formula{}, err
	}
	limits := sat.Limits{MaxBytes: max(1, min(sat.DefaultLimits.MaxBytes, int64(c.memory)/formulaMemory))}
	f, err := sat.ReadDIMACS(in, in.name, limits)
	return f, inFile(in.name, err)
}

// readVectors reads an .ov file within the memory allowed.
func (a *app) readVectors(ctx context.Context, c *common, name string) (ovp.Instance, error) {
	in, err := a.open(ctx, name)
	if err != nil {
		return ovp.Instance{}, err
	}
	defer in.Close()
	if err := c.afford("reading "+in.name, vectorsMemory*float64(in.size)); err != nil {
		return ovp.Instance{}, err
	}
	instance, err := ovp.Read(in, in.name, ovp.Limits{MaxBytes: max(1, int64(c.memory)/vectorsMemory)})
	return instance, inFile(in.name, err)
}

// array is an .npy file whose header has been read.
type array struct {
	*npy.Reader
	in *input
}

func (a *app) openArray(ctx context.Context, name string) (array, error) {
	return a.openArrayAs(ctx, name, npy.NewReader)
}

// openArrayAs opens an array of what the reader reads.
func (a *app) openArrayAs(
	ctx context.Context, name string, reader func(io.Reader, int64) (*npy.Reader, error),
) (array, error) {
	in, err := a.open(ctx, name)
	if err != nil {
		return array{}, err
	}
	r, err := reader(in, in.size)
	if err != nil {
		in.Close()
		return array{}, inFile(in.name, err)
	}
	return array{r, in}, nil
}

// read reads the numbers and closes the file.
func (x array) read() (*mat.Dense, error) {
	m, err := x.Read()
	return m, inFile(x.in.name, errors.Join(err, x.in.Close()))
}

// shape is "FILE is 3 by 4".
func (x array) shape() string { return fmt.Sprintf("%s is %d by %d", x.in.name, x.Rows, x.Cols) }
