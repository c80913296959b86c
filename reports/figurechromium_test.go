package reports

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"finegrain/internal/browser"
)

// What is wrong with a drawing: words outside it, or on one another.
const drawingFaults = `(() => {
  const faults = [], frame = document.documentElement.getBoundingClientRect();
  const texts = [...document.querySelectorAll('text')].map(t => ({t: t.textContent, r: t.getBoundingClientRect()}));
  if (texts.length < 8) faults.push('there are ' + texts.length + ' texts');
  texts.forEach((a, i) => {
    if (a.r.left < frame.left || a.r.right > frame.right || a.r.top < frame.top || a.r.bottom > frame.bottom)
      faults.push('"' + a.t + '" leaves the drawing');
    for (const b of texts.slice(i + 1)) {
      const w = Math.min(a.r.right, b.r.right) - Math.max(a.r.left, b.r.left);
      const h = Math.min(a.r.bottom, b.r.bottom) - Math.max(a.r.top, b.r.top);
      if (w > 1 && h > 3) faults.push('"' + a.t + '" and "' + b.t + '" overlap');
    }
  });
  return faults;
})()`

// The figures as pages and as drawings, in a browser: nothing overlaps, is cut off, or is loaded from elsewhere.
func TestFiguresInChromium(t *testing.T) {
	b := browser.Start(t)
	dir := t.TempDir()
	file := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		return "file://" + path
	}
	for _, f := range sampleFigures() {
		url := file(f.ID+".html", writtenAs(t, "html", f))
		for _, view := range []browser.View{{Width: 320, Height: 700}, {Width: 1280, Height: 900, Dark: true}} {
			t.Run(fmt.Sprintf("%s %v", f.ID, view), func(t *testing.T) {
				tab := b.Open(t, url, view)
				for _, fault := range slices.Concat(
					browser.Eval[[]string](tab, chartFaults), browser.Eval[[]string](tab, pageFaults), tab.Problems(),
				) {
					t.Error(fault)
				}
				for _, request := range tab.Requests() {
					if request != url && request != "data:," {
						t.Errorf("the page asked for %q", request)
					}
				}
			})
		}
		for _, name := range []string{"svg", "svg-column"} {
			t.Run(f.ID+" "+name, func(t *testing.T) {
				tab := b.Open(t, file(f.ID+"-"+name+".svg", writtenAs(t, name, f)), browser.View{Width: 1280, Height: 1400})
				for _, fault := range slices.Concat(browser.Eval[[]string](tab, drawingFaults), tab.Problems()) {
					t.Error(fault)
				}
			})
		}
	}
	t.Run("the check of drawings bites", func(t *testing.T) {
		tab := b.Open(t, file("mutant.svg", writtenAs(t, "svg", sampleLines())), browser.View{Width: 1280, Height: 1400})
		browser.Eval[any](tab, `(() => { const t = document.querySelectorAll('text');
			t[1].replaceWith(t[0].cloneNode(true)); t[0].parentNode.append(t[0].cloneNode(true)); t[2].setAttribute('x', '-900') })()`)
		faults := strings.Join(browser.Eval[[]string](tab, drawingFaults), "\n")
		if !strings.Contains(faults, "overlap") || !strings.Contains(faults, "leaves the drawing") {
			t.Errorf("a label on another and one outside survive: %q", faults)
		}
	})
	t.Run("the tooltip says the point", func(t *testing.T) {
		tab := b.Open(t, "file://"+filepath.Join(dir, "time-against-n.html"), browser.View{Width: 1280, Height: 900})
		shown := browser.Eval[bool](tab, `new Promise(done => {
			const div = document.querySelector('.chart'), chart = echarts.getInstanceByDom(div);
			const series = chart.getOption().series.findIndex(s => s.type === 'scatter' && s.name === 'exact, d = 64 (measured)' && !s.silent);
			chart.dispatchAction({type: 'showTip', seriesIndex: series, dataIndex: 1});
			const look = n => div.textContent.replaceAll('\u00a0', ' ').includes('time (s): 0.00441 (0.00353 to 0.00662)')
				? done(true) : n ? setTimeout(look, 10, n - 1) : done(false);
			look(200);
		})`)
		if !shown {
			t.Error("it does not show")
		}
	})
	t.Run("all of 100,000 points are drawn", func(t *testing.T) {
		const n = 100_000
		tab := b.Open(t, file("many.html", writtenAs(t, "html", manyFigure(n))), browser.View{Width: 1280, Height: 900})
		// Each marker is a piece of a path; two series are lines, of which one has markers too.
		marks := browser.Eval[int](tab, `[...document.querySelectorAll('.chart path')]
			.reduce((n, p) => n + (p.getAttribute('d').match(/M/g) || []).length, 0)`)
		if marks < 3*n/4 {
			t.Errorf("%d pieces of paths for %d markers", marks, 3*n/4)
		}
		millis := browser.Eval[float64](tab, `performance.getEntriesByType('navigation')[0].loadEventStart`)
		t.Logf("the page was drawn %.0f ms after it was asked for", millis)
		for _, fault := range slices.Concat(browser.Eval[[]string](tab, pageFaults), tab.Problems()) {
			t.Error(fault)
		}
	})
}
