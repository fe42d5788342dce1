public import TTRPC

/// The suite on this host: typed clients of its daemons.
///
/// ```swift
/// let suite = Autodidact()
/// var request = EncodeRequest()
/// request.input = .text(TextBatch(texts: ["hello"]))
/// let features = try await suite.encoder.encode(request).features
/// ```
///
/// Nothing is connected before the first call. One value serves a whole program.
public struct Autodidact: Sendable {
  private let channels: [DaemonName: ServiceChannel]

  /// Creates clients for the sockets that `locator` finds.
  public init(
    locator: SocketLocator = .current, configuration: ClientConfiguration = ClientConfiguration()
  ) {
    var channels: [DaemonName: ServiceChannel] = [:]
    for daemon in DaemonName.allCases {
      channels[daemon] = ServiceChannel(
        socketPath: locator.path(of: daemon), daemon: daemon, configuration: configuration)
    }
    self.channels = channels
  }

  /// The connection to a daemon.
  public func channel(to daemon: DaemonName) -> ServiceChannel {
    guard let channel = channels[daemon] else {
      preconditionFailure("no channel to \(daemon.rawValue)")
    }
    return channel
  }

  /// Features for texts, tables, images and series.
  public var encoder: EncoderClient { EncoderClient(channel: channel(to: .encoder)) }

  /// Out-of-distribution detection.
  public var ood: OODDetectorClient { OODDetectorClient(channel: channel(to: .ood)) }

  /// Classifier heads and self-training.
  public var teacher: TeacherClient { TeacherClient(channel: channel(to: .teacher)) }

  /// Language models.
  public var inference: InferenceClient { InferenceClient(channel: channel(to: .inference)) }

  /// Quality scores and abstention.
  public var judge: JudgeClient { JudgeClient(channel: channel(to: .judge)) }

  /// The health of a daemon.
  public func health(of daemon: DaemonName) -> HealthClient {
    HealthClient(channel: channel(to: daemon))
  }

  /// The description, metrics and configuration of a daemon.
  public func control(of daemon: DaemonName) -> ControlClient {
    ControlClient(channel: channel(to: daemon))
  }

  /// Closes all connections; calls under way fail with CANCELLED.
  public func close() async {
    for channel in channels.values { await channel.close() }
  }
}
