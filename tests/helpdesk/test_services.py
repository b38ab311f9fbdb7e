import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from helpdesk import embedded, launch, services
from helpdesk.programs import Account, CannotStart, can_reach

STRANGER = Account(uid=65534, gid=65534)


@pytest.fixture
def open_path() -> Iterator[Path]:
    """A folder that every account can reach; pytest's own are closed."""
    with tempfile.TemporaryDirectory(prefix="helpdesk-services-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_a_folder_behind_a_closed_one_cannot_be_reached(open_path: Path) -> None:
    home = open_path / "home"
    data = home / "data"
    data.mkdir(parents=True)
    data.chmod(0o755)
    home.chmod(0o711)
    assert can_reach(data, STRANGER)

    home.chmod(0o700)

    assert not can_reach(data, STRANGER)
    assert home.stat().st_mode & 0o777 == 0o700


def test_existing_folders_keep_their_permissions(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)

    services.make_folders(tmp_path)

    assert tmp_path.stat().st_mode & 0o777 == 0o750
    assert (tmp_path / "run").stat().st_mode & 0o777 == 0o700


def test_a_full_disk_is_refused_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "LEAST_FREE_BYTES", 1 << 60)

    with pytest.raises(CannotStart, match=r"The disk that holds .* is full: \d+ MB are free"):
        launch.check_room(tmp_path)


@pytest.mark.parametrize("value", ["eighty", "-1", "70000", "８０"])
def test_a_port_must_be_a_number(value: str) -> None:
    with pytest.raises(CannotStart, match="PORT must be a port number"):
        launch.read_port({"PORT": value}, "PORT", default=8000)


@pytest.mark.slow
def test_embedded_services_survive_the_loss_of_their_passwords(open_path: Path) -> None:
    data_dir = open_path / "data"
    with (
        services.start_services(data_dir) as addresses,
        psycopg.connect(addresses.owner) as connection,
    ):
        connection.execute("CREATE TABLE kept AS SELECT 1 AS value")
    (data_dir / "run" / "embedded.json").unlink()

    with (
        services.start_services(data_dir) as renewed,
        psycopg.connect(renewed.owner) as connection,
    ):
        assert connection.execute("SELECT value FROM kept").fetchone() == (1,)
    assert renewed.owner != addresses.owner


@pytest.mark.slow
def test_embedded_services_ask_for_passwords_and_have_the_extensions(open_path: Path) -> None:
    data_dir = open_path / "data"
    with services.start_services(data_dir) as addresses:
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(addresses.owner.replace("owner:", "owner:wrong"))
        with psycopg.connect(addresses.owner) as connection:
            names = {row[0] for row in connection.execute("SELECT extname FROM pg_extension")}
        written = json.loads((data_dir / "run" / "services.json").read_text())

    assert names >= {"vector", "pg_trgm"}
    assert written == addresses.environment()


@pytest.mark.slow
def test_the_application_may_not_make_databases(open_path: Path) -> None:
    with (
        services.start_services(open_path / "data") as addresses,
        psycopg.connect(addresses.database, autocommit=True) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("CREATE DATABASE mine")


@pytest.mark.slow
def test_a_database_that_lost_its_supervisor_is_stopped_first(open_path: Path) -> None:
    data_dir = open_path / "data"
    code = (
        "import os, pathlib, sys; from helpdesk import services\n"
        f"with services.start_services(pathlib.Path({str(data_dir)!r})): os.kill(os.getpid(), 9)"
    )
    killed = subprocess.run([sys.executable, "-c", code], cwd=services.BASE_DIR, check=False)
    assert killed.returncode == -signal.SIGKILL

    with services.start_services(data_dir) as addresses, psycopg.connect(addresses.owner) as again:
        assert again.execute("SELECT 1").fetchone() == (1,)


def test_a_pid_file_that_names_a_stranger_does_not_stop_the_start(tmp_path: Path) -> None:
    file = tmp_path / "postmaster.pid"
    file.write_text(f"1\n{tmp_path}\n123\n")

    embedded.clear_stale_pid(tmp_path)

    assert file.read_text() == f"{os.getpid()}\n{tmp_path}\n123\n"


@pytest.mark.slow
def test_a_second_holder_of_a_folder_is_turned_away(tmp_path: Path) -> None:
    services.make_folders(tmp_path)

    with services.lock_folder(tmp_path) as lock:
        assert lock is not None
        assert services.lock_folder(tmp_path) is None
