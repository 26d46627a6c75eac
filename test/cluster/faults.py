"""What a fault proxy does to requests: a script of rules, tried in order for each connection, request and line of a stream.

    Rule(Cut(100), method="GET", path=r"/secrets/")           the first such answer ends after 100 bytes of its body
    Rule(HalfOpen(), method="WATCH", line=r'"name":"a"')      silence from the event that tells of "a" on
    Rule(Answer(503), method="PATCH", times=3)                the next three never reach the server
    Rule(Close(), method="CONNECT", times=None)               nobody is let in

A rule that has acted `times` times is spent. Nothing here is random, and nothing depends on time but Delay and Drip.
"""

import asyncio
import dataclasses
import json
import re
import threading
import time


@dataclasses.dataclass(frozen=True)
class Close:
    """The connection ends without an answer; of a CONNECT, before the TLS handshake."""


@dataclasses.dataclass(frozen=True)
class HalfOpen:
    """Nothing more is said after `after` bytes of the body, or of the line, and the connection stays. -1: not even the head."""
    after: int = -1


@dataclasses.dataclass(frozen=True)
class Cut:
    """The connection ends after `after` bytes of the body, or of the line; in a line also: after these bytes. -1: before the head.

    `end` says where a chunked answer is broken: WITHIN a chunk, BETWEEN two, or after a LAST one, as if all had been said.
    """
    after: int | bytes = -1
    end: str = "WITHIN"


@dataclasses.dataclass(frozen=True)
class Delay:
    """The answer is held back."""
    seconds: float


@dataclasses.dataclass(frozen=True)
class Drip:
    """The body, or the line, in pieces of so many bytes, with as many seconds in between."""
    size: int
    seconds: float


class Hold:
    """The request is kept from the server, or with after=True the answer from the client, until release()."""

    def __init__(self, after=False):
        self.after = after
        self._released = threading.Event()

    def release(self):
        self._released.set()

    async def wait(self):
        while not self._released.is_set():
            await asyncio.sleep(0.005)


class Answer:
    """Another answer in place of the server's: a Status of that code, or `body`. In a stream, an ERROR event, and its end."""

    def __init__(self, code, reason=None, message="as the script says", retry_after=None, body=None):
        self.code = code
        self.retry_after = retry_after
        self.status = body or {
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message,
            "reason": reason or _REASONS.get(code, "InternalError"), "code": code,
            **({"details": {"retryAfterSeconds": retry_after}} if retry_after is not None else {})}

    def body(self):
        return json.dumps(self.status).encode()

    def event(self):
        return json.dumps({"type": "ERROR", "object": self.status}).encode() + b"\n"


_REASONS = {400: "BadRequest", 401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 409: "Conflict", 410: "Expired",
            429: "TooManyRequests", 500: "InternalError", 503: "ServiceUnavailable", 504: "Timeout"}


@dataclasses.dataclass
class Rule:
    action: object
    method: str = ".*"           # whole; "WATCH" is a GET of a stream, "CONNECT" a connection
    path: str = ""               # anywhere in path?query
    header: tuple = ()           # name and what is found in its value
    line: str = ""               # anywhere in a line of a stream: the action is upon that line
    skip: int = 0                # let as many pass before
    times: int | None = 1        # None: for ever
    forward: bool = False        # with Answer, Close, Cut(-1) and HalfOpen(-1): the server gets the request all the same
    acted: int = 0

    def takes(self, request, line=None):
        """Whether this is a case of the rule; counts it."""
        if (self.times is not None and self.acted >= self.times) or bool(self.line) != (line is not None):
            return False
        if "CONNECT" in (self.method, request.method) and self.method != request.method:
            return False
        if not re.fullmatch(self.method, request.method) or not re.search(self.path, request.target):
            return False
        if self.header and not re.search(self.header[1], request.headers.get(self.header[0].lower(), "")):
            return False
        if line is not None and not re.search(self.line, line.decode(errors="replace")):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.acted += 1
        return True


@dataclasses.dataclass
class Seen:
    """A request, or a connection, that reached the proxy."""
    method: str
    target: str = ""
    headers: dict = dataclasses.field(default_factory=dict)
    body: bytes = b""
    time: float = dataclasses.field(default_factory=time.monotonic)
    status: int | None = None    # what the client was answered, if it was

    @property
    def user_agent(self):
        return self.headers.get("user-agent", "")


class Script:
    """The rules and what they were tried on. Thread-safe."""

    def __init__(self):
        self._lock = threading.Lock()
        self._rules = []
        self._seen = []

    def add(self, *rules):
        """Appends them, for requests under way too; the rules, or the one."""
        with self._lock:
            self._rules.extend(rules)
        return rules if len(rules) > 1 else rules[0]

    def clear(self):
        """Forgets the rules and what has been seen."""
        with self._lock:
            self._rules.clear()
            self._seen.clear()

    def note(self, seen):
        """Remembers it; the rule that acts upon it, or None."""
        with self._lock:
            self._seen.append(seen)
            return next((rule for rule in self._rules if rule.takes(seen)), None)

    def rule_for_line(self, request, line):
        with self._lock:
            return next((rule for rule in self._rules if rule.takes(request, line)), None)

    def seen(self, method=".*", path=""):
        """The requests so far, oldest first; connections only if asked for by name."""
        with self._lock:
            return [each for each in self._seen if re.fullmatch(method, each.method) and re.search(path, each.target) and
                    (each.method != "CONNECT" or method == "CONNECT")]
