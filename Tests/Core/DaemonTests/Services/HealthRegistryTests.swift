import Messages
import Testing

@testable import Daemon

@Suite struct HealthRegistryTests {
  @Test func `a service is unknown until it reports`() {
    let registry = HealthRegistry()
    #expect(registry.status(of: "a") == nil)
    registry.report(.notServing, for: "a")
    #expect(registry.status(of: "a") == .notServing)
  }

  @Test func `a watcher sees the state, then each change and no repetition`() async {
    let registry = HealthRegistry()
    registry.report(.serving, for: "a")
    var changes = registry.changes(of: "a").makeAsyncIterator()
    #expect(await changes.next() == .serving)
    registry.report(.serving, for: "a")
    registry.report(.notServing, for: "b")
    registry.report(.notServing, for: "a")
    #expect(await changes.next() == .notServing)
  }

  @Test func `a watcher of an unknown service hears of it once it is known`() async {
    let registry = HealthRegistry()
    var changes = registry.changes(of: "a").makeAsyncIterator()
    #expect(await changes.next() == .serviceUnknown)
    registry.report(.serving, for: "a")
    #expect(await changes.next() == .serving)
  }

  @Test func `a slow watcher sees the newest state`() async {
    let registry = HealthRegistry()
    var changes = registry.changes(of: "a").makeAsyncIterator()
    registry.report(.notServing, for: "a")
    registry.report(.serving, for: "a")
    #expect(await changes.next() == .serving)
  }

  @Test func `after the end everything is not serving and watchers end`() async {
    let registry = HealthRegistry()
    registry.report(.serving, for: "a")
    var changes = registry.changes(of: "a").makeAsyncIterator()
    #expect(await changes.next() == .serving)
    registry.shutDown()
    registry.report(.serving, for: "a")
    #expect(registry.status(of: "a") == .notServing)
    #expect(await changes.next() == .notServing)
    #expect(await changes.next() == nil)
    var late = registry.changes(of: "a").makeAsyncIterator()
    #expect(await late.next() == .notServing)
    #expect(await late.next() == nil)
  }
}
