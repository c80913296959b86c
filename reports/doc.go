// Package reports turns outcomes into pages: an experiments.Reproduction goes in, one HTML file comes out
// that opens without a network and holds everything it shows. It measures nothing and runs no algorithm.
//
// # How a page is made
//
// A page is a list of sections. A section is a file here that chooses what to show, and a template of its
// name in assets that writes it. A figure is a value: its chart's options, the same numbers as a table,
// a legend, and its content in words for those who do not see it. Options are plain data, written by
// encoding/json, which refuses NaN and infinities and escapes what could end a script. They name colours
// by the style sheet's custom properties, so that light, dark and print differ only there.
//
// What stands in names, kinds, commands and errors is text and stays text: html/template escapes it in the
// page, tooltips are drawn and not set as HTML, and the page's content security policy runs no script but
// the two that the page brings, and loads nothing.
//
// # Tour
//
//   - page.go: Page, the sections in order, the policy.
//   - finite.go: refuses outcomes with NaN or infinities, by the name of the field.
//   - figure.go: a figure with its chart options, table and legend. number.go: numbers as text.
//   - outcome.go: what came out, what disagrees, how to run it again.
//   - runs.go: the table, a row for each formula and route.
//   - timechart.go: where the time goes.
//   - entrieschart.go: entries and tolerances against n, and what was decoded.
//   - picture.go: the attention matrix of one formula and its read-off. witness.go: the model read from it.
//   - diagram.go: the same as one plain SVG, for documents.
//
// # Adding a section
//
// One file that declares `var x = section{…}`, its template assets/x.html.tmpl, and its line in sections.
//
// The charts are drawn by Apache ECharts, whose licence and notice are in assets and in every page.
package reports
