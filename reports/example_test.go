package reports_test

import (
	"bytes"
	"fmt"
	"math"

	"finegrain/experiments"
	"finegrain/reports"
)

// A page is made of an outcome, whatever made that; here one without runs. What cannot be shown is refused.
func ExamplePage() {
	page, err := reports.Page(reports.Edition{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("complete:", bytes.HasPrefix(page, []byte("<!doctype html>")) && bytes.HasSuffix(page, []byte("</html>\n")))

	_, err = reports.Page(reports.Edition{Pipeline: experiments.Reproduction{Seconds: math.NaN()}})
	fmt.Println(err)
	// Output:
	// complete: true
	// reports: Reproduction.Seconds is NaN; a page shows finite numbers only
}
