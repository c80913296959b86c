package main

// Progress on standard error, and only where that is a terminal.

import (
	"os"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/cwriter"
	"github.com/vbauerster/mpb/v8/decor"
)

// progress is a bar that shows one computation after the other. A nil progress shows nothing.
type progress struct {
	container *mpb.Progress
	bar       *mpb.Bar
	what      atomic.Pointer[string] // the bar reads it while it draws
	shown     time.Time
}

// newProgress returns a bar, or nil if standard error is no terminal.
func (a *app) newProgress() *progress {
	file, ok := a.stderr.(*os.File)
	if !ok || !cwriter.IsTerminal(int(file.Fd())) {
		return nil
	}
	p := &progress{container: mpb.New(mpb.WithOutput(file), mpb.WithWidth(72))}
	p.what.Store(new(string))
	p.bar = p.container.AddBar(0,
		mpb.PrependDecorators(
			decor.Any(func(decor.Statistics) string { return *p.what.Load() + " " }),
			decor.CountersNoUnit("%d/%d "),
		),
		mpb.AppendDecorators(decor.Elapsed(decor.ET_STYLE_GO)),
	)
	return p
}

// report shows that so much is done. It is called from one goroutine at a time; redrawing costs more than
// many a step does, so most calls do nothing.
func (p *progress) report(done, total int, what string) {
	if p == nil || time.Since(p.shown) < 50*time.Millisecond {
		return
	}
	p.shown = time.Now()
	p.bar.SetTotal(int64(total)+1, false) // a bar that is full could not go on to the next computation
	p.bar.SetCurrent(int64(done))
	p.what.Store(&what)
}

// close removes the bar.
func (p *progress) close() {
	if p != nil {
		p.bar.Abort(true)
		p.container.Wait()
	}
}
