"""Which database and Valkey we talk to: those the environment names, else embedded ones."""

import atexit
import fcntl
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple
from urllib.parse import urlsplit

import psycopg
import redis

from helpdesk.embedded import (
    EXTENSIONS,
    Postgres,
    Valkey,
    plan_postgres,
    plan_valkey,
    prepare_database,
    write_private,
)
from helpdesk.programs import (
    CannotStart,
    Program,
    run_command,
    signal_group,
    unprivileged_account,
)

BASE_DIR = Path(__file__).resolve().parent.parent
OLDEST_POSTGRES = 16


class Addresses(NamedTuple):
    database: str
    owner: str
    redis: str

    def environment(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.database,
            "DATABASE_OWNER_URL": self.owner,
            "REDIS_URL": self.redis,
        }


@dataclass
class Services:
    """What is planned to run; nothing is started by making one."""

    data_dir: Path
    addresses: Addresses
    postgres: Postgres | None
    valkey: Valkey | None

    def programs(self) -> list[Program]:
        return [engine.program() for engine in (self.postgres, self.valkey) if engine]

    def answer(self) -> bool:
        return all(engine.answers() for engine in (self.postgres, self.valkey) if engine)

    def finish(self) -> None:
        """To be called once they answer: makes the database, or checks the one given."""
        if self.postgres:
            prepare_database(self.postgres, self.data_dir)
        else:
            check_database(self.addresses.database, self.addresses.owner)
        if not self.valkey:
            check_redis(self.addresses.redis)


def make_folders(data_dir: Path) -> None:
    """Folders that exist keep the permissions their owner gave them."""
    if not data_dir.exists():
        data_dir.mkdir(parents=True)
        # The engines' account must get through to its cluster when we are root.
        data_dir.chmod(0o711 if os.geteuid() == 0 else 0o700)
    for name in ("run", "logs", "keys"):
        (data_dir / name).mkdir(mode=0o700, exist_ok=True)


def lock_folder(data_dir: Path) -> IO[str] | None:
    """None when another process holds the folder; the lock lives as long as the file is open."""
    file = (data_dir / "run" / "lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    file.seek(0)
    file.truncate()
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def plan_services(
    data_dir: Path, environment: Mapping[str, str], *, durable: bool = True
) -> Services:
    """Precondition: the caller made the folders and holds their lock."""
    database, owner = environment.get("DATABASE_URL"), environment.get("DATABASE_OWNER_URL")
    if database and not owner:
        raise CannotStart(
            "DATABASE_URL is given without DATABASE_OWNER_URL, the login that makes the tables."
        )
    if owner and not database:
        raise CannotStart(
            "DATABASE_OWNER_URL is given without DATABASE_URL, the application's own login."
        )
    redis_url = environment.get("REDIS_URL")
    postgres = valkey = None
    if not (database and owner):
        postgres = plan_postgres(data_dir, durable=durable)
        database, owner = postgres.url("helpdesk_app"), postgres.url("helpdesk_owner")
    if not redis_url:
        account = postgres.account if postgres else unprivileged_account(data_dir / "postgres")
        valkey = plan_valkey(data_dir, account=account)
        redis_url = valkey.url()
    return Services(data_dir, Addresses(database, owner, redis_url), postgres, valkey)


def publish_addresses(services: Services) -> None:
    """Tell every manage.py command where the running services are."""
    text = json.dumps(services.addresses.environment(), indent=1)
    write_private(services.data_dir / "run" / "services.json", text)


def describe_server(url: str) -> str:
    """The address without user and password."""
    parts = urlsplit(url)
    return f"{parts.hostname or 'localhost'}:{parts.port or 'default port'}{parts.path}"


def check_database(database: str, owner: str) -> None:
    names = {"DATABASE_URL": database, "DATABASE_OWNER_URL": owner}
    for name, url in names.items():
        try:
            with psycopg.connect(url, connect_timeout=5) as connection:
                found = connection.info.server_version // 10_000
                available = connection.execute(
                    "SELECT name FROM pg_available_extensions WHERE name = ANY(%s)",
                    [list(EXTENSIONS)],
                ).fetchall()
        except (psycopg.OperationalError, psycopg.ProgrammingError) as refusal:
            reason = str(refusal).strip().splitlines()[-1]
            raise CannotStart(f"{name} ({describe_server(url)}) cannot be used: {reason}") from None
        if found < OLDEST_POSTGRES:
            raise CannotStart(
                f"{name} leads to PostgreSQL {found}; version {OLDEST_POSTGRES} or newer is needed."
            )
        missing = set(EXTENSIONS) - {row[0] for row in available}
        if missing:
            raise CannotStart(
                f"{name} leads to a server without the extension {' and '.join(sorted(missing))}."
            )


def check_redis(url: str) -> None:
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5) as client:
            client.ping()
    except (redis.RedisError, ValueError) as refusal:
        raise CannotStart(f"REDIS_URL ({describe_server(url)}) cannot be used: {refusal}") from None


@contextmanager
def start_services(
    data_dir: Path, *, environment: Mapping[str, str] | None = None, durable: bool = False
) -> Iterator[Addresses]:
    """Embedded services of their own in ``data_dir``, stopped at the end; for tests.

    ``environment`` may name outside servers to use instead. Precondition: main thread (see
    ``programs.spawn``), and the folder is locked by the caller or nobody else's business.
    """
    make_folders(data_dir)
    services = plan_services(data_dir, environment or {}, durable=durable)
    with ExitStack() as stack:
        for program in services.programs():
            log = stack.enter_context((data_dir / "logs" / f"{program.name}.log").open("ab"))
            child = run_command(program, output=log.fileno())
            stack.callback(stop_service, program, child)
        wait_for(services)
        services.finish()
        publish_addresses(services)
        yield services.addresses


def stop_service(program: Program, child: subprocess.Popen[bytes]) -> None:
    child.send_signal(program.stop_signal)
    try:
        child.wait(timeout=10)
    except subprocess.TimeoutExpired:
        signal_group(child, signal.SIGKILL)
        child.wait()


def wait_for(services: Services, *, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not services.answer():
        if time.monotonic() > deadline:
            raise CannotStart(f"The embedded services do not answer; see {services.data_dir}/logs.")
        time.sleep(0.02)


def ensure_test_services() -> Addresses:
    """What a test run works with: the servers of the environment, else embedded ones.

    These live below var/test until the interpreter ends; their cluster stays for the next run. A
    second run at the same time gets a folder of its own. They are faster than they are safe, so a
    cluster that a crash has broken is made anew.
    """
    running = ExitStack()
    atexit.register(running.close)
    data_dir = claim_test_folder(running)
    try:
        return running.enter_context(start_services(data_dir, environment=os.environ))
    except CannotStart:
        cluster = data_dir / "postgres"
        if not cluster.exists():
            raise
        shutil.rmtree(cluster)
        return running.enter_context(start_services(data_dir, environment=os.environ))


def claim_test_folder(running: ExitStack) -> Path:
    make_folders(BASE_DIR / "var")
    for number in range(1, 9):
        data_dir = BASE_DIR / "var" / f"test-{number}"
        make_folders(data_dir)
        if lock := lock_folder(data_dir):
            running.enter_context(lock)
            return data_dir
    raise CannotStart("Eight test runs are going on already.")
