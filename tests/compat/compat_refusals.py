"""What a broker must not take: transactions that it does not serve, control batches of clients."""

import batch
import wire
from compat_clients import create
from processes import expect
from registry import compat_test

# A refusal must come at once: the client's own patience is max.block.ms, a minute.
REFUSED_WITHIN_MS = 10_000
RECORDS = [(b"key", b"value"), (b"other", b"thing")]


def end_offset(rig, server, topic):
    text = rig.tool("kafka-get-offsets", "--bootstrap-server", server.address, "--topic", topic)
    return int(text.strip().rsplit(":", 1)[1])


@compat_test(limit_s=60)
def test_control_batches_of_clients_are_refused(rig):
    """A plain batch made by hand is taken; the same with the control bit, or with a wrong
    checksum, is not, and leaves nothing behind."""
    server = rig.server().start()
    create(rig, server, "plain", partitions=1)
    plain = batch.record_batch(RECORDS)
    error, base_offset, message = batch.produce(server.address, "plain", 0, plain)
    expect((error, base_offset) == (batch.NO_ERROR, 0),
           f"a plain batch: error {error}, offset {base_offset}, {message}")
    marker = batch.record_batch([(batch.COMMIT_KEY, batch.COMMIT_VALUE)], batch.CONTROL)
    error, _, message = batch.produce(server.address, "plain", 0, marker)
    expect(error == batch.INVALID_RECORD, f"a control batch: error {error}, {message}")
    broken = plain[:-3] + b"X" + plain[-2:]
    error, _, message = batch.produce(server.address, "plain", 0, broken)
    expect(error == batch.CORRUPT_MESSAGE, f"a wrong checksum: error {error}, {message}")
    expect(end_offset(rig, server, "plain") == len(RECORDS), "something refused was appended")
    error, base_offset, message = batch.produce(server.address, "plain", 0, plain)
    expect((error, base_offset) == (batch.NO_ERROR, len(RECORDS)),
           f"after the refusals: error {error}, offset {base_offset}, {message}")
    server.stop()


@compat_test(limit_s=60, against=("moldau",))
def test_transactions_are_refused_clearly(rig):
    """A transactional producer is told at once, with a message, that this broker does not serve
    transactions; a transactional batch is not appended."""
    server = rig.server().start()
    error, message = wire.find_transaction_coordinator(server.address, "payments")
    expect(error == wire.UNSUPPORTED_VERSION, f"FindCoordinator: error {error}")
    expect(message and "transaction" in message.lower(), f"FindCoordinator: message {message!r}")
    error = wire.init_producer_id(server.address, "payments")
    expect(error == wire.UNSUPPORTED_VERSION, f"InitProducerId: error {error}")

    create(rig, server, "payments", partitions=1)
    data = batch.record_batch(RECORDS, batch.TRANSACTIONAL, 1, 0, 0)
    error, _, message = batch.produce(server.address, "payments", 0, data, "payments")
    expect(error == batch.INVALID_TXN_STATE, f"a transactional batch: error {error}, {message}")
    expect(end_offset(rig, server, "payments") == 0, "the transactional batch was appended")

    classpath, main = rig.program("Transact")
    _, out, err = rig.java("transact", classpath, main, [server.address, "payments"])
    outcome, elapsed_ms, text = out.rstrip("\n").split("\t", 2)
    expect(outcome.startswith("org.apache.kafka") and "Timeout" not in outcome,
           f"initTransactions() ended with {outcome}: {text}\n{err[-1000:]}")
    expect(int(elapsed_ms) < REFUSED_WITHIN_MS, f"the refusal took {elapsed_ms} ms")
    expect("transaction" in text.lower(), f"the client was told: {text}")
    server.stop()
