// Package simd holds the inner loops that the workbench spends its time in, in the vector instructions of
// the processor: AVX-512, or AVX2 with FMA. What uses them keeps the same loop in plain Go beside, which is
// the definition that they are tested against and what every other platform runs.
//
//   - isa.go: which instructions are used, and FINEGRAIN_KERNEL, which overrides the choice.
//   - attention.go: the loops of attention, float64 and float32.
//
// The assembly is generated: asm is a module of its own, so that its generator library is no dependency of
// the workbench, and go generate writes the files *_amd64.s with their declarations.
//
// An assembly loop cannot be interrupted and does not check its arguments. Every call must be short, some
// microseconds, and every exported function checks the lengths that its loop relies on; misuse panics.
package simd

//go:generate go -C asm run ./attention -out ../attention_amd64.s -stubs ../attention_amd64.go -pkg simd
