"""The corpus of a target as one file, so that thousands of small ones need not be committed.

A pack is the line "fuzz corpus 1", then for each input its size in decimal, a newline, its bytes
and a newline; inputs are sorted by size, then by their bytes."""

import hashlib

MAGIC = b"fuzz corpus 1\n"


class DamagedPack(Exception):
    """The file is not a pack."""


def read(path):
    """The inputs of a pack; none if there is no such file."""
    if not path.is_file():
        return []
    data = path.read_bytes()
    if not data.startswith(MAGIC):
        raise DamagedPack(f"{path} does not begin as a pack")
    inputs = []
    at = len(MAGIC)
    while at < len(data):
        line_end = data.find(b"\n", at)
        digits = data[at:line_end]
        if line_end < 0 or not digits.isdigit():
            raise DamagedPack(f"{path}: no size at byte {at}")
        start, end = line_end + 1, line_end + 1 + int(digits)
        if data[end:end + 1] != b"\n":
            raise DamagedPack(f"{path}: the input at byte {start} does not end")
        inputs.append(data[start:end])
        at = end + 1
    return inputs


def write(path, inputs):
    ordered = sorted(set(inputs), key=lambda one: (len(one), one))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(MAGIC + b"".join(b"%d\n%b\n" % (len(one), one) for one in ordered))


def unpack(path, directory):
    """Writes each input into a file of its own, named by its hash as libFuzzer does."""
    directory.mkdir(parents=True, exist_ok=True)
    for one in read(path):
        (directory / hashlib.sha1(one).hexdigest()).write_bytes(one)


def collect(directory):
    return [path.read_bytes() for path in sorted(directory.iterdir()) if path.is_file()]
