package reports

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"finegrain/experiments"
	"finegrain/internal/browser"
)

// What is wrong with the charts as drawn, as a list of sentences: a chart without marks, text outside its
// chart, texts that lie on one another. Texts that touch by a pixel or two are let be, as superscripts do, and so are
// charts that another one was chosen over.
const chartFaults = `(() => {
  const faults = [];
  for (const chart of document.querySelectorAll('.chart')) {
    if (chart.closest('.unchosen') && !chart.getClientRects().length) continue;
    const id = chart.closest('figure').id, svg = chart.querySelector('svg');
    if (!svg || svg.querySelectorAll('path').length < 5) { faults.push(id + ' is empty'); continue; }
    const frame = svg.getBoundingClientRect();
    if (frame.width < 200 || frame.height < 100) faults.push(id + ' is ' + frame.width + ' by ' + frame.height);
    const texts = [...svg.querySelectorAll('text')].filter(t => t.textContent.trim())
      .map(t => ({t: t.textContent, r: t.getBoundingClientRect()}));
    if (texts.length < 5) faults.push(id + ' has ' + texts.length + ' texts');
    texts.forEach((a, i) => {
      if (a.r.left < frame.left - 1 || a.r.right > frame.right + 1 ||
          a.r.top < frame.top - 1 || a.r.bottom > frame.bottom + 1)
        faults.push(id + ': "' + a.t + '" leaves the chart');
      for (const b of texts.slice(i + 1)) {
        const w = Math.min(a.r.right, b.r.right) - Math.max(a.r.left, b.r.left);
        const h = Math.min(a.r.bottom, b.r.bottom) - Math.max(a.r.top, b.r.top);
        if (w > 1.5 && h > 3) faults.push(id + ': "' + a.t + '" and "' + b.t + '" overlap');
      }
    });
  }
  return faults;
})()`

// What is wrong with the page around the charts.
const pageFaults = `(() => {
  const faults = [], root = document.documentElement;
  if (root.scrollWidth > root.clientWidth)
    faults.push('the page is ' + root.scrollWidth + ' wide in a window of ' + root.clientWidth);
  if (typeof hostile !== 'undefined') faults.push('hostile text ran: ' + hostile);
  if (document.images.length) faults.push('the page has images');
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  if (new Set(ids).size !== ids.length) faults.push('an id is there twice');
  for (const e of document.querySelectorAll('.chart'))
    if (!e.getAttribute('aria-label')) faults.push('a chart has no words');
  for (const e of document.querySelectorAll('.scroll'))
    if (e.tabIndex !== 0) faults.push('a scrolling table is out of reach of the keyboard');
  return faults;
})()`

var views = []browser.View{
	{Width: 1280, Height: 900},
	{Width: 390, Height: 844},
	{Width: 1280, Height: 900, Dark: true},
	{Width: 390, Height: 844, Dark: true},
}

func saved(t *testing.T, r experiments.Reproduction) (url string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(path, page(t, r), 0o644); err != nil {
		t.Fatal(err)
	}
	return "file://" + path
}

func TestInChromium(t *testing.T) {
	b := browser.Start(t)
	for name, test := range map[string]func(*testing.T, *browser.Browser){
		"views": inViews, "hostile names": hostileNames, "tooltip": tooltip,
		"keyboard": keyboard, "print": inPrint, "checks bite": checksBite, "choice": choosing,
	} {
		t.Run(name, func(t *testing.T) { test(t, b) })
	}
}

// inViews looks at pages of samples and, if FINEGRAIN_PAGE names a page that a reproduction wrote, at that.
func inViews(t *testing.T, b *browser.Browser) {
	type pageViews struct {
		name, url string
		views     []browser.View
	}
	pages := []pageViews{{"sample", saved(t, sample()), views}, {"hostile", saved(t, hostile()), views[1:3]}}
	if path := os.Getenv("FINEGRAIN_PAGE"); path != "" {
		pages = append(pages, pageViews{"reproduced", "file://" + path, views})
	}
	for _, c := range pages {
		url := c.url
		for _, view := range c.views {
			t.Run(fmt.Sprintf("%s %v", c.name, view), func(t *testing.T) {
				tab := b.Open(t, url, view)
				faults := slices.Concat(
					browser.Eval[[]string](tab, chartFaults), browser.Eval[[]string](tab, pageFaults), tab.Problems())
				for _, option := range browser.Eval[[]string](tab, "[...document.querySelectorAll('.choice option')].map(o => o.value)") {
					browser.Eval[any](tab, fmt.Sprintf(`(() => {
						const select = document.querySelector('.choice option[value="%s"]').parentElement;
						select.value = %[1]q;
						select.dispatchEvent(new Event('change'));
					})()`, option))
					tab.Run(chromedp.Sleep(200 * time.Millisecond)) // charts are fitted once they have a place
					for _, fault := range browser.Eval[[]string](tab, chartFaults) {
						faults = append(faults, option+" chosen: "+fault)
					}
				}
				for _, fault := range faults {
					t.Error(fault)
				}
				for _, request := range tab.Requests() {
					if request != url && request != "data:," {
						t.Errorf("the page asked for %q", request)
					}
				}
				paper := map[bool]string{false: "rgb(255, 254, 251)", true: "rgb(22, 23, 26)"}[view.Dark]
				background := browser.Eval[string](tab, "getComputedStyle(document.documentElement).backgroundColor")
				if background != paper {
					t.Errorf("the background is %s, not %s", background, paper)
				}
				ink := map[bool]string{false: "#1d1d1f", true: "#e8e6e1"}[view.Dark]
				if !browser.Eval[bool](tab, fmt.Sprintf(`!!document.querySelector('.chart text[fill="%s"]')`, ink)) {
					t.Errorf("no text of a chart has the colour %s", ink)
				}
			})
		}
	}
}

func hostileNames(t *testing.T, b *browser.Browser) {
	tab := b.Open(t, saved(t, hostile()), views[0])
	names := browser.Eval[[]string](tab, "[...document.querySelectorAll('.runs .name')].map(e => e.textContent)")
	for i, attack := range attacks {
		// HTML has no NUL and knows one line end.
		want := strings.NewReplacer("\x00", "\ufffd", "\r", "\n").Replace(attack)
		if i >= len(names) || strings.ReplaceAll(names[i], "\r", "\n") != want {
			t.Errorf("%q reads %q", attack, names[min(i, len(names)-1)])
		}
	}
	legend := browser.Eval[string](tab, "document.querySelector('#claim-sample-upper .legend').textContent")
	if !strings.Contains(legend, attacks[0]) {
		t.Errorf("the legend reads %q", legend)
	}
}

// A tooltip shows what stands in the data, drawn as text.
func tooltip(t *testing.T, b *browser.Browser) {
	tab := b.Open(t, saved(t, hostile()), views[0])
	show := func(figure string, series, data int) {
		browser.Eval[any](tab, fmt.Sprintf(`echarts.getInstanceByDom(document.querySelector('#%s .chart'))
			.dispatchAction({type: 'showTip', seriesIndex: %d, dataIndex: %d})`, figure, series, data))
	}
	show("time-1", 2, 0)
	for _, test := range [][2]string{
		{"time-1", attacks[0]}, {"time-1", "attention: 0.500 (62.5 %)"},
	} {
		wait := fmt.Sprintf(`new Promise((done, late) => {
			const shown = () => document.querySelector('#%s svg').textContent.replaceAll('\u00a0', ' ');
			const look = n => shown().includes(%q) ? done(true) : n ? setTimeout(look, 10, n - 1) : done(false);
			look(100);
		})`, test[0], test[1])
		if !browser.Eval[bool](tab, wait) {
			t.Errorf("the tooltip of %s does not say %q", test[0], test[1])
		}
	}
	for _, fault := range slices.Concat(browser.Eval[[]string](tab, pageFaults), tab.Problems()) {
		t.Error(fault)
	}
}

// The first thing that the keyboard reaches is the skip link, which then shows; the tables open by Enter.
func keyboard(t *testing.T, b *browser.Browser) {
	tab := b.Open(t, saved(t, sample()), views[1])
	tab.Run(chromedp.KeyEvent(kb.Tab))
	if !browser.Eval[bool](tab, "document.activeElement.matches('.skip') && document.activeElement.offsetLeft >= 0") {
		t.Error("the first stop is not the skip link, in sight")
	}
	browser.Eval[any](tab, "document.querySelector('#time-1 summary').focus()")
	tab.Run(chromedp.KeyEvent(kb.Enter))
	if !browser.Eval[bool](tab, "document.querySelector('#time-1 details').open") {
		t.Error("Enter does not open the table of a chart")
	}
	if style := browser.Eval[string](tab, "getComputedStyle(document.activeElement).outlineStyle"); style != "solid" {
		t.Errorf("the focus is outlined %q", style)
	}
}

// Printed in the dark, the charts are light and fit the paper; afterwards all is as before.
func inPrint(t *testing.T, b *browser.Browser) {
	tab := b.Open(t, saved(t, sample()), views[2])
	const look = `({
		texts: [...new Set([...document.querySelectorAll('.chart text')].map(t => t.getAttribute('fill')))].join(),
		width: Math.max(...[...document.querySelectorAll('.chart svg')].map(s => s.getBoundingClientRect().width))
	})`
	type seen struct {
		Texts string
		Width float64
	}
	before := browser.Eval[seen](tab, look)
	browser.Eval[any](tab, "dispatchEvent(new Event('beforeprint'))")
	printed := browser.Eval[seen](tab, look)
	if strings.Contains(printed.Texts, "#e8e6e1") || !strings.Contains(printed.Texts, "#1d1d1f") || printed.Width > 680 {
		t.Errorf("in print: %+v", printed)
	}
	for _, fault := range browser.Eval[[]string](tab, chartFaults) {
		t.Error("in print: ", fault)
	}
	browser.Eval[any](tab, "dispatchEvent(new Event('afterprint'))")
	if pdf := tab.Print(); len(pdf) < 20_000 {
		t.Errorf("the print has %d bytes", len(pdf))
	}
	if after := browser.Eval[seen](tab, look); after != before {
		t.Errorf("before %+v, after %+v", before, after)
	}
}

// The checks above must notice what they are for.
func checksBite(t *testing.T, b *browser.Browser) {
	tab := b.Open(t, saved(t, sample()), views[1])
	for _, mutant := range []struct{ name, script, check, fault string }{
		{
			"a label on another", `const [a, b] = document.querySelectorAll('#time-1 text');
				b.setAttribute('transform', a.getAttribute('transform'))`,
			chartFaults, "overlap",
		},
		{
			"a label outside", `document.querySelector('#time-1 text').setAttribute('transform', 'translate(-300 0)')`,
			chartFaults, "leaves the chart",
		},
		{
			"an empty chart", `echarts.getInstanceByDom(document.querySelector('#matrix .chart')).clear()`,
			chartFaults, "matrix is empty",
		},
		{
			"a table that does not scroll", `document.querySelector('.wide').style.cssText = 'overflow: visible; max-width: none'`,
			pageFaults, "wide in a window",
		},
		{"a script that ran", `window.hostile = 1`, pageFaults, "hostile text ran"},
	} {
		browser.Eval[any](tab, "(() => {"+mutant.script+"})()")
		faults := strings.Join(browser.Eval[[]string](tab, mutant.check), "\n")
		if !strings.Contains(faults, mutant.fault) {
			t.Errorf("%s survives: %q", mutant.name, faults)
		}
	}
}
