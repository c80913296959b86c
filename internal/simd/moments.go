package simd

import "slices"

// Moments of points: sums over points, with values, of products of their coordinates. Points are in lanes.
//
//	variables  [variable][2·Lanes]
//	products   [product][2·Lanes], of which the first is given
//	values     [column][2·Lanes]
//	collected  [product][column][Lanes]
//	moments    [column][stride]
//	sums       [column][2·Lanes]
//
// Each product but the first is an earlier one times a variable, as steps say: monomials come about so.

// mostMoments is the most columns that one loop takes.
const mostMoments = 4

// momentsOf is a loop for one number of columns.
type momentsOf[F Float] func(sums, products, x *F, steps *int32, numbers *F, next, count int)

// Step makes a product: the one of that number times that variable.
type Step struct{ Of, By int32 }

// Steps are those of all products but the first.
type Steps struct {
	bytes     []int32 // where factors are, of each step
	line      int     // bytes of a product
	variables int
}

// Steps panics unless every product comes from an earlier one: product i+1 is made by step i.
func (a *Attention[F]) Steps(steps []Step) Steps {
	out := Steps{line: 2 * a.Lanes * sizeOf[F]()}
	for i, s := range steps {
		need("steps", s.Of >= 0 && int(s.Of) <= i && s.By >= 0 && s.By < 1<<16 && i < 1<<20)
		out.bytes = append(out.bytes, s.Of*int32(out.line), s.By*int32(out.line))
		out.variables = max(out.variables, int(s.By)+1)
	}
	out.bytes = slices.Clip(out.bytes)
	return out
}

// Moments makes the first count ≥ 1 products of 2·Lanes points, and adds to their sums the products times moments,
// each sum added up by itself first.
func (a *Attention[F]) Moments(sums, products, variables []F, steps Steps, moments []F, count, stride, columns int) {
	a.fits("moments", products, variables, steps, count, columns)
	need("moments", count <= stride && len(moments) >= (columns-1)*stride+count && len(sums) >= columns*2*a.Lanes)
	for c := 0; c < columns; c += mostMoments {
		some := min(mostMoments, columns-c)
		a.moments[some-1](&sums[c*2*a.Lanes], &products[0], &variables[0], steps.table(count), &moments[c*stride],
			stride*sizeOf[F](), count-1)
	}
}

// Collect makes the first count ≥ 1 products of 2·Lanes points, and adds them times the points' values to what is
// collected.
func (a *Attention[F]) Collect(collected, products, variables []F, steps Steps, values []F, count, columns int) {
	a.fits("collect", products, variables, steps, count, columns)
	need("collect", len(values) >= columns*2*a.Lanes && len(collected) >= count*columns*a.Lanes)
	for c := 0; c < columns; c += mostMoments {
		some := min(mostMoments, columns-c)
		a.collect[some-1](&collected[c*a.Lanes], &products[0], &variables[0], steps.table(count), &values[c*2*a.Lanes],
			columns*a.Lanes*sizeOf[F](), count-1)
	}
}

// table is that of count−1 steps.
func (s Steps) table(count int) *int32 {
	if count == 1 {
		return nil
	}
	return &s.bytes[0]
}

func (a *Attention[F]) fits(loop string, products, variables []F, steps Steps, count, columns int) {
	line := 2 * a.Lanes
	need(loop, count > 0 && columns > 0 && count-1 <= len(steps.bytes)/2 && steps.line == line*sizeOf[F]() &&
		len(products) >= count*line && len(variables) >= max(1, steps.variables)*line)
}
