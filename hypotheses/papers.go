package hypotheses

import "finegrain"

// The papers that the hypotheses and the implications between them come from.
var (
	impagliazzoPaturi2001 = finegrain.Paper{
		Key: "impagliazzo-paturi-2001", Authors: "Impagliazzo and Paturi", Year: 2001,
		Title: "On the Complexity of k-SAT",
	}
	impagliazzoPaturiZane2001 = finegrain.Paper{
		Key: "impagliazzo-paturi-zane-2001", Authors: "Impagliazzo, Paturi and Zane", Year: 2001,
		Title: "Which Problems Have Strongly Exponential Complexity?",
	}
	gao2017 = finegrain.Paper{
		Key: "gao-2017", Authors: "Gao, Impagliazzo, Kolokolova and Williams", Year: 2017,
		Title: "Completeness for First-Order Properties on Sparse Structures with Algorithmic Applications",
	}
	abboud2018 = finegrain.Paper{
		Key: "abboud-2018", Authors: "Abboud, Bringmann, Dell and Nederlof", Year: 2018, ArXiv: "1805.08554",
		Title: "More Consequences of Falsifying SETH and the Orthogonal Vectors Conjecture",
	}
	vassilevskaWilliams2018 = finegrain.Paper{
		Key: "vassilevska-williams-2018", Authors: "Vassilevska Williams", Year: 2018,
		Title: "On Some Fine-Grained Questions in Algorithms and Complexity",
	}
	chenWilliams2019 = finegrain.Paper{
		Key: "chen-williams-2019", Authors: "Chen and Williams", Year: 2019,
		Title: "An Equivalence Class for Orthogonal Vectors",
	}
	openAI2026 = finegrain.Paper{
		Key: "openai-2026", Authors: "OpenAI", Year: 2026,
		Title: "The Exponential Time Hypothesis is False",
	}
	anthropic2026 = finegrain.Paper{
		Key: "anthropic-2026", Authors: "Anthropic", Year: 2026,
		Title: "A 2^{o(n)} Time Algorithm for 3-SAT",
	}
)

// cited is a source whose statement is its paper's, but whose wording and place were not compared with the text.
func cited(p finegrain.Paper, place string) finegrain.Source {
	return finegrain.Source{Paper: p, Provenance: finegrain.Unchecked, Place: place}
}
