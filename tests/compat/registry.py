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
    needs_apis: tuple
    prepare: Callable | None


TESTS = []


def compat_test(limit_s, against=("moldau", "apache"), needs_apis=(), prepare=None):
    """Registers a function as a test. `against` names the brokers that it makes sense for:
    those that prove the test itself right also run with --against apache. `needs_apis` are
    keys of APIs without which the test is skipped: it begins by itself when the broker has them.
    `prepare` (it takes the Rig, too) fetches and builds, outside of the time limit."""

    def register(function):
        name = function.__name__.removeprefix("test_")
        TESTS.append(CompatTest(name, function, limit_s, against, needs_apis, prepare))
        return function

    return register
