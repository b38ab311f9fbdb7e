import asyncio
import os
import signal
import socket
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from connectors.mail.imap_watch import watch_mailboxes
from connectors.mail.listener import Reception, close_doors, open_doors
from connectors.mail.reception import DatabaseThreads


class Command(BaseCommand):
    help = "Receive mail by SMTP and LMTP, and fetch it from IMAP mailboxes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="where to listen by itself")

    def handle(self, *args: Any, host: str, **options: Any) -> None:
        smtp = find_sockets("HELPDESK_SMTP_FD", host, settings.MAIL_PORT)
        lmtp = find_sockets("HELPDESK_LMTP_FD", host, settings.LMTP_PORT)
        asyncio.run(listen(smtp, lmtp))


def find_sockets(variable: str, host: str, port: int) -> list[socket.socket]:
    """Those a supervisor opened for us, as comma-separated numbers; else one of our own."""
    if variable in os.environ:
        numbers = os.environ[variable].split(",")
        return [socket.socket(fileno=int(number)) for number in numbers if number]
    return [socket.create_server((host, port), backlog=512)] if port else []


async def listen(smtp: list[socket.socket], lmtp: list[socket.socket]) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    stop_polling = threading.Event()
    poller = threading.Thread(target=watch_mailboxes, args=(stop_polling,), daemon=True)
    reception = Reception(DatabaseThreads())
    servers = await open_doors(reception, smtp=smtp, lmtp=lmtp)
    poller.start()
    await stopped.wait()
    stop_polling.set()
    await close_doors(reception, servers)
