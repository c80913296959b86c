// Package npy reads and writes matrices in NumPy's .npy format.
//
// What is read is an array of two axes of float64 or float32, and where whole numbers are wanted of int64 or
// int32, of either byte order, in C or Fortran order, in a file of version 1, 2 or 3. Everything else is an
// error that says what the file holds and what to do: other types, other shapes, missing or surplus bytes,
// numbers that are not finite. Memory is bounded by the bytes that are there, never by what a header
// announces.
//
//   - header.go: the header, a literal of a Python dictionary.
//   - read.go: Reader. write.go: Write.
package npy
