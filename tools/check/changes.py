"""Which of our sources `./dev check` looks at: all, or what differs from the last pushed commit."""

import os
import subprocess

import sources


def selected(scope, suffixes):
    """Sorted paths relative to the root; `scope` is "all" or "changed"."""
    everything = sources.files(sources.ROOT, suffixes)
    if scope == "all":
        return everything
    base = _base()
    if base is None:
        return everything
    changed = set(_git("diff", "--name-only", "--diff-filter=d", base).split("\n"))
    changed |= set(_git("ls-files", "--others", "--exclude-standard").split("\n"))
    return [path for path in everything if str(path) in changed]


def _base():
    """MOLDAU_CHECK_BASE, or where we left the pushed branch, or the commit before this one."""
    head = _git("rev-parse", "HEAD").strip()
    named = os.environ.get("MOLDAU_CHECK_BASE")
    if named:
        return named
    for branch in ("@{upstream}", "origin/HEAD", "origin/main"):
        base = _git("merge-base", "HEAD", branch).strip()
        if base and base != head:
            return base
    return _git("rev-parse", "--verify", "-q", "HEAD~1").strip() or None


def _git(*arguments):
    """The output, empty if git says no."""
    return subprocess.run(["git", "-c", f"safe.directory={sources.ROOT}", *arguments],
                          cwd=sources.ROOT, capture_output=True, text=True, check=False).stdout
