import EchoServices
import TTRPC
import Testing

/// What an observer hears of calls.
@Suite(.timeLimit(.minutes(3)))
struct ObserverTests {
  @Test func `every call is reported once with its code and bytes`() async throws {
    let observer = RecordingObserver()
    var configuration = ServerConfiguration()
    configuration.observer = observer
    try await withServer(configuration: configuration) { _, path in
      let peer = try RawPeer(connectingTo: path)
      var outcomes = observer.outcomes.makeAsyncIterator()
      _ = try await peer.exchange(.request(1, "Echo", payload: [1, 2]))
      #expect(await outcomes.next() == "Echo OK 2 2")
      _ = try await peer.exchange(.request(3, "Fail", payload: [0x39]))
      #expect(await outcomes.next() == "Fail FAILED_PRECONDITION 1 0")
      _ = try await peer.exchange(.request(5, "Absent"))
      #expect(await outcomes.next() == "refused ? UNIMPLEMENTED")
      _ = try await peer.exchange(
        .request(7, "Sum", flags: 2), .data(7, [0x31]), .data(7, [0x32]), .close(7))
      #expect(await outcomes.next() == "Sum OK 2 1")
      try await peer.send(.request(9, "Wait"), .request(11, "Deaf", flags: 2))
      peer.shutDownWriting()
      #expect(await outcomes.next() == "Wait CANCELLED 0 0")
      #expect(await outcomes.next() == "Deaf CANCELLED 0 0")
    }
  }
}
