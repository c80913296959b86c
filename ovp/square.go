package ovp

// Lists of one length, as files want them: the shorter list is padded so that no orthogonal pair appears
// and none moves. Derived here.
//
// Let A be the shorter. One coordinate is added, the last: 1 on the padding of A and on every vector of
// B, 0 on the data of A. A data pair has 0·1 there, so its inner product stays; a padding vector meets
// every vector of B there, so it is orthogonal to none. (Inner products of the padding are all 1: the
// histogram changes in the entry for 1 alone, and with it the extremes over all pairs where 1 is beyond
// them. {10} against {01, 01} has no product but 0, and squared the largest is 1.)

// Square returns an instance whose lists have one length and whose dimension is at least 1, with exactly
// the orthogonal pairs of in at their indices. Of an instance that is so already it returns in itself;
// with equal lengths and dimension 0 the added coordinate is 0 everywhere.
func Square(in Instance) Instance {
	n, m := in.A.N(), in.B.N()
	if n == m && in.D() > 0 {
		return in
	}
	length := max(n, m)
	out := Instance{widen(in.A, length), widen(in.B, length)}
	last := in.D()
	mark := func(padded, full Vectors, data int) {
		for i := range length {
			full.Set(i, last)
			if i >= data {
				padded.Set(i, last)
			}
		}
	}
	switch {
	case n < m:
		mark(out.A, out.B, n)
	case m < n:
		mark(out.B, out.A, m)
	}
	return out
}

// widen returns length vectors with one coordinate more, of which v's are the first and the rest zero.
func widen(v Vectors, length int) Vectors {
	wide := NewVectors(length, v.d+1)
	for i := range v.n {
		copy(wide.Row(i), v.Row(i))
	}
	return wide
}
