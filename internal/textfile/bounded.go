package textfile

import (
	"errors"
	"io"
)

// ErrTooLong is how a bounded reader ends if there is more than it may read.
var ErrTooLong = errors.New("longer than the limit of bytes")

// Bounded returns a reader of r that ends with ErrTooLong, instead of io.EOF, after the first most bytes of
// a longer text; those bytes it delivers. It takes one byte more from r than it delivers, and no further
// one: that byte tells that there are more. It panics if most is negative.
func Bounded(r io.Reader, most int64) io.Reader {
	if most < 0 {
		panic("textfile: Bounded cannot read a negative number of bytes")
	}
	return &bounded{r: r, left: most}
}

type bounded struct {
	r    io.Reader
	left int64
	err  error // once there is one it stays: whoever asks again must not read past the bound
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if int64(len(p))-1 > b.left {
		p = p[:b.left+1]
	}
	var n int
	n, b.err = b.r.Read(p)
	if int64(n) > b.left {
		n, b.err = int(b.left), ErrTooLong
	}
	b.left -= int64(n)
	return n, b.err
}
