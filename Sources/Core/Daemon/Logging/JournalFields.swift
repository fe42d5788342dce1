package import Logging

/// Returns the fields of a journal entry, each `NAME=value`.
///
/// Metadata `peer.uid` becomes the field `PEER_UID`. Names have capital letters, digits and
/// underscores, begin with a letter and have at most 64 characters; others would be dropped by the
/// journal. Fields that the entry itself needs (`MESSAGE`, `PRIORITY`, …) cannot be overwritten.
package func journalFields(
  level: Logger.Level, message: String, metadata: Logger.Metadata, identifier: String,
  file: String, function: String, line: UInt
) -> [String] {
  var fields = [
    "MESSAGE=\(message)",
    "PRIORITY=\(syslogPriority(of: level))",
    "SYSLOG_IDENTIFIER=\(identifier)",
    "CODE_FILE=\(file)",
    "CODE_LINE=\(line)",
    "CODE_FUNC=\(function)",
  ]
  let taken: Set<String> = [
    "MESSAGE", "PRIORITY", "SYSLOG_IDENTIFIER", "CODE_FILE", "CODE_LINE", "CODE_FUNC",
  ]
  for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
    let name = journalFieldName(of: key)
    fields.append("\(taken.contains(name) ? "FIELD_\(name)" : name)=\(value)")
  }
  return fields
}

/// Returns the journal's name for a metadata key.
package func journalFieldName(of key: String) -> String {
  var name = String(
    key.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
  if name.first?.isLetter != true { name = "FIELD_\(name)" }
  return String(name.prefix(64))
}

/// Returns the severity that syslog and the journal know for a level.
package func syslogPriority(of level: Logger.Level) -> Int {
  switch level {
  case .trace, .debug: 7
  case .info: 6
  case .notice: 5
  case .warning: 4
  case .error: 3
  case .critical: 2
  }
}
