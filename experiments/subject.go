package experiments

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"math"
	"math/big"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"finegrain"
	"finegrain/algorithms/attention"
	"finegrain/measure"
	"finegrain/ovp"
	"finegrain/reductions"
	"finegrain/sat"
)

// Subjects: what experiments measure. Each is declared in a file of its own, `var X = declareSubject(…)`, and is then
// known to claims and to users' files.

var subjects []measure.Subject

// declareSubject enters a subject in the catalogue. It panics where a field is missing.
func declareSubject(s measure.Subject) measure.Subject {
	s.Validate()
	if slices.ContainsFunc(subjects, func(other measure.Subject) bool { return other.Name == s.Name }) {
		panic(fmt.Sprintf("experiments: subject %q is declared twice", s.Name))
	}
	subjects = append(subjects, s)
	return s
}

// Subjects lists what can be measured, by name.
func Subjects() []measure.Subject {
	return slices.SortedFunc(slices.Values(subjects), func(a, b measure.Subject) int { return strings.Compare(a.Name, b.Name) })
}

// SubjectNamed returns the subject, or an error that lists the names there are.
func SubjectNamed(name string) (measure.Subject, error) {
	var names []string
	for _, s := range Subjects() {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return measure.Subject{}, fmt.Errorf("there is no subject %q; there are %q", name, names)
}

// oneOf is a parameter with a fixed set of words; without preset it must be given.
func oneOf(name, doc, preset string, words []string) measure.Parameter {
	p := measure.Parameter{
		Name: name, Doc: fmt.Sprintf("%s, one of %q", doc, words), Type: "",
		Check: func(v measure.Value) error {
			if !slices.Contains(words, v.(string)) {
				return fmt.Errorf("there is no %.60q; there are %q", v, words)
			}
			return nil
		},
	}
	if preset != "" {
		p.Default = preset
	}
	return p
}

// wholeFrom is a parameter that is a whole number from least to most and must be given.
func wholeFrom(name, doc string, least, most int64) measure.Parameter {
	return measure.Parameter{
		Name: name, Doc: fmt.Sprintf("%s, from %d to %d", doc, least, most), Type: int64(0),
		Check: func(v measure.Value) error {
			if i := v.(int64); i < least || i > most {
				return fmt.Errorf("%d is out of range; %s is from %d to %d", i, name, least, most)
			}
			return nil
		},
	}
}

// numberFrom is a parameter that is a number from least to most and must be given.
func numberFrom(name, doc string, least, most float64) measure.Parameter {
	return measure.Parameter{
		Name: name, Doc: fmt.Sprintf("%s, from %g to %g", doc, least, most), Type: 0.0,
		Check: func(v measure.Value) error {
			if x := v.(float64); x < least || x > most {
				return fmt.Errorf("%g is out of range; %s is from %g to %g", x, name, least, most)
			}
			return nil
		},
	}
}

// coresParameter is the parameter of subjects whose time is of interest on fewer cores than there are. Counts and
// results do not depend on it.
var coresParameter = preset(wholeFrom("cores", "cores to use; 0: all that the run may", 0, 1<<10), int64(0))

// onCores is env with the cores of a cell.
func onCores(env finegrain.Env, c measure.Cell) finegrain.Env {
	if cores := c.Int("cores"); cores > 0 {
		env.Cores = min(cores, env.Workers())
	}
	return env
}

// preset gives a parameter a default.
func preset(p measure.Parameter, value measure.Value) measure.Parameter {
	p.Default = value
	return p
}

// refusal marks an error that says that an algorithm cannot promise what was asked, or is outside its regime.
func refusal(err error) error {
	var weak *attention.CannotPromise
	var outside *attention.OutsideRegime
	if errors.As(err, &weak) || errors.As(err, &outside) || errors.Is(err, reductions.ErrTooWeak) {
		return &measure.Refused{Reason: err}
	}
	return err
}

// digest hashes instances, with the shape before the numbers.
type digest struct{ hash.Hash }

func newDigest() digest { return digest{sha256.New()} }

func (d digest) numbers(xs ...float64) {
	bytes := make([]byte, 0, 8*len(xs))
	for _, x := range xs {
		bytes = binary.LittleEndian.AppendUint64(bytes, math.Float64bits(x))
	}
	d.Write(bytes)
}

func (d digest) matrix(m *mat.Dense) {
	rows, cols := m.Dims()
	d.numbers(float64(rows), float64(cols))
	for i := range rows {
		d.numbers(m.RawRowView(i)...)
	}
}

func (d digest) vectors(v ovp.Vectors) {
	d.numbers(float64(v.N()), float64(v.D()))
	for i := range v.N() {
		var row []byte
		for _, w := range v.Row(i) {
			row = binary.LittleEndian.AppendUint64(row, w)
		}
		d.Write(row)
	}
}

func (d digest) seed(s uint64) { d.Write(binary.LittleEndian.AppendUint64(nil, s)) }

// text is the hash as a store keeps it: the first 128 bits.
func (d digest) text() string { return hex.EncodeToString(d.Sum(nil)[:16]) }

// seeded draws the seed of a trial whose instances are made while it runs. It returns the hash of cell and seed, which
// tell the instances, and the Env to run the trial with.
func seeded(env finegrain.Env, c measure.Cell, stream string) (data string, with func(finegrain.Env) finegrain.Env) {
	seed := env.Rand(stream).Uint64()
	hash := newDigest()
	hash.Write([]byte(c.String()))
	hash.seed(seed)
	return hash.text(), func(env finegrain.Env) finegrain.Env {
		of := finegrain.NewEnv(env.Context, seed)
		of.Cores, of.Memory = env.Cores, env.Memory
		return of
	}
}

// The parameters of random formulas, which several subjects have.

func formulaParameters(most int64) []measure.Parameter {
	return []measure.Parameter{
		wholeFrom("variables", "variables of the formula", 2, most),
		preset(numberFrom("ratio", "clauses for each variable, rounded to a whole number of them", 0.1, 100), 4.27),
		preset(wholeFrom("k", "literals of a clause", 1, 16), int64(3)),
	}
}

// clauses is the number of clauses of a random formula.
func clauses(c measure.Cell) int {
	return int(math.Round(c.Float("ratio") * float64(c.Int("variables"))))
}

// unpruned is the size of the lists that split and list makes of a random formula at most.
func unpruned(c measure.Cell) Estimate {
	half := new(big.Int).Lsh(big.NewInt(1), uint(c.Int("variables")+1)/2)
	return Estimate{N: half, M: half, D: clauses(c)}
}

// acceptsFormula refuses formulas that do not exist: more different clauses than there are, C(n,k)·2^k.
func acceptsFormula(c measure.Cell) error {
	n, k := c.Int("variables"), c.Int("k")
	if k > n {
		return fmt.Errorf("clauses of %d literals need as many variables; there are %d", k, n)
	}
	all := new(big.Int).Binomial(int64(n), int64(k))
	if all.Lsh(all, uint(k)).Cmp(big.NewInt(int64(clauses(c)))) < 0 {
		return fmt.Errorf("there are only %v clauses of %d literals on %d variables, not %d; lower ratio", all, k, n, clauses(c))
	}
	return nil
}

// drawFormula draws the formula of a trial, uniformly among those without repeated clauses: an average case, which is
// no evidence about the worst one.
func drawFormula(env finegrain.Env, c measure.Cell) (sat.Formula, string, error) {
	f, err := sat.Uniform(env.Rand("formula"), c.Int("variables"), clauses(c), c.Int("k"))
	if err != nil {
		return f, "", err
	}
	d := newDigest()
	err = sat.WriteDIMACS(d, f)
	return f, d.text(), err
}
