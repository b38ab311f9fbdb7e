"""Where the system's mails go: an SMTP server that takes everything and keeps count."""

import re
import time
from collections import Counter, defaultdict, deque

from aiosmtpd.smtp import Envelope

from faults.ledger import Pulse
from tests.system.deployment import Sink

TOKEN = re.compile(r"\bf[0-9a-f]{4}x\d{6}\b")


class WatchfulSink(Sink):
    def __init__(self, pulse: Pulse) -> None:
        super().__init__()
        self.pulse = pulse
        self.to_answer: deque[dict[str, str]] = deque(maxlen=200)
        self.arrivals: Counter[str] = Counter()  # by Message-ID

    async def handle_DATA(self, server: object, session: object, envelope: Envelope) -> str:
        answer = await super().handle_DATA(server, session, envelope)
        received = self.mails[-1]
        message_id = str(received.mail["Message-ID"])
        self.arrivals[message_id] += 1
        self.pulse.note("out", time.monotonic())
        if self.arrivals[message_id] == 1:
            self.to_answer.append(
                {
                    "to": str(received.mail["Reply-To"].addresses[0].addr_spec),
                    "sender": received.recipients[0],
                    "references": message_id,
                }
            )
        return answer

    def ids_by_token(self) -> dict[str, set[str]]:
        """Message-IDs of our answers by the token in their words; "" for mails without one."""
        found: dict[str, set[str]] = defaultdict(set)
        for received in list(self.mails):
            match = TOKEN.search(received.text)
            found[match.group() if match else ""].add(str(received.mail["Message-ID"]))
        return dict(found)

    def repeats(self) -> dict[str, int]:
        return {pk: count - 1 for pk, count in self.arrivals.items() if count > 1}
