"""Emits the conversions between the Swift value types and the structs of protoc-c."""

from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Field

from schema import SCALARS
from swift_messages import header


def emit(file):
    """The text of `<Stem>Messages+Wire.swift`."""
    out = header(file, ["import CMessages", "import CProtobufC"])
    for message in file.all_messages():
        out += emit_message(message) + [""]
    return "\n".join(out).rstrip() + "\n"


def emit_message(message):
    reads, writes = [], []
    seen = set()
    for field in message.fields:
        if field.oneof is None:
            reads.append(read_plain(field))
            writes += write_plain(field, message)
        elif field.oneof.is_presence:
            reads += read_presence(field)
            writes += write_presence(field, message)
        elif field.oneof.name not in seen:
            seen.add(field.oneof.name)
            reads += read_oneof(field.oneof)
            writes += write_oneof(field.oneof, message)
    parameter_c = "c" if message.fields else "_"
    uses_source = any("source." in line for line in reads)
    uses_target = any("target." in line for line in writes)
    return [
        f"extension {message.swift_name}: CMessage {{",
        f"  typealias CStruct = {message.c_name}",
        "",
        f"  /// `{message.full_name}`.",
        f'  public static var messageName: String {{ "{message.full_name}" }}',
        "",
        f"  static let descriptor = MessageDescriptor(CStruct.self) {{ {message.c_lower}__init($0) }}",
        "",
        "  /// Reads one message from `bytes`, which it checks completely before.",
        "  public static func decoded(",
        "    from bytes: UnsafeRawBufferPointer, limits: DecodingLimits",
        "  ) throws(MessageError) -> Self {",
        "    try decode(Self.self, from: bytes, limits: limits)",
        "  }",
        "",
        "  /// Calls `body` with the message ready to be written.",
        "  public func withPacked<Result>(",
        "    _ body: (borrowing PackedMessage) -> Result",
        "  ) throws(MessageError) -> Result {",
        "    try pack(self, body)",
        "  }",
        "",
        f"  init(_ c: UnsafePointer<CStruct>, _ source: DecodingArena) {{",
        "    self.init()",
        *[f"    {line}" for line in reads],
        "  }",
        "",
        "  func fill(_ c: UnsafeMutablePointer<CStruct>, _ target: EncodingArena) throws(MessageError) {",
        *[f"    {line}" for line in writes],
        "  }",
        "}",
    ]


def read_plain(field):
    c, name = f"c.pointee.{field.c_name}", f"self.{field.swift_name}"
    if field.is_repeated:
        count = f"c.pointee.n_{field.c_name}"
        if field.type in SCALARS:
            return f"{name} = source.scalars({c}, {count})"
        reader = {
            Field.TYPE_BOOL: "booleans",
            Field.TYPE_STRING: "strings",
            Field.TYPE_BYTES: "blocks",
            Field.TYPE_MESSAGE: "messages",
        }.get(field.type)
        if reader:
            return f"{name} = source.{reader}({c}, {count})"
        return f"{name} = source.enumerations({c}, {count}) {{ $0.rawValue }}"
    return f"{name} = {value_of(field, c)}"


def value_of(field, c):
    if field.type in SCALARS:
        return c
    if field.type == Field.TYPE_BOOL:
        return f"{c} != 0"
    if field.type == Field.TYPE_STRING:
        return f"source.string({c})"
    if field.type == Field.TYPE_BYTES:
        return f"source.bytes({c})"
    if field.type == Field.TYPE_MESSAGE:
        return f"source.message({c})"
    return f"source.enumeration({c}.rawValue)"


def required_value_of(field, c):
    if field.type == Field.TYPE_MESSAGE:
        return f"source.required({c})"
    return value_of(field, c)


def read_presence(field):
    c = f"c.pointee.{field.c_name}"
    return [
        f"if c.pointee.{field.oneof.c_case}.rawValue == {field.number} {{",
        f"  self.{field.swift_name} = {required_value_of(field, c)}",
        "}",
    ]


def read_oneof(oneof):
    out = [f"switch c.pointee.{oneof.c_case}.rawValue {{"]
    for member in oneof.members:
        value = required_value_of(member, f"c.pointee.{member.c_name}")
        out.append(f"case {member.number}: self.{oneof.property} = .{member.swift_name}({value})")
    out += ["default: break", "}"]
    return out


def write_plain(field, message):
    c, name = f"c.pointee.{field.c_name}", f"self.{field.swift_name}"
    where = f'"{message.full_name}.{field.name}"'
    if field.is_repeated:
        count = f"c.pointee.n_{field.c_name}"
        if field.type in SCALARS:
            source = f"target.scalars({name})"
        elif field.type == Field.TYPE_BOOL:
            source = f"target.booleans({name})"
        elif field.type == Field.TYPE_STRING:
            source = f"try target.strings({name}, {where})"
        elif field.type == Field.TYPE_BYTES:
            source = f"target.blocks({name})"
        elif field.type == Field.TYPE_MESSAGE:
            source = f"try target.messages({name})"
        else:
            source = f"target.enumerations({name}) {{ .init(rawValue: $0) }}"
        return [f"{c} = {source}", f"{count} = {name}.count"]
    return assign(field, c, name, where)


def assign(field, c, value, where):
    if field.type in SCALARS:
        return [f"{c} = {value}"]
    if field.type == Field.TYPE_BOOL:
        return [f"{c} = {value} ? 1 : 0"]
    if field.type == Field.TYPE_STRING:
        return [f"{c} = try target.string({value}, {where})"]
    if field.type == Field.TYPE_BYTES:
        return [f"{c} = target.bytes({value})"]
    if field.type == Field.TYPE_MESSAGE:
        method = "message" if field.oneof is None else "filled"
        return [f"{c} = try target.{method}({value})"]
    return [f"{c} = .init(rawValue: UInt32(bitPattern: {value}.rawValue))"]


def write_presence(field, message):
    where = f'"{message.full_name}.{field.name}"'
    lines = assign(field, f"c.pointee.{field.c_name}", "value", where)
    return [
        f"if let value = self.{field.swift_name} {{",
        f"  c.pointee.{field.oneof.c_case} = .init(rawValue: {field.number})",
        *[f"  {line}" for line in lines],
        "}",
    ]


def write_oneof(oneof, message):
    out = [f"switch self.{oneof.property} {{"]
    for member in oneof.members:
        where = f'"{message.full_name}.{member.name}"'
        out.append(f"case .{member.swift_name}(let value):")
        out.append(f"  c.pointee.{oneof.c_case} = .init(rawValue: {member.number})")
        out += [f"  {line}" for line in assign(member, f"c.pointee.{member.c_name}", "value", where)]
    out += ["case nil: break", "}"]
    return out
