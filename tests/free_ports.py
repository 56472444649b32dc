"""Ports for the brokers of a test."""

import random
import socket

# Below what the system gives to outgoing connections, one of which could take a port in between.
LOWEST, END = 10_000, 32_000


def free_ports(count, chance=random):
    """Different ports of 127.0.0.1 that nothing uses at this moment."""
    probes = []
    try:
        while len(probes) < count:
            probe = socket.socket()
            try:
                probe.bind(("127.0.0.1", chance.randrange(LOWEST, END)))
                probes.append(probe)
            except OSError:
                probe.close()
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()
