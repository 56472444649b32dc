"""Apache Kafka's jars, fetched by Maven into a cache and never committed.

A *role* names a set of jars and the versions that it may have:
  newest  the newest released broker (and with it clients, metadata, coordinators: the oracles)
  oldest  the oldest broker that reads the metadata.version which Moldau writes
  tools   the newest released command line tools, with the libraries of their own version
  shell   the same for the metadata shell, which is released by itself
"""

import dataclasses
import functools
import json
import os
import pathlib
import shutil
import subprocess
import time
import zipfile

HERE = pathlib.Path(__file__).resolve().parent

# The metadata.version that Moldau writes, Apache's name for it and the first release that reads it.
METADATA_VERSION = 29
METADATA_VERSION_NAME = {29: "4.2-IV1", 30: "4.3-IV0", 33: "4.4-IV2"}[METADATA_VERSION]
OLDEST_RELEASE = {29: "4.2.0", 30: "4.3.0", 33: "4.4.0"}[METADATA_VERSION]

ROLES = {
    # role: (Maven profile, version range, jar whose name tells the version)
    "newest": ("broker", "[4.2.0,5.0.0-alpha)", "kafka_2.13"),
    "oldest": ("broker", f"[{OLDEST_RELEASE}]", "kafka_2.13"),
    "tools": ("tools", "[4.2.0,5.0.0-alpha)", "kafka-tools"),
    "shell": ("shell", "[4.2.0,5.0.0-alpha)", "kafka-shell"),
}

# How long "the newest" that was found is believed before Maven is asked again.
RESOLVED_FOR_S = 12 * 3600
MAVEN_LIMIT_S = 300


@dataclasses.dataclass(frozen=True)
class Jars:
    """A directory of jars that together run one version of Apache Kafka."""

    role: str
    version: str
    directory: pathlib.Path

    @property
    def classpath(self):
        return f"{self.directory}/*"

    def has_class(self, name):
        """Whether a jar of the project itself contains the class."""
        return any(name.replace(".", "/") + ".class" in _names(jar) for jar in self.kafka_jars())

    def kafka_jars(self):
        return sorted(self.directory.glob("kafka*.jar"))


@functools.lru_cache(maxsize=None)
def _names(jar):
    with zipfile.ZipFile(jar) as archive:
        return frozenset(archive.namelist())


def cache_directory():
    """$MOLDAU_COMPAT_CACHE, or ~/.cache/moldau-compat."""
    chosen = os.environ.get("MOLDAU_COMPAT_CACHE")
    path = pathlib.Path(chosen) if chosen else pathlib.Path.home() / ".cache" / "moldau-compat"
    path.mkdir(parents=True, exist_ok=True)
    return path


@functools.lru_cache(maxsize=None)
def jars(role):
    """The jars of a role, fetched if the cache has none or its answer is old."""
    profile, versions, marker = ROLES[role]
    cache = cache_directory()
    answer = cache / f"{role}.json"
    known = json.loads(answer.read_text()) if answer.exists() else None
    if known and known["versions"] == versions:
        directory = pathlib.Path(known["directory"])
        fixed = "," not in versions
        fresh = time.time() - known["resolved_at"] < RESOLVED_FOR_S
        if directory.is_dir() and (fixed or fresh):
            return Jars(role, known["version"], directory)
    try:
        found = _fetch(role, profile, versions, marker, cache)
    except (subprocess.SubprocessError, OSError) as error:
        if known and pathlib.Path(known["directory"]).is_dir():
            print(f"compat: Maven failed ({error}); using {role} {known['version']} of the cache")
            return Jars(role, known["version"], pathlib.Path(known["directory"]))
        raise
    answer.write_text(json.dumps({
        "version": found.version,
        "versions": versions,
        "directory": str(found.directory),
        "resolved_at": time.time(),
    }))
    return found


def _fetch(role, profile, versions, marker, cache):
    incoming = cache / f"incoming-{role}-{os.getpid()}"
    shutil.rmtree(incoming, ignore_errors=True)
    result = subprocess.run(
        ["mvn", "-q", "-B", "-f", str(HERE / "pom.xml"), f"-P{profile}",
         f"-Dapache.range={versions}", "dependency:copy-dependencies",
         "-DincludeScope=runtime", f"-DoutputDirectory={incoming}"],
        capture_output=True, text=True, timeout=MAVEN_LIMIT_S)
    if result.returncode != 0:
        shutil.rmtree(incoming, ignore_errors=True)
        last_lines = "\n".join((result.stdout + result.stderr).strip().splitlines()[-5:])
        raise subprocess.SubprocessError(f"mvn ended with {result.returncode}: {last_lines}")
    version = next(incoming.glob(f"{marker}-[0-9]*.jar")).stem[len(marker) + 1:]
    directory = cache / f"{profile}-{version}"
    if directory.exists():
        shutil.rmtree(incoming)
    else:
        incoming.rename(directory)
    return Jars(role, version, directory)


def schemas(kafka):
    """Every message schema inside the jars, in whatever folder: {(jar, file name): JSON text}."""
    found = {}
    for jar in kafka.kafka_jars():
        label = jar.name.removesuffix(f"-{kafka.version}.jar")
        with zipfile.ZipFile(jar) as archive:
            for name in archive.namelist():
                text = archive.read(name).decode() if name.endswith(".json") else ""
                if '"validVersions"' in text:
                    found[(label, os.path.basename(name))] = text
    return found
