package reports

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"finegrain"
	"finegrain/experiments"
	"finegrain/sat"
)

// readmeFormula is the formula of the README.
const readmeFormula = "p cnf 4 5\n1 3 0\n-1 -4 0\n2 4 0\n-2 3 0\n-1 -3 0\n"

func readmePicture(t *testing.T) experiments.Picture {
	t.Helper()
	f, err := sat.ReadDIMACS(strings.NewReader(readmeFormula), "readme.cnf", sat.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := experiments.TakePicture(finegrain.NewEnv(context.Background(), 1), "readme", f)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestDiagram: the diagram in the README is the one that is computed.
func TestDiagram(t *testing.T) {
	goldenFile(t, "../docs/pipeline.svg", Diagram(readmePicture(t)))
}

func TestDiagramIsXML(t *testing.T) {
	p := readmePicture(t)
	p.Rows[0].Label = `<script>"&'`
	for d := xml.NewDecoder(bytes.NewReader(Diagram(p))); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "script" {
			t.Error("a label became an element")
		}
	}
}
