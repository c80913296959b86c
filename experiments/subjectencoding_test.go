package experiments

import (
	"context"
	"math"
	"testing"

	"finegrain/measure"
	"finegrain/ovp"
)

// TestEncodingSubject: the worked example of the notes in ovp, all pairs by kinds, and a mutant that is seen.
func TestEncodingSubject(t *testing.T) {
	m := measured(t, "encoding", 1, axis("ell", 2), axis("blocks", 2))[0]
	if c := m.Counts; c["pairs"] != 256 || c["yes"] != 81 || c["no"] != 175 || c["disagreements"] != 0 ||
		m.Values["log2_modulus"] != math.Log2(15) || m.Values["log2_instances"] != math.Log2(27) {
		t.Errorf("%v, %v", m.Counts, m.Values)
	}
	for _, m := range measured(t, "encoding", 1, axis("ell", 3, 20), axis("blocks", 7, 30), axis("inner", 0, 2, 5), axis("pairs", 60)) {
		if c := m.Counts; m.Status != measure.Done || c["pairs"] != 60 || c["yes"] < 20 || c["no"] < 20 || c["disagreements"] != 0 {
			t.Errorf("%v: %s %s %v", m.Cell, m.Status, m.Reason, m.Counts)
		}
	}
	for _, m := range measured(t, "encoding", 1, axis("ell", 2), axis("blocks", 4), axis("inner", 1, 2), axis("undersized", 3.0)) {
		if m.Counts["disagreements"] == 0 {
			t.Errorf("%v: nothing is wrong", m.Cell)
		}
	}
	s := EncodingSubject
	for _, c := range []struct{ ell, blocks, pairs int64 }{{11, 1, 0}, {2, 6, 0}} {
		cell := measure.Cell{{Name: "ell", Value: c.ell}, {Name: "blocks", Value: c.blocks}, {Name: "pairs", Value: c.pairs}}
		if s.Accepts(cell) == nil {
			t.Errorf("%v is accepted", cell)
		}
	}
}

// TestLeastEll: by definition, trying every ℓ; and that the bound from below, by which most are left out, is one.
func TestLeastEll(t *testing.T) {
	ctx := context.Background()
	for _, inner := range []int{1, 2, 3} {
		for _, bits := range []int{1, 2, 7, 64, 300, 1000} {
			for _, loss := range []float64{0.3, 0.5, 1} {
				most := loss * float64(bits)
				want, beyond := 1, false
				for ; ; want++ {
					groups := EncodingGroups(ceilDiv(bits, want), want, inner)
					least, err := instancesAtLeast(ctx, want, groups)
					if err != nil {
						t.Fatal(err)
					}
					size, err := ovp.SizeOfEncoder(ctx, want, groups...)
					if err != nil && least > most {
						continue // beyond what is sieved
					}
					if beyond = err != nil; beyond {
						break
					}
					if least > size.Log2Instances {
						t.Errorf("ell = %d, groups %v: at least 2^%g instances, and there are 2^%g", want, groups, least, size.Log2Instances)
					}
					if size.Log2Instances <= most {
						break
					}
				}
				if got, _, err := leastEll(ctx, bits, inner, most); got != want || (err != nil) != beyond {
					t.Errorf("%d bits, inner %d, loss %g: ell = %d, %v, want %d", bits, inner, loss, got, err, want)
				}
			}
		}
	}
}

// TestEncodingSizes: Chen's ℓ, and the largest cells that parameters allow.
func TestEncodingSizes(t *testing.T) {
	for _, m := range measured(t, "encoding size", 1, axis("log2n", 16, 17, 1<<16, 1<<16+1), axis("ell", 0), axis("inner", 0)) {
		want := map[int]int64{16: 2401, 17: 16807, 1 << 16: 16807, 1<<16 + 1: 117649}[m.Cell.Int("log2n")] // log* n = 4, 5, 5, 6
		if c := m.Counts; c["ell"] != want || c["dimension"] != want+1 || c["squared"] != (want+1)*(want+1) {
			t.Errorf("%v: %v", m.Cell, c)
		}
	}
	for _, m := range measured(t, "encoding size", 1, axis("log2n", 1, 1<<20), axis("c", 0.01, 2),
		axis("ell", 64, mostEncodedBits), axis("inner", 0, 1, 64)) {
		if v := m.Values; m.Status != measure.Done && m.Status != measure.Refusal || m.Status == measure.Done && !(v["loss"] >= 0) {
			t.Errorf("%v: %s %s, %v", m.Cell, m.Status, m.Reason, v)
		}
	}
	if err := acceptsEncodedBits(measure.Cell{{Name: "log2n", Value: int64(mostEncodedBits)}, {Name: "c", Value: 1.1}}); err == nil {
		t.Error("longer vectors than can be sized are accepted")
	}
}
