package reports

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"finegrain/experiments"
	"finegrain/hypotheses"
	"finegrain/sat"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// edition puts formulas beside the claims made by hand.
func edition(r experiments.Reproduction) Edition {
	say := ""
	if r.Picture.Name == attacks[0] {
		say = attacks[0]
	}
	return Edition{
		Claims: sampleClaims(say), Hypotheses: hypotheses.All(), Pipeline: r,
		Again: Again{Command: r.Command + say, Version: "v0.0.0", Seed: 7, Machine: "a processor", Date: "2026-11-22", Seconds: 33},
	}
}

func page(t testing.TB, r experiments.Reproduction) []byte {
	t.Helper()
	data, err := Page(edition(r))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	goldenFile(t, filepath.Join("testdata", name+".golden"), got)
}

// goldenFile compares with the file, or rewrites it.
func goldenFile(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; look at it and run go test -update:\n%s", path, firstDifference(got, want))
	}
}

func firstDifference(got, want []byte) string {
	a, b := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range a {
		if i >= len(b) || a[i] != b[i] {
			return fmt.Sprintf("line %d is\n%s\nand was\n%s", i+1, a[i], append(b, "")[min(i, len(b))])
		}
	}
	return "it is shorter"
}

var (
	scriptElement = regexp.MustCompile(`(?s)<script[^>]*>(.*?)</script>`)
	scriptBody    = regexp.MustCompile(`(?s)(<script[^>]*>).*?</script>`)
)

// figures lists the figures of the sample, for tests of their options.
func figures(t *testing.T, r experiments.Reproduction) []figure {
	t.Helper()
	p, err := newPicture(r.Picture)
	if err != nil {
		t.Fatal(err)
	}
	return append(timeFigures(r.Formulas), p.Matrix, p.Outputs)
}

func TestGoldenSections(t *testing.T) {
	all, err := write(Edition{Pipeline: sample()})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		// The options have golden files of their own.
		golden(t, s.ID+".html", scriptElement.ReplaceAll([]byte(s.Body), nil))
	}
}

func TestGoldenOptions(t *testing.T) {
	for _, f := range figures(t, sample()) {
		options, err := f.Chart.JSON()
		if err != nil {
			t.Fatal(err)
		}
		var indented bytes.Buffer
		if err := json.Indent(&indented, []byte(options), "", " "); err != nil {
			t.Fatal(err)
		}
		golden(t, f.ID+".json", append(indented.Bytes(), '\n'))
	}
}

// escaped returns an error unless the page's scripts are its own two and JSON, and hostile text has made
// no element.
func escaped(page []byte) error {
	scripts := scriptElement.FindAllSubmatch(page, -1)
	for _, s := range scripts {
		text := string(s[1])
		if !json.Valid(s[1]) {
			if text == asset("echarts-6.1.0.min.js") || text == asset("page.js") {
				continue
			}
			return fmt.Errorf("a script is neither the page's nor JSON: %.200s", text)
		}
		if strings.ContainsAny(text, "<>&\u2028\u2029") {
			return fmt.Errorf("options hold a character that is to be escaped: %.200s", text)
		}
	}
	rest := scriptElement.ReplaceAll(page, nil)
	for _, bad := range []string{"<img", "<script", "</script", "<!--", "onerror=hostile=1>", "ZgotmplZ"} {
		if bytes.Contains(rest, []byte(bad)) {
			return fmt.Errorf("the page holds %q", bad)
		}
	}
	return nil
}

func TestHostileTextStaysText(t *testing.T) {
	data := page(t, hostile())
	if err := escaped(data); err != nil {
		t.Error(err)
	}
	// Mutants: the page written as text/template would, and its options without escapes.
	asText := bytes.ReplaceAll(data, []byte("&lt;img src=x onerror=hostile=1&gt;"), []byte("<img src=x onerror=hostile=1>"))
	unescaped := bytes.ReplaceAll(data, []byte(`\u003c/script\u003e`), []byte("</script>"))
	for name, mutant := range map[string][]byte{"unescaped page": asText, "unescaped options": unescaped} {
		if bytes.Equal(mutant, data) {
			t.Errorf("mutant %q does not differ from the page", name)
		} else if escaped(mutant) == nil {
			t.Errorf("mutant %q survives", name)
		}
	}
}

func TestOptionsGiveTextBack(t *testing.T) {
	for _, attack := range attacks {
		options, err := newChart(object{"name": attack}).JSON()
		if err != nil {
			t.Fatal(err)
		}
		var back struct{ Name string }
		if err := json.Unmarshal([]byte(options), &back); err != nil || back.Name != attack {
			t.Errorf("%q came back as %q, %v", attack, back.Name, err)
		}
	}
}

// loaded lists what the page would load from elsewhere.
func loaded(page []byte) (found []string) {
	text := scriptBody.ReplaceAll(page, []byte("$1"))
	attributes := regexp.MustCompile(`(?i)\s(?:src|href|srcset|data|action|poster)\s*=\s*["']?([^"'\s>]*)`)
	for _, attribute := range attributes.FindAllSubmatch(text, -1) {
		if address := string(attribute[1]); !strings.HasPrefix(address, "#") && address != "data:," {
			found = append(found, address)
		}
	}
	for _, style := range regexp.MustCompile(`(?i)url\(|@import`).FindAll(text, -1) {
		found = append(found, string(style))
	}
	return found
}

func TestNothingIsLoaded(t *testing.T) {
	data := page(t, sample())
	if found := loaded(data); found != nil {
		t.Errorf("the page loads %q", found)
	}
	if size := len(data); size > 10<<20 {
		t.Errorf("the page has %d bytes", size)
	}
	for name, mutant := range map[string]string{
		"script": "<script src=https://example.org/echarts.js></script>",
		"style":  "<link href='//example.org/x.css' rel=stylesheet>",
		"font":   "<style>@font-face{src:url(http://example.org/f)}</style>",
	} {
		if loaded(append([]byte(mutant), data...)) == nil {
			t.Errorf("mutant %q survives", name)
		}
	}
}

func TestPolicyHoldsTheScripts(t *testing.T) {
	got := policy("alert(1)")
	if !strings.HasSuffix(got, "script-src 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='") {
		t.Error(got)
	}
}

func TestLicencesAreInThePage(t *testing.T) {
	data := page(t, sample())
	for _, words := range []string{"Apache License", "Copyright 2017-2026 The Apache Software Foundation", "Mike Bostock"} {
		if !bytes.Contains(data, []byte(words)) {
			t.Errorf("the page does not say %q", words)
		}
	}
}

func TestNotFinite(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		for field, spoil := range map[string]func(*experiments.Reproduction){
			"Reproduction.Seconds":                      func(r *experiments.Reproduction) { r.Seconds = bad },
			"Reproduction.Formulas[0].Check.Seconds":    func(r *experiments.Reproduction) { r.Formulas[0].Check.Seconds = bad },
			"Reproduction.Formulas[0].Runs[1].Oracle.B": func(r *experiments.Reproduction) { r.Formulas[0].Runs[1].Oracle.B = bad },
			"Reproduction.Formulas[0].Runs[0].Steps[2].Seconds": func(r *experiments.Reproduction) {
				r.Formulas[0].Runs[0].Steps[2].Seconds = bad
			},
			"Reproduction.Picture.Weights[2][1]": func(r *experiments.Reproduction) { r.Picture.Weights[2][1] = bad },
		} {
			r := sample()
			spoil(&r)
			if _, err := Page(Edition{Pipeline: r}); err == nil || !strings.Contains(err.Error(), field+" is ") {
				t.Errorf("%v in %s: %v", bad, field, err)
			}
		}
		if _, err := newChart(object{"x": bad}).JSON(); err == nil {
			t.Errorf("options with %v were written", bad)
		}
	}
}

func TestProblemsStandOut(t *testing.T) {
	good := string(page(t, sample()))
	if !strings.Contains(good, "every answer and every count agrees") || strings.Contains(good, "✗ Not all agree") {
		t.Error("an outcome in which all agree does not say so")
	}
	for name, spoil := range map[string]func(*experiments.Reproduction){
		"failed: out of oracles": func(r *experiments.Reproduction) { r.Formulas[0].Runs[1].Err = errors.New("out of oracles") },
		"disagrees: by one":      func(r *experiments.Reproduction) { r.Formulas[1].Runs[0].Disagreement = "by one" },
	} {
		r := sample()
		spoil(&r)
		if r.OK() {
			t.Fatalf("%s: the outcome is OK", name)
		}
		text := string(page(t, r))
		top, _, _ := strings.Cut(text, `<section id="runs"`)
		if strings.Contains(text, "every answer and every count agrees") || !strings.Contains(top, name) {
			t.Errorf("%q does not stand at the top", name)
		}
		for _, link := range regexp.MustCompile(`href="#([^"]*)"`).FindAllStringSubmatch(text, -1) {
			if !strings.Contains(text, `id="`+link[1]+`"`) {
				t.Errorf("the link to #%s leads nowhere", link[1])
			}
		}
	}
}

func TestPartsMayBeMissing(t *testing.T) {
	empty, err := Page(Edition{})
	if err != nil || strings.Contains(string(empty), "<section") {
		t.Errorf("an empty edition has a section, %v", err)
	}
	r := sample()
	r.Picture = experiments.Picture{}
	if text := string(page(t, r)); !strings.Contains(text, "No picture was taken") {
		t.Error("an outcome without a picture has one")
	}
	r = sample()
	r.Picture.Flagged, r.Picture.Partner, r.Picture.Model = -1, -1, nil
	if text := string(page(t, r)); !strings.Contains(text, "No row is flagged") {
		t.Error("without a flagged row the page does not say so")
	}
}

func TestPictureMustFit(t *testing.T) {
	for name, spoil := range map[string]func(*experiments.Picture){
		"weights without the zero key": func(p *experiments.Picture) { p.Weights[1] = p.Weights[1][1:] },
		"an output too few":            func(p *experiments.Picture) { p.Outputs = p.Outputs[1:] },
		"a partner beyond the columns": func(p *experiments.Picture) { p.Partner = len(p.Columns) },
		"a model too short":            func(p *experiments.Picture) { p.Model = p.Model[1:] },
	} {
		r := sample()
		spoil(&r.Picture)
		if _, err := Page(Edition{Pipeline: r}); err == nil {
			t.Errorf("a picture with %s was drawn", name)
		}
	}
}

func TestWitnessShowsWhatSatisfies(t *testing.T) {
	p := sample().Picture
	w := newWitness(p)
	for i, c := range w.Clauses {
		for k, l := range c.Literals {
			literal := p.Formula.Clauses[i][k]
			if l.True != (p.Model[literal.Variable()-1] == (literal > 0)) {
				t.Errorf("clause %d: literal %s is shown as %t", i+1, l.Text, l.True)
			}
		}
		if strings.Contains(c.By, "none") {
			t.Errorf("clause %d is shown as falsified", i+1)
		}
	}
	// The mutant of a witness: an assignment that is no model.
	for bits := 0; p.Formula.Satisfied(p.Model); bits++ {
		p.Model = assignment(bits, p.Formula.Variables)
	}
	falsified := func(c checkedClause) bool { return strings.Contains(c.By, "falsified") }
	if w := newWitness(p); !slices.ContainsFunc(w.Clauses, falsified) {
		t.Error("it is shown as a model")
	}
}

func TestCountsAndFailuresInRows(t *testing.T) {
	huge := new(big.Int).Lsh(big.NewInt(1), 100)
	row := newRunRow("a", experiments.RouteRun{Solution: experiments.Solution{
		Answer: sat.Answer{Satisfiable: true}, Count: huge, Route: "interpolation", Algorithm: "streaming",
	}})
	if row.Count != "1267650600228229401496703205376" || row.Calls != "0" || row.B != none {
		t.Errorf("%+v", row)
	}
	row = newRunRow("a", experiments.RouteRun{Solution: experiments.Solution{Route: "threshold"}, Err: errors.New("no")})
	if row.Verdict.Text != "failed: no" || row.Answer != none || row.Count != none {
		t.Errorf("%+v", row)
	}
	if row := newRunRow("a", thresholdRun(sat.Answer{})); row.Count != "decides only" || row.Answer != "unsatisfiable" {
		t.Errorf("%+v", row)
	}
}

func FuzzSections(f *testing.F) {
	f.Fuzz(func(t *testing.T, name, kind, message string, bad bool) {
		r := sample()
		r.Formulas[0].Name, r.Formulas[0].Kind, r.Formulas[0].Command = name, kind, message
		r.Picture.Name, r.Picture.Columns[0].Label = name, kind
		if bad {
			r.Formulas[0].Runs[0].Err = errors.New(message)
		}
		all, err := write(Edition{Pipeline: r})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range all {
			if err := escaped([]byte(s.Body)); err != nil {
				t.Error(err)
			}
		}
	})
}

func BenchmarkPage(b *testing.B) {
	r := sample()
	for b.Loop() {
		b.SetBytes(int64(len(page(b, r))))
	}
}
