"""Writes the golden bytes of Tests/Core/MessagesTests with Google's protobuf for Python.

One message of every type with every field set, and one more for each further member of a oneof. Run with Debian's
protobuf-compiler and python3-protobuf:  /usr/bin/python3 ops/goldens/messages.py
"""

import importlib
import json
import pathlib
import subprocess
import sys
import tempfile

import google.protobuf
from google.protobuf.descriptor import FieldDescriptor as Field

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = ROOT / "Tests/Core/MessagesTests/Goldens/messages.json"
NAMES = ["common", "control", "encoder", "health", "inference", "judge", "ood", "teacher"]
TEXTS = ["", "a", "é漢👩‍🔬", "line\nbreak", "x" * 130]
# Messages are filled to this depth; below it they are empty, so that the file stays small.
DEPTH_MAX = 3


class Filler:
    """Fills messages from a counter, so that no two fields of a type get the same value."""

    def __init__(self):
        self.count = 0

    def scalar(self, field):
        self.count += 1
        n = self.count
        if field.type in (Field.TYPE_DOUBLE, Field.TYPE_FLOAT):
            return [0.5, -1.25, float("inf"), 2.0**-40, 123456.0][n % 5] * (1 + n % 7)
        if field.type in (Field.TYPE_INT64, Field.TYPE_SINT64, Field.TYPE_SFIXED64):
            return [-1, 1, -(2**63), 2**63 - 1, 300][n % 5]
        if field.type in (Field.TYPE_UINT64, Field.TYPE_FIXED64):
            return [1, 127, 128, 2**64 - 1, n][n % 5]
        if field.type in (Field.TYPE_INT32, Field.TYPE_SINT32, Field.TYPE_SFIXED32):
            return [-1, 1, -(2**31), 2**31 - 1, 300][n % 5]
        if field.type in (Field.TYPE_UINT32, Field.TYPE_FIXED32):
            return [1, 127, 128, 2**32 - 1, n][n % 5]
        if field.type == Field.TYPE_BOOL:
            return True
        if field.type == Field.TYPE_STRING:
            return TEXTS[1 + n % (len(TEXTS) - 1)] + str(n)
        if field.type == Field.TYPE_BYTES:
            return bytes([0, n % 256, 255])
        values = [v.number for v in field.enum_type.values if v.number]
        return values[n % len(values)]

    def fill(self, message, choice, depth):
        for field in message.DESCRIPTOR.fields:
            oneof = field.containing_oneof
            if oneof and oneof.fields[choice % len(oneof.fields)] is not field:
                continue
            if field.type == Field.TYPE_MESSAGE:
                if field.label == Field.LABEL_REPEATED:
                    targets = [getattr(message, field.name).add() for _ in range(2 if depth == 1 else 1)]
                else:
                    getattr(message, field.name).SetInParent()
                    targets = [getattr(message, field.name)]
                if depth < DEPTH_MAX:
                    for target in targets:
                        self.fill(target, choice, depth + 1)
            elif field.label == Field.LABEL_REPEATED:
                zero = {Field.TYPE_STRING: "", Field.TYPE_BYTES: b""}.get(field.type, 0)
                getattr(message, field.name).extend([self.scalar(field), zero, self.scalar(field)])
            else:
                setattr(message, field.name, self.scalar(field))


def message_classes(module):
    for name in module.DESCRIPTOR.message_types_by_name:
        yield getattr(module, name)


def main():
    with tempfile.TemporaryDirectory() as folder:
        protos = [f"autodidact/v1/{name}.proto" for name in NAMES]
        subprocess.run(
            ["protoc", "-I", str(ROOT / "Protos"), f"--python_out={folder}", *protos], check=True)
        sys.path.insert(0, folder)
        cases = []
        for name in NAMES:
            module = importlib.import_module(f"autodidact.v1.{name}_pb2")
            for cls in message_classes(module):
                choices = max([len(oneof.fields) for oneof in cls.DESCRIPTOR.oneofs], default=1)
                for choice in range(choices):
                    message = cls()
                    Filler().fill(message, choice, 1)
                    cases.append(
                        {"name": cls.DESCRIPTOR.full_name,
                         "hex": message.SerializeToString(deterministic=True).hex()})
    provenance = {"script": "ops/goldens/messages.py", "protobuf": google.protobuf.__version__}
    lines = ",\n".join(json.dumps(case) for case in cases)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(f'{{"provenance": {json.dumps(provenance)},\n"cases": [\n{lines}\n]}}\n')
    print(f"{TARGET}: {len(cases)} cases, {TARGET.stat().st_size} bytes")


main()
