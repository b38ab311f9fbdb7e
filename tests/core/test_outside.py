"""Calling addresses people entered: nothing inside is connected to, and nobody holds us up."""

import socket
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core import outside
from core.errors import Invalid
from core.outside import Limits, Unreachable, find_address, is_public, post, read_url

QUICK = Limits(connect=0.4, whole=0.6, body=4096)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

INSIDE = (
    *("127.0.0.1", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "0.0.0.0", "localhost"),
    *("localhost.", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::7f00:1]"),
    *("[64:ff9b::7f00:1]", "[64:ff9b:1::a00:1]", "[2002:7f00:1::]", "[2001:0:1::1]", "[fe80::1]"),
    *("[fec0::1]", "[fd00:ec2::254]", "169.254.169.254", "10.1.2.3", "172.16.0.1", "192.168.1.1"),
    *("100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.2.1", "198.18.0.1", "224.0.0.1"),
    *("240.0.0.1", "255.255.255.255", "[ff02::1]"),
)
NO_ADDRESSES = (
    *("http://93.184.216.34/", "https://93.184.216.34:8443/", "http://127.0.0.1#@example.org/"),
    *("https://user@93.184.216.34/", "https://user:pass@93.184.216.34/", "https:///in", "https://"),
    *("gopher://93.184.216.34/", "file:///etc/passwd", "ftp://93.184.216.34/", "unix:/run/x.sock"),
    *(
        "https://example.org\\@127.0.0.1/",
        "https://example.org/a b",
        "https://example.org/\r\nX: y",
    ),
    *("https://①②⑦.0.0.1/", "https://127。0。0。1/", "https://example.org:x/", "https://[::1/"),
    *("https://[fe80::1%25eth0]/", "https://ex%61mple.org/", "https://example.org/#x", "//x/", ""),
    "https://example.org/" + "x" * 500,
)


class Listener:
    """Speaks as it is told, to whoever connects."""

    def __init__(self, speak, *, tls=None):
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port = self.door.getsockname()[1]
        self.speak, self.tls, self.calls = speak, tls, 0
        self.asked = b""
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def named(self):
        return {f"127.0.0.1:{self.port}"}

    def _serve(self):
        while True:
            try:
                line, _ = self.door.accept()
            except OSError:
                return
            self.calls += 1
            try:
                line = self.tls.wrap_socket(line, server_side=True) if self.tls else line
                self.asked = line.recv(65536)
                self.speak(line)
            except OSError:
                pass
            line.close()


@pytest.fixture
def listen():
    made = []

    def listen(speak=lambda line: line.sendall(OK), **given):
        made.append(Listener(speak, **given))
        return made[-1]

    yield listen
    for one in made:
        one.door.close()


def call(listener, *, limits=QUICK):
    url = f"http://127.0.0.1:{listener.port}/in?a=1"
    return post(url, body=b"{}", headers={"X-A": "b"}, inside=listener.named, limits=limits)


@pytest.mark.parametrize("host", INSIDE)
def test_nothing_inside_is_called(host):
    place = read_url(f"https://{host}/")
    with pytest.raises(Unreachable) as refused:
        find_address(place)
    assert str(refused.value) in ("inside", "no_address")
    with pytest.raises(Unreachable):
        post(f"https://{host}/", body=b"", headers={})


@pytest.mark.parametrize("url", NO_ADDRESSES)
def test_what_is_no_address_outside_is_refused(url):
    with pytest.raises(Invalid) as refused:
        read_url(url)
    assert refused.value.extra == {"field": "url"}


@pytest.mark.parametrize("text", ["93.184.216.34", "2606:2800:220:1::1", "1.1.1.1"])
def test_public_addresses_are(text):
    assert is_public(text)


def test_one_address_inside_among_public_ones_is_enough(monkeypatch):
    mixed = [(2, 1, 6, "", (one, 443)) for one in ("93.184.216.34", "127.0.0.1")]
    monkeypatch.setattr(outside.socket, "getaddrinfo", lambda *_g, **_m: mixed)
    with pytest.raises(Unreachable, match="inside"):
        find_address(read_url("https://example.org/"))


def test_a_name_is_looked_up_once_and_that_address_is_called(monkeypatch):
    """A name server that answers otherwise the second time leads nowhere."""
    looked, called = [], []
    answers = iter(["93.184.216.34", "127.0.0.1"])

    def look_up(*given, **_more):
        looked.append(given[0])
        return [(2, 1, 6, "", (next(answers), 443))]

    def connect(address, **_more):
        called.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(outside.socket, "getaddrinfo", look_up)
    monkeypatch.setattr(outside.socket, "create_connection", connect)
    with pytest.raises(Unreachable, match="refused"):
        post("https://rebinds.example/", body=b"", headers={})
    assert (looked, called) == (["rebinds.example"], [("93.184.216.34", 443)])


def test_what_is_named_may_be_called_without_tls_and_nothing_beside_it(listen):
    door = listen()
    assert call(door).status == 200
    assert b"POST /in?a=1 HTTP/1.1\r\n" in door.asked
    assert f"Host: 127.0.0.1:{door.port}".encode() in door.asked
    with pytest.raises(Invalid):
        read_url(f"http://127.0.0.1:{door.port + 1}/", inside=door.named)
    assert read_url("http://erp/", inside={"erp"}).port == 80
    with pytest.raises(Invalid):
        read_url("http://erp:8080/", inside={"erp"})


@pytest.mark.parametrize("host", ["169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]"])
def test_where_clouds_keep_their_keys_is_not_called_even_if_named(host):
    place = read_url(f"http://{host}/", inside={host.strip("[]")})
    with pytest.raises(Unreachable, match="inside"):
        find_address(place, inside={host.strip("[]")})


def test_a_redirect_is_an_answer_like_any_other(listen):
    other = listen()
    to = f"Location: http://127.0.0.1:{other.port}/".encode()
    door = listen(lambda line: line.sendall(b"HTTP/1.1 302 Found\r\n" + to + b"\r\n\r\n"))
    answer = call(door)
    assert (answer.status, other.calls) == (302, 0)


def speak_slowly(line):
    line.sendall(b"HTTP/1.1 422 No\r\nContent-Length: 9\r\n\r\nno ")
    time.sleep(0.1)
    line.sendall(b"orders")


def test_what_comes_after_the_headers_is_read_as_well(listen):
    assert call(listen(speak_slowly)).body == b"no orders"


def drip(line, first=b""):
    line.sendall(first)
    for _ in range(200):
        line.sendall(b"a")
        time.sleep(0.02)


def flood(line):
    line.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        line.sendall(b"X-A: " + b"b" * 1000 + b"\r\n")


@pytest.mark.parametrize(
    ("speak", "problem"),
    [
        (lambda line: time.sleep(2), "timeout"),
        (drip, "timeout"),
        (lambda line: drip(line, b"HTTP/1.1 200 OK\r\nX: "), "timeout"),
        (flood, "no_http"),
        (lambda line: line.sendall(b"220 mail.example ESMTP\r\n"), "no_http"),
        (lambda line: None, "no_http"),
    ],
)
def test_whoever_hangs_drips_or_floods_is_left_in_time(listen, speak, problem):
    began = time.monotonic()
    with pytest.raises(Unreachable, match=problem):
        call(listen(speak))
    assert time.monotonic() - began < 1.5


def test_a_long_or_slow_body_is_not_waited_for(listen):
    head = b"HTTP/1.1 503 Busy\r\nContent-Length: 1000000000\r\n\r\n"
    began = time.monotonic()
    answer = call(listen(lambda line: drip(line, head)))
    assert (answer.status, len(answer.body) <= 4096) == (503, True)
    long = call(listen(lambda line: line.sendall(head + b"x" * 100_000)))
    assert len(long.body) == 4096
    assert time.monotonic() - began < 2


def test_without_a_listener_the_connection_is_refused():
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    with pytest.raises(Unreachable, match="refused"):
        post(f"http://127.0.0.1:{port}/", body=b"", headers={}, inside={f"127.0.0.1:{port}"})


def test_a_certificate_that_nobody_trusts_is_refused(listen, tmp_path):
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.NameAttribute
    subject = x509.Name([name(NameOID.COMMON_NAME, "localhost")])
    moment = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(moment)
        .not_valid_after(moment + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "pair.pem"
    clear = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    secret = key.private_bytes(*clear, serialization.NoEncryption())
    file.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    door = listen(tls=context)
    with pytest.raises(Unreachable, match="certificate"):
        url = f"https://127.0.0.1:{door.port}/"
        post(url, body=b"", headers={}, inside=door.named, limits=Limits(2.0, 3.0))
    assert door.asked == b""
