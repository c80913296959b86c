package figure

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"math"
)

// The data of a figure are its numbers and what they are numbers of: units, names, kinds, categories and reasons
// of censoring. How they are put into words or drawn, such as titles, ranges and bases of axes, is not, nor what figures
// a page offers beside it.

// Hash is "sha256:" and the digest of the figure's data, the same on every machine. Fields are written in the
// order below, strings and lists behind their lengths, numbers as the bits of a float64 with one zero; so
// different data are different bytes.
func (f Figure) Hash() string {
	d := digest{sha256.New()}
	d.text("finegrain figure 1")
	for _, a := range []Axis{f.X, f.Y} {
		d.text(a.Unit)
		d.texts(a.Categories)
	}
	d.count(len(f.Series))
	for _, s := range f.Series {
		d.text(s.Name)
		d.count(int(s.Kind))
		d.count(len(s.Points))
		for _, p := range s.Points {
			d.number(p.X, p.Y, p.Low, p.High)
			d.text(p.Censored)
		}
	}
	if g := f.Grid; g != nil {
		d.count(1)
		d.text(g.Unit)
		d.texts(g.Categories)
		d.count(len(g.Values))
		for _, row := range append([][]float64{g.X, g.Y}, g.Values...) {
			d.count(len(row))
			d.number(row...)
		}
		d.count(len(g.Censored))
		for _, row := range g.Censored {
			d.texts(row)
		}
	}
	return "sha256:" + hex.EncodeToString(d.Sum(nil))
}

type digest struct{ hash.Hash }

func (d digest) count(n int) {
	d.Write(binary.BigEndian.AppendUint64(nil, uint64(n)))
}

func (d digest) number(all ...float64) {
	buffer := make([]byte, 0, 8*len(all))
	for _, x := range all {
		buffer = binary.BigEndian.AppendUint64(buffer, math.Float64bits(x+0)) // -0 + 0 is 0
	}
	d.Write(buffer)
}

func (d digest) text(s string) {
	d.count(len(s))
	d.Write([]byte(s))
}

func (d digest) texts(all []string) {
	d.count(len(all))
	for _, s := range all {
		d.text(s)
	}
}
