//go:build !amd64

package simd

// MomentsOf returns nil: there are no loops but Go's.
func MomentsOf(ISA) *Moments { return nil }
