"""A small IMAP server that speaks the protocol and can be made to fail."""

import re
import socketserver
import threading
from base64 import b64decode, b64encode
from contextlib import contextmanager

from connectors.actions import add_inbox
from connectors.models import RawDelivery
from connectors.queries import read_raw


def mail(number):
    return f"From: c@example.org\r\nMessage-ID: <{number}@x>\r\n\r\nMail {number}\r\n".encode()


class Mailbox:
    def __init__(self):
        self.validity = 7
        self.capabilities = "IMAP4rev1"
        self.moved = {}
        self.token = "good-token"
        self.last = 0
        self.mails = {}
        self.seen = set()
        # Those that arrived before anybody connected the mailbox.
        self.old = set()
        self.commands = []
        # What the server does wrong, by a pattern of the command.
        self.faults = {}

    def add(self, number, *, seen=False):
        uid = self.last + 1
        self.mails[uid] = mail(number)
        if seen:
            self.seen.add(uid)
        self.last = uid
        return uid

    def renumber(self):
        """As after a mailbox was restored: other numbers for the same mails."""
        self.validity += 1
        self.mails = {uid + 100: raw for uid, raw in self.mails.items()}
        self.seen = {uid + 100 for uid in self.seen}
        self.old = {uid + 100 for uid in self.old}
        self.last += 100

    def search(self, criteria):
        if criteria == "UNSEEN":
            return [uid for uid in self.mails if uid not in self.seen]
        if criteria == "ALL" or not self.mails:
            return list(self.mails)
        if criteria == "SEEN":
            return sorted(self.seen & self.mails.keys())
        if criteria.startswith("SINCE"):
            return [uid for uid in self.mails if uid not in self.old]
        first = int(re.fullmatch(r"UID (\d+):\*", criteria).group(1))
        # RFC 3501 6.4.8: "*" is the last one, also when it lies below the first.
        return [uid for uid in self.mails if uid >= min(first, max(self.mails))]


class Conversation(socketserver.StreamRequestHandler):
    def handle(self):
        self.say("* OK ready")
        while line := self.rfile.readline().decode().strip():
            tag, _, command = line.partition(" ")
            self.box.commands.append(command)
            fault = next((f for p, f in self.box.faults.items() if re.search(p, command)), None)
            if fault == "hang up":
                return
            if command.upper() == "IDLE" and not fault:
                fault = self.idle()
            self.say(f"{tag} {fault or self.answer(command)}")
            if command.upper() == "LOGOUT":
                return

    @property
    def box(self):
        return self.server.box

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def answer(self, command):
        verb = " ".join(command.upper().split()[: 2 if command.upper().startswith("UID") else 1])
        if verb == "CAPABILITY":
            self.say(f"* CAPABILITY {self.box.capabilities}")
        elif verb == "AUTHENTICATE":
            return self.authenticate()
        elif verb == "LOGIN":
            return "OK in" if command.split()[2] == '"secret"' else "NO wrong"
        elif verb == "SELECT":
            self.told = self.box.last
            self.say(f"* {len(self.box.mails)} EXISTS")
            self.say(f"* OK [UIDVALIDITY {self.box.validity}] valid")
        elif verb == "UID SEARCH":
            found = self.box.search(command[11:])
            self.say("* SEARCH " + " ".join(map(str, found)))
        elif verb == "UID FETCH":
            self.fetch(int(command.split()[2]), command)
        elif verb == "UID MOVE":
            uid = int(command.split()[2])
            self.box.moved[uid] = self.box.mails.pop(uid)
        elif verb == "UID STORE":
            self.box.seen.add(int(command.split()[2]))
        elif verb == "LOGOUT":
            self.say("* BYE")
        return "OK done"

    def authenticate(self):
        """SASL XOAUTH2: a refusal is explained first and has to be answered."""
        self.say("+ ")
        given = b64decode(self.rfile.readline()).decode()
        if given == f"user=box@demo.test\1auth=Bearer {self.box.token}\1\1":
            return "OK in"
        self.say("+ " + b64encode(b'{"status":"400"}').decode())
        self.rfile.readline()
        return "NO wrong"

    def idle(self):
        """RFC 2177: say what happens until the client says DONE."""
        self.say("+ idling")
        self.request.settimeout(0.02)
        while True:
            try:
                assert self.request.recv(100) == b"DONE\r\n"
            except TimeoutError:
                if self.box.faults.get("news") == "hang up":
                    raise ConnectionResetError from None
                if self.box.last != self.told:
                    self.told = self.box.last
                    self.say(f"* {len(self.box.mails)} EXISTS")
            else:
                self.request.settimeout(None)
                return "OK idle done"

    def fetch(self, uid, command):
        raw = self.box.mails.get(uid)
        if raw is None:
            return
        if "RFC822.SIZE" in command:
            size = self.server.sizes.get(uid, len(raw))
            self.say(f"* {uid} FETCH (UID {uid} RFC822.SIZE {size})")
            return
        if "HEADER" in command:
            raw = raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        self.wfile.write(f"* {uid} FETCH (UID {uid} BODY[] {{{len(raw)}}}\r\n".encode())
        self.wfile.write(raw + b")\r\n")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextmanager
def serving(box):
    with Server(("127.0.0.1", 0), Conversation) as server:
        server.box, server.sizes = box, {}
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def connect(brand, server, address="box@demo.test", **changes):
    credentials = {
        "host": "127.0.0.1",
        "port": server.server_address[1],
        "user": "box",
        "password": "secret",
        "ssl": False,
    } | changes
    return add_inbox(
        brand=brand, kind="mail", name="Box", address=address, credentials={"imap": credentials}
    )


def stored():
    return sorted(read_raw(delivery) for delivery in RawDelivery.objects.all())
