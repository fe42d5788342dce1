private import Methods

/// The drafting methods of the suite.
package enum DecodingMethods {
  /// Every method, in the order in which they are listed to people.
  package static let all: [any Proposer.Type] = [Automatic.self, Lookup.self, Off.self]

  /// The method of this id, if there is one.
  package static func named(_ id: String) -> (any Proposer.Type)? {
    all.first { $0.card.id == id }
  }
}
