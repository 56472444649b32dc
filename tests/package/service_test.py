#!/usr/bin/env python3
"""What a service manager hears of the server: service_test.py PATH_OF_MOLDAU."""

import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from free_ports import free_ports  # noqa: E402

MOLDAU = os.path.abspath(sys.argv.pop(1))
LIMIT_S = 60


def answers(port):
    """Whether something accepts connections there."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=LIMIT_S).close()
        return True
    except ConnectionRefusedError:
        return False


class Service(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="moldau-service-")
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.port, self.controller = free_ports(2)

    def listen(self, address):
        """The service manager's socket."""
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(manager.close)
        manager.bind(address)
        manager.settimeout(LIMIT_S)
        return manager

    def start(self, notify_socket, port=None):
        listeners = (f"listeners=PLAINTEXT://127.0.0.1:{port or self.port},"
                     f"CONTROLLER://127.0.0.1:{self.controller}")
        log = open(self.directory + "/log", "w", encoding="utf-8")
        self.addCleanup(log.close)
        server = subprocess.Popen(
            [MOLDAU, "server", "--override", f"log.dirs={self.directory}/data", "--override",
             listeners, "--override", "metrics.listener="],
            env={**os.environ, "NOTIFY_SOCKET": notify_socket}, stdout=subprocess.DEVNULL,
            stderr=log)
        self.addCleanup(server.wait, LIMIT_S)
        self.addCleanup(server.kill)
        return server

    def log(self):
        with open(self.directory + "/log", encoding="utf-8") as file:
            return file.read()

    def test_ready_is_said_when_the_port_answers_and_stopping_when_it_is_told_to_stop(self):
        for address in (self.directory + "/notify", f"\0moldau-service-test-{os.getpid()}"):
            manager = self.listen(address)
            self.assertFalse(answers(self.port))
            server = self.start(address.replace("\0", "@"))
            self.assertEqual(manager.recv(1000), b"READY=1", self.log())
            self.assertTrue(answers(self.port))
            self.assertIsNone(server.poll())
            server.send_signal(signal.SIGTERM)
            self.assertEqual(manager.recv(1000), b"STOPPING=1", self.log())
            self.assertEqual(server.wait(LIMIT_S), 0, self.log())
            manager.settimeout(0)
            with self.assertRaises(BlockingIOError):
                manager.recv(1000)

    def test_a_server_that_cannot_start_never_says_that_it_is_ready(self):
        manager = self.listen(self.directory + "/notify")
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            server = self.start(self.directory + "/notify", taken.getsockname()[1])
            self.assertEqual(server.wait(LIMIT_S), 1, self.log())
        manager.settimeout(0)
        with self.assertRaises(BlockingIOError):
            manager.recv(1000)

    def test_a_service_manager_that_is_gone_does_not_stop_the_server(self):
        server = self.start(self.directory + "/nobody")
        topics = subprocess.run(
            [MOLDAU, "topic", "list", "--bootstrap", f"127.0.0.1:{self.port}"],
            capture_output=True, timeout=LIMIT_S, check=False)
        self.assertEqual(topics.returncode, 0, topics.stderr.decode() + self.log())
        server.send_signal(signal.SIGTERM)
        self.assertEqual(server.wait(LIMIT_S), 0)
        self.assertIn("the service manager was not told state=READY=1", self.log())
        self.assertIn("the service manager was not told state=STOPPING=1", self.log())


if __name__ == "__main__":
    unittest.main(verbosity=2)
