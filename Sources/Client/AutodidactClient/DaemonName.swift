/// The daemons of the suite.
public enum DaemonName: String, CaseIterable, Sendable {
  /// Features for texts, tables, images and series.
  case encoder
  /// Out-of-distribution detection.
  case ood
  /// Classifier heads and self-training.
  case teacher
  /// Language models.
  case inference
  /// Quality scores and abstention.
  case judge

  /// The full name of the service that the daemon is there for.
  public var serviceName: String {
    switch self {
    case .encoder: EncoderClient.serviceName
    case .ood: OODDetectorClient.serviceName
    case .teacher: TeacherClient.serviceName
    case .inference: InferenceClient.serviceName
    case .judge: JudgeClient.serviceName
    }
  }

  /// The name of the executable and of the systemd units.
  public var executableName: String { "autodidact-\(rawValue)" }
}
