"""The cases of the list of goals, each with what it is held against."""

from collections.abc import Callable
from dataclasses import dataclass

from bench.bots import run_bots
from bench.chat import run_chat
from bench.interaction import run_interaction
from bench.kept_views import run_views
from bench.knowing import run_knowledge
from bench.measuring import Bench
from bench.reacting import run_footprint, run_reaction
from bench.reading import run_list, run_search, run_ticket
from bench.report import Figure
from bench.routing import run_routing
from bench.rules import run_rules
from bench.writing import run_create, run_mail, run_reply


@dataclass(frozen=True)
class Case:
    title: str
    run: Callable[[Bench], list[Figure]]


CASES = {
    1: Case("queue page, 50 rows, signed in, with counters", run_list),
    2: Case("ticket page with thread, timeline and customer panel", run_ticket),
    3: Case("search", run_search),
    4: Case("create by API", run_create),
    5: Case("public reply", run_reply),
    6: Case("mail ingest", run_mail),
    7: Case("saved views and their numbers", run_views),
    9: Case("event to reaction", run_reaction),
    10: Case("footprint", run_footprint),
    11: Case("from key to changed screen, in Chromium", run_interaction),
    12: Case("live chat: sockets held, from one screen to the other", run_chat),
    13: Case("finding articles among 100,000 passages", run_knowledge),
    14: Case("a bot's answers, fifty chats at once", run_bots),
    15: Case("200 rules asked about 10,000 events", run_rules),
    16: Case("who gets a ticket, among 40 people", run_routing),
}
# Not without being asked for: a browser, minutes and a quiet machine, a hundred thousand passages,
# a shop with a trained bot.
USUAL = [number for number in CASES if number not in (11, 12, 13, 14)]
