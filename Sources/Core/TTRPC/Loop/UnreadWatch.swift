import NIOCore

/// Notices a peer that takes no byte for a whole interval while too many wait.
///
/// Confined to its event loop.
final class UnreadWatch {
  private var timer: Scheduled<Void>?

  /// Looks at `takenBytes` once an interval until ``stop()``; calls `onStall` when it stood still.
  func start(
    on eventLoop: any EventLoop, every interval: TimeAmount,
    takenBytes: @escaping () -> UInt64, onStall: @escaping () -> Void
  ) {
    timer?.cancel()
    let before = takenBytes()
    let box = NIOLoopBound((self, takenBytes, onStall), eventLoop: eventLoop)
    timer = eventLoop.scheduleTask(in: interval) {
      let (watch, takenBytes, onStall) = box.value
      if takenBytes() == before {
        onStall()
      } else {
        watch.start(on: eventLoop, every: interval, takenBytes: takenBytes, onStall: onStall)
      }
    }
  }

  /// Stops looking.
  func stop() {
    timer?.cancel()
    timer = nil
  }
}
