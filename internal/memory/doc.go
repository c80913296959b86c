// Package memory knows how much memory the machine has, and how amounts of memory are written.
//
//   - machine.go: Machine, what may be used here, containers' limits included.
//   - size.go: Parse and Format, "4GiB" and back.
package memory
