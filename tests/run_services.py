"""Loaded before Django's settings (`-p tests.run_services`): the real services for this run."""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

from helpdesk.services import ensure_test_services


def prepare_environment() -> None:
    addresses = ensure_test_services().environment()
    if not runs_tests_itself():
        # Their head keeps one database server for all workers, each of which has its own Valkey.
        del addresses["REDIS_URL"]
    os.environ.update(addresses)
    data_dir = Path(tempfile.mkdtemp(prefix="helpdesk-tests-"))
    atexit.register(shutil.rmtree, data_dir, ignore_errors=True)
    os.environ["DATA_DIR"] = str(data_dir)
    os.environ["SECRET_KEY"] = "for this run of the tests only"
    os.environ["MAIL_DNS"] = "off"
    # It takes a second and a hundred megabytes; tests of meaning bring an encoder of their own.
    os.environ["SEARCH_BY_MEANING"] = "off"
    os.environ.pop("SMTP_URL", None)


def runs_tests_itself() -> bool:
    """With `-n` it is the workers that do."""
    arguments = " ".join(sys.argv[1:]) + " "
    is_head = " -n " in f" {arguments}" and " -n 0 " not in f" {arguments}"
    return "PYTEST_XDIST_WORKER" in os.environ or not is_head


prepare_environment()
