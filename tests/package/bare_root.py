"""A bare Debian or Ubuntu in a folder, of the release that this machine runs, from the mirror that
its apt uses. Needs root. What runs in it does so in mount and process namespaces of its own, so no
mount outlives it, however it ends."""

import pathlib
import shlex
import shutil
import subprocess

# Positional: the root, then the command.
ENTER = 'mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev" && exec chroot "$@"'
ISOLATED = ["unshare", "--mount", "--propagation", "private"]
ISOLATED_PROCESSES = [*ISOLATED, "--pid", "--fork", "--kill-child"]


def run(command, limit_s=1800, **options):
    """What the command printed, both outputs; fails with that if the command does."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
                          timeout=limit_s, check=False, **options)
    if done.returncode != 0:
        raise AssertionError(f"{shlex.join(map(str, command))}: exit code {done.returncode}\n"
                             f"{done.stdout[-3000:]}")
    return done.stdout


def release_file():
    lines = pathlib.Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    return {name: value.strip('"') for name, _, value in (line.partition("=") for line in lines)}


def package_sources():
    """What this machine's apt takes the distribution's packages from: (uri, suite, component)."""
    distribution = release_file()["ID"].capitalize()
    lines = run(["apt-get", "indextargets", "--format",
                 "$(ORIGIN)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)", "Created-By: Packages"])
    rows = sorted({tuple(line.split("|")) for line in lines.splitlines()})
    return [row[1:] for row in rows if row[0] == distribution]


class BareRoot:
    def __init__(self, path):
        """Takes over a folder that `make` or `copy_to` has filled."""
        self.path = pathlib.Path(path)

    @classmethod
    def make(cls, path):
        codename = release_file()["VERSION_CODENAME"]
        sources = package_sources()
        mirror = next(uri for uri, suite, _ in sources if suite == codename)
        components = sorted({component for _, suite, component in sources if suite == codename})
        run([*ISOLATED_PROCESSES, "debootstrap", "--variant=minbase",
             "--components=" + ",".join(components), codename, path, mirror])
        root = cls(path)
        root.write("etc/apt/sources.list",
                   "".join(f"deb {uri} {suite} {component}\n" for uri, suite, component in sources))
        root.write("etc/apt/apt.conf.d/10-as-outside", run(["apt-config", "dump", "Acquire"]))
        root.write("etc/hosts", "127.0.0.1 localhost\n::1 localhost\n")
        shutil.copy("/etc/resolv.conf", root.path / "etc/resolv.conf")
        root.run("apt-get", "-q", "update")
        return root

    def copy_to(self, path):
        run(["cp", "-a", self.path, path])
        return BareRoot(path)

    def write(self, name, text):
        (self.path / name).write_text(text, encoding="utf-8")

    def read(self, name):
        return (self.path / name).read_text(encoding="utf-8")

    def run(self, *command, limit_s=1800):
        """What a command in the root printed, as root there; fails if the command does."""
        return run([*ISOLATED_PROCESSES, *self.entered(*command)], limit_s,
                   env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C",
                        "DEBIAN_FRONTEND": "noninteractive"})

    def entered(self, *command):
        """The command line that runs a command in the root, inside a mount namespace."""
        return ["sh", "-c", ENTER, "sh", self.path, *command]
