"""A real postfix hands its mail to our SMTP door, and keeps what we cannot take just now."""

import os
import shutil
import smtplib
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from helpdesk.embedded import find_free_port
from tests.system.deployment import Deployment, demand, until
from tests.system.dovecot import mail_of

pytestmark = pytest.mark.slow

MAIN = """
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
maillog_file = {home}/log/maillog
maillog_file_prefixes = {home}
multi_instance_name = postfix-helpdesk
myhostname = relay.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
relay_domains = demo.test
relayhost = [127.0.0.1]:{door}
disable_dns_lookups = yes
smtp_host_lookup = native
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
smtp_connect_timeout = 5s
smtp_helo_timeout = 10s
smtp_mail_timeout = 10s
smtp_rcpt_timeout = 10s
smtp_data_init_timeout = 10s
smtp_data_done_timeout = 20s
transport_retry_time = 1s
"""
MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    def __init__(self, door: int) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="helpdesk-postfix-"))
        self.home.chmod(0o755)
        self.port = find_free_port(None)
        for name in ("etc", "queue", "data", "log"):
            (self.home / name).mkdir()
        shutil.chown(self.home / "data", "postfix")
        (self.home / "etc" / "main.cf").write_text(MAIN.format(home=self.home, door=door))
        (self.home / "etc" / "master.cf").write_text(MASTER.format(port=self.port))

    def command(self, word: str) -> None:
        command = ["/usr/sbin/postfix", "-c", str(self.home / "etc"), word]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr + self.log()

    def log(self) -> str:
        file = self.home / "log" / "maillog"
        return file.read_text() if file.exists() else ""

    def send(self, word: str, to: str) -> None:
        with smtplib.SMTP("127.0.0.1", self.port, timeout=20) as client:
            client.sendmail("carol@example.org", to, mail_of(word))


@pytest.fixture
def postfix(running: Deployment) -> Iterator[Postfix]:
    demand(Path("/usr/sbin/postfix").exists(), "No postfix: python bootstrap.py --dev --mail")
    demand(os.geteuid() == 0, "Only root may start a postfix.")
    server = Postfix(running.mail_port)
    try:
        server.command("start")
        yield server
    finally:
        server.command("stop")
        shutil.rmtree(server.home, ignore_errors=True)


def shut_out(running: Deployment, word: str) -> None:
    """The application's login may not connect, or may again."""
    with psycopg.connect(running.superuser_url(), autocommit=True) as connection:
        connection.execute(f"ALTER ROLE helpdesk_app {word}")
        if word == "NOLOGIN":
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE usename = 'helpdesk_app'"
            )


def test_what_we_cannot_take_now_is_brought_again_and_is_here_once(
    running: Deployment, postfix: Postfix
) -> None:
    wanted = [f"by postfix {number}" for number in range(10)]
    for word in wanted[:5]:
        postfix.send(word, "rush@demo.test")
    shut_out(running, "NOLOGIN")
    try:
        for word in wanted[5:]:
            postfix.send(word, "rush@demo.test")
        until(lambda: "said: 451" in postfix.log(), "we refuse for the moment", seconds=30)
    finally:
        shut_out(running, "LOGIN")
    try:
        until(
            lambda: postfix.log().count("status=sent") >= len(wanted), "all are brought", seconds=90
        )
    except AssertionError as error:
        raise AssertionError(postfix.log()[-6000:]) from error
    running.wait_idle()
    said = Counter(
        message["body"].strip() for message in running.call("list_said", "rush@demo.test")
    )
    assert {word: said[word] for word in wanted} == dict.fromkeys(wanted, 1)
    print(f"\n451 said {postfix.log().count('said: 451')} times, {len(wanted)} mails here once")
