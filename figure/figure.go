// Package figure is figures as data: axes, series with intervals, a grid of values, words, and where the numbers
// come from. Experiments and claims make them, package reports writes them: as a chart in a page, as SVG and PDF, as
// pgfplots, as CSV, and as a table for those who do not see it. All writers draw the same figure.
//
// Whoever makes a figure sets Source.Data to Hash and asks Validate; writers refuse what does not pass.
package figure

// Figure is one figure. Its words are single lines.
type Figure struct {
	ID      string // of lower-case letters, digits and hyphens: names files, and the figure on the command line
	Title   string
	Caption string // what is seen, and what follows from it, in a few sentences
	Alt     string // what the figure shows, for those who do not see it: trends and numbers, not looks
	X, Y    Axis
	Series  []Series
	Grid    *Grid    // values over the plane, beneath the series; nil: none
	Notes   []string // caveats, each a sentence
	Choice  Choice   // zero: the figure is not one of several
	Source  Source
}

// Choice makes a figure one of several that are one picture for several values of a parameter: those that share Of. A
// page shows one of them at a time and lets its reader choose; each stays a figure of its own.
type Choice struct {
	Of     string // what is chosen: "c, dimension over ln n"
	Option string // the value that this figure is for: "1/ln 2"; unique among those that share Of
}

// String is what a figure that stands alone says of its choice.
func (c Choice) String() string { return c.Of + ": " + c.Option }

// Axis is an axis. A logarithmic one has ticks at powers of Base and shows positive numbers only.
type Axis struct {
	Label string
	Unit  string  // "s", "bytes"; empty: a pure number
	Base  float64 // 0: linear; otherwise 2 or 10, logarithmic
	// Low and High are the range; both 0: that of the data. A logarithmic one holds two powers of Base. Markers must
	// lie within, curves are cut.
	Low, High float64
	// Categories name the values 0, 1, 2, … of a linear axis; nil: numbers.
	Categories []string
}

// Kind is where the numbers of a series come from. Every writer tells the kinds apart without colour.
type Kind int

const (
	Measured Kind = iota // by running a program: markers, with intervals where there are several trials
	Computed             // exactly, from a formula or a definition at given sizes: small markers on a line
	Fitted               // a model fitted to measurements: dashed line
	Theory               // a statement's own curve, such as n^2: solid line without markers
	Limit                // a bound that the data must not cross, such as a guarantee: dash-dotted line
)

// String names the kind as legends do.
func (k Kind) String() string {
	return [...]string{"measured", "computed", "fitted", "theory", "limit"}[k]
}

// Series is a sequence of points, in the order in which a line connects them.
type Series struct {
	Name   string // unique in the figure; legends add the kind
	Kind   Kind
	Of     string // name of the measured or computed series whose colour it has, such as what it is fitted to; empty: its own
	Points []Point
}

// Point is a point with its interval.
type Point struct {
	X, Y float64
	// Low and High are the interval of Y that the caption explains, such as the least and the largest of several
	// trials; both 0: none.
	Low, High float64
	// Censored says what kept the point from being measured ("time limit 10 s"): then Y is the value at which it
	// stopped, of which the true one is only known to be larger. Empty: measured.
	Censored string
}

// Grid is a value for each cell of a plane: Values[j][i] belongs to X[i], Y[j]. Cells are centred there, and as wide
// as the distances between neighbours, which are equal on the axis as it is drawn; they make up the whole plane, so
// the axes have no ranges of their own.
type Grid struct {
	X, Y   []float64
	Values [][]float64
	Label  string
	Unit   string
	Base   float64 // of a logarithmic scale of values; 0: linear
	// Categories name the values 0, 1, 2, …; nil: they are numbers on a scale.
	Categories []string
	// Censored says of a cell why it has no value, which is then 0; nil or "": it has.
	Censored [][]string
}

// Source is what a figure can be run again from.
type Source struct {
	Command string // "finegrain report --figure ID …": writes this figure from the same data
	Version string
	Seed    uint64
	Data    string // hash of the numbers: Figure.Hash
	Machine string // processor, cores and kernel of what was measured; empty: nothing was
	Date    string // of the last measurement, or of the computation; ISO 8601
}
