"""Plays scripts to one broker and notes what it answers: a transcript, to be compared."""

import dataclasses
import json
import os
import select
import socket
import struct
import time

from . import batches, values
from .script import Close, For, Let, On, Parked, Raw, Receive, Request
from .values import Malformed

CLIENT_ID = "compat"
ANSWER_LIMIT_S = 20  # a rebalance may take a while
UNTIL_LIMIT_S = 10
RAW_LIMIT_S = 5
# How long an answer that should be held back is given to come nevertheless.
PARKED_S = 0.05
RETRY_S = 0.05


@dataclasses.dataclass
class Exchange:
    """One request, or another thing that a script notes, and what came of it.

    outcome: {"body": ...}, {"closed": True}, {"silent": True}, {"undecodable": ...},
    {"not sent": ...}, {"parked": bool}; "never": an `until` did not come true.
    """

    section: str
    line: int
    api: str
    version: int
    request: str
    outcome: dict
    compared: bool = True


def functions(schemas):
    """What scripts may call."""

    def long(count, text="x"):
        return str(text) * count

    def encoded(name, version, body):
        """A message behind its version, as consumers write their subscriptions."""
        return struct.pack(">h", version) + schemas.others[name].encode(version, body)

    def numbers(low, high):
        return list(range(low, high + 1))

    return {"batch": batches.batch, "control": batches.control_batch,
            "old_message": batches.old_message, "long": long, "hex": lambda digits: bytes.fromhex(str(digits)),
            "text": lambda text: str(text).encode(), "encoded": encoded, "numbers": numbers,
            "joined": lambda *parts: b"".join(parts), "random": os.urandom}


class Connection:
    """A socket, and the answers that are due on it, in order."""

    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=ANSWER_LIMIT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.due = []  # (api, version, correlation id, text of the request)
        self.correlation_id = 0

    def send(self, data):
        self.socket.sendall(data)

    def frame(self, limit_s):
        """The next frame; None when the broker has closed the connection."""
        self.socket.settimeout(limit_s)
        size = self.take(4)
        return None if size is None else self.take(struct.unpack(">i", size)[0])

    def take(self, count):
        data = bytearray()
        while len(data) < count:
            part = self.socket.recv(min(count - len(data), 1 << 20))
            if not part:
                return None
            data += part
        return bytes(data)

    def readable(self, limit_s):
        return bool(select.select([self.socket], [], [], limit_s)[0])


class Player:
    """Plays sections to the broker behind `addresses` ({listener: address}). `ranges` ({api: (low,
    high)}) says what "all versions" are; it is Apache's for both brokers."""

    def __init__(self, addresses, schemas, ranges):
        self.addresses, self.schemas, self.ranges = addresses, schemas, ranges
        self.functions = functions(schemas)
        self.exchanges = []

    def play(self, section):
        """Returns the exchanges of the section."""
        self.section = f"{section.file}: {section.title}"
        self.variables, self.connections = {}, {}
        self.exchanges = []
        self.use("main", "broker")
        try:
            self.block(section.block)
        except Malformed as error:
            raise Malformed(f"{self.section}: {error}") from None
        finally:
            for _, connection in self.connections.values():
                if connection is not None:
                    connection.socket.close()
        return self.exchanges

    def use(self, name, listener):
        self.current = name
        if self.connections.get(name, (None, None))[1] is None:
            listener = self.connections.get(name, (listener,))[0]
            self.connections[name] = (listener, Connection(self.addresses[listener]))

    @property
    def connection(self):
        self.use(self.current, "broker")
        return self.connections[self.current][1]

    def drop(self):
        """The current connection is over; the next use makes a new one."""
        listener, connection = self.connections[self.current]
        connection.socket.close()
        self.connections[self.current] = (listener, None)

    def block(self, statements):
        for statement in statements:
            try:
                self.statement(statement)
            except Malformed as error:
                text = str(error)
                prefix = "" if text.startswith("line ") else f"line {statement.line}: "
                raise Malformed(prefix + text) from None

    def statement(self, statement):
        if isinstance(statement, Request):
            self.in_versions(statement)
        elif isinstance(statement, For):
            for value in self.loop_values(statement):
                self.variables[statement.name] = value
                self.block(statement.block)
        elif isinstance(statement, Receive):
            self.receive(statement)
        elif isinstance(statement, Parked):
            held = not self.connection.readable(PARKED_S)
            self.note(statement, "parked", 0, "parked", {"parked": held})
        elif isinstance(statement, Raw):
            self.raw(statement)
        elif isinstance(statement, Let):
            self.variables[statement.name] = self.value(statement.value)
        elif isinstance(statement, On):
            self.use(statement.name, statement.listener)
        elif isinstance(statement, Close):
            self.drop()

    def value(self, value):
        return values.evaluate(value, self.variables, self.functions)

    def note(self, statement, api, version, request, outcome, compared=True):
        exchange = Exchange(self.section, statement.line, api, version, request, outcome, compared)
        self.exchanges.append(exchange)
        return exchange

    def loop_values(self, loop):
        if not isinstance(loop.values, str):
            return self.value(loop.values)
        if ".." in loop.values:
            low, high = map(int, loop.values.split(".."))
        else:
            low, high = self.ranges[loop.values]
        return range(low, high + 1)

    def in_versions(self, request):
        """Sends a request in its version; or in each of several, which then is $v."""
        text = str(self.value(request.versions))
        low, high = self.schemas.requests[request.api].versions
        announced = self.ranges.get(request.api, (low, high))
        low, high = max(low, announced[0]), min(high, announced[1])
        first, dots, last = text.partition("..")
        if text != "*" and not dots:
            self.request(request, int(text))
            return
        if text != "*":
            low, high = int(first or low), int(last or high)
        around = self.variables
        for version in range(low, high + 1):
            self.variables = {**around, "v": version}
            self.request(request, version)
            around |= {name: self.variables[name] for name, _ in request.binds}
        self.variables = around

    def request(self, request, version):
        body = self.value(request.body)
        text = as_text(body)
        deadline = time.monotonic() + UNTIL_LIMIT_S
        while True:
            outcome = self.exchange(request, version, body, text)
            if outcome is None:
                return  # the answer is for a `receive`
            if self.satisfied(request, outcome):
                break
            if time.monotonic() > deadline:
                outcome["never"] = True  # what the script waits for has not come
                break
            time.sleep(RETRY_S)
        self.note(request, request.api, version, text, outcome, request.compared)
        self.bind(request.binds, outcome)

    def exchange(self, request, version, body, text):
        connection = self.connection
        connection.correlation_id += 1
        try:
            form = None if request.form is None else self.value(request.form)
            frame = self.schemas.request_frame(request.api, version, connection.correlation_id,
                                               body, form, CLIENT_ID)
        except ValueError as error:
            return {"not sent": str(error)}
        for how, value in request.damage:
            value = self.value(value)
            frame = frame + value if how == "append" else frame[:len(frame) - value]
        if request.answered:
            connection.due.append((request.api, version, connection.correlation_id, text))
        try:
            connection.send(struct.pack(">i", len(frame)) + frame)
        except OSError:
            pass  # what has been answered before the end is still read
        if not request.waits or not request.answered:
            return None
        return self.next_answer(request.limit_s or ANSWER_LIMIT_S)

    def satisfied(self, request, outcome):
        if "body" not in outcome:
            return True
        try:
            return all(values.follow(outcome["body"], path) == self.value(wanted)
                       for path, wanted in request.until)
        except LookupError:
            return False

    def bind(self, binds, outcome):
        for name, path in binds:
            try:
                self.variables[name] = values.follow(outcome.get("body", {}),
                                                     self.value(values.Template(path)))
            except LookupError:
                self.variables[name] = None

    def receive(self, statement):
        due = self.connection.due
        api, version, _, text = due[0] if due else ("nothing", 0, 0, "")
        outcome = self.next_answer() if due else {"not sent": "no answer is due"}
        self.note(statement, api, version, text, outcome, statement.compared)
        self.bind(statement.binds, outcome)

    def next_answer(self, limit_s=ANSWER_LIMIT_S):
        """Takes the oldest answer that is due from the current connection."""
        connection = self.connection
        api, version, correlation_id, _ = connection.due.pop(0)
        try:
            frame = connection.frame(limit_s)
        except TimeoutError:
            self.drop()
            return {"silent": True}
        except OSError:
            frame = None
        if frame is None:
            self.drop()
            return {"closed": True}
        return self.decoded(api, version, correlation_id, frame)

    def decoded(self, api, version, correlation_id, frame):
        # Version 0 is what ApiVersions answers to versions of the future.
        for form in (version, 0) if api == "ApiVersions" else (version,):
            try:
                got, body = self.schemas.response(api, form, frame)
            except (ValueError, UnicodeDecodeError) as error:
                outcome = {"undecodable": str(error), "bytes": frame[:200].hex()}
                continue
            outcome = {"body": body}
            if form != version:
                outcome["in version"] = form
            if got != correlation_id:
                outcome["another correlation id"] = got - correlation_id
            break
        return outcome

    def raw(self, statement):
        data = self.value(statement.data)
        try:
            self.connection.send((struct.pack(">i", len(data)) if statement.framed else b"") + data)
            answer = self.connection.frame(RAW_LIMIT_S)
            outcome = {"closed": True} if answer is None else {"bytes": answer.hex()}
        except TimeoutError:
            outcome = {"silent": True}
        except OSError:
            outcome = {"closed": True}
        if "bytes" not in outcome:
            self.drop()
        self.note(statement, "bytes", 0, data[:40].hex(), outcome)


def as_text(body):
    """A request as one line, for reports."""
    return json.dumps(body, default=lambda data: f"<{len(data)} bytes>", ensure_ascii=False)
