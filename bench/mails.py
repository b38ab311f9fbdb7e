"""Plain mails over SMTP, as fast as the listener takes them."""

import smtplib
import time
from itertools import count

from bench.house import House, HouseBroken
from bench.load import run_together

SENDERS = 4
WORDS = (
    "Hello, the lamp I ordered last week has arrived, but the shade is cracked on one side and "
    "the switch does not work either. Could you please send me another one, or tell me how to "
    "return it? My order number is {number}. Thank you for your help and kind regards, {name}"
)


def mail_of(run: str, number: int, address: str) -> bytes:
    """About 450 bytes, like those the peers were given; one in three goes on with a thread."""
    name = f"Carla Customer {number}"
    body = WORDS.format(number=number, name=name)
    return (
        f"From: {name} <bench{number}.{run}@customer.example>\r\nTo: {address}\r\n"
        f"Subject: Broken lamp {number}\r\nMessage-ID: <{number}.{run}@customer.example>\r\n"
        f"Date: Sat, 21 Nov 2026 10:00:00 +0000\r\n\r\n{body}\r\n"
    ).encode()


def send_all(house: House, address: str, *, mails: int) -> tuple[float, float]:
    """Seconds until all were accepted, and until all were messages in their tickets."""
    run, numbers = f"{time.time_ns():x}", count()
    before = applied(house)

    def send_on() -> None:
        with smtplib.SMTP("127.0.0.1", house.mail_port, timeout=60) as client:
            client.ehlo("bench.example")
            while (number := next(numbers)) < mails:
                sender = f"bench{number}.{run}@customer.example"
                client.sendmail(sender, [address], mail_of(run, number, address))

    started = time.monotonic()
    accepted = run_together([send_on] * SENDERS)
    while applied(house) - before < mails:
        if time.monotonic() > started + 60 + mails / 5:
            raise HouseBroken(f"{applied(house) - before} of {mails} mails were applied.")
        time.sleep(0.02)
    return accepted, time.monotonic() - started


def applied(house: House) -> int:
    return house.count("SELECT count(*) FROM connectors_rawdelivery WHERE state = 'applied'")
