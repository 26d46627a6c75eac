"""A proxy in front of an API server that does to its clients what faults.Script says.

It ends TLS with a certificate of its own and carries each request over a connection of its own. Who asks is said to the API server
as the client said it, by the Authorization header: rights and admission policies hold as without the proxy. A client certificate
cannot be passed on, so a request without that header goes upstream with the proxy's own certificate, if it was given one.

Watches are passed on line by line, as they come. A server that cannot be reached looks like one that closes its connections.
"""

import asyncio
import contextlib
import socket
import ssl
import threading
import urllib.parse

from faults import Answer, Close, Cut, Delay, Drip, HalfOpen, Hold, Script, Seen

MAX_HEAD = 1 << 20
HOP_BY_HOP = {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "content-length"}


class Broken(Exception):
    """The client's connection is to end as it is."""


class FaultProxy(Script):
    """Runs from start() to stop() in a thread of its own; `url` is where clients go."""

    def __init__(self, upstream, authority, key, certificate, client=None):
        """`upstream` is the API server's URL, `authority` its CA's file; `client`, key and certificate for it."""
        super().__init__()
        self._upstream = urllib.parse.urlsplit(upstream)
        self._server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._server_tls.load_cert_chain(certificate, key)
        self._server_tls.minimum_version = ssl.TLSVersion.TLSv1_2
        self._bare_tls = ssl.create_default_context(cafile=authority)
        self._client_tls = self._bare_tls
        if client:
            self._client_tls = ssl.create_default_context(cafile=authority)
            self._client_tls.load_cert_chain(client[1], client[0])
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._listener.setblocking(False)
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}"
        self._failures = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def start(self):
        self._thread.start()
        return self

    def stop(self):
        """Ends every connection; raises what went wrong in here, if anything did."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        if self._failures:
            raise self._failures[0]

    def _run(self):
        accepting = self._loop.create_task(self._accept())
        self._loop.run_forever()
        accepting.cancel()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._listener.close()
        self._loop.close()

    async def _accept(self):
        running = set()  # the loop itself keeps tasks weakly
        while True:
            client, _ = await self._loop.sock_accept(self._listener)
            task = self._loop.create_task(self._serve(client))
            running.add(task)
            task.add_done_callback(lambda done: (running.discard(done), self._note_end(done)))

    def _note_end(self, task):
        if not task.cancelled() and task.exception():
            self._failures.append(task.exception())

    async def _serve(self, client):
        rule = self.note(Seen("CONNECT"))
        if rule:
            with contextlib.ExitStack() as refusing:
                refusing.callback(client.close)
                if isinstance(rule.action, HalfOpen):
                    await asyncio.Event().wait()
                if not isinstance(rule.action, Delay):
                    return
                await asyncio.sleep(rule.action.seconds)
                refusing.pop_all()
        reader = asyncio.StreamReader(limit=MAX_HEAD)
        protocol = asyncio.StreamReaderProtocol(reader)
        try:
            transport, _ = await self._loop.connect_accepted_socket(lambda: protocol, client, ssl=self._server_tls)
        except (OSError, ssl.SSLError):
            client.close()
            return
        writer = asyncio.StreamWriter(transport, protocol, reader, self._loop)
        try:
            while await self._exchange(reader, writer):
                pass
        except (Broken, OSError, asyncio.IncompleteReadError):
            pass
        finally:
            transport.abort()

    async def _exchange(self, reader, writer):
        """One request and its answer; whether another may follow."""
        seen = await read_request(reader)
        if seen is None:
            return False
        rule = self.note(seen)
        action = rule.action if rule else None
        if isinstance(action, Hold) and not action.after:
            await action.wait()
        if rule and not rule.forward and says_nothing_of_the_server(action):
            return await self._instead(action, seen, reader, writer)
        async with self._asked(seen) as (answer, status, headers):
            if rule and says_nothing_of_the_server(action):
                await drain(body_of(answer, seen, status, headers))
                return await self._instead(action, seen, reader, writer)
            if isinstance(action, Delay):
                await asyncio.sleep(action.seconds)
            if isinstance(action, Hold) and action.after:
                await action.wait()
            body = body_of(answer, seen, status, headers)
            seen.status = status
            sink = Sink(writer, status, headers)
            if seen.method == "WATCH" and status == 200:
                await self._stream(seen, body, sink, reader, action)
            else:
                async for piece in faulty(body, action, sink, reader):
                    await sink.send(piece)
            await sink.end()
        return True

    async def _instead(self, action, seen, reader, writer):
        if isinstance(action, HalfOpen):
            await reader.read()  # until the client gives up
        if not isinstance(action, Answer):
            raise Broken
        seen.status = action.code
        headers = {"content-type": "application/json", "content-length": str(len(action.body()))}
        if action.retry_after is not None:
            headers["retry-after"] = str(action.retry_after)
        sink = Sink(writer, action.code, headers)
        await sink.send(action.body())
        await sink.end()
        return True

    @contextlib.asynccontextmanager
    async def _asked(self, seen):
        """The API server's answer: its reader, its status and its headers."""
        tls = self._bare_tls if "authorization" in seen.headers else self._client_tls
        server, to_server = await asyncio.open_connection(self._upstream.hostname, self._upstream.port, limit=MAX_HEAD, ssl=tls)
        try:
            headers = {name: value for name, value in seen.headers.items() if name not in HOP_BY_HOP | {"host"}}
            headers |= {"host": self._upstream.netloc, "connection": "close"}
            if seen.body or seen.method not in ("GET", "WATCH"):
                headers["content-length"] = str(len(seen.body))
            method = "GET" if seen.method == "WATCH" else seen.method
            to_server.write(head_of(f"{method} {seen.target} HTTP/1.1", headers) + seen.body)
            line, answer_headers = await read_head(server)
            yield server, int(line.split()[1]), answer_headers
        finally:
            to_server.transport.abort()

    async def _stream(self, seen, body, sink, reader, action):
        """A watch: a line is the unit, and ends when either side does."""
        gone = asyncio.ensure_future(reader.read(1))
        carrying = asyncio.ensure_future(self._carry(seen, body, sink, reader, action))
        try:
            await sink.start()
            await asyncio.wait({gone, carrying}, return_when=asyncio.FIRST_COMPLETED)
            if not carrying.done():
                raise Broken
            await carrying
        finally:
            for each in (gone, carrying):
                each.cancel()
            await asyncio.gather(gone, carrying, return_exceptions=True)

    async def _carry(self, seen, body, sink, reader, action):
        async for line in faulty(lines_of(body), action, sink, None):
            rule = self.rule_for_line(seen, line)
            if rule is None:
                await sink.send(line)
            elif isinstance(rule.action, Answer):
                await sink.send(rule.action.event())
                return
            else:
                await one_line(rule.action, line, sink)


def says_nothing_of_the_server(action):
    """Whether it leaves nothing of the server's answer."""
    return isinstance(action, (Answer, Close)) or (isinstance(action, (Cut, HalfOpen)) and action.after == -1)


async def faulty(pieces, action, sink, reader):
    """The pieces of a body with what the action does to them."""
    if not isinstance(action, (Cut, HalfOpen, Drip)):
        async for piece in pieces:
            yield piece
        return
    left = action.after if isinstance(action, (Cut, HalfOpen)) else None
    async for piece in pieces:
        if isinstance(action, Drip):
            for begin in range(0, len(piece), action.size):
                yield piece[begin:begin + action.size]
                await asyncio.sleep(action.seconds)
            continue
        if len(piece) >= left:
            await break_off(action, piece, left, sink, reader)
        yield piece
        left -= len(piece)
    if not isinstance(action, Drip):
        await break_off(action, b"", 0, sink, reader)


async def one_line(action, line, sink):
    if isinstance(action, Close):
        raise Broken
    if isinstance(action, Hold):
        await action.wait()
    if isinstance(action, Delay):
        await asyncio.sleep(action.seconds)
    if isinstance(action, (Cut, HalfOpen)):
        after = line.index(action.after) + len(action.after) if isinstance(action.after, bytes) else max(action.after, 0)
        await break_off(action, line, after, sink, None)
    if isinstance(action, Drip):
        for begin in range(0, len(line), action.size):
            await sink.send(line[begin:begin + action.size])
            await asyncio.sleep(action.seconds)
        return
    await sink.send(line)


async def break_off(action, piece, after, sink, reader):
    """Says `after` bytes of a piece, then no more."""
    if isinstance(action, HalfOpen):
        await sink.send(piece[:after])
        await (reader.read() if reader else asyncio.Event().wait())
    elif action.end == "WITHIN":
        await sink.send(piece[:after], announced=len(piece))
    else:
        await sink.send(piece[:after])
        if action.end == "LAST":
            await sink.end()
    raise Broken


class Sink:
    """An answer on its way to the client: with its length if the server told that, else chunked."""

    def __init__(self, writer, status, headers):
        self._writer = writer
        self._chunked = "content-length" not in headers and status not in (204, 304)
        kept = {name: value for name, value in headers.items() if name not in HOP_BY_HOP - {"content-length"}}
        if self._chunked:
            kept["transfer-encoding"] = "chunked"
        self._head = head_of(f"HTTP/1.1 {status} Scripted", kept)

    async def start(self):
        self._writer.write(self._head)
        self._head = b""
        await self._writer.drain()

    async def send(self, piece, announced=None):
        """With `announced`, the head of a chunk as long, and not its end."""
        if self._head:
            await self.start()
        if self._chunked and (piece or announced):
            self._writer.write(b"%x\r\n" % (len(piece) if announced is None else announced))
            self._writer.write(piece + (b"\r\n" if announced is None else b""))
        elif not self._chunked:
            self._writer.write(piece)
        await self._writer.drain()

    async def end(self):
        await self.send(b"")
        if self._chunked:
            self._writer.write(b"0\r\n\r\n")
            await self._writer.drain()


def head_of(first, headers):
    return (first + "\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n").encode("latin-1")


async def read_head(reader):
    """The first line, and the headers with names in lower case."""
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.split(":", 1) for line in lines[1:] if line)
    return lines[0], {name.strip().lower(): value.strip() for name, value in pairs}


async def read_request(reader):
    """None if the client ends the connection instead."""
    try:
        line, headers = await read_head(reader)
    except asyncio.IncompleteReadError:
        return None
    method, target, _ = line.split(" ")
    if method == "GET" and urllib.parse.parse_qs(urllib.parse.urlsplit(target).query).get("watch", ["0"])[0] in ("1", "true"):
        method = "WATCH"
    seen = Seen(method, target, headers)
    if "chunked" in headers.get("transfer-encoding", ""):
        seen.body = b"".join([piece async for piece in chunks(reader)])
    else:
        seen.body = await reader.readexactly(int(headers.get("content-length", "0")))
    return seen


async def body_of(server, seen, status, headers):
    """The pieces of an answer's body as they come."""
    if seen.method == "HEAD" or status in (204, 304):
        return
    if "chunked" in headers.get("transfer-encoding", ""):
        async for piece in chunks(server):
            yield piece
        return
    left = int(headers["content-length"]) if "content-length" in headers else None
    while left is None or left:
        piece = await server.read(1 << 16 if left is None else min(left, 1 << 16))
        if not piece and left:
            raise Broken
        if not piece:
            return
        yield piece
        left = left and left - len(piece)


async def chunks(reader):
    while True:
        size = int((await reader.readuntil(b"\r\n")).split(b";")[0], 16)
        piece = await reader.readexactly(size)
        await reader.readuntil(b"\r\n")
        if not size:
            return
        yield piece


async def lines_of(pieces):
    pending = b""
    async for piece in pieces:
        *whole, pending = (pending + piece).split(b"\n")
        for line in whole:
            yield line + b"\n"
    if pending:
        yield pending


async def drain(pieces):
    async for _ in pieces:
        pass
