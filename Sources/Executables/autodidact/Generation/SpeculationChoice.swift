import ArgumentParser
import Messages

/// How tokens are guessed, as the command line names it.
enum SpeculationChoice: String, ExpressibleByArgument, CaseIterable {
  case auto, off, lookup

  /// The message.
  var speculation: Speculation {
    switch self {
    case .auto: Speculation(method: .automatic(AutomaticSpeculation()))
    case .off: Speculation(method: .off(NoSpeculation()))
    case .lookup: Speculation(method: .lookup(LookupSpeculation()))
    }
  }
}
