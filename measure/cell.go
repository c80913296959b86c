package measure

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A cell's text is its name: it is what seeds are derived from and what a store knows it by. So it is one text for
// one cell: all parameters, defaults included, in the subject's order, each value in the shortest form that reads
// back as itself.

// Value is an int64, a float64, a string or a bool. Where values are declared in Go an int will do for an int64.
type Value any

// Values makes a list of values.
func Values[T int | int64 | float64 | string | bool](list ...T) []Value {
	values := make([]Value, len(list))
	for i, v := range list {
		values[i] = v
	}
	return values
}

// Cell is one combination: the values of all the parameters of a subject, also of those that no axis names and that
// take their default, in the order of the subject's declaration.
type Cell []Setting

// Setting is a parameter's value.
type Setting struct {
	Name  string
	Value Value
}

// String is the cell's text, such as "algorithm=streaming n=1024 d=4".
func (c Cell) String() string {
	parts := make([]string, len(c))
	for i, s := range c {
		parts[i] = s.Name + "=" + Text(s.Value)
	}
	return strings.Join(parts, " ")
}

// Text writes a value in its shortest form; a string in quotes where it could be taken for something else.
func Text(v Value) string {
	switch v := v.(type) {
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case string:
		if quoted := strconv.Quote(v); v == "" || len(quoted) > len(v)+2 || strings.ContainsAny(v, " =") {
			return quoted
		}
		return v
	}
	return fmt.Sprint(v)
}

// Lookup returns the value of a parameter and whether there is that parameter.
func (c Cell) Lookup(name string) (Value, bool) {
	for _, s := range c {
		if s.Name == name {
			return s.Value, true
		}
	}
	return nil, false
}

// get panics where the parameter is missing or of another type: the cell is not one of the subject that asks.
func get[T any](c Cell, name string) T {
	v, _ := c.Lookup(name)
	t, ok := v.(T)
	if !ok {
		panic(fmt.Sprintf("measure: cell %v has no parameter %q of type %T", c, name, t))
	}
	return t
}

// Int, Float, Word and Bool return a parameter of the cell. They panic if it has none of that name and type.
func (c Cell) Int(name string) int       { return int(get[int64](c, name)) }
func (c Cell) Float(name string) float64 { return get[float64](c, name) }
func (c Cell) Word(name string) string   { return get[string](c, name) }
func (c Cell) Bool(name string) bool     { return get[bool](c, name) }

// Number returns a parameter as a number, and whether it is one.
func (c Cell) Number(name string) (float64, bool) {
	v, _ := c.Lookup(name)
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return math.NaN(), false
}

// encodeValue writes a value as JSON. A float64 has a point or an exponent, which an int64 has not, so that reading
// it back loses no type.
func encodeValue(v Value) ([]byte, error) {
	f, ok := v.(float64)
	if !ok {
		return json.Marshal(v)
	}
	text := Text(f)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return []byte(text), nil
}

// decodeValue reads what encodeValue writes; the decoder uses json.Number.
func decodeValue(in *json.Decoder) (Value, error) {
	token, err := in.Token()
	if err != nil {
		return nil, err
	}
	switch token := token.(type) {
	case json.Number:
		if strings.ContainsAny(token.String(), ".eE") {
			return token.Float64()
		}
		return token.Int64()
	case string, bool:
		return token, nil
	}
	return nil, fmt.Errorf("measure: %v is no value", token)
}

// MarshalJSON writes an object in the order of the settings.
func (c Cell) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	out.WriteByte('{')
	for i, s := range c {
		if i > 0 {
			out.WriteByte(',')
		}
		name, err := json.Marshal(s.Name)
		if err != nil {
			return nil, err
		}
		value, err := encodeValue(s.Value)
		if err != nil {
			return nil, err
		}
		out.Write(name)
		out.WriteByte(':')
		out.Write(value)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (c *Cell) UnmarshalJSON(data []byte) error {
	in := json.NewDecoder(bytes.NewReader(data))
	in.UseNumber()
	if open, err := in.Token(); err != nil || open != json.Delim('{') {
		return fmt.Errorf("measure: %.60q is no cell", data)
	}
	*c = nil
	for in.More() {
		name, err := in.Token()
		if err != nil {
			return err
		}
		value, err := decodeValue(in)
		if err != nil {
			return err
		}
		*c = append(*c, Setting{name.(string), value})
	}
	return nil
}

// accept returns the value as one of the parameter: an int64 where it is declared with an int, a float64 where a
// whole number is given for a number.
func (p Parameter) accept(v Value) (Value, error) {
	if i, ok := v.(int); ok {
		v = int64(i)
	}
	zero := p.Type
	if p.Default != nil {
		zero = p.Default
	}
	wrong := func(what string) (Value, error) {
		return nil, fmt.Errorf("%s is no %s, which %s is: %s", quoted(v), what, p.Name, p.Doc)
	}
	switch zero.(type) {
	case int64, int:
		if _, ok := v.(int64); !ok {
			return wrong("whole number")
		}
	case float64:
		if i, ok := v.(int64); ok && i >= -1<<53 && i <= 1<<53 {
			v = float64(i)
		}
		f, ok := v.(float64)
		if !ok || math.IsNaN(f) || math.IsInf(f, 0) {
			return wrong("number")
		}
		v = f + 0 // −0 is 0
	case string:
		if _, ok := v.(string); !ok {
			return wrong("word")
		}
	case bool:
		if _, ok := v.(bool); !ok {
			return wrong("truth value")
		}
	default:
		panic(fmt.Sprintf("measure: parameter %q is of type %T", p.Name, zero))
	}
	if p.Check != nil {
		if err := p.Check(v); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// quoted writes a value for an error.
func quoted(v Value) string {
	if s, ok := v.(string); ok {
		return fmt.Sprintf("%.60q", s)
	}
	return fmt.Sprint(v)
}

// axisJSON is an axis in a store.
type axisJSON struct {
	Name         string
	Values, Full []json.RawMessage
}

// MarshalJSON keeps the types of the values.
func (x Axis) MarshalJSON() ([]byte, error) {
	out := axisJSON{Name: x.Name}
	for _, list := range []struct {
		from []Value
		to   *[]json.RawMessage
	}{{x.Values, &out.Values}, {x.Full, &out.Full}} {
		for _, v := range list.from {
			text, err := encodeValue(v)
			if err != nil {
				return nil, err
			}
			*list.to = append(*list.to, text)
		}
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (x *Axis) UnmarshalJSON(data []byte) error {
	var in axisJSON
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	*x = Axis{Name: in.Name}
	for _, list := range []struct {
		from []json.RawMessage
		to   *[]Value
	}{{in.Values, &x.Values}, {in.Full, &x.Full}} {
		for _, text := range list.from {
			decoder := json.NewDecoder(bytes.NewReader(text))
			decoder.UseNumber()
			v, err := decodeValue(decoder)
			if err != nil {
				return err
			}
			*list.to = append(*list.to, v)
		}
	}
	return nil
}
