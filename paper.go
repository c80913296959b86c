package finegrain

import "fmt"

// Paper is a publication that a statement is taken from.
type Paper struct {
	Key     string // as in "alman-song-2023"
	Authors string
	Title   string
	Year    int
	ArXiv   string // identifier, empty where there is none
}

// Provenance says how far a statement is its paper's own. Documents and reports keep the distinction.
type Provenance int

const (
	Derived   Provenance = iota // worked out here; the argument stands in Source.Argument and is tested
	Stated                      // the statement as its paper gives it
	Unchecked                   // from the paper, but a number or constant could not be checked against its text
)

// String returns the words that reports use.
func (p Provenance) String() string {
	switch p {
	case Stated:
		return "as the paper states it"
	case Unchecked:
		return "from the paper, constants unchecked"
	default:
		return "derived here"
	}
}

// Source says whose a statement is. Place is empty where it was not checked against the paper's text.
type Source struct {
	Paper      Paper // the paper, or the one whose setting a derivation belongs to
	Provenance Provenance
	Place      string
	Argument   string // for Derived: the argument in a sentence or two
}

// String names authors, year and provenance in one line.
func (s Source) String() string {
	if s.Provenance == Derived {
		if s.Paper.Key == "" {
			return "derived here"
		}
		return fmt.Sprintf("derived here, in the setting of %s %d", s.Paper.Authors, s.Paper.Year)
	}
	place := ""
	if s.Place != "" {
		place = ", " + s.Place
	}
	return fmt.Sprintf("%s %d%s (%s)", s.Paper.Authors, s.Paper.Year, place, s.Provenance)
}

// The papers that the workbench draws on.
var (
	AlmanSong2023 = Paper{
		Key: "alman-song-2023", Authors: "Alman and Song", Year: 2023, ArXiv: "2302.13214",
		Title: "Fast Attention Requires Bounded Entries",
	}
	Gupta2025 = Paper{
		Key: "gupta-2025", Authors: "Gupta, Huang, Saha, Xu and Ye", Year: 2025, ArXiv: "2505.14840",
		Title: "Subquadratic Algorithms and Hardness for Attention with Any Temperature",
	}
	Liang2024 = Paper{
		Key: "liang-2024", Authors: "Liang, Liu, Shi, Song, Xu and Yin", Year: 2024, ArXiv: "2405.05219",
		Title: "Conv-Basis: A New Paradigm for Efficient Attention Inference and Gradient Computation in Transformers",
	}
	Deng2023 = Paper{
		Key: "deng-2023", Authors: "Deng, Mahadevan and Song", Year: 2023, ArXiv: "2304.04397",
		Title: "Randomized and Deterministic Attention Sparsification Algorithms for Over-parameterized Feature Dimension",
	}
	AlmanSong2024 = Paper{
		Key: "alman-song-2024", Authors: "Alman and Song", Year: 2024, ArXiv: "2402.04497",
		Title: "The Fine-Grained Complexity of Gradient Computation for Training Large Language Models",
	}
	Williams2005 = Paper{
		Key: "williams-2005", Authors: "Williams", Year: 2005,
		Title: "A new algorithm for optimal 2-constraint satisfaction and its implications",
	}
	Williams2018 = Paper{
		Key: "williams-2018", Authors: "Williams", Year: 2018, ArXiv: "1709.05282",
		Title: "On the Difference Between Closest, Furthest, and Orthogonal Pairs: Nearly-Linear vs Barely-Subquadratic Complexity",
	}
	Chen2018 = Paper{
		Key: "chen-2018", Authors: "Chen", Year: 2018, ArXiv: "1802.02325",
		Title: "On the Hardness of Approximate and Exact (Bichromatic) Maximum Inner Product",
	}
	MilakovGimelshein2018 = Paper{
		Key: "milakov-gimelshein-2018", Authors: "Milakov and Gimelshein", Year: 2018, ArXiv: "1805.02867",
		Title: "Online normalizer calculation for softmax",
	}
	Dao2022 = Paper{
		Key: "dao-2022", Authors: "Dao, Fu, Ermon, Rudra and Ré", Year: 2022, ArXiv: "2205.14135",
		Title: "FlashAttention: Fast and Memory-Efficient Exact Attention with IO-Awareness",
	}
)
