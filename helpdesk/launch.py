"""What `manage.py up` does: services, preparation, programs, and one line when all is ready.

Needs no Django, so that the process that looks after the others stays small and sturdy.
"""

import contextlib
import errno
import json
import os
import secrets
import shutil
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from helpdesk.doors import answers_http, greets_mail, numbers, open_doors
from helpdesk.embedded import write_private
from helpdesk.programs import CannotStart, Program
from helpdesk.services import (
    BASE_DIR,
    Addresses,
    Services,
    lock_folder,
    make_folders,
    plan_services,
    publish_addresses,
)
from helpdesk.supervisor import StopRequested, Supervisor

WEB_PROCESSES = 2
WORKER_PROCESSES = 2
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
        with hold_folder(launch):
            supervise(launch)
    except PermissionError as refusal:
        raise CannotStart(
            f"{refusal.filename or launch.data_dir} may not be written by this user; "
            "choose another DATA_DIR."
        ) from refusal
    except OSError as failure:
        if failure.errno != errno.ENOSPC:
            raise
        raise CannotStart(describe_full_disk(launch.data_dir)) from failure


def check_room(data_dir: Path) -> None:
    if shutil.disk_usage(data_dir).free < LEAST_FREE_BYTES:
        raise CannotStart(describe_full_disk(data_dir))


def describe_full_disk(data_dir: Path) -> str:
    free = shutil.disk_usage(data_dir).free // 1024**2
    needed = LEAST_FREE_BYTES // 1024**2
    return f"The disk that holds {data_dir} is full: {free} MB are free, {needed} MB are needed."


def hold_folder(launch: Launch) -> contextlib.AbstractContextManager[object]:
    lock = lock_folder(launch.data_dir)
    if lock is None:
        holder = (launch.run_dir / "lock").read_text().strip() or "unknown"
        raise CannotStart(
            f"The helpdesk in {launch.data_dir} is running already (process {holder}); "
            "stop that one or choose another DATA_DIR."
        )
    return lock


def supervise(launch: Launch) -> None:
    with contextlib.ExitStack() as stack:
        doors = Doors(
            *(
                open_doors(launch.host, port, variable=variable) if port else []
                for port, variable in (
                    (launch.port, "PORT"),
                    (launch.mail_port, "MAIL_PORT"),
                    (launch.lmtp_port, "LMTP_PORT"),
                )
            )
        )
        for door in (*doors.http, *doors.smtp, *doors.lmtp):
            stack.enter_context(door)
        supervisor = Supervisor(
            launch.data_dir / "logs",
            launch.say,
            lambda: note_processes(launch, supervisor),
        )
        with supervisor, contextlib.suppress(StopRequested):
            addresses = start_services(launch, supervisor)
            prepare(launch, supervisor, addresses)
            start_programs(launch, supervisor, addresses, doors)
            tell_ready(launch)
            supervisor.run_until_stopped()
            launch.say("Stopping …")


def note_processes(launch: Launch, supervisor: Supervisor) -> None:
    """Who is who, for people who look and for tests that kill."""
    numbers = {child.name: child.process.pid for child in supervisor.children if child.process}
    with contextlib.suppress(OSError):
        text = json.dumps({"up": os.getpid(), **numbers}, indent=1)
        write_private(launch.run_dir / "processes.json", text)


def start_services(launch: Launch, supervisor: Supervisor) -> Addresses:
    services = plan_services(launch.data_dir, launch.environment)
    for program in services.programs():
        supervisor.start(program)
    supervisor.wait_until(services.answer, "The database and Valkey did not answer", seconds=60)
    services.finish()
    publish_addresses(services)
    launch.say(f"{describe_services(services)} ready")
    return services.addresses


def describe_services(services: Services) -> str:
    database = "embedded PostgreSQL" if services.postgres else "PostgreSQL of DATABASE_URL"
    hints = "embedded Valkey" if services.valkey else "Valkey of REDIS_URL"
    return f"{database} and {hints}"


def child_environment(launch: Launch, addresses: Addresses) -> dict[str, str]:
    """Without what only the preparation may know: the owner's login and the first password."""
    return {
        **{name: value for name, value in launch.environment.items() if name != "DEMO_PASSWORD"},
        "DATA_DIR": str(launch.data_dir),
        "PORT": str(launch.port),
        "MAIL_PORT": str(launch.mail_port),
        "LMTP_PORT": str(launch.lmtp_port),
        "DATABASE_URL": addresses.database,
        "DATABASE_OWNER_URL": addresses.database,
        "REDIS_URL": addresses.redis,
        "PYTHONUNBUFFERED": "1",
    }


def prepare(launch: Launch, supervisor: Supervisor, addresses: Addresses) -> None:
    """Keys, tables, demonstration data: in a process of its own, with the owner's login."""
    secret_key = launch.data_dir / "keys" / "secret_key"
    if not secret_key.exists():
        write_private(secret_key, secrets.token_urlsafe(50))
    options = ["--demo"] if launch.demo else []
    environment = {**child_environment(launch, addresses), "DATABASE_OWNER_URL": addresses.owner}
    if launch.demo:
        environment["DEMO_PASSWORD"] = settle_demo_password(launch)
    program = Program(
        name="prepare",
        argv=[sys.executable, str(BASE_DIR / "manage.py"), "prepare", *options],
        environment=environment,
        folder=str(BASE_DIR),
    )
    supervisor.run_to_end(program, seconds=900)
    launch.say("tables and data ready")


def settle_demo_password(launch: Launch) -> str:
    """The one given, else the one of the first start."""
    kept = launch.run_dir / "demo-password"
    if given := launch.environment.get("DEMO_PASSWORD"):
        password = given
    elif kept.exists():
        return kept.read_text().strip()
    else:
        password = secrets.token_urlsafe(12)
    write_private(kept, f"{password}\n")
    return password


def plan_programs(launch: Launch, addresses: Addresses, doors: Doors) -> list[Program]:
    common = child_environment(launch, addresses)
    manage, schedule = str(BASE_DIR / "manage.py"), str(launch.run_dir / "beat-schedule")

    def plan(name: str, *arguments: str, **more: str) -> Program:
        passed = [*doors.http] if name.startswith("web") else [*doors.smtp, *doors.lmtp]
        return Program(
            name=name,
            argv=[sys.executable, *arguments],
            environment=common | more,
            folder=str(BASE_DIR),
            pass_fds=[door.fileno() for door in passed] if more else [],
        )

    web = {"HELPDESK_HTTP_FDS": numbers(doors.http), "DATABASE_POOL": "1"}
    mail = {"HELPDESK_SMTP_FD": numbers(doors.smtp), "HELPDESK_LMTP_FD": numbers(doors.lmtp)}
    return [
        *(plan(f"web-{n + 1}", "-m", "helpdesk.server", **web) for n in range(WEB_PROCESSES)),
        plan(
            *("worker", "-m", "helpdesk.worker", f"--concurrency={WORKER_PROCESSES}"),
            *("--queues=celery,send", "--without-gossip", "--without-mingle"),
        ),
        plan("beat", "-m", "celery", "-A", "helpdesk", "beat", "--pidfile=", "-s", schedule),
        plan("mail", manage, "mail_listener", **mail),
    ]


def start_programs(
    launch: Launch, supervisor: Supervisor, addresses: Addresses, doors: Doors
) -> None:
    programs = plan_programs(launch, addresses, doors)
    children = {program.name: supervisor.start(program) for program in programs}
    by_line = [children[name] for name in children if name.startswith(("web", "worker"))]
    supervisor.wait_until(
        lambda: all(child.is_ready for child in by_line),
        "The web and worker processes did not get ready",
        seconds=90,
    )
    host = launch.call_host()
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
        launch.say(f"    with the password {settle_demo_password(launch)}")
        launch.say(f"Mail for {' and '.join(DEMO_INBOXES)}: SMTP on localhost:{launch.mail_port}")
    launch.say(f"Data are kept in {launch.data_dir}; Ctrl-C stops everything.")
    launch.say(f"READY {address}")
