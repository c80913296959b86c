package reports

import (
	"fmt"
	"math"
	"reflect"
)

// finite returns an error that names the first number within the value that is NaN or infinite, as in
// "Formulas[3].Runs[1].Oracle.B is NaN". JSON has no such numbers and a chart shows them as nothing, so
// an outcome that holds one is refused whole.
func finite(path string, v reflect.Value) error {
	switch v.Kind() {
	case reflect.Float64, reflect.Float32:
		if x := v.Float(); math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("reports: %s is %v; a page shows finite numbers only", path, x)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			field, name := v.Type().Field(i), path
			if !field.Anonymous {
				name += "." + field.Name
			}
			if err := finite(name, v.Field(i)); err != nil {
				return err
			}
		}
	case reflect.Slice, reflect.Array:
		switch v.Type().Elem().Kind() {
		case reflect.Float64, reflect.Float32, reflect.Struct, reflect.Slice:
			for i := range v.Len() {
				if err := finite(fmt.Sprintf("%s[%d]", path, i), v.Index(i)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
