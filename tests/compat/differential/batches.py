"""Record batches for scripts, right and wrong in every way; and what a batch says, to compare."""

import gzip
import hashlib
import struct
import zlib

import batch as plain
import wire

CODECS = {"none": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}
TIME = 1_700_000_000_000
HEADER = ">qiibIhiqqqhii"  # of magic 2: base offset to the number of records
HEADER_NAMES = ("BaseOffset", "Length", "LeaderEpoch", "Magic", "Crc", "Attributes",
                "LastOffsetDelta", "BaseTimestamp", "MaxTimestamp", "ProducerId", "ProducerEpoch",
                "BaseSequence", "RecordCount")
CRC_FROM = 21  # magic 2: the checksum covers the batch from its attributes on


def _varbytes(data):
    return plain.zigzag(-1) if data is None else plain.zigzag(len(data)) + data


def _text(value):
    return value if value is None or isinstance(value, bytes) else str(value).encode()


def _record(delta, text, time_step):
    """"value" or "key=value"; null is a record without a value."""
    key, _, value = ("", "", None) if text is None else str(text).rpartition("=")
    body = (b"\0" + plain.zigzag(delta * time_step) + plain.zigzag(delta)
            + _varbytes(_text(key or None)) + _varbytes(_text(value)) + plain.zigzag(0))
    return plain.zigzag(len(body)) + body


def compressed(codec, data):
    """The data in the codec's frame, stored where the format allows that."""
    if codec == "gzip":
        return gzip.compress(data, mtime=0)
    if codec == "snappy":  # xerial's header, one chunk, one literal
        literal = bytes([61 << 2]) + struct.pack("<H", len(data) - 1) + data
        chunk = wire.uvarint(len(data)) + literal
        return b"\x82SNAPPY\0" + struct.pack(">iii", 1, 1, len(chunk)) + chunk
    if codec == "lz4":  # one block that is not compressed
        return (bytes.fromhex("04224d18604082") + struct.pack("<I", len(data) | 1 << 31) + data
                + struct.pack("<I", 0))
    if codec == "zstd":  # one raw block; the size of the content in four bytes
        return (bytes.fromhex("28b52ffda0") + struct.pack("<I", len(data))
                + struct.pack("<I", len(data) << 3 | 1)[:3] + data)
    return data


def batch(records, codec="none", attributes=0, producer=-1, epoch=-1, sequence=-1, time=TIME,
          time_step=0, max_time=None, base_offset=0, leader_epoch=-1, magic=2, count=None,
          last_delta=None, crc=None, length=None, cut=0, payload=None):
    """A batch of magic 2. `records`: texts as _record() takes them. Whatever else is given stands
    in the header instead of what is true; `cut` bytes are missing at the end."""
    body = b"".join(_record(delta, text, time_step) for delta, text in enumerate(records))
    body = compressed(codec, body) if payload is None else payload
    last = len(records) - 1
    checked = struct.pack(
        ">hiqqqhii", attributes | CODECS[codec], last if last_delta is None else last_delta, time,
        time + time_step * last if max_time is None else max_time, producer, epoch, sequence,
        len(records) if count is None else count) + body
    rest = struct.pack(">ibI", leader_epoch, magic,
                       plain.crc32c(checked) if crc is None else crc) + checked
    whole = struct.pack(">qi", base_offset, len(rest) if length is None else length) + rest
    return whole[:len(whole) - cut]


def control_batch(kind=1, producer=-1, epoch=-1):
    """What only a broker may write: COMMIT (1) or ABORT (0)."""
    key, value = struct.pack(">hh", 0, kind), struct.pack(">hi", 0, 0)
    return plain.record_batch([(key, value)], plain.TRANSACTIONAL | plain.CONTROL, producer, epoch)


def old_message(value, magic=1, time=TIME):
    """A message of magic 0 or 1."""
    data = _text(value)
    body = bytes([magic, 0]) + (struct.pack(">q", time) if magic else b"")
    body += struct.pack(">i", -1) + struct.pack(">i", len(data)) + data
    return struct.pack(">qiI", 0, len(body) + 4, zlib.crc32(body)) + body


def describe(data):
    """Records of a fetch as a list of what is in each batch's header, and its payload."""
    found, at = [], 0
    while at < len(data):
        if len(data) - at < struct.calcsize(HEADER):
            found.append({"Incomplete": data[at:].hex()})
            break
        fields = dict(zip(HEADER_NAMES, struct.unpack_from(HEADER, data, at)))
        end = at + 12 + fields["Length"]
        whole = data[at:end]
        crc = fields.pop("Crc")
        fields["CrcIsRight"] = end <= len(data) and crc == plain.crc32c(whole[CRC_FROM:])
        payload = whole[struct.calcsize(HEADER):]
        fields["Payload"] = (payload.hex() if len(payload) <= 64
                             else f"{len(payload)} bytes {hashlib.sha256(payload).hexdigest()}")
        found.append(fields)
        at = end
    return found
