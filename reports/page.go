package reports

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"maps"
	"reflect"
	"slices"

	"finegrain"
	"finegrain/experiments"
)

//go:embed assets
var assets embed.FS

// section is a part of a page: what it shows of an edition, written by the template assets/<ID>.html.tmpl. One
// without data is left out.
type section struct {
	ID, Title string
	Data      func(Edition) (any, error)
}

// sections are the parts of the page of `finegrain reproduce`, in order.
var sections = []section{
	verdictsSection, claimsSection, hypothesesSection,
	outcomeSection, runsSection, timeSection, pictureSection,
}

// ofPipeline is the data of a section on formulas that are decided and counted through attention.
func ofPipeline(data func(experiments.Reproduction) (any, error)) func(Edition) (any, error) {
	return func(e Edition) (any, error) {
		if len(e.Pipeline.Formulas) == 0 {
			return nil, nil
		}
		return data(e.Pipeline)
	}
}

// written is a section ready for the page.
type written struct {
	section
	Body template.HTML
}

// templates are the page's and the sections', parsed once: they are part of the program.
var templates = template.Must(template.ParseFS(assets, "assets/*.html.tmpl"))

// Page is an edition as one HTML file that needs nothing else. The error names what cannot be shown: a
// number that is not finite, or a picture whose parts do not fit.
func Page(e Edition) ([]byte, error) {
	body, err := write(e)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = templates.ExecuteTemplate(&out, "page.html.tmpl", offline(map[string]any{"Sections": body, "Papers": papersOf(e)}))
	return out.Bytes(), err
}

// offline adds to the data of a page what every page brings along: style, scripts with their policy, and licences.
func offline(data map[string]any) map[string]any {
	const name = "echarts-6.1.0"
	library, script := asset(name+".min.js"), asset("page.js")
	maps.Copy(data, map[string]any{
		"Policy":   policy(library, script),
		"Style":    template.CSS(asset("page.css")),
		"Library":  template.JS(library),
		"Script":   template.JS(script),
		"Licences": []string{asset(name + ".NOTICE"), asset(name + ".LICENSE"), asset(name + ".LICENSE-d3")},
	})
	return data
}

// write writes the sections.
func write(e Edition) ([]written, error) {
	if err := finite("Reproduction", reflect.ValueOf(e.Pipeline)); err != nil {
		return nil, err
	}
	var all []written
	for _, s := range sections {
		data, err := s.Data(e)
		if err != nil {
			return nil, fmt.Errorf("reports: section %s: %w", s.ID, err)
		}
		if data == nil {
			continue
		}
		var body bytes.Buffer
		if err := templates.ExecuteTemplate(&body, s.ID+".html.tmpl", data); err != nil {
			return nil, fmt.Errorf("reports: section %s: %w", s.ID, err)
		}
		all = append(all, written{s, template.HTML(body.String())})
	}
	return all, nil
}

// papersOf lists the papers of an edition: those of its claims, and those of the pipeline.
func papersOf(e Edition) []finegrain.Paper {
	papers := []finegrain.Paper{finegrain.Williams2005, finegrain.AlmanSong2023}
	for _, c := range e.Claims {
		if !slices.Contains(papers, c.Source.Paper) {
			papers = append(papers, c.Source.Paper)
		}
	}
	return papers
}

// asset is an embedded file. That it is there is tested.
func asset(name string) string {
	data, err := assets.ReadFile("assets/" + name)
	if err != nil {
		panic("reports: " + err.Error())
	}
	return string(data)
}

// policy is the page's content security policy: load nothing, run the given scripts and no other. Styles
// stay open, since the charts set them.
func policy(scripts ...string) string {
	p := "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; " +
		"style-src 'unsafe-inline'; script-src"
	for _, s := range scripts {
		hash := sha256.Sum256([]byte(s))
		p += " 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'"
	}
	return p
}
