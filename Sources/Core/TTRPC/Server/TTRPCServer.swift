import NIOCore
import NIOPosix
import Synchronization

/// Serves methods over ttrpc on Unix sockets.
public final class TTRPCServer: Sendable {
  /// idle → running → stopping → stopped; a shutdown may also come before the start.
  private enum Phase {
    case idle
    case running(listeners: [any Channel], loop: any EventLoop, finished: EventLoopPromise<Void>)
    case stopping(loop: any EventLoop)
    case stopped
  }

  private let state: ServerState
  private let phase = Mutex(Phase.idle)
  /// The loops of a server that runs; none before and after.
  private let loops = Mutex<[any EventLoop]>([])

  /// Makes a server for `services`, whose names must differ; it does nothing until it runs.
  public init(configuration: ServerConfiguration, services: [RPCService]) {
    state = ServerState(configuration: configuration, routes: RouteTable(services: services))
  }

  /// Listens and serves until a shutdown is over; may be called once.
  ///
  /// `onListening` runs when clients can connect. Cancelling the task stops the server without a
  /// drain. Throws ``ListeningError`` when a socket cannot be had.
  public func run(
    listening sockets: [ListeningSocket],
    onListening: @Sendable () async throws -> Void = {}
  ) async throws {
    let group = MultiThreadedEventLoopGroup(
      numberOfThreads: max(1, state.configuration.eventLoopCount))
    loops.withLock { $0 = Array(group.makeIterator()) }
    var files: [SocketFile] = []
    defer { for file in files { file.remove() } }
    do {
      let listeners = try await listen(sockets, on: group, files: &files)
      try await serve(listeners, on: group.next(), onListening: onListening)
    } catch {
      await stopThreads(of: group)
      throw error
    }
    await stopThreads(of: group)
  }

  private func listen(
    _ sockets: [ListeningSocket], on group: MultiThreadedEventLoopGroup,
    files: inout [SocketFile]
  ) async throws -> [any Channel] {
    var listeners: [any Channel] = []
    do {
      for socket in sockets {
        let bound = try socket.bind()
        if let file = bound.file { files.append(file) }
        listeners.append(try await bootstrap(group).withBoundSocket(bound.descriptor).get())
      }
    } catch {
      for listener in listeners { listener.close(promise: nil) }
      throw error
    }
    return listeners
  }

  private func serve(
    _ listeners: [any Channel], on loop: any EventLoop,
    onListening: @Sendable () async throws -> Void
  ) async throws {
    let finished = loop.makePromise(of: Void.self)
    let isStarted = phase.withLock { phase in
      guard case .idle = phase else { return false }
      phase = .running(listeners: listeners, loop: loop, finished: finished)
      return true
    }
    guard isStarted else {
      for listener in listeners { listener.close(promise: nil) }
      finished.succeed()
      return
    }
    try await withTaskCancellationHandler {
      do {
        try await onListening()
      } catch {
        beginGracefulShutdown(deadline: .zero)
        try await finished.futureResult.get()
        throw error
      }
      try await finished.futureResult.get()
    } onCancel: {
      beginGracefulShutdown(deadline: .zero)
    }
    phase.withLock { $0 = .stopped }
  }

  /// Stops listening, lets the calls that were read finish, and ends what is left at `deadline`.
  ///
  /// Calls that come later are answered UNAVAILABLE; idle connections are closed. A second call
  /// may only shorten the time.
  public func beginGracefulShutdown(deadline: Duration) {
    let state = self.state
    let before = phase.withLock { phase in
      let before = phase
      switch phase {
      case .idle: phase = .stopped
      case .running(_, let loop, _): phase = .stopping(loop: loop)
      case .stopping, .stopped: break
      }
      return before
    }
    switch before {
    case .running(let listeners, let loop, let finished):
      loop.scheduleTask(in: TimeAmount(clamping: deadline)) { state.stop() }
      let closed = listeners.map { $0.close() }
      EventLoopFuture.andAllComplete(closed, on: loop).whenComplete { _ in
        state.beginDrain { finished.succeed() }
      }
    case .stopping(let loop):
      loop.scheduleTask(in: TimeAmount(clamping: deadline)) { state.stop() }
    case .idle, .stopped: break
    }
  }

  /// Returns once every event loop has turned, which shows that none is stuck.
  ///
  /// A server that does not run has no loop that could be stuck.
  public func probe() async throws {
    for loop in loops.withLock({ $0 }) { try await loop.submit {}.get() }
  }

  private func bootstrap(_ group: MultiThreadedEventLoopGroup) -> ServerBootstrap {
    let state = self.state
    let limits = state.configuration.limits
    return ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 1024)
      .childChannelOption(
        .writeBufferWaterMark,
        value: .init(low: limits.outboundBytesHigh / 2, high: limits.outboundBytesHigh)
      )
      .childChannelOption(.recvAllocator, value: ReadBuffers.allocator)
      .childChannelInitializer { channel in
        guard let connection = state.makeConnection(on: channel.eventLoop) else {
          return channel.close()
        }
        channel.closeFuture.whenComplete { _ in state.connectionClosed(connection) }
        return channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(connection)
        }
      }
  }

  /// Ends the threads, unless a handler that cannot be stopped still needs one.
  private func stopThreads(of group: MultiThreadedEventLoopGroup) async {
    loops.withLock { $0 = [] }
    phase.withLock { $0 = .stopped }
    guard state.runningCallCount == 0 else { return }
    do {
      try await group.shutdownGracefully()
    } catch {
      // ignoring: the group was stopped before, and then there is nothing to stop.
    }
  }
}

/// How large the buffers are that sockets are read into.
enum ReadBuffers {
  /// Grows to what one read of a Unix socket with the usual kernel buffer can return.
  static var allocator: AdaptiveRecvByteBufferAllocator {
    AdaptiveRecvByteBufferAllocator(minimum: 2048, initial: 16 << 10, maximum: 256 << 10)
  }
}
