// Command limits generates the loops of ../../limits.go: multiply-adds on registers, and reads.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// width is a size of vector register.
type width struct {
	name   string
	bytes  int
	chains int // of multiply-adds; half of all registers and more, so that two units of latency 4 never wait
	vector func() reg.VecVirtual
}

func main() {
	for _, w := range []width{{"AVX512", 64, 24, ZMM}, {"AVX2", 32, 12, YMM}} {
		multiplyAdd(w, "64", 8, VBROADCASTSD, VMOVUPD, VFMADD213PD)
		multiplyAdd(w, "32", 4, VBROADCASTSS, VMOVUPS, VFMADD213PS)
		read(w)
	}
	Generate()
}

// multiplyAdd repeats x ← x·a + b on registers that are loaded before and stored after.
func multiplyAdd(w width, bits string, bytes int, broadcast, move func(...Op), fma func(...Op)) {
	count := w.chains * w.bytes / bytes
	TEXT("multiplyAdd"+bits+w.name, NOSPLIT, fmt.Sprintf("func(x *[%d]float%s, a, b float%[2]s, iterations int)", count, bits))
	Doc(fmt.Sprintf("multiplyAdd%s%s replaces every x by x·a + b, iterations ≥ 1 times.", bits, w.name))
	Pragma("noescape")
	x := Load(Param("x"), GP64())
	n := Load(Param("iterations"), GP64())
	constant := func(name string) reg.VecVirtual {
		address, err := Param(name).Resolve()
		if err != nil {
			panic(err)
		}
		v := w.vector()
		broadcast(address.Addr, v)
		return v
	}
	a, b := constant("a"), constant("b")
	chains := make([]reg.VecVirtual, w.chains)
	for i := range chains {
		chains[i] = w.vector()
		move(Mem{Base: x, Disp: i * w.bytes}, chains[i])
	}
	Label("loop")
	for _, c := range chains {
		fma(b, a, c)
	}
	DECQ(n)
	JNZ(LabelRef("loop"))
	for i, c := range chains {
		move(c, Mem{Base: x, Disp: i * w.bytes})
	}
	VZEROUPPER()
	RET()
}

// readers is the number of accumulators of read: loads have no order among each other, and a chain is one
// exclusive or a step.
const readers = 8

// read takes the exclusive or of whole steps of memory.
func read(w width) {
	TEXT("read"+w.name, NOSPLIT, fmt.Sprintf("func(words *uint64, steps int, sums *[%d]uint64)", w.bytes/8))
	Doc(fmt.Sprintf("read%s sets sums[l] to the exclusive or of the words at l modulo %d in steps ≥ 1 of %d bytes.",
		w.name, w.bytes/8, readers*w.bytes))
	Pragma("noescape")
	p := Load(Param("words"), GP64())
	n := Load(Param("steps"), GP64())
	sums := Load(Param("sums"), GP64())
	xor, move := VPXORQ, VMOVDQU64
	if w.name == "AVX2" {
		xor, move = three(VPXOR), two(VMOVDQU)
	}
	acc := make([]reg.VecVirtual, readers)
	for i := range acc {
		acc[i] = w.vector()
		xor(acc[i], acc[i], acc[i])
	}
	Label("loop")
	for i, s := range acc {
		xor(Mem{Base: p, Disp: i * w.bytes}, s, s)
	}
	ADDQ(U32(readers*w.bytes), p)
	DECQ(n)
	JNZ(LabelRef("loop"))
	for step := readers / 2; step > 0; step /= 2 {
		for i := range step {
			xor(acc[i+step], acc[i], acc[i])
		}
	}
	move(acc[0], Mem{Base: sums})
	VZEROUPPER()
	RET()
}

// three and two give instructions that have no masked forms the shape of those that have.
func three(f func(a, b, c Op)) func(...Op) { return func(o ...Op) { f(o[0], o[1], o[2]) } }
func two(f func(a, b Op)) func(...Op)      { return func(o ...Op) { f(o[0], o[1]) } }
