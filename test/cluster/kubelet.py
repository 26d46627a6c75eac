"""What stands for a node's kubelet: it registers the node, says that Pods of it run, and forwards ports to 127.0.0.1.

No Pod is run; the processes are the test's business. `kubectl port-forward` reaches it as it reaches a kubelet: the API server opens
SPDY/3.1 over TLS, and for each connection a stream of errors and a stream of bytes.
"""

import asyncio
import json
import ssl
import threading
import zlib

SYN_STREAM, SYN_REPLY, RST_STREAM, PING = 1, 2, 3, 6
FIN = 1

# What SPDY/3 compresses headers with; https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1, 2.6.10.1.
WORDS = """options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow
authorization cache-control connection content-base content-encoding content-language content-length content-location content-md5
content-range content-type date etag expect expires from host if-match if-modified-since if-none-match if-range if-unmodified-since
last-modified location max-forwards pragma proxy-authenticate proxy-authorization range referer retry-after server te trailer
transfer-encoding upgrade user-agent vary via warning www-authenticate method get status 200~OK version HTTP/1.1 url public set-cookie
keep-alive origin"""
TAIL = ("100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505"
        "203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not Found"
        "500 Internal Server Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 "
        "Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,"
        "text/plain,text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.")
DICTIONARY = b"".join(len(word).to_bytes(4, "big") + word.replace("~", " ").encode() for word in WORDS.split()) + TAIL.encode()


class Session:
    """The streams of one `kubectl port-forward`."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.inflate = zlib.decompressobj(zdict=DICTIONARY)
        self.deflate = zlib.compressobj(zdict=DICTIONARY)
        self.errors = {}  # stream by request
        self.ends = {}  # of a stream of bytes: what writes to its program
        self.pumps = set()

    async def run(self):
        try:
            while True:
                head = await self.reader.readexactly(8)
                body = await self.reader.readexactly(int.from_bytes(head[5:8], "big"))
                await self._take(int.from_bytes(head[:4], "big"), head[4], body)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            for each in (self.writer, *self.ends.values()):
                each.close()

    async def _take(self, word, flags, body):
        control, kind = word >> 31, word & 0xffff
        if not control:
            await self._pass_on(word, body)
            if flags & FIN:
                self._close(word)
        elif kind == SYN_STREAM:
            await self._open(int.from_bytes(body[:4], "big"), self._headers(body[10:]))
        elif kind == RST_STREAM:
            self._close(int.from_bytes(body[:4], "big"))
        elif kind == PING:
            self._control(PING, body)

    def _headers(self, block):
        data, headers, at = self.inflate.decompress(block), {}, 4
        for _ in range(int.from_bytes(data[:4], "big")):
            pair = []
            for _ in range(2):
                size = int.from_bytes(data[at:at + 4], "big")
                pair.append(data[at + 4:at + 4 + size].decode())
                at += 4 + size
            headers[pair[0]] = pair[1]
        return headers

    async def _open(self, stream, headers):
        no_headers = self.deflate.compress(bytes(4)) + self.deflate.flush(zlib.Z_SYNC_FLUSH)
        self._control(SYN_REPLY, stream.to_bytes(4, "big") + no_headers)
        request = headers["requestid"]
        if headers["streamtype"] == "error":
            self.errors[request] = stream
            return
        error = self.errors.pop(request)
        try:
            reader, self.ends[stream] = await asyncio.open_connection("127.0.0.1", int(headers["port"]))
        except OSError as reason:
            self._data(error, FIN, str(reason).encode())
            self._data(stream, FIN, b"")
            return
        pump = asyncio.ensure_future(self._pump(reader, stream, error))
        self.pumps.add(pump)  # the loop itself holds tasks weakly
        pump.add_done_callback(self.pumps.discard)

    async def _pump(self, reader, stream, error):
        try:
            while data := await reader.read(65536):
                self._data(stream, 0, data)
                await self.writer.drain()
            self._data(stream, FIN, b"")
            self._data(error, FIN, b"")
        except ConnectionError:
            pass

    async def _pass_on(self, stream, data):
        end = self.ends.get(stream)
        if end and data:
            end.write(data)
            await end.drain()

    def _close(self, stream):
        end = self.ends.get(stream)
        if end and end.can_write_eof() and not end.is_closing():
            end.write_eof()

    def _control(self, kind, body):
        self.writer.write((0x80030000 | kind).to_bytes(4, "big") + len(body).to_bytes(4, "big") + body)

    def _data(self, stream, flags, body):
        self.writer.write(stream.to_bytes(4, "big") + bytes([flags]) + len(body).to_bytes(3, "big") + body)


class Kubelet:
    """The kubelet of one node. `address` is what Pods of the node have."""

    def __init__(self, plane, node, address="127.0.0.1"):
        self.plane, self.node, self.address = plane, node, address
        key, certificate = plane.authority.issue(f"kubelet-{node}", addresses=("IP:127.0.0.1",))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.server = self._await(asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context))
        self._register(self.server.sockets[0].getsockname()[1])

    def close(self):
        self.loop.call_soon_threadsafe(self.server.close)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    def run(self, namespace, pod):
        """Takes a Pod that no node has yet, and says that it runs."""
        self.plane.kubectl("create", "--raw", f"/api/v1/namespaces/{namespace}/pods/{pod}/binding", "-f", "-", text=json.dumps(
            {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": pod}, "target": {"kind": "Node", "name": self.node}}))
        status = {"phase": "Running", "hostIP": self.address, "podIP": self.address, "podIPs": [{"ip": self.address}],
                  "conditions": [{"type": "Ready", "status": "True"}]}
        self.plane.kubectl("-n", namespace, "patch", "pod", pod, "--subresource=status", "--type=merge", "-p",
                           json.dumps({"status": status}))

    def _register(self, port):
        self.plane.kubectl("create", "-f", "-", text=json.dumps(
            {"apiVersion": "v1", "kind": "Node", "metadata": {"name": self.node, "labels": {"kubernetes.io/os": "linux"}}}))
        status = {"addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
                  "daemonEndpoints": {"kubeletEndpoint": {"Port": port}}, "conditions": [{"type": "Ready", "status": "True"}]}
        self.plane.kubectl("patch", "node", self.node, "--subresource=status", "--type=merge", "-p", json.dumps({"status": status}))

    def _await(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)

    async def _serve(self, reader, writer):
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            writer.close()
            return
        if b" /portForward/" not in head.split(b"\r\n", 1)[0]:
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            writer.close()
            return
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n"
                     b"X-Stream-Protocol-Version: portforward.k8s.io\r\n\r\n")
        await Session(reader, writer).run()
