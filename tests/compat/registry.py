"""The register of compatibility tests: a decorator, nothing more."""

import dataclasses
from typing import Callable


@dataclasses.dataclass(frozen=True)
class CompatTest:
    """A test takes a kafka_rig.Rig and fails by raising."""

    name: str
    function: Callable
    limit_s: int
    against: tuple


TESTS = []


def compat_test(limit_s, against=("moldau", "apache")):
    """Registers a function as a test. `against` names the brokers that it makes sense for:
    those that prove the test itself right also run with --against apache."""

    def register(function):
        name = function.__name__.removeprefix("test_")
        TESTS.append(CompatTest(name, function, limit_s, against))
        return function

    return register
