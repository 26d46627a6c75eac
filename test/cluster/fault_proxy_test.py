#!/usr/bin/env python3
"""The fault proxy itself, in front of a small server of this test: what is passed on as it is, and what each action leaves of it."""

import http.client
import http.server
import json
import pathlib
import queue
import ssl
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "plane"))
import plane as plane_module  # noqa: E402
from fault_proxy import FaultProxy  # noqa: E402
from faults import Answer, Close, Cut, Delay, Drip, HalfOpen, Hold, Rule  # noqa: E402

BODY = b'{"kind":"Thing"}'
SOON = 20


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers BODY; a watch says what is put into `events` until that is None."""

    protocol_version = "HTTP/1.1"
    events = None
    asked = []
    broken = []  # streams that nobody reads any more

    def do_GET(self):
        events = self.events
        self.asked.append((self.command, self.path, self.headers.get("Authorization"), self.connection.getpeercert()))
        length = int(self.headers.get("Content-Length", 0))
        said = self.rfile.read(length)
        self.send_response(200)
        if "watch=1" not in self.path:
            body = said or BODY
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while (event := events.get()) is not None:
            try:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
            except OSError:
                self.broken.append(self.path)
                self.close_connection = True
                return
        self.wfile.write(b"0\r\n\r\n")

    do_PATCH = do_GET

    def log_message(self, *_):
        pass


class Proxy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.authority = authority = plane_module.Authority(pathlib.Path(folder.name))
        key, certificate = cls.pair = authority.issue("server", addresses=("IP:127.0.0.1",))
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate, key)
        tls.load_verify_locations(authority.certificate)
        tls.verify_mode = ssl.CERT_OPTIONAL
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        cls.server.socket = tls.wrap_socket(cls.server.socket, server_side=True)
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        cls.addClassCleanup(cls.server.server_close)
        cls.addClassCleanup(cls.server.shutdown)
        cls.trust = ssl.create_default_context(cafile=authority.certificate)
        cls.proxy = FaultProxy(f"https://127.0.0.1:{cls.server.server_address[1]}", authority.certificate, key, certificate,
                               client=authority.issue("admin")).start()
        cls.addClassCleanup(cls.proxy.stop)

    def setUp(self):
        self.proxy.clear()
        Handler.asked.clear()
        Handler.broken.clear()
        Handler.events = queue.Queue()

    def connect(self, timeout=SOON):
        host, port = self.proxy.url.removeprefix("https://").split(":")
        connection = http.client.HTTPSConnection(host, int(port), context=self.trust, timeout=timeout)
        self.addCleanup(connection.close)
        return connection

    def ask(self, method="GET", path="/a", body=None, headers=None, timeout=SOON):
        connection = self.connect(timeout)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer, answer.read()

    def watch(self, timeout=SOON):
        connection = self.connect(timeout)
        connection.request("GET", "/things?watch=1")
        answer = connection.getresponse()
        self.addCleanup(Handler.events.put, None)  # each ends one stream
        return answer

    def wait(self, check):
        end = time.monotonic() + SOON
        while not check():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.005)

    def test_passes_on_and_records(self):
        answer, body = self.ask("PATCH", "/a?b=c", b'{"x":1}', {"Authorization": "Bearer t", "User-Agent": "me"})
        self.assertEqual((answer.status, body), (200, b'{"x":1}'))
        self.assertEqual(Handler.asked[0][:3], ("PATCH", "/a?b=c", "Bearer t"))
        seen, = self.proxy.seen()
        self.assertEqual((seen.method, seen.target, seen.user_agent, seen.body, seen.status), ("PATCH", "/a?b=c", "me", b'{"x":1}', 200))
        self.assertEqual(len(self.proxy.seen("CONNECT")), 1)

    def test_lends_its_certificate_only_to_who_has_no_token(self):
        self.ask(headers={"Authorization": "Bearer t"})
        self.ask()
        self.assertFalse(Handler.asked[0][3])
        self.assertIn((("commonName", "admin"),), Handler.asked[1][3]["subject"])

    def test_keeps_the_connection_of_the_client(self):
        connection = self.connect()
        for _ in range(3):
            connection.request("GET", "/a")
            self.assertEqual(connection.getresponse().read(), BODY)
        self.assertEqual(len(self.proxy.seen("CONNECT")), 1)

    def test_a_rule_acts_upon_its_own_cases_and_is_spent(self):
        rule = self.proxy.add(Rule(Answer(503), method="GET", path="/b", skip=1, times=2))
        codes = [self.ask(path=path)[0].status for path in ("/a", "/b", "/a", "/b", "/b", "/b")]
        self.assertEqual(codes, [200, 200, 200, 503, 503, 200])
        self.assertEqual(rule.acted, 2)
        self.assertEqual(len(Handler.asked), 4)  # what was answered here went no further

    def test_a_rule_may_ask_for_a_header(self):
        self.proxy.add(Rule(Answer(401), header=("Authorization", "old"), times=None))
        codes = [self.ask(headers={"Authorization": f"Bearer {token}"})[0].status for token in ("old", "new", "old")]
        self.assertEqual(codes, [401, 200, 401])

    def test_rewrites_an_answer_after_the_server_has_acted(self):
        self.proxy.add(Rule(Answer(429, retry_after=7), forward=True))
        answer, body = self.ask()
        self.assertEqual((answer.status, answer.headers["Retry-After"]), (429, "7"))
        status = json.loads(body)
        self.assertEqual((status["reason"], status["details"]["retryAfterSeconds"]), ("TooManyRequests", 7))
        self.assertEqual(len(Handler.asked), 1)

    def test_cuts_a_body(self):
        self.proxy.add(Rule(Cut(5)))
        with self.assertRaises(http.client.IncompleteRead) as caught:
            self.ask()
        self.assertEqual(caught.exception.partial, BODY[:5])

    def test_cuts_before_the_head(self):
        self.proxy.add(Rule(Cut(), forward=True), Rule(Close()))
        for _ in range(2):
            with self.assertRaises((http.client.RemoteDisconnected, ConnectionResetError)):
                self.ask()
        self.assertEqual(len(Handler.asked), 1)

    def test_half_open(self):
        self.proxy.add(Rule(HalfOpen()), Rule(HalfOpen(3)))
        for _ in range(2):
            with self.assertRaises(TimeoutError):
                self.ask(timeout=0.3)

    def test_delays_and_drips(self):
        self.proxy.add(Rule(Delay(0.2)), Rule(Drip(4, 0.05)))
        for least in (0.2, 0.15):
            begin = time.monotonic()
            self.assertEqual(self.ask()[1], BODY)
            self.assertGreaterEqual(time.monotonic() - begin, least)

    def test_holds_a_request_until_it_is_released(self):
        hold = Hold()
        self.proxy.add(Rule(hold))
        answers = []
        asking = threading.Thread(target=lambda: answers.append(self.ask()[1]))
        asking.start()
        self.wait(lambda: self.proxy.seen("GET"))
        self.assertEqual((Handler.asked, answers), ([], []))
        hold.release()
        asking.join(SOON)
        self.assertEqual(answers, [BODY])

    def test_closes_at_accept(self):
        self.proxy.add(Rule(Close(), method="CONNECT", times=2))
        for _ in range(2):
            with self.assertRaises(OSError):
                self.ask()
        self.assertEqual(self.ask()[1], BODY)

    def test_a_watch_passes_as_it_comes(self):
        answer = self.watch()
        for event in (b'{"n":1}\n', b'{"n":2}\n'):
            Handler.events.put(event)
            self.assertEqual(answer.readline(), event)
        Handler.events.put(None)
        self.assertEqual(answer.read(), b"")
        self.assertEqual(self.proxy.seen()[0].method, "WATCH")

    def test_a_line_is_cut_where_the_script_says(self):
        whole = b'8\r\n{"n":1}\n\r\n'
        for cut, rest in ((Cut(4, "WITHIN"), b'8\r\n{"n"'), (Cut(b'n"', "BETWEEN"), b'4\r\n{"n"\r\n'),
                          (Cut(4, "LAST"), b'4\r\n{"n"\r\n0\r\n\r\n')):
            with self.subTest(cut):
                Handler.events = queue.Queue()
                self.addCleanup(Handler.events.put, None)
                self.proxy.add(Rule(cut, line='"n":2'))
                connection = self.connect()
                connection.connect()
                connection.sock.sendall(b"GET /things?watch=1 HTTP/1.1\r\nHost: a\r\n\r\n")
                Handler.events.put(b'{"n":1}\n')
                Handler.events.put(b'{"n":2}\n')
                self.assertTrue(everything_of(connection.sock).endswith(b"\r\n\r\n" + whole + rest))

    def test_a_line_becomes_an_error_and_the_end(self):
        rule = Rule(Answer(410), line='"n":2')
        answer = self.watch()
        self.proxy.add(rule)  # of a stream that is under way, too
        Handler.events.put(b'{"n":2}\n')
        event = json.loads(answer.readline())
        self.assertEqual((event["type"], event["object"]["code"], event["object"]["reason"]), ("ERROR", 410, "Expired"))
        self.assertEqual(answer.read(), b"")

    def test_a_watch_falls_silent(self):
        self.proxy.add(Rule(HalfOpen(0), line='"n":2'))
        answer = self.watch(timeout=0.3)
        Handler.events.put(b'{"n":1}\n{"n":2}\n{"n":3}\n')
        self.assertEqual(answer.readline(), b'{"n":1}\n')
        with self.assertRaises(TimeoutError):
            answer.readline()

    def test_a_line_drips(self):
        self.proxy.add(Rule(Drip(1, 0.01), line="n"))
        answer = self.watch()
        Handler.events.put(b'{"n":1}\n')
        self.assertEqual(answer.readline(), b'{"n":1}\n')

    def test_a_watcher_that_leaves_ends_its_stream(self):
        events = Handler.events
        left = self.connect()
        left.request("GET", "/things?watch=1")
        left.getresponse()
        left.close()

        def server_knows():
            events.put(b'{"n":1}\n')
            return Handler.broken
        self.wait(server_knows)

    def test_a_server_that_is_away_closes_connections(self):
        proxy = FaultProxy("https://127.0.0.1:1", self.authority.certificate, *self.pair).start()
        self.addCleanup(proxy.stop)
        host, port = proxy.url.removeprefix("https://").split(":")
        connection = http.client.HTTPSConnection(host, int(port), context=self.trust, timeout=SOON)
        connection.request("GET", "/a")
        with self.assertRaises((http.client.RemoteDisconnected, ConnectionResetError)):
            connection.getresponse()


def everything_of(connection):
    """What is said until the connection ends, in whatever way."""
    said = b""
    try:
        while piece := connection.recv(1 << 16):
            said += piece
    except (ConnectionResetError, ssl.SSLEOFError):
        pass
    return said


if __name__ == "__main__":
    unittest.main(verbosity=2)
