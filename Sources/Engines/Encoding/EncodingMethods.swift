package import Methods

/// The encoder methods of this suite.
package enum EncodingMethods {
  /// All methods, by their cards.
  package static let all: [MethodCard] = [
    MethodCard(
      id: "sentence-bert", title: "Sentence-BERT",
      source: "Reimers and Gurevych, Sentence-BERT, EMNLP 2019, arXiv:1908.10084", needs: [],
      summary: "Pools the token states of a BERT encoder into one vector for each text.")
  ]
}
