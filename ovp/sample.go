package ovp

import "math/rand/v2"

// Small instances for laws: lists of unequal length, sometimes with equal vectors, rarely with an empty
// side, of densities at which neither answer is a matter of course. A coin decides which answer the
// instance is bent to, so that both stay frequent at every size.

// Sample draws an instance of up to 3+3·size vectors a side and up to 4·size coordinates. Close to half
// of the instances have an orthogonal pair, often more than one.
func Sample(r *rand.Rand, size int) Instance {
	in := sampleLists(r, size)
	if r.IntN(20) == 0 {
		emptyOneSide(r, &in)
	}
	if in.A.N() == 0 || in.B.N() == 0 {
		return in
	}
	if r.IntN(2) == 0 {
		for range 1 + r.IntN(2) {
			makeOrthogonal(in, Pair{r.IntN(in.A.N()), r.IntN(in.B.N())}, r)
		}
		return in
	}
	for _, p := range in.pairsWhere(in.Orthogonal) {
		k := r.IntN(in.D())
		in.A.Set(p.I, k)
		in.B.Set(p.J, k)
	}
	return in
}

// sampleMaximum is Sample for the largest product: about half of its instances have no pair that meets,
// because the lists share no coordinate.
func sampleMaximum(r *rand.Rand, size int) Instance {
	in := sampleLists(r, size)
	if r.IntN(20) == 0 {
		emptyOneSide(r, &in)
	}
	if r.IntN(2) == 0 {
		for k := range in.D() {
			side := in.A
			if r.IntN(2) == 0 {
				side = in.B
			}
			for i := range side.N() {
				side.Clear(i, k)
			}
		}
	}
	return in
}

func sampleLists(r *rand.Rand, size int) Instance {
	size = max(size, 1)
	d := 1 + r.IntN(4*size)
	density := 0.3 + 0.4*r.Float64()
	side := func() Vectors {
		v := randomVectors(r, 1+r.IntN(3+3*size), d, density)
		if r.IntN(3) == 0 {
			copyRows(r, v, v.N()/2)
		}
		return v
	}
	return Instance{side(), side()}
}

func emptyOneSide(r *rand.Rand, in *Instance) {
	if r.IntN(2) == 0 {
		in.A = NewVectors(0, in.D())
	} else {
		in.B = NewVectors(0, in.D())
	}
}

// makeOrthogonal clears every coordinate that both vectors have from one of them, chosen by coin.
func makeOrthogonal(in Instance, p Pair, r *rand.Rand) {
	a, b := in.A.Row(p.I), in.B.Row(p.J)
	for w := range a {
		both, coins := a[w]&b[w], r.Uint64()
		a[w] &^= both & coins
		b[w] &^= both &^ coins
	}
}

// copyRows overwrites count random vectors by copies of others.
func copyRows(r *rand.Rand, v Vectors, count int) {
	for range count {
		copy(v.Row(r.IntN(v.N())), v.Row(r.IntN(v.N())))
	}
}
