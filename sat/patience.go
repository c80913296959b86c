package sat

// When to look at the context. Formulas may have millions of clauses, so that even a single pass over one is
// to be cut short when nobody waits for the answer any more; and a look costs more than a step.

import "context"

// workBetweenPolls is how many steps lie between two looks at the context, a step being about a literal
// visited: a millisecond or two.
const workBetweenPolls = 1 << 16

// patience counts work against a context.
type patience struct {
	ctx         context.Context
	work        int   // since ctx was last asked
	interrupted error // why to give up; it stays
}

// stopped counts work, asks the context now and then, and reports whether to give up.
func (p *patience) stopped(work int) bool {
	if p.work += work; p.work >= workBetweenPolls {
		p.ask()
	}
	return p.interrupted != nil
}

// ask asks the context now, unless all is given up already, and returns why to give up, if so.
func (p *patience) ask() error {
	p.work = 0
	if p.interrupted == nil {
		p.interrupted = p.ctx.Err()
	}
	return p.interrupted
}

// tireless is what stopped is where there is no context: it never gives up.
func tireless(int) bool { return false }
