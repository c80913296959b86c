package tree

// The kd-tree (Bentley 1975) halves across the longest side of a node's box; with frames, of the box in its frame.

var (
	kdTree     = builder{name: KDTree, halve: longestSide}
	framedTree = builder{name: FramedTree, turn: true, halve: longestSide}
)

func longestSide(t *tree, v int32, middle int) {
	n := t.nodes[v]
	_, half := t.box(v)
	longest := 0
	for l, h := range half {
		if h > half[longest] {
			longest = l
		}
	}
	if f := t.frame(v); f != nil {
		t.project(v, f[longest*t.dim:][:t.dim])
	} else {
		for j := n.from; j < n.to; j++ {
			t.along[j] = t.points[int(j)*t.dim+longest]
		}
	}
	t.selectAlong(int(n.from), int(n.to), middle)
}

// project sets along to the coordinates of the points of a node along a direction, from its first point.
func (t *tree) project(v int32, direction []float64) {
	n := t.nodes[v]
	base := t.point(int(n.from))
	for j := int(n.from); j < int(n.to); j++ {
		y := 0.0
		for i, k := range t.point(j) {
			y += direction[i] * (k - base[i])
		}
		t.along[j] = y
	}
}

// selectAlong orders points from … to−1 so that along of those before middle is at most that of the others.
func (t *tree) selectAlong(from, to, middle int) {
	d, points := t.dim, t.points
	quickselect(t.along, from, to, middle, func(i, j int) {
		t.order[i], t.order[j] = t.order[j], t.order[i]
		for c := range d {
			points[i*d+c], points[j*d+c] = points[j*d+c], points[i*d+c]
		}
	})
}

// quickselect reorders x[from:to] so that no entry before middle is above those from there on, and tells of what it
// swaps: Hoare's, with the median of three.
func quickselect(x []float64, from, to, middle int, swap func(i, j int)) {
	for lo, hi := from, to-1; lo < hi; {
		a, b, c := x[lo], x[(lo+hi)/2], x[hi]
		pivot := max(min(a, b), min(max(a, b), c))
		i, j := lo, hi
		for i <= j {
			for x[i] < pivot {
				i++
			}
			for x[j] > pivot {
				j--
			}
			if i <= j {
				x[i], x[j] = x[j], x[i]
				swap(i, j)
				i, j = i+1, j-1
			}
		}
		switch {
		case middle <= j:
			hi = j
		case middle >= i:
			lo = i
		default:
			return
		}
	}
}
