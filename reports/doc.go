// Package reports writes pages and figures. An Edition goes in, claims with their verdicts and formulas with their
// answers, and one HTML file comes out that opens without a network and holds everything it shows; a figure.Figure
// goes in, and SVG, PDF, pgfplots, CSV, HTML or text come out. It measures nothing and runs no algorithm.
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
//   - edition.go: all that a page shows. verdicts.go: the claims at a glance and in full, and the hypotheses.
//   - figure.go: a chart of the page with its options, table and legend. number.go: numbers as text. choice.go: several
//     figures of which a page shows one at a time.
//   - formats.go: the formats of figures. look.go: how series are told apart, without colour too; scale.go: axes and
//     ticks; script.go: text with exponents. plot.go draws for svg.go and pdf.go; echarts.go, pgf.go, csv.go and
//     numbers.go (tables) write the same figure in their ways.
//   - outcome.go: what came out, what disagrees, how to run it again.
//   - runs.go: the table, a row for each formula and route.
//   - timechart.go: where the time goes.
//   - picture.go: the attention matrix of one formula and its read-off. witness.go: the model read from it.
//   - diagram.go: the same as one plain SVG, for documents.
//
// # Adding a section
//
// One file that declares `var x = section{…}`, its template assets/x.html.tmpl, and its line in sections.
//
// The charts are drawn by Apache ECharts, whose licence and notice are in assets and in every page.
package reports
