"""The rules that every .proto file of the project keeps. A violation stops the generator."""

from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Field

from schema import PACKAGE

FIELD_COUNT_MAX = 64
NESTING_DEPTH_MAX = 8


def violations(files):
    """Sentences that say what breaks which rule, in the order of the files."""
    found = []
    messages = {m.full_name: m for file in files for m in file.all_messages()}
    for file in files:
        if file.proto.package != PACKAGE or file.proto.syntax != "proto3":
            found.append(f"{file.path}: must be proto3 in the package {PACKAGE}")
        for enum in file.all_enums():
            first = enum.proto.value[0]
            if first.number != 0 or not first.name.endswith(("_UNSPECIFIED", "_UNKNOWN")):
                found.append(f"{enum.full_name}: the first value must be …_UNSPECIFIED = 0")
        for message in file.all_messages():
            found += message_violations(message)
        for service in file.services:
            for method in service.methods:
                if not method.has_level:
                    found.append(f"{service.full_name}.{method.name}: no idempotency_level")
        found += [f"{name}: no comment" for name, lines in declarations(file) if not lines]
    for name in messages:
        depth = nesting_depth(name, messages, ())
        if depth is None:
            found.append(f"{name}: is recursive; hostile bytes could nest it without end")
        elif depth > NESTING_DEPTH_MAX:
            found.append(f"{name}: nests {depth} deep; the limit is {NESTING_DEPTH_MAX}")
    return found


def declarations(file):
    """What needs a comment, by name with its comment: everything but the files and the oneofs."""
    for service in file.services:
        yield service.full_name, service.documentation
        for method in service.methods:
            yield f"{service.full_name}.{method.name}", method.documentation
    for enum in file.all_enums():
        yield enum.full_name, enum.documentation
        for _, _, comment, wire_name in enum.cases:
            yield f"{enum.full_name}.{wire_name}", comment
    for message in file.all_messages():
        yield message.full_name, message.documentation
        for field in message.fields:
            yield f"{message.full_name}.{field.name}", field.documentation


def message_violations(message):
    found = []
    if message.proto.options.map_entry:
        found.append(f"{message.full_name}: maps keep duplicates in protobuf-c; use entries")
    if len(message.fields) > FIELD_COUNT_MAX:
        found.append(f"{message.full_name}: {len(message.fields)} fields, limit {FIELD_COUNT_MAX}")
    if message.proto.reserved_range and not message.fields:
        found.append(f"{message.full_name}: reserves numbers without fields")
    for field in message.fields:
        name = f"{message.full_name}.{field.name}"
        if field.proto.proto3_optional:
            found.append(f"{name}: protobuf-c has no proto3 optional; use a oneof {field.name}_presence")
        if field.type == Field.TYPE_GROUP:
            found.append(f"{name}: groups are not supported")
        if field.oneof and field.oneof.is_presence and len(field.oneof.members) != 1:
            found.append(f"{name}: a …_presence oneof has exactly one member")
        if field.type in (Field.TYPE_MESSAGE, Field.TYPE_ENUM) and not field.proto.type_name.startswith(
            f".{PACKAGE}."
        ):
            found.append(f"{name}: uses {field.proto.type_name} of another package")
    return found


def nesting_depth(name, messages, path):
    """The levels of messages below and including `name`; None where it contains itself."""
    if name in path:
        return None
    deepest = 0
    for field in messages[name].fields:
        if field.type != Field.TYPE_MESSAGE:
            continue
        below = nesting_depth(field.proto.type_name.lstrip("."), messages, path + (name,))
        if below is None:
            return None
        deepest = max(deepest, below)
    return deepest + 1
