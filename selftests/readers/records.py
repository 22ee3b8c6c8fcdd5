# SPDX-License-Identifier: GPL-2.0-only
# records.py LOG PATHS: looks at our records in a log of auditd with auparse.
# records.py --json EVENTS PATHS: at what the command makes of them.
# PATHS are ended by NUL, in the order of the records. Says what is wrong.
import json
import os
import sys

wrong = []


def expect(what, got, wanted):
    if got != wanted:
        wrong.append("%s: %r, not %r" % (what, got, wanted))


def string(raw):
    """A string of audit's: plain in quotes, or in hexadecimal digits."""
    return os.fsencode(raw[1:-1]) if raw.startswith('"') else bytes.fromhex(raw)


def told(parser):
    """A field's value as auparse interprets it; None for bytes that Python takes for no text."""
    try:
        return parser.interpret_field()
    except UnicodeDecodeError:
        return None


def records(log):
    """Our records, each a list of fields and their raw and interpreted values."""
    import auparse
    parser = auparse.AuParser(auparse.AUSOURCE_FILE, log)
    parser.set_escape_mode(auparse.AUPARSE_ESC_RAW)
    found = []
    while parser.parse_next_event():
        parser.first_record()
        while True:
            fields = []
            while True:
                fields.append((parser.get_field_name(), parser.get_field_str(), told(parser)))
                if not parser.next_field():
                    break
            if parser.get_type_name() == "KERNEL_OTHER" and "verdict" in [name for name, _, _ in fields]:
                found.append(fields)
            if not parser.next_record():
                break
    return found


def look_at_log(log, paths):
    found = records(log)
    expect("records", len(found), len(paths))
    for fields, path in zip(found, paths):
        names = [name for name, _, _ in fields]
        raw = {name: value for name, value, _ in fields}
        interpreted = {name: value for name, _, value in fields}
        expect("fields that come twice", sorted(n for n in set(names) if names.count(n) > 1), [])
        for name, value in (("verdict", "deny"), ("class", "exec"), ("policy", "readers"), ("rule", "2"),
                            ("uid", "0")):
            expect(name, raw.get(name), value)
        expect("uid as auparse tells it", interpreted.get("uid"), "root")
        expect("comm", string(raw["comm"]), b"x uid=1 y")
        expect("exe", string(raw["exe"]), b"/usr/bin/bash")
        expect("path", string(raw["path"]), path)
        if interpreted["path"] is not None:
            expect("path as auparse tells it", os.fsencode(interpreted["path"]), path)


def look_at_json(events, paths):
    found = [json.loads(line) for line in open(events)]
    expect("events", len(found), len(paths))
    for event, path in zip(found, paths):
        expect("verdict", event["verdict"], "deny")
        expect("comm", event["comm"], "x uid=1 y")
        escaped = "path" in event.get("escaped", [])
        # What is no text is told with \xHH.
        wanted = path.decode("ascii", "backslashreplace") if escaped else path.decode()
        expect("path", event["path"], wanted)


look = look_at_log
if sys.argv[1] == "--json":
    look = look_at_json
    del sys.argv[1]
look(sys.argv[1], open(sys.argv[2], "rb").read().split(b"\0")[:-1])
print("\n".join(wrong))
sys.exit(bool(wrong))
