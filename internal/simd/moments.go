package simd

// Moments is the loops, for one set of instructions, of sums over points, with values, of products of their
// coordinates, in float64. Points are in lanes, two vectors of them; columns are of values.
//
//	variables  [variable][2·Lanes]
//	products   [product][2·Lanes], of which the first is given
//	values     [column][2·Lanes]
//	collected  [product][column][Lanes]
//	moments    [column][stride]
//	sums       [column][2·Lanes]
//
// Each product but the first is an earlier one times a variable, as steps say: monomials come about so.
type Moments struct {
	Lanes int // entries of a vector

	add, collect [mostMoments]momentsLoop
}

// momentsLoop is a loop for one number of columns.
type momentsLoop func(sums, products, x *float64, steps *int32, numbers *float64, next, count int)

// mostMoments is the most columns that one loop takes.
const mostMoments = 4

// Step makes a product: the one of that number times that variable.
type Step struct{ Of, By int32 }

// Steps are those of all products but the first.
type Steps struct {
	bytes     []int32 // where factors are, of each step
	line      int     // numbers of a product
	variables int
}

// Steps panics unless every product comes from an earlier one: product i+1 is made by step i.
func (m *Moments) Steps(steps []Step) Steps {
	out := Steps{line: 2 * m.Lanes, bytes: make([]int32, 0, 2*len(steps))}
	bytes := int32(8 * out.line)
	for i, s := range steps {
		need("steps", s.Of >= 0 && int(s.Of) <= i && s.By >= 0 && s.By < 1<<16 && i < 1<<20)
		out.bytes = append(out.bytes, s.Of*bytes, s.By*bytes)
		out.variables = max(out.variables, int(s.By)+1)
	}
	return out
}

// Add makes the first count ≥ 1 products of 2·Lanes points, and adds to their sums the products times moments, each
// sum added up by itself first.
func (m *Moments) Add(sums, products, variables []float64, steps Steps, moments []float64, count, stride, columns int) {
	line := m.fits("moments", products, variables, steps, count, columns)
	need("moments", count <= stride && len(moments) >= (columns-1)*stride+count && len(sums) >= columns*line)
	for c := 0; c < columns; c += mostMoments {
		loop := m.add[min(mostMoments, columns-c)-1]
		loop(&sums[c*line], &products[0], &variables[0], steps.table(count), &moments[c*stride], 8*stride, count-1)
	}
}

// Collect makes the first count ≥ 1 products of 2·Lanes points, and adds them times the points' values to what is
// collected.
func (m *Moments) Collect(collected, products, variables []float64, steps Steps, values []float64, count, columns int) {
	line := m.fits("collect", products, variables, steps, count, columns)
	need("collect", len(values) >= columns*line && len(collected) >= count*columns*m.Lanes)
	for c := 0; c < columns; c += mostMoments {
		loop := m.collect[min(mostMoments, columns-c)-1]
		loop(&collected[c*m.Lanes], &products[0], &variables[0], steps.table(count), &values[c*line], 8*columns*m.Lanes,
			count-1)
	}
}

// table is that of count−1 steps.
func (s Steps) table(count int) *int32 {
	if count == 1 {
		return nil
	}
	return &s.bytes[0]
}

// fits checks what both loops rely on, and returns the numbers of a product.
func (m *Moments) fits(loop string, products, variables []float64, steps Steps, count, columns int) (line int) {
	line = 2 * m.Lanes
	need(loop, count > 0 && columns > 0 && count-1 <= len(steps.bytes)/2 && steps.line == line &&
		len(products) >= count*line && len(variables) >= max(1, steps.variables)*line)
	return line
}
