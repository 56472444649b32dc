#!/usr/bin/env python3
"""The package as a user installs it: package_test.py PATH_OF_DEB, as root.

In a bare root made by debootstrap the package is installed with apt and its service run as the unit
says, by hand: no systemd is needed. On the same root buildah builds the last stage of the
Dockerfile with the package in it, and runs the image. kcat is the client from outside, over
loopback. What is tried is what docs/operations.md promises."""

import configparser
import json
import os
import pathlib
import shlex
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import unittest
import urllib.request

from bare_root import ISOLATED, BareRoot, run
from image import Image

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from free_ports import free_ports  # noqa: E402

DEB = pathlib.Path(sys.argv.pop(1)).resolve()
SOURCE = pathlib.Path(__file__).resolve().parents[2]
UNIT = "usr/lib/systemd/system/moldau.service"
LIMIT_S = 60


class Server:
    """A running server, which has said that it is ready, and its clients. `command` makes the
    command line from the name of the service manager's socket."""

    started = 0

    def __init__(self, test, command, ports):
        self.ports = ports
        self.id = self.user = None
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        test.addCleanup(self.manager.close)
        Server.started += 1
        name = f"moldau-package-test-{os.getpid()}-{Server.started}"
        self.manager.bind("\0" + name)  # abstract: the same inside a root
        self.manager.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.manager.settimeout(LIMIT_S)
        self.log = tempfile.TemporaryFile("w+", encoding="utf-8")
        test.addCleanup(self.log.close)
        self.process = subprocess.Popen(
            command("@" + name), stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
        test.addCleanup(self.kill)
        test.assertEqual(self.heard(), "READY=1", self.said())

    def heard(self):
        """What the service manager hears next; nothing if the server says nothing. Also notes who
        says it, which the kernel vouches for."""
        try:
            state, ancillary, _, _ = self.manager.recvmsg(1000, 1000)
        except TimeoutError:
            return ""
        self.id, self.user, _ = struct.unpack("3i", ancillary[0][2])
        return state.decode()

    def said(self):
        self.log.seek(0)
        return self.log.read()

    def kcat(self, *arguments, stdin=None):
        done = subprocess.run(["kcat", "-b", f"localhost:{self.ports[0]}", *arguments], input=stdin,
                              capture_output=True, timeout=LIMIT_S, check=False)
        if done.returncode != 0:
            raise AssertionError(f"kcat {shlex.join(arguments)}: {done.stderr.decode()}"
                                 f"{self.said()}")
        return done.stdout.decode()

    def brokers(self, port):
        """The addresses that a client at a port is told."""
        description = json.loads(self.kcat("-L", "-J", "-b", f"localhost:{port}"))
        return [broker["name"] for broker in description["brokers"]]

    def produce(self, topic, lines):
        self.kcat("-P", "-t", topic, "-X", "acks=all", stdin="".join(lines).encode())

    def consume(self, topic):
        return self.kcat("-C", "-t", topic, "-o", "beginning", "-e", "-q").splitlines(keepends=True)

    def page(self, name):
        url = f"http://localhost:{self.ports[2]}/{name}"
        with urllib.request.urlopen(url, timeout=LIMIT_S) as answer:
            return answer.read().decode()

    def kill(self):
        """The server, and what stands between it and us."""
        if self.process.poll() is None:
            if self.id is not None:
                os.kill(self.id, signal.SIGKILL)
            else:
                self.process.kill()
            self.process.wait(LIMIT_S)

    def stop(self):
        """SIGTERM to the server itself; the exit code."""
        os.kill(self.id, signal.SIGTERM)
        return self.process.wait(LIMIT_S)


class Package(unittest.TestCase):
    """One root, in which the package is installed."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="moldau-installed-", dir=WORK)
        cls.addClassCleanup(folder.cleanup)
        cls.root = BARE.copy_to(folder.name + "/root")
        cls.install()
        cls.ports = free_ports(3)
        cls.listen_at(cls.ports)

    @classmethod
    def install(cls, *options):
        run(["cp", DEB, cls.root.path / "tmp"])
        return cls.root.run("apt-get", "install", "-q", "-y", "--no-install-recommends", *options,
                            f"/tmp/{DEB.name}")

    @classmethod
    def listen_at(cls, ports):
        """The package's configuration with free ports in place of its own."""
        text = cls.root.read("etc/moldau/server.properties")
        for usual, free in zip((9092, 9093, 9644), ports):
            text = text.replace(f"127.0.0.1:{usual}", f"127.0.0.1:{free}")
        cls.root.write("etc/moldau/server.properties", text)

    def unit(self):
        """The [Service] section of the unit."""
        parser = configparser.RawConfigParser(strict=False)
        parser.optionxform = str
        parser.read_string(self.root.read(UNIT))
        return parser["Service"]

    def start(self):
        """What the unit starts, as the unit's user, without privileges."""
        unit = self.unit()
        self.assertEqual(unit["Type"], "notify")
        as_user = ["setpriv", f"--reuid={unit['User']}", f"--regid={unit['Group']}",
                   "--init-groups", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]
        return Server(self, lambda manager: [*ISOLATED, *self.root.entered(
            *as_user, "env", "NOTIFY_SOCKET=" + manager, *unit["ExecStart"].split())], self.ports)

    def test_1_installs_what_it_says_and_enables_the_service(self):
        self.assertEqual(self.root.run("dpkg-query", "-W", "-f", "${Version} ${Status}", "moldau"),
                         (SOURCE / "VERSION").read_text(encoding="utf-8").strip() +
                         " install ok installed")
        self.assertNotIn("not found", self.root.run("ldd", "/usr/bin/moldau"))
        self.assertEqual(self.root.run("stat", "-c", "%U:%G %a", "/var/lib/moldau").strip(),
                         "moldau:moldau 750")
        self.assertIn("/etc/moldau/server.properties",
                      self.root.run("dpkg-query", "-W", "-f", "${Conffiles}", "moldau"))
        wanted = self.root.path / "etc/systemd/system/multi-user.target.wants/moldau.service"
        self.assertRegex(os.readlink(wanted), "/lib/systemd/system/moldau.service$")
        self.assertIn("moldau server", self.root.run("moldau", "--help"))

    def test_2_serves_as_its_own_user_and_keeps_records_over_a_restart(self):
        server = self.start()
        self.assertNotEqual(server.user, 0)
        self.assertEqual(server.user, int(self.root.run("id", "-u", "moldau")))
        lines = [f"line {i}\n" for i in range(1000)]
        server.produce("t", lines)
        self.assertEqual(server.consume("t"), lines)
        self.assertEqual(server.page("health"), "ok\n")
        self.assertIn("moldau_produced_records_total 1000", server.page("metrics"))
        self.assertEqual(server.stop(), 0, server.said())
        self.assertEqual(server.heard(), "STOPPING=1")
        self.assertTrue((self.root.path / "var/lib/moldau/.kafka_cleanshutdown").exists())
        self.assertEqual(self.start().consume("t"), lines)

    def test_3_installing_it_again_keeps_the_configuration(self):
        mine = self.root.read("etc/moldau/server.properties")
        self.install("--reinstall")
        self.assertEqual(self.root.read("etc/moldau/server.properties"), mine)

    def test_4_a_purge_leaves_nothing_but_data(self):
        said = self.root.run("apt-get", "purge", "-q", "-y", "moldau")
        self.assertIn("the data in /var/lib/moldau stays", said)
        for gone in ("usr/bin/moldau", UNIT, "etc/moldau",
                     "etc/systemd/system/multi-user.target.wants/moldau.service"):
            self.assertFalse(os.path.lexists(self.root.path / gone), gone)
        self.assertTrue((self.root.path / "var/lib/moldau/t-0").is_dir())


class Container(unittest.TestCase):
    """The image, built from the Dockerfile with the package in place of its first stage."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="moldau-image-", dir=WORK)
        cls.addClassCleanup(folder.cleanup)
        cls.image = Image(folder.name, BARE, SOURCE, DEB)
        cls.addClassCleanup(cls.image.remove)
        cls.ports = free_ports(3)

    def entrypoint(self):
        return self.image.config()["Entrypoint"]

    def start(self, container, **environment):
        variables = {**self.environment(), **environment}
        return Server(self, lambda manager: self.image.command(
            container, *self.entrypoint(), NOTIFY_SOCKET=manager, **variables), self.ports)

    def environment(self):
        """Free ports, since the container has this machine's network."""
        client, controller, metrics = self.ports
        return {
            "KAFKA_LISTENERS": f"PLAINTEXT://:{client},CONTROLLER://127.0.0.1:{controller}",
            "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://localhost:{client}",
            "KAFKA_METRICS_LISTENER": f"http://0.0.0.0:{metrics}"}

    def test_says_what_an_engine_wants_to_know(self):
        config = self.image.config()
        self.assertEqual(config["User"], "9092:9092")
        self.assertEqual(set(config["ExposedPorts"]), {"9092/tcp", "9644/tcp"})
        self.assertEqual(set(config["Volumes"]), {"/var/lib/moldau"})
        self.assertEqual(config["Entrypoint"], ["moldau-entrypoint"])
        self.assertEqual(config["Healthcheck"]["Test"][:2], ["CMD", "moldau"])

    def health(self, container):
        """What the image's own check says, told of the port that the test's containers have."""
        check = self.image.config()["Healthcheck"]["Test"][1:]
        command = self.image.command(container, *check,
                                     MOLDAU_BOOTSTRAP=f"localhost:{self.ports[0]}")
        return subprocess.run(command, capture_output=True, timeout=LIMIT_S, check=False).returncode

    def test_serves_as_a_user_without_privileges_and_knows_its_health(self):
        container = self.image.container()
        self.assertNotEqual(self.health(container), 0)
        server = self.start(container)
        self.assertEqual(server.user, 9092)
        self.assertEqual(self.health(container), 0)
        self.assertEqual(server.page("health"), "ok\n")
        lines = [f"line {i}\n" for i in range(1000)]
        server.produce("t", lines)
        self.assertEqual(server.stop(), 0, server.said())
        self.assertNotEqual(self.health(container), 0)
        self.assertEqual(self.start(container).consume("t"), lines)

    def test_behind_a_mapped_port_clients_are_told_the_address_outside(self):
        outside = "127.1.2.3:19092"
        container = self.image.container()
        server = self.start(container, KAFKA_ADVERTISED_LISTENERS="PLAINTEXT://" + outside)
        self.assertEqual(server.brokers(self.ports[0]), [outside])
        self.assertEqual(self.health(container), 0, "which needs no address of the outside")

    def test_runs_on_the_variables_of_apaches_examples_with_two_listeners(self):
        client, controller, _ = self.ports
        outside, = free_ports(1)
        server = self.start(
            self.image.container(), KAFKA_NODE_ID="1", KAFKA_PROCESS_ROLES="broker,controller",
            KAFKA_CONTROLLER_LISTENER_NAMES="CONTROLLER",
            KAFKA_CONTROLLER_QUORUM_VOTERS=f"1@localhost:{controller}",
            KAFKA_LISTENERS=f"PLAINTEXT://:{client},OUTSIDE://:{outside},"
                            f"CONTROLLER://127.0.0.1:{controller}",
            KAFKA_ADVERTISED_LISTENERS=f"PLAINTEXT://127.1.2.3:9092,OUTSIDE://localhost:{outside}",
            KAFKA_LISTENER_SECURITY_PROTOCOL_MAP="CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,"
                                                 "OUTSIDE:PLAINTEXT")
        self.assertEqual(server.brokers(client), ["127.1.2.3:9092"])
        self.assertEqual(server.brokers(outside), [f"localhost:{outside}"])

    def test_is_the_command_line_too(self):
        container = self.image.container()
        version = run(self.image.command(container, *self.entrypoint(), "--version"))
        self.assertEqual(version.strip(), (SOURCE / "VERSION").read_text(encoding="utf-8").strip())


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("package_test.py: debootstrap, chroot and mounts need root: run it with sudo")
    # So that what is cleaned up at the end is cleaned up then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to end"))
    with tempfile.TemporaryDirectory(prefix="moldau-package-") as WORK:
        BARE = BareRoot.make(WORK + "/bare")
        unittest.main(verbosity=2)
