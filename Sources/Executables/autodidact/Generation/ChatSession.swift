import AutodidactClient
import Messages
import TTRPC

/// A conversation on a terminal: a line is a message, the answer streams.
///
/// An interrupt ends the answer, whose beginning stays in the conversation; the end of the input
/// ends the conversation.
struct ChatSession {
  /// How answers are generated.
  let options: GenerateRequest
  let client: InferenceClient
  /// Whether each answer is followed by what it cost.
  let showsStatistics: Bool
  private(set) var messages: [ChatMessage]

  /// Starts a conversation, with a system message if `system` is one.
  init(
    options: GenerateRequest, client: InferenceClient, system: String?, showsStatistics: Bool
  ) {
    self.options = options
    self.client = client
    self.showsStatistics = showsStatistics
    messages = system.map { [ChatMessage(role: .system, content: $0)] } ?? []
  }

  /// Talks until the input ends.
  mutating func run() async throws {
    StandardError.write("Type a message; /reset begins anew, Ctrl-D or /quit ends.\n")
    while true {
      StandardError.write("> ")
      guard let line = readLine() else { return StandardError.write("\n") }
      switch line {
      case "": continue
      case "/quit": return
      case "/reset": messages.removeAll { $0.role != .system }
      default: try await answer(line)
      }
    }
  }

  private mutating func answer(_ line: String) async throws {
    messages.append(ChatMessage(role: .user, content: line.replacing("\0", with: "")))
    var request = options
    request.prompt = Prompt(input: .chat(Chat(messages: messages)))
    let shown = ShownText()
    do {
      let (request, client) = (request, client)
      let answer = try await cancellingOnInterrupt {
        try await StreamedAnswer(request, client) { shown.append($0) }
      }
      if showsStatistics, let text = answer.statistics?.text {
        StandardError.write("\n[\(text)]")
      }
    } catch is CancellationError {
      // The beginning of the answer stays.
    } catch let error as CallError where error.code == .cancelled {
      // ignoring: the daemon's word for the same.
    } catch let error as CallError {
      messages.removeLast()
      return StandardError.write("\(error.message)\n")
    }
    StandardOutput.write("\n")
    messages.append(ChatMessage(role: .assistant, content: shown.text))
  }
}
