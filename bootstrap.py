"""Makes what a fresh clone needs: .venv, Python packages, npm packages, translation catalogues.

Uses the standard library only and does nothing twice: a second call takes a fraction of a second.
"""

import argparse
import contextlib
import errno
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 - older ones must still be able to say so
    sys.exit(
        "Python 3.11 or newer is needed and this is {}.{}; name another one: "
        "make PYTHON=/path/to/python3.".format(*sys.version_info[:2])
    )

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
STAMP = VENV / "bootstrap.json"
LOG = VENV / "bootstrap.log"
OLDEST_NODE = 18
FIRST_START_BYTES = 1300 * 1024 * 1024
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
CHINESE_FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
# What pip and npm say when the registry does not answer.
UNREACHABLE = (
    "NewConnectionError",
    "Max retries",
    "Temporary failure in name resolution",
    "from versions: none",
    "ENOTFOUND",
    "ECONNREFUSED",
    "EAI_AGAIN",
    "ETIMEDOUT",
    "Network is unreachable",
)


class Refusal(Exception):
    """One sentence about what keeps us from going on."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dev", action="store_true", help="also what tests and lint need")
    parser.add_argument("--browser", action="store_true", help="also Chromium, where it can be")
    parser.add_argument("--mail", action="store_true", help="also dovecot and postfix, the same")
    options = parser.parse_args()
    try:
        # Two calls at once would install over each other.
        with Path(__file__).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            make_venv()
            install_python_packages(dev=options.dev)
            install_npm_packages()
            compile_catalogues()
        if options.browser:
            install_browser()
        if options.mail:
            install_mail_servers()
    except Refusal as refusal:
        sys.exit(str(refusal))
    except OSError as failure:
        if failure.errno != errno.ENOSPC:
            raise
        sys.exit(describe_full_disk())


def read_stamp() -> dict[str, str]:
    try:
        stamp: dict[str, str] = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return stamp


def write_stamp(**news: str) -> None:
    STAMP.write_text(json.dumps(read_stamp() | news, indent=1))


def fingerprint(*names: str) -> str:
    return hashlib.sha256(b"\0".join((ROOT / name).read_bytes() for name in names)).hexdigest()


def identify_interpreter() -> str:
    """Changes when the Python below .venv is removed or replaced, which breaks its packages."""
    if not VENV_PYTHON.exists():
        return ""
    interpreter = VENV_PYTHON.resolve()
    return f"{interpreter} {interpreter.stat().st_mtime_ns}"


def make_venv() -> None:
    known = read_stamp().get("interpreter")
    if VENV_PYTHON.exists() and known in (None, identify_interpreter()):
        return
    if find_spec("venv") is None or find_spec("ensurepip") is None:
        raise Refusal(
            "This Python cannot make virtual environments; install its venv module "
            "(on Debian and Ubuntu: apt install python3-venv) and try again."
        )
    if shutil.disk_usage(ROOT).free < FIRST_START_BYTES:
        raise Refusal(describe_full_disk())
    with step("Python environment"):
        # Its output goes nowhere until the folder for the log is there.
        made = subprocess.run(
            [sys.executable, "-m", "venv", "--clear", str(VENV)],
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            explain(made.stdout + made.stderr, "The Python environment .venv could not be made")
    write_stamp(interpreter=identify_interpreter())


def install_python_packages(*, dev: bool) -> None:
    lock = "requirements-dev.txt" if dev else "requirements.txt"
    stamp = {lock: fingerprint(lock)}
    if dev:
        # The development lock holds the other one.
        stamp["requirements.txt"] = fingerprint("requirements.txt")
    if stamp.items() <= read_stamp().items():
        return
    with step("Python packages (a minute or two the first time)"):
        pip_install(lock)
    write_stamp(interpreter=identify_interpreter(), **stamp)


def pip_install(lock: str) -> None:
    pip = [str(VENV_PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    run(
        [*pip, "install", "--no-deps", "--require-hashes", "-r", lock],
        "The Python packages could not be installed",
    )


def install_npm_packages() -> None:
    stamp = fingerprint("package.json", "package-lock.json")
    if (ROOT / "node_modules").is_dir() and read_stamp().get("npm") == stamp:
        return
    environment = dict(os.environ)
    if not has_node():
        with step("Node.js (this machine has none)"):
            pip_install("requirements-node.txt")
        environment["PATH"] = f"{VENV / 'bin'}{os.pathsep}{environment['PATH']}"
    with step("npm packages"):
        run(
            ["npm", "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"],
            "The npm packages could not be installed",
            environment=environment,
        )
    write_stamp(npm=stamp)


def has_node() -> bool:
    if not (shutil.which("node") and shutil.which("npm")):
        return False
    answer = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False)
    major = answer.stdout.strip().removeprefix("v").partition(".")[0]
    return major.isdigit() and int(major) >= OLDEST_NODE


def compile_catalogues() -> None:
    stale = [
        source
        for source in sorted((ROOT / "locale").glob("*/LC_MESSAGES/*.po"))
        if is_stale(source, source.with_suffix(".mo"))
    ]
    if not stale:
        return
    with step("translations"):
        for source in stale:
            target = source.with_suffix(".mo")
            run(
                [str(VENV / "bin" / "pybabel"), "compile", "-i", str(source), "-o", str(target)],
                f"The translations in {source.relative_to(ROOT)} could not be compiled",
            )


def is_stale(source: Path, target: Path) -> bool:
    return not target.exists() or target.stat().st_mtime < source.stat().st_mtime


def install_browser() -> None:
    """Chromium for the browser tests, where the machine lets us; said loudly where not."""
    found = any(shutil.which(name) for name in CHROMIUM)
    if found and (CHINESE_FONT.exists() or not may_install()):
        return
    install_from_debian(
        "Chromium and a Chinese font, for the browser tests",
        ["chromium", "fonts-noto-cjk"],
        missing="Chromium",
        skipped="every browser test",
    )


def install_mail_servers() -> None:
    """Dovecot and postfix for the tests with real mail servers; neither is started."""
    sbin = f"{os.environ['PATH']}{os.pathsep}/usr/sbin"
    if all(shutil.which(name, path=sbin) for name in ("dovecot", "postfix")):
        return
    install_from_debian(
        "dovecot and postfix, for the mail tests",
        ["dovecot-imapd", "postfix"],
        missing="dovecot and postfix",
        skipped="every test with real mail servers",
    )


def install_from_debian(title: str, packages: list[str], *, missing: str, skipped: str) -> None:
    if may_install():
        with step(title):
            apt = ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
            environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
            complaint = f"{missing} could not be installed"
            run([*apt, "update"], complaint, environment=environment)
            install = [*apt, "install", "-y", "--no-install-recommends", *packages]
            run(install, complaint, environment=environment)
    elif os.environ.get("CI") == "true":
        raise Refusal(f"There is no {missing} here and no right to install it; CI needs it.")
    else:
        print(f"!! NO {missing.upper()}: {skipped} will be SKIPPED. Install it to run them.")


def may_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


@contextlib.contextmanager
def step(title: str) -> Iterator[None]:
    """One line for people: what is done, and how long it took."""
    print(f"  {title} …", end="", flush=True)
    started = time.monotonic()
    try:
        yield
    except BaseException:
        print(flush=True)
        raise
    print(f" {time.monotonic() - started:.0f} s", flush=True)


def run(command: list[str], complaint: str, *, environment: dict[str, str] | None = None) -> None:
    with LOG.open("w") as log:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, check=False
        )
    if done.returncode:
        explain(LOG.read_text(errors="replace"), f"{complaint} (all of it: {LOG})")


def explain(output: str, complaint: str) -> None:
    """Say in a sentence what the output of a tool says in a page."""
    if "No space left on device" in output or "ENOSPC" in output:
        raise Refusal(describe_full_disk())
    if any(sign in output for sign in UNREACHABLE):
        raise Refusal(f"{complaint}: the package registry cannot be reached; is there a network?")
    if "do not match the hashes" in output or "EINTEGRITY" in output:
        raise Refusal(f"{complaint}: a package is not the one that the lock file promises.")
    lines = [line for line in output.splitlines() if line.strip()]
    raise Refusal(f"{complaint}: {lines[-1].strip() if lines else 'no reason given'}")


def describe_full_disk() -> str:
    free = shutil.disk_usage(ROOT).free // 1024**2
    return f"The disk that holds {ROOT} is full: {free} MB are free."


if __name__ == "__main__":
    main()
