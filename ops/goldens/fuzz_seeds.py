"""Writes the golden messages as seeds of the message fuzzer: one byte for the type, then the message.

    /usr/bin/python3 ops/goldens/fuzz_seeds.py FOLDER
"""

import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def main():
    folder = pathlib.Path(sys.argv[1])
    source = (ROOT / "Sources/Core/Messages/Generated/MessageTypes.swift").read_text()
    order = re.findall(r"^    (\w+)\.self,$", source, re.MULTILINE)
    goldens = json.loads((ROOT / "Tests/Core/MessagesTests/Goldens/messages.json").read_text())
    for index, case in enumerate(goldens["cases"]):
        name = case["name"].rsplit(".", 1)[-1]
        type_index = order.index(name)
        if type_index < 256:
            (folder / f"{index:04}-{name}").write_bytes(bytes([type_index]) + bytes.fromhex(case["hex"]))


main()
