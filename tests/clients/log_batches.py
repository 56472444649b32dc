"""The headers of record batches in a topic's log files: what a client really sent."""

import dataclasses
import struct

from client import CODECS

HEADER = struct.Struct(">qiibIhiqqqhii")


@dataclasses.dataclass(frozen=True)
class Batch:
    base_offset: int
    codec: str
    producer_id: int
    count: int


def batches(data, topic):
    """All batches of the topic in a data directory."""
    found = []
    for path in sorted(data.glob(f"{topic}-[0-9]*/*.log")):
        content = path.read_bytes()
        at = 0
        while at + HEADER.size <= len(content):
            (base_offset, length, _, _, _, attributes, _, _, _, producer_id, _, _,
             count) = HEADER.unpack_from(content, at)
            if length == 0:
                break
            found.append(Batch(base_offset, CODECS[attributes & 7], producer_id, count))
            at += 12 + length
    return found
