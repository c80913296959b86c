package memory

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// units from the largest. Those with an i are powers of 1024, those without of 1000; a letter alone is
// a power of 1024, as in the settings of containers.
var units = []struct {
	name  string
	bytes float64
}{
	{"TiB", 1 << 40},
	{"GiB", 1 << 30},
	{"MiB", 1 << 20},
	{"KiB", 1 << 10},
	{"TB", 1e12},
	{"GB", 1e9},
	{"MB", 1e6},
	{"KB", 1e3},
	{"T", 1 << 40},
	{"G", 1 << 30},
	{"M", 1 << 20},
	{"K", 1 << 10},
	{"B", 1},
}

// Parse reads an amount of memory such as 4GiB, 500MB, 1.5G or 1048576, in bytes. Letters may be small.
// Nothing below one byte or beyond 2^62 bytes is an amount.
func Parse(text string) (int64, error) {
	number, unit := strings.TrimSpace(text), 1.0
	for _, u := range units {
		if cut := len(number) - len(u.name); cut > 0 && strings.EqualFold(number[cut:], u.name) {
			number, unit = strings.TrimSpace(number[:cut]), u.bytes
			break
		}
	}
	x, err := strconv.ParseFloat(number, 64)
	bytes := x * unit
	if err != nil || strings.ContainsAny(number, "xXpP_") || math.IsNaN(bytes) {
		return 0, fmt.Errorf("%q is no amount of memory; write it as 4GiB, 500MB or a number of bytes", text)
	}
	if bytes < 1 || bytes > 1<<62 {
		return 0, fmt.Errorf("%q is out of range; an amount of memory is at least one byte and at most 2^62", text)
	}
	return int64(bytes), nil
}

// Format writes an amount of memory with three significant digits, such as "1.5 GiB". Parse reads it.
func Format(bytes int64) string {
	for _, u := range units[:4] {
		if x := float64(bytes) / u.bytes; x >= 1 {
			digits := 3
			if x >= 1000 {
				digits = 4
			}
			return strconv.FormatFloat(x, 'g', digits, 64) + " " + u.name
		}
	}
	return strconv.FormatInt(bytes, 10) + " B"
}

// FormatBig is Format for amounts that may exceed any machine; beyond 2^60 bytes it gives the power of 2.
func FormatBig(bytes *big.Int) string {
	if bytes.BitLen() <= 60 {
		return Format(bytes.Int64())
	}
	return fmt.Sprintf("about 2^%d bytes", bytes.BitLen()-1)
}
