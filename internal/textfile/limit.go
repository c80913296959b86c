package textfile

import "fmt"

// Limit is what a field of a struct of limits stands for: 0, which is what a caller leaves who does not
// care, for the usual value, and any other number for itself. It panics on a negative one, which would
// allow nothing at all.
func Limit[N int | int64](field, usual N) N {
	switch {
	case field < 0:
		panic(fmt.Sprintf("textfile: a limit of %d; it must be positive, or 0 for the default of %d", field, usual))
	case field == 0:
		return usual
	}
	return field
}
