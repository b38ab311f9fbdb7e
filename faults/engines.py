"""PostgreSQL and Valkey under the product's own supervisor, beside the helpdesk.

`manage.py up` starts them itself unless it is given addresses. Here it is given the addresses of
proxies, so that its connections can be cut and delayed; this process stands in for the part of
`up` that is left out: `python -m faults.engines FOLDER`.
"""

import contextlib
import json
import sys
from pathlib import Path

from helpdesk.embedded import write_private
from helpdesk.services import lock_folder, make_folders, plan_services, publish_addresses
from helpdesk.supervisor import StopRequested, Supervisor

READY = "READY engines"


def run(data_dir: Path) -> None:
    make_folders(data_dir)
    lock = lock_folder(data_dir)
    if lock is None:
        sys.exit("This folder is in use.")
    services = plan_services(data_dir, {})

    def note() -> None:
        numbers = {child.name: child.process.pid for child in supervisor.children if child.process}
        with contextlib.suppress(OSError):
            write_private(data_dir / "run" / "processes.json", json.dumps(numbers))

    supervisor = Supervisor(data_dir / "logs", say, note, own=[lock])
    with supervisor, contextlib.suppress(StopRequested):
        for program in services.programs():
            supervisor.start(program)
        supervisor.wait_until(services.answer, "The engines did not answer", seconds=90)
        services.finish()
        publish_addresses(services)
        say(READY)
        supervisor.run_until_stopped()


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    run(Path(sys.argv[1]))
