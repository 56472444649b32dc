"""Whether a broker that has just started keeps what the Ledger says was promised."""

from broker_ledger import describe
from broker_wire import BODY_AT, FETCH_BYTES, NONE, batches, records

EARLIEST = -2
SAMPLES = 3  # look-ups by offset and by time per partition


class Partition:
    """What is in one partition now."""

    def __init__(self, topic, index):
        self.topic, self.index, self.place = topic, index, (topic.id, index)
        self.name = f"{topic.name}-{index} ({topic.id.hex()})"
        self.found = []  # (base offset, next offset, timestamp, body)
        self.start = self.read_to = 0
        self.end = None
        self.cut_time = None  # of the batch that the log starts in the middle of

    def add(self, error, end, data):
        """An answer from `read_to` on; returns what is wrong with it."""
        self.end = end
        if error != NONE:
            return f"{self.name}: fetch at {self.read_to} answers error {error}"
        before = self.read_to
        for base, following, timestamp, body in batches(data):
            if self.read_to == self.start and base < self.start < following:
                self.read_to, self.cut_time = following, timestamp
                continue
            if base != self.read_to:
                return f"{self.name}: batch at {base}, expected {self.read_to}"
            self.found.append((base, following, timestamp, body))
            self.read_to = following
        if self.read_to == before and end > before:
            return f"{self.name}: nothing readable at {before} of {end}"
        return None

    def whole(self):
        return self.end is not None and self.read_to >= self.end

    def problems(self, ledger):
        at = {base: body for base, _, _, body in self.found}
        for offset, body in sorted(ledger.promised.get(self.place, {}).items()):
            if offset >= self.start and at.get(offset) != body:
                what = "is another" if offset in at else "is gone"
                yield f"{self.name}: promised batch at {offset} {what}; the log ends at {self.end}"
        if self.end < ledger.ends.get(self.place, 0):
            yield f"{self.name}: ends at {self.end}, {ledger.ends[self.place]} was seen"
        sent = ledger.sent.get(self.place, {})
        foreign = [base for base, body in at.items() if body not in sent]
        if foreign:
            yield f"{self.name}: nobody has sent what is at {foreign}"
        if len(set(at.values())) != len(at):
            yield f"{self.name}: a batch is there twice"


def find_starts(connection, ledger, partitions):
    """What was deleted stays deleted, and nothing else is."""
    answers = connection.offsets_for_times([(one.topic.name, one.index, EARLIEST)
                                            for one in partitions])
    for one in partitions:
        error, start = answers[one.topic.name, one.index]
        least = ledger.starts.get(one.place, 0)
        most = max(least, ledger.starts_asked.get(one.place, 0))
        if error != NONE or not least <= start <= most:
            yield f"{one.name}: error {error}, starts at {start}, deleted were {least} to {most}"
        one.start = one.read_to = start
        ledger.deleted_records(one.place, start)


def read_all(connection, partitions):
    """Reads every partition to its high watermark; yields what is wrong."""
    reading = list(partitions)
    while reading:
        answers = connection.fetch([(*one.place, one.read_to, FETCH_BYTES) for one in reading])
        left = []
        for one in reading:
            problem = one.add(*answers[one.place])
            if problem:
                yield problem
            elif not one.whole():
                left.append(one)
        reading = left


def check_compacted(connection, ledger, topic):
    """Offsets ascend, and of each key what was acknowledged last is there, or something newer."""
    for partition in range(topic.partitions):
        name, offset, end, newest, left = f"{topic.name}-{partition}", 0, 1, {}, 0
        while offset < end:
            error, end, data = connection.fetch([(topic.id, partition, offset, FETCH_BYTES)])[
                topic.id, partition]
            before = offset
            for base, following, _, body in batches(data):
                if error != NONE or base < before:
                    yield f"{name}: error {error}, batch at {base} when {before} was asked for"
                offset = max(offset, following)
                found = [(key, int(value.split(b" ")[0])) for key, value in records(body)]
                newest.update(found)
                left += len(found)
            if error != NONE or (offset == before and offset < end):
                yield f"{name}: error {error}, nothing readable at {before} of {end}"
                return
        ledger.compacted_away += end - left
        for (of, key), value in topic.values.items():
            if of == partition and not value.acknowledged <= newest.get(key, 0) <= value.sent:
                yield (f"{name}: {key} is {newest.get(key)}, acknowledged was {value.acknowledged}, "
                       f"sent {value.sent}")


def look_up(connection, partitions, chance):
    """Through the indexes: single batches by an offset in them, and offsets by time."""
    chosen = [(one, *chance.choice(one.found)) for one in partitions if one.found]
    if not chosen:
        return
    wanted = {one.place: chance.randrange(base, following) for one, base, following, *_ in chosen}
    # As much as the batch has: less than one is answered for one partition of a request only.
    answers = connection.fetch([(*one.place, wanted[one.place], len(body) + BODY_AT)
                                for one, *_, body in chosen])
    for one, base, *_ in chosen:
        error, _, data = answers[one.place]
        first = next(batches(data), (None,))[0]
        if (error, first) != (NONE, base):
            yield (f"{one.name}: fetch of {wanted[one.place]} answers error {error} and the batch "
                   f"at {first} instead of {base}")
    answers = connection.offsets_for_times([(one.topic.name, one.index, timestamp)
                                            for one, _, _, timestamp, _ in chosen])
    for one, _, _, timestamp, _ in chosen:
        expected = next(base for base, _, time, _ in one.found if time >= timestamp)
        if one.cut_time is not None and one.cut_time >= timestamp:
            expected = one.start
        answer = answers[one.topic.name, one.index]
        if answer != (NONE, expected):
            yield f"{one.name}: offset for time {timestamp} is {answer}, not {expected}"


def produced(connection, waiting):
    """(Batch, error, offset) of each, with one batch per partition in a request."""
    while waiting:
        now = {}
        for one in waiting:
            now.setdefault(one.place, one)
        waiting = [one for one in waiting if now[one.place] is not one]
        connection.send_produce([(*place, one.data) for place, one in sorted(now.items())])
        for topic_id, partition, error, offset in connection.receive_produce():
            yield now[topic_id, partition], error, offset


def send_again(connection, ledger, partitions):
    """Idempotent producers that have had no answer try again: what is there is recognized. And so
    is, of those that had one, what they have sent last."""
    there = {one.place: {body: base for base, _, _, body in one.found} for one in partitions}
    doubtful = {(one.place, one.producer) for one in ledger.in_doubt}
    again = [one for key, one in ledger.last.items() if key not in doubtful] + ledger.in_doubt
    again = [one for one in again if one.place in there]
    ledger.last.clear()
    ledger.in_doubt.clear()
    for one, error, offset in produced(connection, again):
        known = there[one.place].get(one.body)
        if error != NONE:
            yield f"sent again to {describe(one.place)}: error {error}, it is at {known}"
        elif known is not None and offset != known:
            yield f"sent again to {describe(one.place)}: now at {offset}, it is at {known}"
        else:
            ledger.read(one.place, offset, one.body)


def verify(connection, ledger, chance):
    """A list of broken promises."""
    problems = ledger.check_topics(*connection.metadata())
    if problems:
        return problems
    partitions = [Partition(topic, index) for topic in ledger.usable()
                  for index in range(topic.partitions)]
    problems += find_starts(connection, ledger, partitions)
    problems += read_all(connection, partitions)
    if problems:
        return problems
    for one in partitions:
        problems += one.problems(ledger)
        for base, _, _, body in one.found:
            ledger.read(one.place, base, body)
        ledger.seen_end(one.place, one.end)
    ledger.compacted_away = 0
    for topic in ledger.compacted():
        problems += check_compacted(connection, ledger, topic)
    for _ in range(SAMPLES):
        problems += look_up(connection, partitions, chance)
    if not problems:
        problems += send_again(connection, ledger, partitions)
    return problems + ledger.complaints
