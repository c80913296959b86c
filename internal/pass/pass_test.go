package pass

import (
	"context"
	"slices"
	"testing"

	"finegrain"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

// TestColumns: the extent found by passes on several cores is that of a loop over everything, and the spread is no
// less than any difference.
func TestColumns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cols := rapid.SampledFrom([]int{1, 3, 5000}).Draw(t, "cols")
		rows := rapid.IntRange(1, 9).Draw(t, "rows")
		some := rapid.SliceOfN(rapid.Float64Range(-1e9, 1e9), 7, 7).Draw(t, "entries")
		x := mat.NewDense(rows, cols, nil)
		x.Apply(func(i, j int, _ float64) float64 { return some[(i*5+j)%7] }, x)
		env := finegrain.NewEnv(context.Background(), 1)
		env.Cores = rapid.IntRange(1, 3).Draw(t, "cores")
		e, err := Columns(env, x)
		if err != nil {
			t.Fatal(err)
		}
		want := NewExtent(cols)
		want.Include(x, 0, rows)
		if !slices.Equal(e.Least, want.Least) || !slices.Equal(e.Most, want.Most) {
			t.Fatalf("%v, want %v", e, want)
		}
		for c := range min(cols, 3) {
			column := mat.Col(nil, c, x)
			least, most := slices.Min(column), slices.Max(column)
			if e.Least[c] != least || e.Most[c] != most || e.Spread() < most-least {
				t.Fatalf("column %d: %g … %g, want %g … %g", c, e.Least[c], e.Most[c], least, most)
			}
		}
	})
}

// TestScratch: no more pieces than parts run at a time, and each part has one to itself.
func TestScratch(t *testing.T) {
	type piece struct{ busy, used int }
	pieces := Scratch[piece]{Fresh: func() *piece { return new(piece) }}
	env := finegrain.NewEnv(context.Background(), 1)
	env.Cores = 3
	err := env.ForEach(1000, func(int) {
		pieces.Use(func(p *piece) {
			if p.busy++; p.busy != 1 {
				t.Error("two parts share a piece")
			}
			p.used++
			p.busy--
		})
	})
	total := 0
	for _, p := range pieces.All() {
		total += p.used
	}
	if err != nil || total != 1000 || len(pieces.All()) > 3 {
		t.Errorf("%d uses of %d pieces, error %v", total, len(pieces.All()), err)
	}
}
