/// What can be wrong with stored bytes of a run.
package enum RunStateError: Error, Equatable {
  /// The bytes are of another format than this program's.
  case format(found: String, expected: String)
  /// The bytes end too early or contradict themselves.
  case damaged(offset: Int)
}
