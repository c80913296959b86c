package reports

import (
	"math"
	"strconv"
	"strings"
	"unicode"
)

// Numbers as text: three significant digits, powers of ten with real exponents, true minus signs. What is
// exact elsewhere (sizes, counts) does not pass through here.

var superscripts = strings.NewReplacer(
	"-", "⁻", "0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴", "5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹")

// power is base to an integer exponent, as in "10⁻¹²".
func power(base, exponent int) string {
	return strconv.Itoa(base) + superscripts.Replace(strconv.Itoa(exponent))
}

// number is x to three significant digits: "0.0833", "41.2", "3.91·10⁻¹²", and whole numbers whole.
func number(x float64) string {
	if x == 0 {
		return "0"
	}
	digits := strconv.FormatFloat(x, 'e', 2, 64)
	mantissa, exponent, _ := strings.Cut(digits, "e")
	e, _ := strconv.Atoi(exponent)
	if -3 <= e && e < 5 {
		places := max(0, 2-e)
		if x == math.Trunc(x) {
			places = 0
		}
		return strings.Replace(strconv.FormatFloat(x, 'f', places, 64), "-", "−", 1)
	}
	if shown, _ := strconv.ParseFloat(digits, 64); shown == x {
		mantissa = strings.TrimSuffix(mantissa, ".00")
	}
	return strings.Replace(mantissa, "-", "−", 1) + "·" + power(10, e)
}

// seconds is a duration to three significant digits and at most to the microsecond, so that columns of
// them compare at a glance.
func seconds(s float64) string {
	if s <= 0 {
		return "0"
	}
	places := 2 - int(math.Floor(math.Log10(s)))
	return strconv.FormatFloat(s, 'f', min(max(places, 0), 6), 64)
}

// percent is part of whole; a dash where there is no whole.
func percent(part, whole float64) string {
	if whole <= 0 {
		return "–"
	}
	return strconv.FormatFloat(100*part/whole, 'f', 1, 64) + " %"
}

// rounded is x to four significant digits: more cannot be seen in a chart, and what is not written does
// not differ from machine to machine.
func rounded(x float64) float64 {
	r, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 4, 64), 64)
	return r
}

// oneLine is a name on one line, as a chart's labels need it.
func oneLine(s string) string {
	separates := func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }
	return strings.Join(strings.FieldsFunc(s, separates), " ")
}

// plural is a number of things, as in "1 clause" and "12 clauses".
func plural(n, thing string) string {
	if n != "1" {
		thing += "s"
	}
	return n + " " + thing
}
