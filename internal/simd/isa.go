package simd

import (
	"fmt"
	"os"
	"strings"
	"sync"
)

// The instructions are chosen once, when first asked for: the widest that the processor has, or what
// FINEGRAIN_KERNEL names.

// ISA is a set of instructions that loops exist for.
type ISA int

// The sets, from the one that every machine has to the widest.
const (
	Go     ISA = iota // none: plain Go, and what libraries in it bring
	AVX2              // 256 bits, with FMA
	AVX512            // 512 bits: F, DQ, BW and VL
)

// Variable is the environment variable that overrides the choice.
const Variable = "FINEGRAIN_KERNEL"

var names = [...]string{Go: "go", AVX2: "avx2", AVX512: "avx512"}

func (i ISA) String() string {
	if i < Go || i > AVX512 {
		return fmt.Sprintf("ISA(%d)", int(i))
	}
	return names[i]
}

// Supported lists what this machine can run, the widest first.
func Supported() []ISA {
	var sets []ISA
	for i := AVX512; i >= Go; i-- {
		if i <= widest {
			sets = append(sets, i)
		}
	}
	return sets
}

// Chosen is the set that the workbench uses in this process. It fails if FINEGRAIN_KERNEL names none, or one
// that this processor lacks.
var Chosen = sync.OnceValues(func() (ISA, error) { return choose(os.Getenv(Variable)) })

func choose(asked string) (ISA, error) {
	if asked == "" {
		return widest, nil
	}
	for i, name := range names {
		if name != asked {
			continue
		}
		if ISA(i) > widest {
			return Go, fmt.Errorf("%s=%s: this processor does not have these instructions; it can run %s",
				Variable, asked, list())
		}
		return ISA(i), nil
	}
	return Go, fmt.Errorf("%s=%q names no kernel; this processor can run %s", Variable, asked, list())
}

func list() string {
	var can []string
	for _, i := range Supported() {
		can = append(can, i.String())
	}
	return strings.Join(can, ", ")
}

// MustSupport panics if the processor lacks the instructions: Supported lists those that it has.
func MustSupport(isa ISA) {
	if isa > widest || isa < Go {
		panic(fmt.Sprintf("simd: this processor does not have the instructions %v; it can run %s", isa, list()))
	}
}

// mustBeVector is MustSupport, and panics for Go too.
func mustBeVector(isa ISA) {
	MustSupport(isa)
	if isa == Go {
		panic("simd: there are no vector instructions in plain Go")
	}
}
