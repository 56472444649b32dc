"""The image made by buildah, without an engine and without root inside: `chroot` isolation, and a
storage folder that is thrown away."""

import json
import pathlib
import shutil

from bare_root import run


class Image:
    def __init__(self, folder, bare, source, deb):
        """Builds the Dockerfile of `source` on the BareRoot; its stage `build` is a folder with the
        package in it."""
        self.buildah = ["buildah", "--storage-driver", "vfs", "--root", f"{folder}/storage",
                        "--runroot", f"{folder}/run"]
        scratch = self.run("from", "scratch").strip()
        mounted = self.run("mount", scratch).strip()
        run(["cp", "-a", f"{bare.path}/.", mounted])
        self.run("umount", scratch)
        self.run("commit", "-q", scratch, "localhost/bare")
        self.run("rm", scratch)
        built = pathlib.Path(folder) / "build"
        (built / "src/build").mkdir(parents=True)
        shutil.copy(deb, built / "src/build")
        self.run("bud", "--isolation", "chroot", "--format", "docker", "--pull-never",
                 "--build-arg", "BASE=localhost/bare", "--build-context", f"build={built}",
                 "-t", "localhost/moldau", "-f", source / "packaging/container/Dockerfile", source)

    def run(self, *arguments, limit_s=1800):
        return run([*self.buildah, *arguments], limit_s)

    def config(self):
        """What the image tells an engine, in Docker's words."""
        description = json.loads(self.run("inspect", "--type", "image", "localhost/moldau"))
        return description["Docker"]["config"]

    def container(self):
        """The name of a new container."""
        return self.run("from", "--pull-never", "localhost/moldau").strip()

    def command(self, container, *command, **environment):
        """The command line that runs a command in the container, as the image's user."""
        variables = [f"--env={name}={value}" for name, value in environment.items()]
        return [*self.buildah, "run", "--isolation", "chroot", *variables, container, "--",
                *command]

    def remove(self):
        self.run("rm", "--all")
