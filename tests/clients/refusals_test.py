"""What is not served yet, transactions: clients are told so at once, and in words."""

import re
import time

import client_rig
import confluent_kafka
from client import How
from comparison import Sent
from every_client import CLIENTS
from processes import expect
from records import Record

# The clients' own patience is a minute; a refusal must not use it up.
REFUSED_WITHIN_S = 10


def expect_refusal(who, elapsed_s, text):
    """What a user of the client reads names what is not served, and is no time-out."""
    expect(elapsed_s < REFUSED_WITHIN_S, f"{who} was refused after {elapsed_s:.1f} s: {text}")
    expect("transaction" in text.lower(), f"{who} was told: {text}")
    expect(not re.search(r"timed[ _]?out", text, re.IGNORECASE), f"{who} was told: {text}")


def expect_usable(rig, server):
    """Nothing of a transaction is in the topic, and other producers are not affected."""
    client = rig.client(CLIENTS["c_program"], server)
    known = Sent("payments")
    known.produce(client, [Record(0, 1_700_000_000_000, b"key", b"value")], How(idempotent=True))
    known.check(client, client.consume("payments", 1), "after the refusal")
    server.stop()


def start(rig):
    server = rig.server().start()
    client = rig.client(CLIENTS["c_program"], server)
    client.create("payments", 1)
    return server, client


def c_program(rig):
    """init_transactions() fails with a fatal error, long before its time is over."""
    server, client = start(rig)
    (outcome, elapsed_ms, text), = client.ask("transact", "payments-1")
    expect(outcome.startswith("fatal "), f"init_transactions: {outcome} {text}")
    expect_refusal("the C program", int(elapsed_ms) / 1000, text)
    print(f"    {elapsed_ms} ms: {outcome}: {text}")
    expect_usable(rig, server)


def confluent(rig):
    """init_transactions() raises."""
    server, _ = start(rig)
    producer = confluent_kafka.Producer({"bootstrap.servers": server.address,
                                         "transactional.id": "payments-2"})
    begin = time.monotonic()
    try:
        producer.init_transactions(30)
    except confluent_kafka.KafkaException as refusal:
        error = refusal.args[0]
        expect(error.fatal(), f"init_transactions: {error}")
        expect_refusal("confluent_kafka", time.monotonic() - begin, error.str())
    else:
        expect(False, "init_transactions() succeeded")
    expect_usable(rig, server)


def kcat(rig):
    """kcat ends with an error instead of sending its input."""
    server, _ = start(rig)
    begin = time.monotonic()
    code, _, err = rig.run("kcat", ["kcat", "-P", "-b", server.address, "-t", "payments", "-m", 30,
                                    "-X", "transactional.id=payments-3"], b"one\ntwo\n")
    expect(code != 0, f"kcat -P ended with 0: {err}")
    expect_refusal("kcat", time.monotonic() - begin, err)
    expect_usable(rig, server)


SCENARIOS = (c_program, confluent, kcat)

if __name__ == "__main__":
    client_rig.main(lambda _: {scenario.__name__: scenario for scenario in SCENARIOS})
