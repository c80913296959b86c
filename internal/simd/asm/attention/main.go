// Command attention writes the vector loops of attention, for AVX-512 and AVX2 with FMA, float64 and float32.
// What each computes is said in the package that they are written for; here is how.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// stride is the number of entries of a row of the score tile. It is the same constant in attention.go.
const stride = 272

// small is the most coordinates for which scores and weights are made in one loop.
const small = 8

// target is an instruction set and a type: all loops are written once, in terms of it.
type target struct {
	wide   bool // AVX-512, otherwise AVX2
	double bool // float64, otherwise float32
}

// rows × 2 vectors is the register tile: as many sums as registers hold beside what feeds them.
func (t target) rows() int {
	if t.wide {
		return 12 // 24 sums, 2 vectors of keys, a broadcast query: 27 of 32
	}
	return 6 // 12, 2 and 2: all 16
}

func (t target) size() int { // bytes of an entry
	if t.double {
		return 8
	}
	return 4
}

func (t target) vector() int { // bytes of a vector
	if t.wide {
		return 64
	}
	return 32
}

func (t target) name(loop string) string {
	set, bits := "AVX2", 32
	if t.wide {
		set = "AVX512"
	}
	if t.double {
		bits = 64
	}
	return fmt.Sprintf("%s%d%s", loop, bits, set)
}

func (t target) float() string { return fmt.Sprintf("*float%d", 8*t.size()) }

func main() {
	for _, t := range []target{{true, true}, {true, false}, {false, true}, {false, false}} {
		t.scores()
		t.largest()
		t.exponential(tile, 0)
		t.exponential(shifted, 0)
		t.exponential(read, 0)
		for d := 1; d <= small; d++ {
			t.exponential(made, d)
		}
		t.values()
		t.columns()
		t.totals()
		for c := 1; c <= mostMoments && t.double; c++ {
			t.moments(c)
			t.collect(c)
		}
	}
	Generate()
}

// begin starts the function of a loop; arguments are declared in Go's notation.
func (t target) begin(loop, arguments, doc string) {
	TEXT(t.name(loop), NOSPLIT, "func("+arguments+")")
	Doc(t.name(loop) + " " + doc)
	Pragma("noescape")
}

func (t target) end() {
	VZEROUPPER()
	RET()
}

func (t target) vec() reg.VecVirtual {
	if t.wide {
		return ZMM()
	}
	return YMM()
}

func (t target) vecs(n int) []reg.VecVirtual {
	out := make([]reg.VecVirtual, n)
	for i := range out {
		out[i] = t.vec()
	}
	return out
}

type instruction func(...Op)

func (t target) pick(double, single instruction) instruction {
	if t.double {
		return double
	}
	return single
}

func (t target) move(from, to Op)      { t.pick(VMOVUPD, VMOVUPS)(from, to) }
func (t target) broadcast(from, to Op) { t.pick(VBROADCASTSD, VBROADCASTSS)(from, to) }
func (t target) add(a, b, to Op)       { t.pick(VADDPD, VADDPS)(a, b, to) }
func (t target) mul(a, b, to Op)       { t.pick(VMULPD, VMULPS)(a, b, to) }
func (t target) max(a, b, to Op)       { t.pick(VMAXPD, VMAXPS)(a, b, to) }

// sub sets to = b − a.
func (t target) sub(a, b, to Op) { t.pick(VSUBPD, VSUBPS)(a, b, to) }

// fma adds a·b to a sum.
func (t target) fma(a, b, sum Op) { t.pick(VFMADD231PD, VFMADD231PS)(a, b, sum) }

// horner sets to = to·x + c.
func (t target) horner(c, x, to Op) { t.pick(VFMADD213PD, VFMADD213PS)(c, x, to) }

func (t target) zero(x reg.VecVirtual) {
	if t.wide {
		VPXORQ(x, x, x)
	} else {
		VXORPS(x, x, x)
	}
}

// at is entry i behind a pointer, row r of the score tile.
func (t target) at(base reg.Register, r, entry int) Mem {
	return Mem{Base: base, Disp: (r*stride + entry) * t.size()}
}

// argument loads one.
func argument(name string) reg.Register { return Load(Param(name), GP64()) }

// loop repeats body count times, count ≥ 1 in a register that it destroys.
func loop(label string, count reg.Register, body func()) {
	Label(label)
	body()
	DECQ(count)
	JNZ(LabelRef(label))
}
