package simd

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestChoice(t *testing.T) {
	can := Supported()
	if got, err := choose(""); err != nil || got != can[0] {
		t.Errorf("without a word %v is chosen (error %v), want the widest of %v", got, err, can)
	}
	if can[len(can)-1] != Go || !slices.IsSortedFunc(can, func(a, b ISA) int { return int(b - a) }) {
		t.Errorf("supported are %v; want the widest first and plain Go last", can)
	}
	for isa := Go; isa <= AVX512; isa++ {
		got, err := choose(isa.String())
		switch {
		case slices.Contains(can, isa) && (err != nil || got != isa):
			t.Errorf("%v asked, %v chosen: %v", isa, got, err)
		case !slices.Contains(can, isa) && (err == nil || !strings.Contains(err.Error(), "does not have")):
			t.Errorf("%v asked of a processor without it: %v", isa, err)
		}
	}
	for _, name := range []string{"AVX512", "sse2", " go", "avx"} {
		_, err := choose(name)
		if err == nil || !strings.Contains(err.Error(), Variable) || !strings.Contains(err.Error(), "go") {
			t.Errorf("%q names a kernel? %v", name, err)
		}
	}
}

func TestStrangeSet(t *testing.T) {
	defer func() {
		if text := fmt.Sprint(recover()); !strings.HasPrefix(text, "simd: ") || !strings.Contains(text, "ISA(7)") {
			t.Errorf("it did not panic with a named reason: %s", text)
		}
	}()
	ExponentialRate64(7, 1)
}

func TestLacking(t *testing.T) {
	if Attention64(Go) != nil || Attention32(Go) != nil || Attention64(widest+1) != nil || Attention32(widest+1) != nil {
		t.Error("loops were handed out that there are not, or that the processor lacks")
	}
}
