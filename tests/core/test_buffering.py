"""Who begins a request and does not end it keeps no thread, nor does who reads an answer slowly."""

import asyncio

import pytest
from asgiref.sync import async_to_sync

from helpdesk import buffering
from helpdesk.buffering import Buffered


class Peer:
    """The server's side of one connection."""

    def __init__(self, *parts, more_at_end=False, reads=True):
        self.parts = list(parts)
        self.more_at_end = more_at_end
        self.may_read = asyncio.Event()
        if reads:
            self.may_read.set()
        self.got = []

    async def receive(self):
        if not self.parts:
            if self.more_at_end:
                await asyncio.Event().wait()
            return {"type": "http.disconnect"}
        body, more = self.parts.pop(0)
        return {"type": "http.request", "body": body, "more_body": more}

    async def send(self, message):
        await self.may_read.wait()
        self.got.append(message)

    @property
    def body(self):
        return b"".join(message.get("body", b"") for message in self.got)

    @property
    def status(self):
        return self.got[0]["status"]


def scope_with(*headers):
    return {"type": "http", "method": "POST", "path": "/", "headers": list(headers)}


class Application:
    """Reads all of the request and says it back, in pieces."""

    def __init__(self, piece=1000):
        self.seen = None
        self.headers = {}
        self.piece = piece
        self.is_done = asyncio.Event()

    async def __call__(self, scope, receive, send):
        self.headers = dict(scope["headers"])
        found, more = b"", True
        while more:
            message = await receive()
            found += message["body"]
            more = message["more_body"]
        self.seen = found
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for at in range(0, len(found), self.piece):
            part = found[at : at + self.piece]
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
        self.is_done.set()


LENGTH = (b"content-length", b"6")
CHUNKS = (b"transfer-encoding", b"chunked")


@async_to_sync
async def ask(peer, app, *headers):
    await Buffered(app)(scope_with(*headers), peer.receive, peer.send)


def test_it_passes_on_a_request_when_it_is_whole():
    peer, app = Peer((b"one", True), (b"two", False)), Application()
    ask(peer, app, LENGTH)
    assert app.seen == peer.body == b"onetwo"


def test_what_was_cut_off_is_not_taken_for_a_short_one():
    peer, app = Peer((b"one", True)), Application()
    ask(peer, app, LENGTH)
    assert app.seen is None and peer.got == []


def test_who_never_ends_is_told_so_and_reaches_no_thread(monkeypatch):
    monkeypatch.setattr(buffering, "LONGEST_PAUSE", 0.01)
    peer, app = Peer((b"one", True), more_at_end=True), Application()
    ask(peer, app, LENGTH)
    assert app.seen is None and peer.status == 408


def test_who_comes_by_single_bytes_is_stopped_too(monkeypatch):
    monkeypatch.setattr(buffering, "_GRACE", -1.0)
    peer, app = Peer(*[(b"x", True)] * 50, more_at_end=True), Application()
    ask(peer, app, LENGTH)
    assert app.seen is None and peer.status == 408


def test_more_than_anything_takes_is_refused(monkeypatch):
    monkeypatch.setattr(buffering, "LARGEST", 5)
    peer, app = Peer((b"one", True), (b"two", False)), Application()
    ask(peer, app, LENGTH)
    assert app.seen is None and peer.status == 413


def test_chunks_get_a_length():
    peer, app = Peer((b"one", True), (b"two!", False)), Application()
    ask(peer, app, CHUNKS)
    assert app.headers == {b"content-length": b"7"} and app.seen == b"onetwo!"


@pytest.mark.parametrize("size", [0, 1, 64 * 1024, 64 * 1024 + 1, 1_000_003])
@pytest.mark.parametrize("piece", [1000, 200_000])
def test_large_ones_come_and_go_whole_and_in_order(size, piece):
    content = bytes(range(256)) * (size // 256 + 1)
    content = content[:size]
    peer, app = Peer((content, False)), Application(piece)
    ask(peer, app, LENGTH)
    assert app.seen == peer.body == content


def test_an_answer_leaves_its_thread_before_it_is_read():
    content = bytes(range(256)) * 4000

    @async_to_sync
    async def read_late():
        peer, app = Peer((content, False), reads=False), Application()
        answering = asyncio.ensure_future(
            Buffered(app)(scope_with(LENGTH), peer.receive, peer.send)
        )
        await asyncio.wait_for(app.is_done.wait(), 10)
        assert peer.got == []
        peer.may_read.set()
        await answering
        return peer.body

    assert read_late() == content


def test_who_goes_while_it_is_sent_ends_it():
    class Gone(Peer):
        async def send(self, message):
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        ask(Gone((b"one", False)), Application(), LENGTH)
