"""The names and shapes of the schema, as the emitters need them."""

from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Field
from google.protobuf.descriptor_pb2 import MethodOptions

PACKAGE = "autodidact.v1"
C_PACKAGE = "Autodidact__V1__"

# Words that stay in capitals inside a Swift name.
ACRONYMS = {"id": "ID", "ids": "IDs", "url": "URL", "ood": "OOD", "cpu": "CPU", "kv": "KV"}

SWIFT_KEYWORDS = set(
    "associatedtype class deinit enum extension fileprivate func import init inout internal let open "
    "operator private protocol public rethrows static struct subscript typealias var break case "
    "continue default defer do else fallthrough for guard if in repeat return switch where while as "
    "catch false is nil self super throw throws true try Self Any Type".split()
)

# Words that protoc-c appends an underscore to.
C_KEYWORDS = set(
    "and and_eq asm auto bitand bitor bool break case catch char class compl const const_cast "
    "continue default delete do double dynamic_cast else enum explicit extern false float for friend "
    "goto if inline int long mutable namespace new not not_eq operator or or_eq private protected "
    "public register reinterpret_cast return short signed sizeof static static_cast struct switch "
    "template this throw true try typedef typeid typename union unsigned using virtual void volatile "
    "wchar_t while xor xor_eq".split()
)

SCALARS = {
    Field.TYPE_DOUBLE: "Double",
    Field.TYPE_FLOAT: "Float",
    Field.TYPE_INT64: "Int64",
    Field.TYPE_SINT64: "Int64",
    Field.TYPE_SFIXED64: "Int64",
    Field.TYPE_UINT64: "UInt64",
    Field.TYPE_FIXED64: "UInt64",
    Field.TYPE_INT32: "Int32",
    Field.TYPE_SINT32: "Int32",
    Field.TYPE_SFIXED32: "Int32",
    Field.TYPE_UINT32: "UInt32",
    Field.TYPE_FIXED32: "UInt32",
}


def camel(snake):
    """`model_id` as `modelID`."""
    first, *rest = snake.lower().split("_")
    return first + "".join(ACRONYMS.get(word, word.capitalize()) for word in rest)


def upper_camel(snake):
    """`round_presence` as `RoundPresence`."""
    words = [word for word in snake.split("_") if word]
    return "".join(word[:1].upper() + word[1:] for word in words)


def lower_first(name):
    """`ListModels` as `listModels`, `OODScore` as `oodScore`."""
    head = len(name) - len(name.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    if head <= 1:
        return name[:1].lower() + name[1:]
    return name[: head - 1].lower() + name[head - 1 :]


def escaped(name):
    return f"`{name}`" if name in SWIFT_KEYWORDS else name


def camel_to_lower(name):
    """The lower-case form that protoc-c uses in function names."""
    result, was_upper = "", True
    for character in name:
        is_upper = character.isupper()
        if is_upper and not was_upper:
            result += "_"
        result += character.lower()
        was_upper = is_upper
    return result


class Comments:
    """The leading comments of one file, by path."""

    def __init__(self, file):
        self.by_path = {
            tuple(location.path): location.leading_comments
            for location in file.source_code_info.location
            if location.leading_comments
        }

    def lines(self, path):
        text = self.by_path.get(tuple(path), "")
        return [line.strip() for line in text.strip().split("\n")] if text.strip() else []


class Enum:
    def __init__(self, proto, path, comments, parents):
        self.proto, self.path = proto, path
        self.documentation = comments.lines(path)
        self.parents = parents
        self.name = proto.name
        self.full_name = ".".join([PACKAGE] + parents + [proto.name])
        self.swift_name = ".".join(parents + [proto.name])
        names = [value.name for value in proto.value]
        if names[0].endswith("UNSPECIFIED"):
            prefix = names[0][: -len("UNSPECIFIED")]
        else:
            prefix = camel_to_lower(proto.name).upper() + "_"
        self.cases = []
        for index, value in enumerate(proto.value):
            short = value.name[len(prefix) :] if value.name.startswith(prefix) else value.name
            self.cases.append(
                (escaped(camel(short)), value.number, comments.lines(path + [2, index]), value.name)
            )


class Oneof:
    def __init__(self, proto, documentation):
        self.name = proto.name
        self.documentation = documentation
        self.members = []
        self.c_case = proto.name.lower() + "_case"
        self.property = escaped(camel(proto.name))
        self.swift_type = upper_camel(proto.name)

    @property
    def is_presence(self):
        """A oneof with one member whose only purpose is to tell zero from absent."""
        return self.name.endswith("_presence")


class MessageField:
    def __init__(self, proto, documentation):
        self.proto = proto
        self.name, self.number = proto.name, proto.number
        self.documentation = documentation
        self.plain_name = camel(proto.name)
        self.swift_name = escaped(self.plain_name)
        lower = proto.name.lower()
        self.c_name = lower + "_" if lower in C_KEYWORDS else lower
        self.is_repeated = proto.label == Field.LABEL_REPEATED
        self.type = proto.type
        self.oneof = None

    @property
    def type_name(self):
        return self.proto.type_name.removeprefix("." + PACKAGE + ".")

    @property
    def element(self):
        if self.type in SCALARS:
            return SCALARS[self.type]
        if self.type == Field.TYPE_BOOL:
            return "Bool"
        if self.type == Field.TYPE_STRING:
            return "String"
        if self.type == Field.TYPE_BYTES:
            return "Bytes"
        return self.type_name

    @property
    def zero(self):
        if self.is_repeated:
            return "[]"
        if self.type in SCALARS:
            return "0"
        return {
            Field.TYPE_BOOL: "false",
            Field.TYPE_STRING: '""',
            Field.TYPE_BYTES: "Bytes()",
            Field.TYPE_ENUM: None,
            Field.TYPE_MESSAGE: "nil",
        }[self.type]


class Message:
    def __init__(self, proto, path, comments, parents):
        self.proto, self.path = proto, path
        self.documentation = comments.lines(path)
        self.parents = parents
        self.name = proto.name
        self.full_name = ".".join([PACKAGE] + parents + [proto.name])
        self.swift_name = ".".join(parents + [proto.name])
        self.c_name = C_PACKAGE + "__".join(parents + [proto.name])
        self.c_lower = "__".join(
            camel_to_lower(part) for part in ["autodidact", "v1"] + parents + [proto.name]
        )
        own = parents + [proto.name]
        self.messages = [
            Message(nested, path + [3, index], comments, own)
            for index, nested in enumerate(proto.nested_type)
        ]
        self.enums = [
            Enum(nested, path + [4, index], comments, own)
            for index, nested in enumerate(proto.enum_type)
        ]
        self.oneofs = [
            Oneof(oneof, comments.lines(path + [8, index]))
            for index, oneof in enumerate(proto.oneof_decl)
        ]
        self.fields = []
        for index, field in enumerate(proto.field):
            wrapped = MessageField(field, comments.lines(path + [2, index]))
            if field.HasField("oneof_index"):
                wrapped.oneof = self.oneofs[field.oneof_index]
                wrapped.oneof.members.append(wrapped)
            self.fields.append(wrapped)

    def all(self):
        yield self
        for nested in self.messages:
            yield from nested.all()


class Method:
    def __init__(self, proto, documentation):
        self.name = proto.name
        self.swift_name = escaped(lower_first(proto.name))
        self.documentation = documentation
        self.request = proto.input_type.removeprefix("." + PACKAGE + ".")
        self.response = proto.output_type.removeprefix("." + PACKAGE + ".")
        self.client_streams = proto.client_streaming
        self.server_streams = proto.server_streaming
        self.level = proto.options.idempotency_level
        self.has_level = proto.options.HasField("idempotency_level")

    @property
    def is_idempotent(self):
        return self.level in (MethodOptions.NO_SIDE_EFFECTS, MethodOptions.IDEMPOTENT)


class Service:
    def __init__(self, proto, path, comments):
        self.name = proto.name
        self.full_name = f"{PACKAGE}.{proto.name}"
        self.documentation = comments.lines(path)
        self.methods = [
            Method(method, comments.lines(path + [2, index]))
            for index, method in enumerate(proto.method)
        ]


class File:
    def __init__(self, proto):
        comments = Comments(proto)
        self.proto = proto
        self.path = proto.name
        self.stem = upper_camel(proto.name.rsplit("/", 1)[-1].removesuffix(".proto"))
        self.stem = {"Ood": "OOD"}.get(self.stem, self.stem)
        self.messages = [
            Message(message, [4, index], comments, [])
            for index, message in enumerate(proto.message_type)
        ]
        self.enums = [
            Enum(enum, [5, index], comments, []) for index, enum in enumerate(proto.enum_type)
        ]
        self.services = [
            Service(service, [6, index], comments) for index, service in enumerate(proto.service)
        ]

    def all_messages(self):
        for message in self.messages:
            yield from message.all()

    def all_enums(self):
        yield from self.enums
        for message in self.all_messages():
            yield from message.enums
