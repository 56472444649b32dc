"""Apache's generated classes and we encode every message and record batch the same."""

import os
import random

import encoding
from registry import compat_test

INSTANCES = 200
BATCHES = 200


def seed():
    """$MOLDAU_COMPAT_SEED, or another one each time; it is printed either way."""
    return int(os.environ.get("MOLDAU_COMPAT_SEED") or random.randrange(1 << 31))


def peer(rig):
    return rig.moldau.parent / "encoding_peer"


@compat_test(limit_s=300, against=("moldau",))
def test_encoding_of_messages(rig):
    """Random instances of every message in every version, both ways."""
    chosen = seed()
    print(f"    seed {chosen}", flush=True)
    print("    " + encoding.text(encoding.compare_messages(rig, peer(rig), chosen, INSTANCES)))


@compat_test(limit_s=120, against=("moldau",))
def test_encoding_of_batches(rig):
    """Random record batches of all codecs, and control records."""
    chosen = seed()
    print(f"    seed {chosen}", flush=True)
    print("    " + encoding.text(encoding.compare_batches(rig, peer(rig), chosen, BATCHES)))


@compat_test(limit_s=60, against=("moldau",))
def test_golden_frames(rig):
    """The committed frames are Apache's, of every message and version that we describe."""
    print("    " + encoding.text(encoding.check_golden(rig, peer(rig))))
