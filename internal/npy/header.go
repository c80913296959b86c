package npy

// The format (NEP 1 of NumPy): the bytes \x93NUMPY, the version in two bytes, the length of the header in
// two bytes (version 1) or four (2 and 3), the header in ASCII (3: UTF-8), and the numbers. The header is
// a Python dictionary with the keys descr, fortran_order and shape, in any order.

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

const magic = "\x93NUMPY"

// maxHeader is the longest header that is read. NumPy itself reads 10,000 bytes.
const maxHeader = 1 << 16

// header is what a file says of its numbers.
type header struct {
	order      binary.ByteOrder
	width      int  // bytes a number, 4 or 8
	integer    bool // of signed integers, not of floats
	fortran    bool
	rows, cols int
	offset     int64 // where the numbers begin
}

// bytes is the length of the numbers in the file.
func (h header) bytes() int64 { return int64(h.rows) * int64(h.cols) * int64(h.width) }

func readHeader(r io.Reader) (header, error) {
	start := make([]byte, len(magic)+2)
	if n, err := io.ReadFull(r, start); string(start[:min(n, len(magic))]) != magic[:min(n, len(magic))] || n == 0 {
		return header{}, orFailure(err, errors.New("is no .npy file; save it with numpy.save"))
	} else if err != nil {
		return header{}, truncated(err)
	}
	version := start[len(magic)]
	if version < 1 || version > 3 {
		return header{}, fmt.Errorf("is of version %d of the .npy format; versions 1 to 3 can be read", version)
	}
	length := make([]byte, 4)
	if version == 1 {
		length = length[:2]
	}
	if _, err := io.ReadFull(r, length); err != nil {
		return header{}, truncated(err)
	}
	n := uint32(binary.LittleEndian.Uint16(length))
	if version > 1 {
		n = binary.LittleEndian.Uint32(length)
	}
	if n > maxHeader {
		return header{}, fmt.Errorf("has a header of %d bytes; at most %d can be read", n, maxHeader)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return header{}, truncated(err)
	}
	h, err := parseHeader(string(text))
	h.offset = int64(len(start) + len(length) + len(text))
	return h, err
}

// truncated makes the end of the file where more should come an error of the file.
func truncated(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("ends within its header; the file was cut")
	}
	return err
}

// orFailure is the failure of a read if it is one, and else the finding.
func orFailure(err, finding error) error {
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return finding
	}
	return err
}

// parser reads a Python literal from the front of a text.
type parser struct{ rest string }

// take removes the byte c from the front, past white space, and reports whether it was there.
func (p *parser) take(c byte) bool {
	p.rest = strings.TrimLeft(p.rest, " \t\r\n")
	if p.rest == "" || p.rest[0] != c {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

// text removes a string in either kind of quotes; without escapes, which no type or key has.
func (p *parser) text() (string, bool) {
	for _, quote := range []byte{'\'', '"'} {
		if p.take(quote) {
			s, rest, ok := strings.Cut(p.rest, string(quote))
			p.rest = rest
			return s, ok
		}
	}
	return "", false
}

// word removes letters and digits.
func (p *parser) word() string {
	p.rest = strings.TrimLeft(p.rest, " \t\r\n")
	end := strings.IndexFunc(p.rest, func(c rune) bool {
		return !(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z')
	})
	if end < 0 {
		end = len(p.rest)
	}
	word := p.rest[:end]
	p.rest = p.rest[end:]
	return word
}

var errGarbled = errors.New("has a garbled header; save it again with numpy.save")

func parseHeader(text string) (header, error) {
	var h header
	p := &parser{text}
	if !p.take('{') {
		return h, errGarbled
	}
	seen := map[string]bool{}
	for !p.take('}') {
		key, ok := p.text()
		if !ok || seen[key] || !p.take(':') {
			return h, errGarbled
		}
		seen[key] = true
		var err error
		switch key {
		case "descr":
			err = h.parseType(p)
		case "fortran_order":
			word := p.word()
			h.fortran = word == "True"
			if word != "True" && word != "False" {
				err = errGarbled
			}
		case "shape":
			err = h.parseShape(p)
		default:
			err = errGarbled
		}
		if err != nil {
			return h, err
		}
		if !p.take(',') && !strings.HasPrefix(strings.TrimLeft(p.rest, " "), "}") {
			return h, errGarbled
		}
	}
	if len(seen) != 3 || strings.Trim(p.rest, " \n\x00") != "" {
		return h, errGarbled
	}
	return h, nil
}

// parseType reads a type such as '<f8': byte order, kind, width.
func (h *header) parseType(p *parser) error {
	if p.take('[') {
		return errors.New("holds records with named fields; save one plain array of float64 or float32")
	}
	descr, ok := p.text()
	if !ok {
		return errGarbled
	}
	kind := strings.TrimLeft(descr, "<>=|")
	switch {
	case strings.HasPrefix(descr, ">"):
		h.order = binary.BigEndian
	case strings.HasPrefix(descr, "="):
		h.order = binary.NativeEndian
	default:
		h.order = binary.LittleEndian
	}
	what := fmt.Sprintf("numbers of type %q", descr)
	switch {
	case kind == "f8" && len(descr) == 3:
		h.width = 8
		return nil
	case kind == "f4" && len(descr) == 3:
		h.width = 4
		return nil
	case kind == "i8" && len(descr) == 3:
		h.width, h.integer = 8, true
		return nil
	case kind == "i4" && len(descr) == 3:
		h.width, h.integer = 4, true
		return nil
	case strings.HasPrefix(kind, "O"):
		what = "Python objects"
	case strings.HasPrefix(kind, "c"):
		what = "complex numbers"
	case strings.HasPrefix(kind, "i"), strings.HasPrefix(kind, "u"):
		what = fmt.Sprintf("integers of type %q", descr)
	case strings.HasPrefix(kind, "b"):
		what = "truth values"
	case strings.HasPrefix(kind, "S"), strings.HasPrefix(kind, "U"):
		what = "text"
	}
	return notFloats(what)
}

func notFloats(what string) error {
	return fmt.Errorf("holds %s; save it as float64 or float32, as with x.astype(float)", what)
}

// parseShape reads a tuple of numbers. Both axes must have an entry, and not more entries than can be
// addressed.
func (h *header) parseShape(p *parser) error {
	if !p.take('(') {
		return errGarbled
	}
	var axes []int
	for !p.take(')') {
		n, err := strconv.ParseUint(p.word(), 10, 63)
		if err != nil {
			return errGarbled
		}
		axes = append(axes, int(n))
		if !p.take(',') && !strings.HasPrefix(strings.TrimLeft(p.rest, " "), ")") {
			return errGarbled
		}
	}
	if len(axes) != 2 {
		noun := "axes"
		if len(axes) == 1 {
			noun = "axis"
		}
		return fmt.Errorf("has %d %s; it must have two, rows and columns", len(axes), noun)
	}
	h.rows, h.cols = axes[0], axes[1]
	const most = 1 << 48
	switch {
	case h.rows == 0:
		return errors.New("has no rows; it must have at least one")
	case h.cols == 0:
		return errors.New("has no columns; it must have at least one")
	case h.rows > most/h.cols:
		return fmt.Errorf("announces %d by %d numbers, more than can be addressed", h.rows, h.cols)
	}
	return nil
}
