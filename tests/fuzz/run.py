#!/usr/bin/env python3
"""Runs the fuzz targets (README.md). Needs nothing but Python and the built targets, so that it
also runs on a machine that has only those: see --bundle."""

import argparse
import base64
import concurrent.futures
import dataclasses
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
import time

import corpus

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PACKS = HERE / "corpus"
# In a bundle the targets and their libraries lie beside this file.
BUNDLED = HERE / "bin"
TARGETS = BUNDLED if BUNDLED.is_dir() else ROOT / "build/fuzz/fuzzers"
LIBRARIES = HERE / "lib"
MAKE_SEEDS = ROOT / "build/fuzz/make_seeds"

INPUT_BYTES_MAX = 32 << 10
LIMITS = [f"-max_len={INPUT_BYTES_MAX}", "-timeout=20", "-rss_limit_mb=2560",
          "-malloc_limit_mb=512"]
# What is printed of a failure: the machine that it ran on may be gone when it is read.
LOG_LINES_PRINTED = 40
INPUT_BYTES_PRINTED = 4 << 10
# To load a corpus, and to end.
GRACE_S = 120
# Of the system, hence on every machine; the others go into a bundle.
SYSTEM_LIBRARIES = re.compile(r"^(linux-vdso|ld-linux|lib(c|m|dl|rt|pthread|resolv)\.)")


@dataclasses.dataclass
class Outcome:
    target: str
    seconds: float
    failure: str = ""  # empty: nothing was found
    artifacts: tuple = ()
    executions: int = 0
    coverage: int = 0
    features: int = 0
    corpus_inputs: int = 0
    corpus_bytes: int = 0
    peak_mib: int = 0


def main():
    arguments = parse_arguments()
    if arguments.list:
        print("\n".join(names()))
        return 0
    if arguments.bundle:
        return bundle(pathlib.Path(arguments.bundle))
    if arguments.seeds:
        return keep_seeds()
    if arguments.keep:
        return keep(pathlib.Path(arguments.keep))
    out = pathlib.Path(arguments.out or ROOT / "build/fuzz/out").resolve()
    wanted = names() if arguments.all is not None else [arguments.target]
    seconds = arguments.all if arguments.all is not None else arguments.seconds
    return run_all(wanted, seconds, arguments.jobs, out)


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./dev fuzz", description="Runs fuzz targets.")
    parser.add_argument("target", nargs="?", help="one of --list")
    parser.add_argument("seconds", nargs="?", type=int)
    parser.add_argument("--list", action="store_true", help="the names of the targets")
    parser.add_argument("--all", type=int, metavar="SECONDS", help="every target, for so long each")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="so many at a time")
    parser.add_argument("--out", metavar="DIR", help="for logs, inputs found and summary.txt")
    parser.add_argument("--keep", metavar="DIR", help="minimise what --out DIR found into corpus/")
    parser.add_argument("--seeds", action="store_true", help="make first inputs, keep some")
    parser.add_argument("--bundle", metavar="FILE", help="a .tar.gz for another machine")
    arguments = parser.parse_args()
    if arguments.list or arguments.bundle or arguments.seeds or arguments.keep:
        return arguments
    if arguments.all is None and (arguments.target is None or arguments.seconds is None):
        parser.error("name a target and how many seconds it runs, or --all SECONDS")
    if arguments.target is not None and (arguments.all is not None or
                                         arguments.target not in names()):
        parser.error(f"there is no target '{arguments.target}'; see --list")
    return arguments


def names():
    """The targets are the files *_fuzz.cc; in a bundle, what was built of them."""
    if BUNDLED.is_dir():
        return sorted(path.name for path in BUNDLED.iterdir())
    return sorted(path.name.removesuffix("_fuzz.cc") for path in HERE.glob("*_fuzz.cc"))


def environment():
    found = {"UBSAN_OPTIONS": "print_stacktrace=1", "ASAN_OPTIONS": "print_legend=0"} | os.environ
    if LIBRARIES.is_dir():
        found["LD_LIBRARY_PATH"] = str(LIBRARIES)
    return found


# --- Running ----------------------------------------------------------------------------------


def run_all(wanted, seconds, jobs, out):
    out.mkdir(parents=True, exist_ok=True)
    outcomes = []
    with concurrent.futures.ThreadPoolExecutor(max_workers=max(jobs, 1)) as pool:
        running = [pool.submit(run_target, target, seconds, out / target) for target in wanted]
        for done in concurrent.futures.as_completed(running):
            outcomes.append(done.result())
            print(line_of(outcomes[-1]), flush=True)
            for line in finding_of(outcomes[-1], out):
                print(f"    {line}", flush=True)
    summary = summary_of(outcomes, seconds)
    (out / "summary.txt").write_text(summary, encoding="utf-8")
    print(f"summary and logs: {out}")
    failed = sum(bool(outcome.failure) for outcome in outcomes)
    print(f"{len(outcomes) - failed} passed, {failed} failed")
    return 1 if failed else 0


def run_target(target, seconds, directory):
    """Starts from the committed corpus and from what an earlier run into `directory` has found."""
    found = directory / "found"
    found.mkdir(parents=True, exist_ok=True)
    log = directory / "log.txt"
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=f"fuzz-{target}-") as unpacked:
        corpus.unpack(PACKS / f"{target}.pack", pathlib.Path(unpacked))
        command = [str(TARGETS / target), f"-max_total_time={seconds}", *LIMITS,
                   "-print_final_stats=1", f"-artifact_prefix={directory}/", str(found), unpacked]
        with open(log, "wb") as output:
            failure = run_process(command, output, seconds + GRACE_S)
    outcome = Outcome(target, time.monotonic() - started, failure)
    read_log(log, outcome)
    if outcome.failure:
        outcome.failure = reason_of(log) or outcome.failure
    elif outcome.executions == 0:
        outcome.failure = "it ran nothing"
    return outcome


def run_process(command, output, timeout_s):
    """Empty if it ended well, else why not."""
    try:
        done = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, timeout=timeout_s,
                              env=environment(), check=False)
    except subprocess.TimeoutExpired:
        return f"did not end within {timeout_s} s"
    except OSError as error:
        return f"could not be started: {error}"
    return "" if done.returncode == 0 else f"exit code {done.returncode}"


STATUS = re.compile(r"^#(\d+)\s.*?cov: (\d+) ft: (\d+) corp: (\d+)/(\d+)(b|Kb|Mb)\b.*?rss: (\d+)Mb",
                    re.MULTILINE)
# crash-HASH, oom-HASH and so on, under our -artifact_prefix.
SAVED = re.compile(r"Test unit written to (.+)$", re.MULTILINE)
UNITS = {"b": 1, "Kb": 1 << 10, "Mb": 1 << 20}


def read_log(log, outcome):
    """The inputs that were saved, and libFuzzer's last status line."""
    text = text_of(log)
    outcome.artifacts = tuple(one for one in SAVED.findall(text) if pathlib.Path(one).is_file())
    lines = STATUS.findall(text)
    if not lines:
        return
    executions, coverage, features, inputs, size, unit, rss = lines[-1]
    outcome.executions, outcome.coverage = int(executions), int(coverage)
    outcome.features, outcome.corpus_inputs = int(features), int(inputs)
    outcome.corpus_bytes, outcome.peak_mib = int(size) * UNITS[unit], int(rss)


REASON = re.compile(r"CHECK failed at .*|.*runtime error: .*|ERROR: (?!libFuzzer: deadly).*")


def reason_of(log):
    found = REASON.search(text_of(log))
    return found.group().strip() if found else ""


def text_of(log):
    return log.read_text(encoding="utf-8", errors="replace")


def finding_of(outcome, out):
    """Lines that say what was found: of a failure where the log gives the reason and the stack; the
    inputs that were saved, as Base64 too where they are small."""
    lines = excerpt_of(out / outcome.target / "log.txt") if outcome.failure else []
    for artifact in outcome.artifacts:
        lines += [f"its input: {artifact}", f"again: {TARGETS / outcome.target} {artifact}"]
        data = pathlib.Path(artifact).read_bytes()
        if len(data) < INPUT_BYTES_PRINTED:
            lines.append(f"in Base64: {base64.b64encode(data).decode()}")
    return lines


def excerpt_of(log):
    """The log's lines from the reason on; its last ones if there is none."""
    text = text_of(log)
    reason = REASON.search(text)
    if reason:
        return text[reason.start():].splitlines()[:LOG_LINES_PRINTED]
    return text.splitlines()[-LOG_LINES_PRINTED:]


COLUMNS = "{:20} {:>12} {:>8} {:>8} {:>9} {:>8} {:>10} {:>6} {:>7}  {}"


def line_of(outcome):
    per_second = int(outcome.executions / max(outcome.seconds, 1))
    return COLUMNS.format(outcome.target, outcome.executions, per_second, outcome.coverage,
                          outcome.features, outcome.corpus_inputs, outcome.corpus_bytes,
                          outcome.peak_mib, int(outcome.seconds), outcome.failure or "ok")


def summary_of(outcomes, seconds):
    head = COLUMNS.format("target", "executions", "per s", "coverage", "features", "inputs",
                          "bytes", "MiB", "s", "outcome")
    lines = [line_of(outcome) for outcome in sorted(outcomes, key=lambda one: one.target)]
    total = sum(outcome.executions for outcome in outcomes)
    return "\n".join([f"{seconds} s for each target, {total} executions", head, *lines]) + "\n"


# --- Corpora ----------------------------------------------------------------------------------


def keep_seeds():
    with tempfile.TemporaryDirectory(prefix="fuzz-seeds-") as directory:
        subprocess.run([str(MAKE_SEEDS), directory], env=environment(), check=True)
        return sum(minimise(name, [pathlib.Path(directory) / name]) for name in names())


def keep(out):
    return sum(minimise(name, [out / name / "found"]) for name in names())


def minimise(target, additional):
    """The fewest inputs, of the corpus and of `additional`, that cover as much as all of them.
    1 if it failed."""
    with tempfile.TemporaryDirectory(prefix=f"fuzz-{target}-") as place:
        before, merged = pathlib.Path(place) / "before", pathlib.Path(place) / "merged"
        merged.mkdir()
        corpus.unpack(PACKS / f"{target}.pack", before)
        sources = [str(path) for path in (before, *additional) if path.is_dir()]
        done = subprocess.run([str(TARGETS / target), "-set_cover_merge=1", *LIMITS, str(merged),
                               *sources], env=environment(), capture_output=True, check=False)
        if done.returncode != 0:
            print(done.stderr.decode(errors="replace")[-2000:], file=sys.stderr)
            print(f"{target}: its corpus could not be merged", file=sys.stderr)
            return 1
        inputs = corpus.collect(merged)
    corpus.write(PACKS / f"{target}.pack", inputs)
    print(f"{target}: {len(inputs)} inputs, {sum(map(len, inputs))} bytes", flush=True)
    return 0


# --- For another machine ----------------------------------------------------------------------


def bundle(path):
    """Targets, the libraries that they need and a bare system lacks, corpora and this program."""
    libraries = {}
    with tarfile.open(path, "w:gz") as archive:
        for name in names():
            archive.add(TARGETS / name, f"fuzz/bin/{name}")
            libraries |= libraries_of(TARGETS / name)
        for name, file in libraries.items():
            archive.add(file, f"fuzz/lib/{name}")
        for file in (HERE / "run.py", HERE / "corpus.py", *sorted(PACKS.glob("*.pack"))):
            archive.add(file, f"fuzz/{file.relative_to(HERE)}")
    print(f"{path}: {path.stat().st_size >> 20} MiB. On the other machine:\n"
          f"  tar xzf {path.name} && python3 fuzz/run.py --all 3600 --out found")
    return 0


def libraries_of(binary):
    lines = subprocess.run(["ldd", str(binary)], capture_output=True, text=True, check=True).stdout
    found = re.findall(r"^\s*(\S+) => (\S+) \(", lines, re.MULTILINE)
    return {name: pathlib.Path(file).resolve() for name, file in found
            if not SYSTEM_LIBRARIES.match(name)}


if __name__ == "__main__":
    sys.exit(main())
