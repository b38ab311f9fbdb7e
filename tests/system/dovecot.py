"""A real dovecot of our own: own configuration, own folder, own port."""

import getpass
import imaplib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

from helpdesk.embedded import find_free_port
from tests.system.deployment import until

CONFIGURATION = """
protocols = imap
base_dir = {home}/run
state_dir = {home}/run
log_path = {home}/dovecot.log
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:~/Maildir
mail_max_userip_connections = 100
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


def find_dovecot() -> str:
    return shutil.which("dovecot", path=f"{os.environ['PATH']}:/usr/sbin") or ""


class Dovecot:
    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="helpdesk-dovecot-"))
        self.home.chmod(0o755)
        self.port = find_free_port(None)
        # As root it changes to others, as anybody else it stays who it is.
        is_root = os.geteuid() == 0
        owner = pwd.getpwnam("nobody") if is_root else pwd.getpwuid(os.geteuid())
        own_group = str(os.getegid())
        mail = self.home / "mail"
        mail.mkdir()
        if is_root:
            os.chown(mail, owner.pw_uid, owner.pw_gid)
        self.file = self.home / "dovecot.conf"
        self.file.write_text(
            CONFIGURATION.format(
                home=self.home,
                port=self.port,
                uid=owner.pw_uid,
                gid=owner.pw_gid,
                internal="dovecot" if is_root else getpass.getuser(),
                internal_group="dovecot" if is_root else own_group,
                login="dovenull" if is_root else getpass.getuser(),
            )
        )
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Dovecot":
        self.process = subprocess.Popen([find_dovecot(), "-F", "-c", str(self.file)])
        until(self.answers, "dovecot answers", seconds=20, pause=0.1)
        return self

    def answers(self) -> bool:
        assert self.process is not None and self.process.poll() is None, self.log()
        try:
            imaplib.IMAP4("127.0.0.1", self.port, timeout=2).logout()
        except (OSError, imaplib.IMAP4.error):
            return False
        return True

    def log(self) -> str:
        file = self.home / "dovecot.log"
        return file.read_text() if file.exists() else "no log"

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(20)
        shutil.rmtree(self.home, ignore_errors=True)

    def open(self, user: str, folder: str = "INBOX") -> imaplib.IMAP4:
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=10)
        client.login(user, "secret")
        client.select(folder)
        return client

    def put(self, user: str, *words: str, seen: bool = False) -> None:
        client = self.open(user)
        for word in words:
            flags = r"(\Seen)" if seen else None
            client.append("INBOX", flags, None, mail_of(word))
        client.logout()

    def uids(self, user: str, criteria: str = "ALL", folder: str = "INBOX") -> list[int]:
        client = self.open(user, folder)
        found = [int(uid) for uid in client.uid("SEARCH", criteria)[1][0].split()]
        client.logout()
        return found

    def renumber(self, user: str) -> None:
        """Dovecot forgets its numbers, as after a restore from a back-up."""
        maildir = self.home / "mail" / user / "Maildir"
        for file in maildir.glob("dovecot*"):
            file.unlink()
        # Dovecot takes the time for its new number, which may still be the second of the old one.
        numbers = maildir / "dovecot-uidlist"
        numbers.write_text(f"3 V{int(time.time()) + 1000} N1\n")
        owner = maildir.stat()
        os.chown(numbers, owner.st_uid, owner.st_gid)


def mail_of(word: str) -> bytes:
    return (
        f"From: Carol <carol@example.org>\r\nTo: box@demo.test\r\nSubject: {word}\r\n"
        f"Date: {format_datetime(datetime.now(UTC))}\r\n"
        f"Message-ID: <{word.replace(' ', '.')}@example.org>\r\n\r\n{word}\r\n"
    ).encode()
