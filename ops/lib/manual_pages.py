"""Writes manual pages from what the programs say about themselves.

    manual_pages.py VERSION FOLDER PROGRAM...

Each PROGRAM is asked with --experimental-dump-help (swift-argument-parser). `autodidact` and its commands become pages of
section 1, the daemons pages of section 8, in FOLDER/man1 and FOLDER/man8.
"""

import json
import pathlib
import subprocess
import sys

FILES = [
    ("/etc/autodidact/NAME.json", "The configuration of a daemon; its keys are printed by \\fBautodidact-NAME --print-config\\fR."),
    ("/run/autodidact/NAME.sock", "The socket of a daemon, open to the group \\fBautodidact\\fR."),
    ("/var/lib/autodidact/models", "The models of this host."),
    ("/var/lib/private/autodidact/NAME", "The state of a daemon."),
    ("/usr/share/doc/autodidact/runbook.md", "What to do when something is wrong."),
]


def escaped(text: str) -> str:
    """Text as roff takes it: no request at the start of a line, hyphens that can be searched for."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join("\\&" + line if line[:1] in (".", "'") else line for line in text.split("\n"))


def name_of(name: dict) -> str:
    return ("--" if name["kind"] == "long" else "-") + name["name"]


def shown(arguments: list) -> list:
    return [argument for argument in arguments if argument.get("shouldDisplay", True)]


def synopsis(path: str, command: dict) -> str:
    words = [f".B {escaped(path)}"]
    if command.get("subcommands"):
        words.append(".I command")
    for argument in shown(command.get("arguments", [])):
        value = f"\\fI{escaped(argument.get('valueName', 'value'))}\\fR"
        if argument["kind"] == "positional":
            text = value
        else:
            text = f"\\fB{escaped(name_of(argument['preferredName']))}\\fR"
            if argument["kind"] == "option":
                text += " " + value
        if argument.get("isRepeating"):
            text += "..."
        words.append(f"[{text}]" if argument["isOptional"] else text)
    return "\n".join(words)


def option(argument: dict) -> str:
    value = f"\\fI{escaped(argument.get('valueName', 'value'))}\\fR"
    if argument["kind"] == "positional":
        head = value
    else:
        names = sorted((name_of(name) for name in argument["names"]), key=len)
        head = ", ".join(f"\\fB{escaped(name)}\\fR" for name in names)
        if argument["kind"] == "option":
            head += " " + value
    text = argument.get("abstract", "")
    if argument.get("defaultValue") and argument["kind"] != "flag":
        text += f" (default: {argument['defaultValue']})"
    return f".TP\n{head}\n{escaped(text)}"


def discussion(text: str) -> str:
    """Paragraphs; indented lines, which are commands to type, keep their form."""
    lines, verbatim = [], False
    for line in text.split("\n"):
        indented = line.startswith("  ")
        if indented != verbatim:
            lines.append(".PP\n.nf" if indented else ".fi\n.PP")
            verbatim = indented
        lines.append(escaped(line) if line else ".PP" if not verbatim else "")
    if verbatim:
        lines.append(".fi")
    return "\n".join(lines)


def body(path: str, command: dict, level: int = 0) -> str:
    heading = f".SH DESCRIPTION" if level == 0 else f".SS {escaped(path)}"
    parts = [heading]
    if level:
        parts += [escaped(command.get("abstract", "")), ".PP", synopsis(path, command)]
    else:
        parts.append(escaped(command.get("abstract", "")))
    if command.get("discussion"):
        parts += [".PP", discussion(command["discussion"])]
    options = [option(argument) for argument in shown(command.get("arguments", []))]
    if options:
        parts += [".SH OPTIONS" if level == 0 else ".PP"] + options
    return "\n".join(parts)


def page(path: str, command: dict, section: int, version: str, also: list, nested: bool) -> str:
    title = path.replace(" ", "-")
    parts = [
        f'.TH {title.upper()} {section} "" "Autodidact {version}" "Autodidact"',
        ".SH NAME", f"{escaped(title)} \\- {escaped(command.get('abstract', '').rstrip('.'))}",
        ".SH SYNOPSIS", synopsis(path, command), body(path, command),
    ]
    children = [child for child in command.get("subcommands", []) if child["commandName"] != "help"]
    if children:
        parts.append(".SH COMMANDS")
        for child in children:
            whole = f"{path} {child['commandName']}"
            if nested:
                parts.append(body(whole, child, level=1))
            else:
                parts.append(f".TP\n.BR {escaped(whole.replace(' ', '-'))} (1)\n{escaped(child.get('abstract', ''))}")
    if section == 1:
        parts += [".SH EXIT STATUS", "0 success, 1 a failed operation, 2 wrong usage."]
    else:
        parts += [".SH EXIT STATUS", "0 after a clean stop, 1 a failure, 70 a failed self\\-check, 78 wrong configuration."]
        parts += [".SH SIGNALS", "SIGTERM: answer what was read, then end. SIGHUP: read the configuration again."]
    parts.append(".SH FILES")
    parts += [f".TP\n.I {escaped(path)}\n{text}" for path, text in FILES]
    parts += [".SH SEE ALSO", ",\n".join(f".BR {escaped(name)} ({number})" for name, number in also)]
    return "\n".join(parts) + "\n"


def main() -> None:
    version, folder, programs = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3:]
    commands = {}
    for program in programs:
        answer = subprocess.run([program, "--experimental-dump-help"], check=True, capture_output=True, text=True)
        commands[pathlib.Path(program).name] = json.loads(answer.stdout)["command"]
    for section in (1, 8):
        (folder / f"man{section}").mkdir(parents=True, exist_ok=True)
    daemons = [(name, 8) for name in sorted(commands) if name != "autodidact"]
    for name, command in commands.items():
        if name != "autodidact":
            also = [("autodidact", 1), ("systemd.service", 5)] + [other for other in daemons if other[0] != name]
            (folder / "man8" / f"{name}.8").write_text(page(name, command, 8, version, also, nested=True))
            continue
        children = [child for child in command["subcommands"] if child["commandName"] != "help"]
        also = [(f"autodidact-{child['commandName']}", 1) for child in children] + daemons
        (folder / "man1" / "autodidact.1").write_text(page(name, command, 1, version, also, nested=False))
        for child in children:
            path = f"autodidact {child['commandName']}"
            (folder / "man1" / f"{path.replace(' ', '-')}.1").write_text(
                page(path, child, 1, version, [("autodidact", 1)], nested=True))


main()
