import AutodidactClient
import TTRPC
import Testing

@Suite struct CallErrorTests {
  private struct Cause: Error {}

  @Test func `a socket that may not be opened says who may`() {
    let refused = RPCError(
      code: .permissionDenied, message: "permission denied on socket /s", cause: Cause())
    let error = CallError(refused, daemon: .teacher, method: "S/M")
    #expect(error.message.contains("autodidact-teacher may not be called by this user"))
    #expect(error.message.contains("permission denied on socket /s"))
    #expect(error.message.contains("group `autodidact`"))
  }

  @Test func `what the server answered is passed on as it is`() {
    for code in [RPCCode.unavailable, .permissionDenied, .resourceExhausted] {
      let error = CallError(
        RPCError(code: code, message: "as answered"), daemon: .ood, method: "S/M")
      #expect(error.message == "as answered" && error.code == code && error.cause == nil)
    }
  }

  @Test func `an unknown daemon gets no advice`() {
    let error = CallError(
      RPCError(code: .unavailable, message: "no socket", cause: Cause()), daemon: nil,
      method: "S/M")
    #expect(error.message == "no socket")
    #expect("\(error)" == "S/M: UNAVAILABLE: no socket")
  }
}
