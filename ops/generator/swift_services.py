"""Emits the harness protocol and the client stub of one service."""

from swift_messages import documentation, header


def emit_harness(file, service, in_daemon):
    """The text of `<Service>Serving.swift`."""
    imports = [] if in_daemon else ["private import Daemon"]
    if not in_daemon and any(m.client_streams or m.server_streams for m in service.methods):
        imports = ["package import Daemon"]
    imports += ["package import Messages", "package import TTRPC"]
    out = header(file, imports)
    out += documentation(service.documentation, "")
    out.append(f"package protocol {service.name}Serving: Sendable {{")
    for index, method in enumerate(service.methods):
        if index:
            out.append("")
        out += documentation(method.documentation, "  ")
        request = f"_ requests: MessageSource<{method.request}>" if method.client_streams else (
            f"_ request: {method.request}")
        if method.server_streams:
            out += [
                f"  func {method.swift_name}(",
                f"    {request}, context: ServerContext,",
                f"    responses: MessageSink<{method.response}>",
                "  ) async throws",
            ]
        else:
            out += [
                f"  func {method.swift_name}(",
                f"    {request}, context: ServerContext",
                f"  ) async throws -> {method.response}",
            ]
    out += ["}", ""]
    out.append(f"extension {service.name}Serving {{")
    out.append(f"  /// The service as the server takes it.")
    out.append(f"  package var rpcService: RPCService {{")
    out.append(f'    RPCService(')
    out.append(f'      name: "{service.full_name}",')
    out.append(f"      methods: [")
    for method in service.methods:
        call = f"self.{method.swift_name}"
        request, response = method.request, method.response
        body = {
            (False, False): (
                ".unary { payload, context in",
                [f"try await {call}({request}(payload), context: context).payload()"]),
            (False, True): (
                ".serverStreaming { payload, context, sink in",
                [f"try await {call}(",
                 f"  {request}(payload), context: context, responses: MessageSink(sink))"]),
            (True, False): (
                ".clientStreaming { source, context in",
                [f"try await {call}(MessageSource(source), context: context).payload()"]),
            (True, True): (
                ".bidirectional { source, context, sink in",
                [f"try await {call}(",
                 "  MessageSource(source), context: context, responses: MessageSink(sink))"]),
        }[(method.client_streams, method.server_streams)]
        out += [
            "        RPCMethod(",
            f'          name: "{method.name}", isIdempotent: {str(method.is_idempotent).lower()},',
            f"          handler: {body[0]}",
            *[f"            {line}" for line in body[1]],
            "          }),",
        ]
    out += ["      ])", "  }", "}"]
    return "\n".join(out) + "\n"


def emit_client(file, service):
    """The text of `<Service>Client.swift`."""
    out = header(file, ["public import Messages", "public import TTRPC"])
    out += documentation(service.documentation, "")
    out += [
        f"public struct {service.name}Client: Sendable {{",
        "  /// The connection that the calls use.",
        "  public let channel: ServiceChannel",
        "",
        "  /// The full name of the service on the wire.",
        f'  public static let serviceName = "{service.full_name}"',
        "",
        "  /// Creates a client that calls over `channel`.",
        "  public init(channel: ServiceChannel) {",
        "    self.channel = channel",
        "  }",
    ]
    for method in service.methods:
        out.append("")
        out += documentation(method.documentation, "  ")
        idempotent = str(method.is_idempotent).lower()
        common = f'service: Self.serviceName, method: "{method.name}", isIdempotent: {idempotent},'
        if not method.client_streams and not method.server_streams:
            out += [
                f"  public func {method.swift_name}(",
                f"    _ request: {method.request}, options: CallOptions = CallOptions()",
                f"  ) async throws(CallError) -> {method.response} {{",
                f"    try await channel.unary(",
                f"      {common}",
                f"      request: request, options: options)",
                "  }",
            ]
        elif not method.client_streams:
            out += [
                f"  public func {method.swift_name}(",
                f"    _ request: {method.request}, options: CallOptions = CallOptions()",
                f"  ) async throws(CallError) -> MessageCall<{method.request}, {method.response}> {{",
                f"    try await channel.serverStream(",
                f"      {common}",
                f"      request: request, options: options)",
                "  }",
            ]
        else:
            kind = "bidirectionalStream" if method.server_streams else "clientStream"
            out += [
                f"  public func {method.swift_name}(",
                f"    options: CallOptions = CallOptions()",
                f"  ) async throws(CallError) -> MessageCall<{method.request}, {method.response}> {{",
                f"    try await channel.{kind}(",
                f"      {common}",
                f"      options: options)",
                "  }",
            ]
    out.append("}")
    return "\n".join(out) + "\n"
