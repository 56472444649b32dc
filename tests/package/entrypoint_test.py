#!/usr/bin/env python3
"""The container's entry point, with a program in Moldau's place that tells what it was given."""

import os
import pathlib
import subprocess
import tempfile
import unittest

ENTRYPOINT = pathlib.Path(__file__).resolve().parents[2] / "packaging/container/entrypoint"
FILE = "/etc/moldau/server.properties"
TELLS = '#!/bin/sh\nfor argument in "$@"; do printf "%s\\0" "$argument"; done\n'


class Entrypoint(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="moldau-entrypoint-")
        self.addCleanup(directory.cleanup)
        program = pathlib.Path(directory.name) / "moldau"
        program.write_text(TELLS, encoding="utf-8")
        program.chmod(0o755)
        self.path = f"{directory.name}:{os.environ['PATH']}"

    def given(self, *arguments, **environment):
        """The arguments that `moldau` gets."""
        done = subprocess.run([ENTRYPOINT, *arguments], env={"PATH": self.path, **environment},
                              capture_output=True, timeout=60, check=True)
        return done.stdout.decode().split("\0")[:-1]

    def overrides(self, **environment):
        given = self.given(**environment)
        self.assertEqual(given[:3], ["server", "--config", FILE])
        self.assertEqual(set(given[3::2]), {"--override"} if given[3:] else set())
        return set(given[4::2])

    def test_nothing_said_is_the_server_with_the_images_configuration(self):
        self.assertEqual(self.given(), ["server", "--config", FILE])
        self.assertEqual(self.given("server"), ["server", "--config", FILE])

    def test_options_are_the_servers_and_come_after_the_environment(self):
        self.assertEqual(self.given("--override", "num.partitions=3", KAFKA_NUM_PARTITIONS="2"),
                         ["server", "--config", FILE, "--override", "num.partitions=2",
                          "--override", "num.partitions=3"])
        self.assertEqual(self.given("--config", "/mine"), ["server", "--config", "/mine"])
        self.assertEqual(self.given("server", "--config=/mine"), ["server", "--config=/mine"])

    def test_another_command_is_run_as_it_is(self):
        self.assertEqual(self.given("topic", "list", "--bootstrap", "b:1", KAFKA_NODE_ID="7"),
                         ["topic", "list", "--bootstrap", "b:1"])
        self.assertEqual(self.given("--version"), ["--version"])

    def test_variables_name_properties_as_in_apaches_image(self):
        self.assertEqual(
            self.overrides(KAFKA_ADVERTISED_LISTENERS="PLAINTEXT://a:1,OUTSIDE://b:2",
                           KAFKA_LISTENER_NAME_OUTSIDE_SASL_ENABLED_MECHANISMS="PLAIN",
                           KAFKA_A_B__C___D=" two words; $HOME `id` 'x' = \"y\" * ",
                           OTHER_NUM_PARTITIONS="5"),
            {"advertised.listeners=PLAINTEXT://a:1,OUTSIDE://b:2",
             "listener.name.outside.sasl.enabled.mechanisms=PLAIN",
             "a.b_c-d= two words; $HOME `id` 'x' = \"y\" * "})

    def test_variables_for_a_jvm_or_from_kubernetes_are_no_properties(self):
        self.assertEqual(self.overrides(
            KAFKA_OPTS="-Dx", KAFKA_HEAP_OPTS="-Xmx1g", KAFKA_JVM_PERFORMANCE_OPTS="-server",
            KAFKA_JMX_PORT="9999", KAFKA_LOG4J_LOGGERS="x", KAFKA_VERSION="4.2.1",
            KAFKA_PORT="tcp://10.0.0.1:9092", KAFKA_PORT_9092_TCP="tcp://10.0.0.1:9092",
            KAFKA_SERVICE_HOST="10.0.0.1", KAFKA_SERVICE_PORT_CLIENTS="9092"), set())


if __name__ == "__main__":
    unittest.main(verbosity=2)
