package main

// Progress on standard error, and only where that is a terminal.

import (
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/cwriter"
	"github.com/vbauerster/mpb/v8/decor"
)

// barWidth is that of a bar with its words, in columns, where the terminal is not narrower.
const barWidth = 72

// progress is a bar that shows one computation after the other. A nil progress shows nothing.
type progress struct {
	container *mpb.Progress
	bar       *mpb.Bar
	what      atomic.Pointer[string] // the bar reads it while it draws
	about     atomic.Pointer[string] // so too: beside the time that went by, how long it will be in all
	shown     time.Time
}

// onTerminal returns standard error if it is a terminal, or nil.
func (a *app) onTerminal() *os.File {
	file, ok := a.stderr.(*os.File)
	if !ok || !cwriter.IsTerminal(int(file.Fd())) {
		return nil
	}
	return file
}

// newProgress returns a bar, or nil if standard error is no terminal. A terminal that does not know its size, as those
// that scripts make, is taken to be as wide as the bar: drawn to its own size, the bar would be nothing.
func (a *app) newProgress() *progress {
	file := a.onTerminal()
	if file == nil {
		return nil
	}
	options := []mpb.ContainerOption{mpb.WithOutput(file), mpb.WithWidth(barWidth)}
	if width, height, err := cwriter.GetSize(int(file.Fd())); err != nil || width == 0 || height == 0 {
		options = append(options, mpb.WithOutput(struct{ io.Writer }{file}), mpb.WithAutoRefresh())
	}
	p := &progress{container: mpb.New(options...)}
	p.what.Store(new(string))
	p.about.Store(new(string))
	p.bar = p.container.AddBar(0,
		mpb.PrependDecorators(
			decor.Any(func(decor.Statistics) string { return *p.what.Load() + " " }),
			decor.CountersNoUnit("%d/%d "),
		),
		mpb.AppendDecorators(
			decor.Elapsed(decor.ET_STYLE_GO),
			decor.Any(func(decor.Statistics) string { return *p.about.Load() }),
		),
	)
	return p
}

// expect shows how long the work is foretold to take; 0: that is not known.
func (p *progress) expect(all time.Duration) {
	if p != nil && all > 0 {
		p.about.Store(new(fmt.Sprintf(" of about %v", all)))
	}
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
