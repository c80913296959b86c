package attention

import "finegrain"

// pace is how a long loop learns that it is to stop: often enough for an answer within milliseconds, seldom
// enough to cost nothing.
type pace struct {
	env  finegrain.Env
	left int
}

// paceWork is how much work passes between two looks, in multiply-adds of float64: some tens of microseconds.
const paceWork = 1 << 15

// stopped reports whether to stop, given that so much work is about to be done.
func (p *pace) stopped(work int) bool {
	if p.left -= work; p.left > 0 {
		return false
	}
	p.left = paceWork
	return p.env.Err() != nil
}
