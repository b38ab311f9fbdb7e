"""What `manage.py up` does: services, preparation, programs, and one line when all is ready.

The programs are forked from this process once everything is imported. So it must never open a
connection of Django's, start a thread or run an event loop.
"""

import contextlib
import errno
import gc
import json
import os
import secrets
import shutil
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from django.conf import settings
from django.core.management import call_command
from django.urls import get_resolver

from helpdesk import server, worker
from helpdesk.doors import answers_http, greets_mail, list_numbers, open_doors
from helpdesk.embedded import write_private
from helpdesk.first import FIRST_LINK
from helpdesk.programs import CannotStart, Program, flush_output
from helpdesk.services import (
    BASE_DIR,
    Services,
    lock_folder,
    make_folders,
    plan_services,
    publish_addresses,
)
from helpdesk.supervisor import StopRequested, Supervisor

_MOST_BEGINNINGS = 5
WEB_PROCESSES = 2
LEAST_FREE_BYTES = 200 * 1024 * 1024
DEMO_PEOPLE = ("admin@demo.test", "supervisor@demo.test", "alice@demo.test", "bob@demo.test")
DEMO_INBOXES = ("support@demo.test", "billing@demo.test")


@dataclass(frozen=True)
class Doors:
    """Listening sockets by purpose; a purpose without a port has none."""

    http: Sequence[socket.socket]
    smtp: Sequence[socket.socket]
    lmtp: Sequence[socket.socket]


@dataclass(frozen=True)
class Launch:
    data_dir: Path
    environment: Mapping[str, str]
    demo: bool
    host: str
    port: int
    mail_port: int
    lmtp_port: int
    say: Callable[[str], None]

    @property
    def run_dir(self) -> Path:
        return self.data_dir / "run"

    @property
    def call_host(self) -> str:
        return "127.0.0.1" if self.host in ("localhost", "0.0.0.0") else self.host  # noqa: S104


def read_launch(
    environment: Mapping[str, str], *, demo: bool, say: Callable[[str], None]
) -> Launch:
    return Launch(
        data_dir=Path(environment.get("DATA_DIR") or BASE_DIR / "var").resolve(),
        environment=environment,
        demo=read_flag(environment, "DEMO", default=demo),
        host=environment.get("HOST") or "localhost",
        port=read_port(environment, "PORT", default=8000),
        mail_port=read_port(environment, "MAIL_PORT", default=8025),
        lmtp_port=read_port(environment, "LMTP_PORT", default=0),
        say=say,
    )


def read_flag(environment: Mapping[str, str], name: str, *, default: bool) -> bool:
    value = (environment.get(name) or str(default)).lower()
    if value not in ("1", "0", "true", "false"):
        raise CannotStart(f"{name} must be 1 or 0, not {value!r}.")
    return value in ("1", "true")


def read_port(environment: Mapping[str, str], name: str, *, default: int) -> int:
    value = environment.get(name) or str(default)
    if not value.isascii() or not value.isdigit() or int(value) > 65_535:
        raise CannotStart(f"{name} must be a port number, not {value!r}.")
    return int(value)


def run(launch: Launch) -> None:
    """Blocks until Ctrl-C or SIGTERM. Raises CannotStart with the one sentence to show."""
    os.umask(0o077)
    try:
        make_folders(launch.data_dir)
        check_room(launch.data_dir)
        with hold_folder(launch) as lock:
            supervise(launch, lock)
    except PermissionError as refusal:
        raise CannotStart(
            f"{refusal.filename or launch.data_dir} may not be used by this user; "
            "choose another DATA_DIR."
        ) from refusal
    except OSError as failure:
        if failure.errno == errno.ENOSPC:
            raise CannotStart(describe_full_disk(launch.data_dir)) from failure
        if failure.filename is None:
            raise
        raise CannotStart(f"{failure.filename} cannot be used: {failure.strerror}.") from failure


def check_room(data_dir: Path) -> None:
    if shutil.disk_usage(data_dir).free < LEAST_FREE_BYTES:
        raise CannotStart(describe_full_disk(data_dir))


def describe_full_disk(data_dir: Path) -> str:
    free = shutil.disk_usage(data_dir).free // 1024**2
    needed = LEAST_FREE_BYTES // 1024**2
    return f"The disk that holds {data_dir} is full: {free} MB are free, {needed} MB are needed."


def hold_folder(launch: Launch) -> IO[str]:
    lock = lock_folder(launch.data_dir)
    if lock is None:
        holder = (launch.run_dir / "lock").read_text().strip() or "unknown"
        raise CannotStart(
            f"The helpdesk in {launch.data_dir} is running already (process {holder}); "
            "stop that one or choose another DATA_DIR."
        )
    return lock


def supervise(launch: Launch, lock: IO[str]) -> None:
    with contextlib.ExitStack() as stack:
        doors = Doors(
            http=open_doors(launch.host, launch.port, variable="PORT"),
            smtp=open_doors(launch.host, launch.mail_port, variable="MAIL_PORT"),
            lmtp=open_doors(launch.host, launch.lmtp_port, variable="LMTP_PORT"),
        )
        for door in (*doors.http, *doors.smtp, *doors.lmtp):
            stack.enter_context(door)
        services = plan_services(launch.data_dir, launch.environment)
        settle_settings(launch, services)
        supervisor = Supervisor(
            launch.data_dir / "logs",
            launch.say,
            lambda: note_processes(launch, supervisor),
            own=[lock],
        )
        stack.callback((launch.run_dir / "processes.json").unlink, missing_ok=True)
        with supervisor, contextlib.suppress(StopRequested):
            start_services(launch, supervisor, services)
            prepare(launch, supervisor)
            start_programs(launch, supervisor, doors)
            tell_ready(launch)
            supervisor.run_until_stopped()
            launch.say("Stopping …")


def settle_settings(launch: Launch, services: Services) -> None:
    """Write down what the settings read; if they read something else, begin anew.

    They were loaded before the services got their ports and passwords, at the first start or when
    a port was taken meanwhile.
    """
    secret_key = launch.data_dir / "keys" / "secret_key"
    is_new = not secret_key.exists()
    if is_new:
        write_private(secret_key, secrets.token_urlsafe(50))
    publish_addresses(services)
    loaded = (settings.DATABASE_URL, settings.DATABASE_OWNER_URL, settings.REDIS_URL)
    if is_new or loaded != tuple(services.addresses):
        # Where many programs start at once, a port may be taken again and again.
        begun = int(launch.environment.get("HELPDESK_BEGUN_ANEW", "0"))
        if begun >= _MOST_BEGINNINGS:
            raise CannotStart("The settings do not follow DATA_DIR/run/services.json.")
        flush_output()
        os.execve(  # noqa: S606 - our own command line
            sys.executable,
            [sys.executable, *sys.orig_argv[1:]],
            {**launch.environment, "HELPDESK_BEGUN_ANEW": str(begun + 1)},
        )
    os.environ.pop("HELPDESK_BEGUN_ANEW", None)


def note_processes(launch: Launch, supervisor: Supervisor) -> None:
    """Who is who, for people who look and for tests that kill."""
    numbers = {child.name: child.process.pid for child in supervisor.children if child.process}
    with contextlib.suppress(OSError):
        text = json.dumps({"up": os.getpid(), **numbers}, indent=1)
        write_private(launch.run_dir / "processes.json", text)


def start_services(launch: Launch, supervisor: Supervisor, services: Services) -> None:
    for program in services.programs():
        supervisor.start(program)
    # Imports while the engines start.
    load_programs()
    supervisor.wait_until(services.answer, "The database and Valkey did not answer", seconds=60)
    services.finish()
    database = "embedded PostgreSQL" if services.postgres else "PostgreSQL of DATABASE_URL"
    hints = "embedded Valkey" if services.valkey else "Valkey of REDIS_URL"
    launch.say(f"{database} and {hints} ready")


def load_programs() -> None:
    """Import what the children would import one after the other."""
    get_resolver().url_patterns  # noqa: B018 - loads every view
    server.load()
    worker.load()
    # What is loaded now is never garbage; untouched by the collector it stays shared.
    gc.collect()
    gc.freeze()


def prepare(launch: Launch, supervisor: Supervisor) -> None:
    """Keys, tables, demonstration data, with the owner's login, which ends with it."""
    password = settle_demo_password(launch)
    os.environ["DEMO_PASSWORD"] = password
    program = Program(name="prepare", entry=lambda: run_command("prepare", demo=launch.demo))
    supervisor.run_to_end(program, seconds=900)
    for name in ("DEMO_PASSWORD", "DATABASE_OWNER_URL"):
        os.environ.pop(name, None)
    settings.DATABASE_OWNER_URL = settings.DATABASE_URL
    if launch.demo:
        write_private(launch.run_dir / "demo-password", f"{password}\n")
    launch.say("tables and data ready")


def settle_demo_password(launch: Launch) -> str:
    """The one with which the demonstration was loaded; before that, the one given or a new one."""
    kept = launch.run_dir / "demo-password"
    if kept.exists():
        return kept.read_text().strip()
    return launch.environment.get("DEMO_PASSWORD") or secrets.token_urlsafe(12)


def run_command(name: str, **options: bool) -> None:
    call_command(name, **options)


def plan_programs(launch: Launch, doors: Doors) -> list[Program]:
    schedule = launch.run_dir / "beat-schedule"
    os.environ["HELPDESK_SMTP_FD"] = list_numbers(doors.smtp)
    os.environ["HELPDESK_LMTP_FD"] = list_numbers(doors.lmtp)
    return [
        *(
            Program(name=f"web-{number}", entry=lambda: server.serve(doors.http))
            for number in range(1, WEB_PROCESSES + 1)
        ),
        Program(name="worker", entry=worker.work),
        Program(name="beat", entry=lambda: worker.beat(schedule)),
        Program(name="mail", entry=lambda: run_command("mail_listener")),
    ]


def start_programs(launch: Launch, supervisor: Supervisor, doors: Doors) -> None:
    children = [supervisor.start(program) for program in plan_programs(launch, doors)]
    by_line = [child for child in children if child.name.startswith(("web", "worker"))]
    supervisor.wait_until(
        lambda: all(child.is_ready for child in by_line),
        "The web and worker processes did not get ready",
        seconds=90,
    )
    host = launch.call_host
    supervisor.wait_until(
        lambda: answers_http(host, launch.port), "/healthz did not answer with 200", seconds=30
    )
    if doors.smtp:
        supervisor.wait_until(
            lambda: greets_mail(host, launch.mail_port),
            "The mail listener did not greet",
            seconds=30,
        )


def tell_ready(launch: Launch) -> None:
    address = f"http://localhost:{launch.port}"
    if launch.demo:
        launch.say(f"Sign in at {address} as one of")
        launch.say(f"    {', '.join(DEMO_PEOPLE)}")
        password = settle_demo_password(launch)
        launch.say(f"    with the password {password}")
        if launch.environment.get("DEMO_PASSWORD", password) not in ("", password):
            launch.say("    (DEMO_PASSWORD counts only at the first start)")
        launch.say(f"Mail for {' and '.join(DEMO_INBOXES)}: SMTP on localhost:{launch.mail_port}")
        launch.say(f"A shop with a chat for its visitors: {address}/chat/demo/")
    tell_first_link(launch)
    launch.say(f"Data are kept in {launch.data_dir}; Ctrl-C stops everything.")
    launch.say(f"READY {address}")


def tell_first_link(launch: Launch) -> None:
    link = launch.data_dir / FIRST_LINK
    if link.exists():
        launch.say("Nobody works here yet. Open this address to become the first admin:")
        launch.say(f"    {link.read_text().strip()}")
        launch.say("    (good for seven days and for one person; the next start prints a new one)")
