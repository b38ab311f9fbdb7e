"""The system under test: engines beside it, proxies on every line, small disks under it."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import psutil
import psycopg
import redis

from faults.engines import READY
from faults.proxy import Proxy, Switchboard
from helpdesk.programs import tie_to
from helpdesk.services import BASE_DIR
from tests.system.deployment import START_SECONDS, Deployment, Sink, until

INBOX = "rush@demo.test"
ENGINES = ("postgres", "valkey")
# Room for the start, the run and not much more.
DISKS_MB = {"data": 400, "engines": 1200}
NEEDED_MB = 4000


SETTINGS = {
    "MAIL_DNS": "off",  # no network outside: its verdicts are another test's business
    # All visitors come from one address here.
    "CHAT_NEW_VISITORS_PER_HOUR": "1000000",
    "CHAT_STRANGERS_PER_MINUTE": "1000000",
}


class SmallDisk:
    """A tmpfs below one of the system's folders, so that it can be full."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        self.folder, self.megabytes = folder, megabytes
        self.ballast = folder / "ballast"
        self.is_mounted = False

    def mount(self) -> str:
        """Why it cannot be, or nothing."""
        if os.geteuid() != 0 or sys.platform != "linux":
            return "only root on Linux may mount a small disk"
        if psutil.virtual_memory().available < NEEDED_MB * 1024**2:
            return f"less than {NEEDED_MB} MB of memory are free for small disks"
        options = f"size={self.megabytes}m,mode=0711"
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.folder)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            return "there is no mount command"
        self.is_mounted = done.returncode == 0
        return done.stderr.strip()

    def fill(self) -> None:
        """To the last byte."""
        with self.ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                size = 1 << 20 if shutil.disk_usage(self.folder).free > 1 << 20 else 1 << 12
                file.write(bytes(size))

    def empty(self) -> None:
        self.ballast.unlink(missing_ok=True)

    def unmount(self) -> None:
        if self.is_mounted:
            subprocess.run(["umount", "-l", str(self.folder)], check=False)


class System(Deployment):
    """`manage.py up` whose every line leads through a proxy of ours."""

    def __init__(self, board: Switchboard, sink: Sink) -> None:
        self.sink_proxy = Proxy(board, "sink", sink.port)
        super().__init__(smtp_url=f"smtp://127.0.0.1:{self.sink_proxy.port}", **SETTINGS)
        self.board = board
        self.engines_dir = self.home / "engines"
        self.disks: dict[str, SmallDisk] = {}
        self.why_no_disk = ""
        self.proxies: dict[str, Proxy] = {"sink": self.sink_proxy}
        self.engines: subprocess.Popen[str] | None = None
        self.sessions: dict[str, str] = {}
        self.inbox = ""

    def mount_disks(self) -> None:
        for name, megabytes in DISKS_MB.items():
            folder = self.home / name
            folder.mkdir()
            folder.chmod(0o711)
            disk = SmallDisk(folder, megabytes)
            self.why_no_disk = self.why_no_disk or disk.mount()
            self.disks[name] = disk

    def start(self, *, seconds: float = START_SECONDS) -> "System":
        self.mount_disks()
        self.start_engines()
        addresses = json.loads((self.engines_dir / "run" / "services.json").read_text())
        for name, variable in (("db", "DATABASE_URL"), ("valkey", "REDIS_URL")):
            address, _, rest = addresses[variable].partition("@127.0.0.1:")
            port, slash, tail = rest.partition("/")
            self.proxies[name] = Proxy(self.board, name, int(port))
            addresses[variable] = f"{address}@127.0.0.1:{self.proxies[name].port}{slash}{tail}"
        self.variables |= addresses
        self.proxies["web"] = Proxy(self.board, "web", self.port)
        self.proxies["mail"] = Proxy(self.board, "mail", self.mail_port)
        self.proxies["chat"] = Proxy(self.board, "chat", self.port)
        super().start(seconds=seconds)
        furnished = self.call("furnish", INBOX)
        self.tokens, self.sessions = furnished["tokens"], furnished["sessions"]
        self.inbox = furnished["inbox"]
        return self

    def start_engines(self) -> None:
        parent = os.getpid()
        self.engines = subprocess.Popen(
            [sys.executable, "-m", "faults.engines", str(self.engines_dir)],
            cwd=BASE_DIR,
            env={"PATH": os.environ["PATH"]},
            preexec_fn=lambda: tie_to(parent, signal.SIGTERM),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._read_engines, daemon=True).start()
        until(lambda: READY in self.lines or not self._engines_live(), READY, seconds=120)
        assert self._engines_live(), "\n".join(self.lines)

    def _engines_live(self) -> bool:
        return self.engines is not None and self.engines.poll() is None

    def _read_engines(self) -> None:
        assert self.engines is not None and self.engines.stdout is not None
        for line in self.engines.stdout:
            self.lines.append(line.rstrip("\n"))

    def stop(self) -> int:
        try:
            return super().stop() if hasattr(self, "process") else 0
        finally:
            if self.engines:
                self.engines.send_signal(signal.SIGINT)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.engines.wait(20)
                self.engines.kill()
            for disk in self.disks.values():
                disk.unmount()
            shutil.rmtree(self.home, ignore_errors=True)

    def call(self, function: str, *arguments: object) -> Any:
        given = ", ".join(map(repr, arguments))
        code = f"from faults import inside; inside.answer(inside.{function}({given}))"
        *_, line = self.manage("shell", "--no-imports", "-c", code).splitlines()
        return json.loads(line)

    # Who is who

    def find(self, name: str) -> psutil.Process | None:
        """The live process of this name: web-1, …, postgres, or "worker's child"."""
        parent_name, _, wants_child = name.partition("'s ")
        home, owner = self._folder_of(parent_name)
        with contextlib.suppress(KeyError, OSError, ValueError, psutil.Error):
            pids = json.loads((home / "run" / "processes.json").read_text())
            process = psutil.Process(pids[parent_name])
            # The file may be older than the death.
            if process.ppid() != owner or process.status() == psutil.STATUS_ZOMBIE:
                return None
            children = process.children() if wants_child else [process]
            return children[0] if children else None
        return None

    def _folder_of(self, name: str) -> tuple[Path, int]:
        if name in ENGINES and self.engines:
            return self.engines_dir, self.engines.pid
        return self.data_dir, self.process.pid

    def all_live(self) -> bool:
        names = ("web-1", "web-2", "worker", "worker's child", "beat", "mail", *ENGINES)
        return all(self.find(name) for name in names)

    # Below the application

    def superuser_url(self) -> str:
        """Past the proxies: the harness's own eyes."""
        state = json.loads((self.engines_dir / "run" / "embedded.json").read_text())["postgres"]
        password = state["passwords"]["postgres"]
        return f"postgresql://postgres:{password}@127.0.0.1:{state['port']}/helpdesk"

    def connect(self) -> "psycopg.Connection[tuple[Any, ...]]":
        return psycopg.connect(self.superuser_url(), autocommit=True, connect_timeout=5)

    def flush_valkey(self) -> None:
        url = json.loads((self.engines_dir / "run" / "services.json").read_text())["REDIS_URL"]
        with redis.Redis.from_url(url, socket_timeout=5) as client:
            client.flushall()
