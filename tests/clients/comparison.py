"""What was sent against what was read."""

import dataclasses
import time

import records
from processes import expect

CLOCK_LEEWAY_MS = 5_000


class Sent:
    """Everything that was sent to one topic, and what was answered."""

    def __init__(self, topic):
        self.topic = topic
        self.records = []
        self.places = []  # a Place or None for each record
        self.since_ms = time.time() * 1000

    def produce(self, producer_or_client, more, how=None):
        """Sends `more`, adapted already, by a client (with `how`) or an open producer."""
        if how is None:
            producer_or_client.send(more)
            places = producer_or_client.flush()
        else:
            places = producer_or_client.produce(self.topic, more, how)
        self.records += more
        self.places += places if places is not None else [None] * len(more)

    def check(self, reader, found, what):
        """`found` by the client `reader` is what was sent: byte for byte, in order in each
        partition, at consecutive offsets, and where it was acknowledged to be."""
        by_place = {(record.partition, offset): record for offset, record in found}
        for record, place in zip(self.records, self.places):
            if place is None:
                continue
            expect(place.partition == record.partition, f"{what}: {record} went to {place}")
            if place.offset is not None:
                at = by_place.get((place.partition, place.offset))
                expect(at is not None and at.value == record.value,
                       f"{what}: acknowledged at {place}: {str(record)[:200]}, there is "
                       f"{str(at)[:200]}")
        records.check_equal([reader.shown(record) for record in self.records],
                            self.without_clock(found), what)

    def without_clock(self, found):
        """Takes away the timestamps that the client could not choose, if they are now."""
        wanted = {}
        for record in self.records:
            wanted.setdefault(record.partition, []).append(record.timestamp)
        until_ms = time.time() * 1000 + CLOCK_LEEWAY_MS
        result = []
        for offset, record in found:
            times = wanted.get(record.partition, [])
            if offset < len(times) and times[offset] is None:
                expect(self.since_ms - CLOCK_LEEWAY_MS <= record.timestamp <= until_ms,
                       f"the timestamp of {record.partition}/{offset} is {record.timestamp}")
                record = dataclasses.replace(record, timestamp=None)
            result.append((offset, record))
        return result
