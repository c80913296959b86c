package reports

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"finegrain/claims"
	fig "finegrain/figure"
	"finegrain/internal/browser"
)

// optionOf is the k-th of several figures to choose from.
func optionOf(k int, of, option string) fig.Figure {
	f := sampleHeat()
	f.ID, f.Choice = fmt.Sprintf("map-%d", k), fig.Choice{Of: of, Option: option}
	f.Grid.Values[0][0] = float64(k)
	return signed(f)
}

// choosable is a page with a claim that has three figures to choose from among two others.
func choosable(t *testing.T, of string, options [3]string) []byte {
	t.Helper()
	c := sampleClaims("")[1]
	c.Drawn = []fig.Figure{sampleLines(), optionOf(1, of, options[0]), sampleLinear(), optionOf(2, of, options[1]), optionOf(3, of, options[2])}
	data, err := Page(Edition{Claims: []claims.Judged{c}})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestFiguresToChooseFrom(t *testing.T) {
	options := [3]string{"1/ln 2", attacks[0], "4"}
	text := string(choosable(t, "c, dimension over ln n", options))
	if err := escaped([]byte(text)); err != nil {
		t.Error(err)
	}
	for _, want := range []string{
		`<label for="map-1.choice">c, dimension over ln n</label> <select id="map-1.choice" autocomplete="off">` +
			`<option value="map-1">1/ln 2</option><option value="map-2">&lt;/script&gt;`,
		`<figure id="map-1">`, `<figure id="map-2">`, `<figure id="map-3">`,
		`<p class="option">c, dimension over ln n: <b>1/ln 2</b></p>`, `<p class="option">c, dimension over ln n: <b>4</b></p>`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	var ids []string
	for _, m := range regexp.MustCompile(`<figure id="([^"]*)"`).FindAllStringSubmatch(text, -1) {
		ids = append(ids, m[1])
	}
	if want := []string{"time-against-n", "map-1", "map-2", "map-3", "share-correct"}; !slices.Equal(ids, want) {
		t.Errorf("the figures stand as %q, not %q", ids, want)
	}
	// Nothing is hidden but by the script.
	if regexp.MustCompile(`<(figure|div|p) [^>]*(hidden|chosen)`).MatchString(text) {
		t.Error("the page hides figures without its script")
	}
	// Where there is nothing to choose, nothing is different.
	if one := string(page(t, sample())); strings.Contains(one, `<select`) || strings.Contains(one, `class="choice"`) ||
		strings.Contains(one, `class="option"`) {
		t.Error("a page without a choice has one")
	}
}

func TestShownOf(t *testing.T) {
	alone, err := shownOf([]fig.Figure{optionOf(1, "c", "1")})
	if err != nil || len(alone) != 1 || alone[0].Of != "" {
		t.Errorf("a choice of one: %+v, %v", alone, err)
	}
	two, err := shownOf([]fig.Figure{optionOf(1, "c", "1"), optionOf(2, "C", "1"), optionOf(3, "C", "2")})
	if err != nil || len(two) != 2 || two[0].Of != "" || two[1].Of != "C" || len(two[1].Figures) != 2 {
		t.Errorf("two choices: %d places, %v", len(two), err)
	}
	if _, err := shownOf([]fig.Figure{optionOf(1, "c", "1"), optionOf(2, "c", "1")}); err == nil ||
		!strings.Contains(err.Error(), `figures map-1 and map-2 are both "1"`) {
		t.Errorf("two figures for one option: %v", err)
	}
}

// TestAloneItSaysItsOption: written by itself, a figure says which of several it is.
func TestAloneItSaysItsOption(t *testing.T) {
	f := optionOf(2, "c, dimension over ln n", "1/ln 2")
	for _, format := range []string{"html", "svg", "txt", "csv"} {
		text := string(writtenAs(t, format, f))
		if !strings.Contains(text, "c, dimension over ln n: ") || !strings.Contains(text, "1/ln 2") {
			t.Errorf("%s does not say it", format)
		}
	}
}

// What the page shows of figures to choose from, and how wide their charts are.
const chosen = `(() => {
  const figures = [...document.querySelectorAll('.choice > figure')].filter(f => f.checkVisibility());
  const widths = figures.map(f => f.querySelector('.chart svg').getBoundingClientRect().width);
  const room = figures.map(f => f.getBoundingClientRect().width);
  return {
    figures: figures.map(f => f.id).join(), full: widths.every((w, i) => w > 200 && Math.abs(w - room[i]) < 2),
    select: document.querySelector('.choice select').value, list: document.querySelector('.chooser').checkVisibility(),
    options: [...document.querySelectorAll('.option')].filter(p => p.checkVisibility()).length,
  };
})()`

type choiceSeen struct {
	Figures, Select string
	Full, List      bool
	Options         int
}

// settled waits until charts have been fitted to what has changed.
const settled = `new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 20))))`

// choosing chooses by keyboard: the other chart is drawn at full width, on a phone and in the dark too; in print, and
// without scripts, all are there.
func choosing(t *testing.T, b *browser.Browser) {
	dir := t.TempDir()
	save := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		return "file://" + path
	}
	data := choosable(t, "c, dimension over ln n", [3]string{"1/ln 2", "2", "four " + strings.Repeat("wide ", 20)})
	url := save("choice.html", data)
	see := func(t *testing.T, tab *browser.Tab, when string, want choiceSeen) {
		t.Helper()
		browser.Eval[any](tab, settled)
		if got := browser.Eval[choiceSeen](tab, chosen); got != want {
			t.Errorf("%s: %+v, want %+v", when, got, want)
		}
	}
	one := func(id string) choiceSeen { return choiceSeen{Figures: id, Select: id, Full: true, List: true} }
	for _, view := range views {
		t.Run(view.String(), func(t *testing.T) {
			tab := b.Open(t, url, view)
			see(t, tab, "at first", one("map-1"))
			browser.Eval[any](tab, "document.querySelector('.choice select').focus()")
			tab.Run(chromedp.KeyEvent(kb.ArrowDown))
			see(t, tab, "after the arrow key", one("map-2"))
			browser.Eval[any](tab, "location.hash = '#map-3'")
			see(t, tab, "addressed", one("map-3"))
			if top := browser.Eval[float64](tab, "document.querySelector('#map-3').getBoundingClientRect().top"); top < -2 || top > 900 {
				t.Errorf("the figure addressed is %v below the top", top)
			}
			browser.Eval[any](tab, "dispatchEvent(new Event('beforeprint'))")
			see(t, tab, "in print", choiceSeen{Figures: "map-1,map-2,map-3", Select: "map-3", Full: true, Options: 3})
			for _, fault := range browser.Eval[[]string](tab, chartFaults) {
				t.Error("in print: ", fault)
			}
			browser.Eval[any](tab, "dispatchEvent(new Event('afterprint'))")
			see(t, tab, "after print", one("map-3"))
			for _, fault := range slices.Concat(browser.Eval[[]string](tab, pageFaults), tab.Problems()) {
				t.Error(fault)
			}
		})
	}
	t.Run("opened at a figure", func(t *testing.T) {
		see(t, b.Open(t, url+"#map-2", views[0]), "opened", one("map-2"))
	})
	t.Run("without scripts", func(t *testing.T) {
		plain := regexp.MustCompile(`(?s)<script>.*?</script>`).ReplaceAll(data, nil)
		tab := b.Open(t, save("plain.html", plain), views[0])
		const seen = `[...document.querySelectorAll('.choice > *, .option')].filter(e => e.checkVisibility()).map(e => e.id || e.className).join()`
		if got := browser.Eval[string](tab, seen); got != "map-1,option,map-2,option,map-3,option" {
			t.Errorf("there is %q", got)
		}
	})
	t.Run("the check bites", func(t *testing.T) {
		tab := b.Open(t, url, views[0])
		browser.Eval[any](tab, `echarts.getInstanceByDom(document.querySelector('#map-1 .chart')).resize({width: 100})`)
		if browser.Eval[choiceSeen](tab, chosen).Full {
			t.Error("a chart of 100 pixels counts as full width")
		}
	})
}
