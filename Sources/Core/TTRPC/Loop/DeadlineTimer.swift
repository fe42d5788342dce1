import NIOCore

/// One timer for the deadlines of many calls, armed for the earliest of them.
///
/// Ending a call does not touch the timer, which makes a deadline on every call cost next to
/// nothing. Confined to its event loop.
final class DeadlineTimer {
  private let eventLoop: any EventLoop
  private var armed: (time: NIODeadline, timer: Scheduled<Void>)?
  private let onFire: () -> Void

  init(eventLoop: any EventLoop, onFire: @escaping () -> Void) {
    self.eventLoop = eventLoop
    self.onFire = onFire
  }

  /// Makes sure that the timer fires at `time` or earlier.
  func arm(_ time: NIODeadline) {
    if let armed {
      if armed.time <= time { return }
      armed.timer.cancel()
    }
    let box = NIOLoopBound(self, eventLoop: eventLoop)
    armed = (
      time,
      eventLoop.scheduleTask(deadline: time) {
        box.value.armed = nil
        box.value.onFire()
      }
    )
  }

  /// Stops the timer and lets go of its owner.
  func cancel() {
    armed?.timer.cancel()
    armed = nil
  }
}

extension TimeAmount {
  /// The same span of time, as far as 292 years reach.
  init(clamping duration: Duration) {
    let (seconds, attoseconds) = duration.components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, carry) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
    self = .nanoseconds(overflow || carry ? (seconds < 0 ? .min : .max) : sum)
  }
}

extension NIODeadline {
  /// The point in time `nanoseconds` from now, or the latest one there is.
  static func after(nanoseconds: Int64) -> NIODeadline {
    let now = NIODeadline.now()
    let room = UInt64(Int64.max) - min(now.uptimeNanoseconds, UInt64(Int64.max))
    return now + .nanoseconds(Int64(min(UInt64(max(nanoseconds, 0)), room)))
  }
}
