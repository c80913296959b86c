package attention

import "math/big"

// What a bigRow remembers: powers e^x by their scores. Instances that encode orthogonal vectors have few
// different ones.

// memoLimit bounds the exponentials that a worker remembers: enough for the d+1 scores of an encoded
// instance, little beside the matrices of one whose scores are all different.
const memoLimit = 1 << 12

// scoreKey identifies a score by its exact expansion; longer ones are not remembered.
type scoreKey [4]float64

type power struct {
	mantissa *big.Int // fraction bits as in bigShared
	exponent int64
}
