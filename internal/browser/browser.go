// Package browser opens pages in Chromium for tests: at a given size, in light or dark, and with a record
// of everything that a page must not do, which is to log an error, to throw, or to ask the network for
// anything but itself.
package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// limit bounds the life of a browser and so the time that a broken page can take.
const limit = 2 * time.Minute

// Browser is a running Chromium. It is closed when the test ends.
type Browser struct{ context context.Context }

// Start starts Chromium with a profile of its own and no way to the network. If there is none, the test
// is skipped with the command that installs it, or fails where FINEGRAIN_REQUIRE contains "chromium".
func Start(t testing.TB) *Browser {
	t.Helper()
	path, err := find()
	if err != nil {
		if strings.Contains(os.Getenv("FINEGRAIN_REQUIRE"), "chromium") {
			t.Fatalf("%v, and FINEGRAIN_REQUIRE asks for it", err)
		}
		t.Skip(err)
	}
	profile, err := os.MkdirTemp("", "finegrain-chromium-")
	if err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.UserDataDir(profile),
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
	)
	timed, stop := context.WithTimeout(context.Background(), limit)
	allocator, free := chromedp.NewExecAllocator(timed, options...)
	ctx, _ := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil { // asks it to close, and waits
			t.Logf("closing Chromium: %v", err)
		}
		free()
		stop()
		if err := remove(profile); err != nil {
			t.Error(err)
		}
	})
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("starting %s: %v", path, err)
	}
	return &Browser{ctx}
}

// remove removes the profile, to which the browser's helper processes may write for a moment after it ended.
func remove(profile string) (err error) {
	for range 50 {
		if err = os.RemoveAll(profile); err == nil {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return err
}

func find() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("there is no Chromium on PATH; install it: apt-get install -y chromium")
}

// View is how a page is looked at.
type View struct {
	Width, Height int // CSS pixels
	Dark          bool
}

// String names the view, as in "390 px dark".
func (v View) String() string {
	scheme := "light"
	if v.Dark {
		scheme = "dark"
	}
	return fmt.Sprintf("%d px %s", v.Width, scheme)
}

// Tab is an open page.
type Tab struct {
	t       testing.TB
	context context.Context

	mu       sync.Mutex
	requests []string
	problems []string
}

// Open loads the page and waits for its load event. The tab is closed when the test ends.
func (b *Browser) Open(t testing.TB, url string, view View) *Tab {
	t.Helper()
	ctx, stop := chromedp.NewContext(b.context)
	t.Cleanup(stop)
	tab := &Tab{t: t, context: ctx}
	chromedp.ListenTarget(ctx, tab.saw)
	scheme := "light"
	if view.Dark {
		scheme = "dark"
	}
	tab.Run(
		network.Enable(), cdplog.Enable(), runtime.Enable(),
		page.BringToFront(), // a page in the background draws no frames
		chromedp.EmulateViewport(int64(view.Width), int64(view.Height)),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
		chromedp.Navigate(url),
	)
	return tab
}

// saw takes down what the page does. It runs on chromedp's goroutine.
func (tab *Tab) saw(event any) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	problem := func(format string, args ...any) { tab.problems = append(tab.problems, fmt.Sprintf(format, args...)) }
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		tab.requests = append(tab.requests, e.Request.URL)
	case *runtime.EventExceptionThrown:
		problem("exception: %v", e.ExceptionDetails)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.APITypeError || e.Type == runtime.APITypeWarning || e.Type == runtime.APITypeAssert {
			problem("console.%s: %s", e.Type, arguments(e.Args))
		}
	case *cdplog.EventEntryAdded:
		if e.Entry.Level == cdplog.LevelError || e.Entry.Level == cdplog.LevelWarning {
			problem("%s: %s", e.Entry.Level, e.Entry.Text)
		}
	case *page.EventJavascriptDialogOpening:
		problem("dialog: %s", e.Message)
	}
}

func arguments(args []*runtime.RemoteObject) string {
	var parts []string
	for _, a := range args {
		if a.Value != nil {
			parts = append(parts, string(a.Value))
		} else {
			parts = append(parts, a.Description)
		}
	}
	return strings.Join(parts, " ")
}

// Run runs actions in the tab; the test ends at the first that fails.
func (tab *Tab) Run(actions ...chromedp.Action) {
	tab.t.Helper()
	if err := chromedp.Run(tab.context, actions...); err != nil {
		tab.t.Fatalf("chromium: %v", err)
	}
}

// Eval evaluates a JavaScript expression, or waits for the promise that it is, and decodes its JSON into
// a T.
func Eval[T any](tab *Tab, expression string) T {
	tab.t.Helper()
	var value T
	tab.Run(chromedp.Evaluate(expression, &value, func(p *runtime.EvaluateParams) *runtime.EvaluateParams {
		return p.WithAwaitPromise(true)
	}))
	return value
}

// Requests lists the addresses that the page has asked for, its own among them.
func (tab *Tab) Requests() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return append([]string(nil), tab.requests...)
}

// Problems lists the errors and warnings logged, exceptions thrown and dialogs opened.
func (tab *Tab) Problems() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return append([]string(nil), tab.problems...)
}

// Screenshot is the whole page as a PNG.
func (tab *Tab) Screenshot() []byte {
	tab.t.Helper()
	var png []byte
	tab.Run(chromedp.FullScreenshot(&png, 100))
	return png
}

// Print is the page as it would be printed on A4, as a PDF.
func (tab *Tab) Print() []byte {
	tab.t.Helper()
	var pdf []byte
	tab.Run(chromedp.ActionFunc(func(ctx context.Context) (err error) {
		pdf, _, err = page.PrintToPDF().WithPaperWidth(8.27).WithPaperHeight(11.69).WithPrintBackground(true).
			WithPreferCSSPageSize(true).Do(ctx)
		return err
	}))
	return pdf
}
