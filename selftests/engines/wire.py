# SPDX-License-Identifier: GPL-2.0-only
"""Protocol buffers, as far as the engines' interfaces need them here."""


def number(value):
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def field(key, value):
    if isinstance(value, int):
        return number(key << 3) + number(value)
    if isinstance(value, str):
        value = value.encode()
    return number(key << 3 | 2) + number(len(value)) + value


def message(*fields):
    return b"".join(field(key, value) for key, value in fields)


def read_number(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at += 1
        shift += 7
        if byte < 128:
            return value, at


def fields(data):
    """The fields of an answer by their numbers."""
    out, at = {}, 0
    while at < len(data):
        key, at = read_number(data, at)
        value, at = read_number(data, at)
        if key & 7 == 2:
            value, at = data[at:at + value], at + value
        out[key >> 3] = value
    return out
