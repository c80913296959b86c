package browser_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"finegrain/internal/browser"
)

func write(t *testing.T, html string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(path, []byte("<!doctype html><meta charset=utf-8><title>t</title>"+html), 0o644); err != nil {
		t.Fatal(err)
	}
	return "file://" + path
}

// Each of these pages misbehaves in one way that a tab must have noticed; the first does not.
func TestTabNotices(t *testing.T) {
	b := browser.Start(t)
	for _, test := range []struct{ name, html, problem, request string }{
		{"nothing", "<p>well-behaved", "", ""},
		{"console error", "<script>console.error('wrong', 7)</script>", "console.error", ""},
		{"exception", "<script>null.x</script>", "exception", ""},
		{"dialog", "<script>setTimeout(() => alert('hello'))</script>", "dialog: hello", ""},
		{"image from the network", "<img src=http://example.org/x.png>", "", "http://example.org/x.png"},
		{"fetch", "<script>fetch('https://example.org/y').catch(() => {})</script>", "", "https://example.org/y"},
	} {
		t.Run(test.name, func(t *testing.T) {
			url := write(t, test.html)
			tab := b.Open(t, url, browser.View{Width: 400, Height: 300})
			// What a page does, it does by and by.
			for range 40 {
				if strings.Contains(strings.Join(tab.Problems(), "\n"), test.problem) && len(tab.Requests()) > 1 {
					break
				}
				time.Sleep(10 * time.Millisecond)
			}
			problems := strings.Join(tab.Problems(), "\n")
			if test.problem != "" && !strings.Contains(problems, test.problem) {
				t.Errorf("problems are %q, not %q", problems, test.problem)
			}
			requests := tab.Requests()
			if test.request != "" && !slices.Contains(requests, test.request) {
				t.Errorf("requests are %q, without %q", requests, test.request)
			}
			if test.problem+test.request == "" && (problems != "" || !slices.Equal(requests, []string{url})) {
				t.Errorf("problems %q, requests %q", problems, requests)
			}
		})
	}
}

func TestView(t *testing.T) {
	b := browser.Start(t)
	url := write(t, "<p>text")
	for _, view := range []browser.View{{Width: 390, Height: 800}, {Width: 1280, Height: 900, Dark: true}} {
		tab := b.Open(t, url, view)
		if width := browser.Eval[int](tab, "innerWidth"); width != view.Width {
			t.Errorf("%v: the window is %d wide", view, width)
		}
		if dark := browser.Eval[bool](tab, "matchMedia('(prefers-color-scheme: dark)').matches"); dark != view.Dark {
			t.Errorf("%v: dark is %t", view, dark)
		}
		if png := tab.Screenshot(); !bytes.HasPrefix(png, []byte("\x89PNG")) {
			t.Errorf("%v: the screenshot is no PNG", view)
		}
		if pdf := tab.Print(); !bytes.HasPrefix(pdf, []byte("%PDF")) {
			t.Errorf("%v: the print is no PDF", view)
		}
	}
}
