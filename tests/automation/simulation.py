"""A support floor in simulated time, on which the core of routing gives away the work."""

import heapq
import random
from collections import defaultdict
from dataclasses import dataclass, field, replace
from statistics import median
from uuid import UUID

from automation.routing.deciding import charge, decide, drain
from automation.routing.fairness import gini
from automation.routing.shapes import Candidate, Need, Policy, Relax, Request

SKILLS = ("billing", "devices", "returns", "trade", "accounts", "delivery")
LANES = {"vip": 100, "standard": 50, "new": 10}
# Seconds somebody waits at most before they go before every lane.
STARVES_AFTER = 1800.0
POLICY = Policy(
    relaxes=((60.0, Relax.PREFERRED), (180.0, Relax.LANGUAGE), (300.0, Relax.LEVEL)),
    starves_after=STARVES_AFTER,
)


@dataclass
class Outcome:
    waits: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wrong_skill: int = 0
    over_capacity: int = 0
    assigned: int = 0
    left: int = 0
    loads: dict[UUID, float] = field(default_factory=lambda: defaultdict(float))
    people: dict[UUID, Candidate] = field(default_factory=dict)

    def median_of(self, tier: str) -> float:
        return median(self.waits[tier])

    @property
    def longest(self) -> float:
        return max(max(waits) for waits in self.waits.values())

    def gini_within(self, skill: str) -> float:
        return gini(self.loads[pk] for pk, one in self.people.items() if skill in one.skills)


class Floor:
    """Everybody has three skills of six, in a ring; work comes in waves that exceed the hands."""

    def __init__(self, *, tickets: int, agents: int, pressure: float, seed: int) -> None:
        self.rng = random.Random(seed)
        self.people = {one.id: one for one in map(self.hire, range(agents))}
        self.capacity = sum(one.capacity for one in self.people.values())
        self.handling = 900.0
        self.every = self.handling * 1.3 / (self.capacity * pressure)
        self.arrivals = self.arrive(tickets)
        self.since: dict[UUID, float] = {}
        self.tier: dict[UUID, str] = {}
        self.waiting: dict[UUID, Request] = {}
        self.out = Outcome(people=dict(self.people))

    def pk(self) -> UUID:
        return UUID(int=self.rng.getrandbits(128))

    def hire(self, place: int) -> Candidate:
        own = [SKILLS[(place + step) % len(SKILLS)] for step in (0, 1, 3)]
        return Candidate(
            self.pk(),
            capacity=6,
            limits={"chat": 2},
            skills={skill: 1 + (place + at) % 3 for at, skill in enumerate(own)},
            languages=frozenset({"en"} if place % 4 else {"en", "zh-hans"}),
        )

    def arrive(self, count: int) -> list[tuple[float, Request, str]]:
        at, found = 0.0, []
        for number in range(count):
            # Waves: half of the time more comes than can be done at once.
            busy = 1.5 if (number // max(count // 12, 1)) % 2 else 0.75
            at += self.rng.expovariate(busy / self.every)
            tier = self.rng.choices(list(LANES), [0.1, 0.6, 0.3])[0]
            found.append((at, self.ask(tier), tier))
        return found

    def ask(self, tier: str) -> Request:
        skill = self.rng.choice(SKILLS)
        level = self.rng.choice((1, 1, 1, 2))
        needs = [Need(skill, level, 1)]
        if self.rng.random() < 0.2:
            other = self.rng.choice([one for one in SKILLS if one != skill])
            needs.append(Need(other, 1, is_required=False))
        chat = self.rng.random() < 0.3
        known = self.rng.choice(list(self.people))
        return Request(
            self.pk(),
            channel="chat" if chat else "mail",
            weight=2 if chat else 1,
            needs=tuple(needs),
            language=self.rng.choices(("en", "zh-hans"), (0.85, 0.15))[0],
            lane=LANES[tier],
            knows={known: 1.0} if self.rng.random() < 0.3 else {},
        )

    def run(self) -> Outcome:
        """Ends, arrivals and a look at who waits every 30 seconds, in the order of time."""
        self.ends: list[tuple[float, int, UUID, Request]] = []
        coming = iter(self.arrivals)
        following = next(coming, None)
        tick = 30.0
        while following or self.waiting:
            end = self.ends[0][0] if self.ends else float("inf")
            start = following[0] if following else float("inf")
            at = min(end, start, tick)
            if at == end:
                _at, _n, agent, request = heapq.heappop(self.ends)
                self.free(agent, request)
                self.look(at)
            elif at == start:
                _at, request, tier = following
                self.since[request.id], self.tier[request.id] = at, tier
                self.waiting[request.id] = request
                following = next(coming, None)
                self.give_now(request, at)
            else:
                tick += 30.0
                self.look(at)
        self.out.left = len(self.waiting)
        return self.out

    def give_now(self, request: Request, at: float) -> None:
        decided = decide(request, list(self.people.values()), POLICY)
        if decided.chosen:
            self.take(request, decided.chosen, at)

    def look(self, at: float) -> None:
        if not self.waiting:
            return
        waiting = [replace(one, waited=at - self.since[one.id]) for one in self.waiting.values()]
        made, _people = drain(waiting, list(self.people.values()), POLICY)
        for decided in made:
            assert decided.chosen
            self.take(self.waiting[decided.request], decided.chosen, at)

    def take(self, request: Request, agent: UUID, at: float) -> None:
        one = self.people[agent]
        self.out.wrong_skill += any(
            one.skills.get(need.skill, 0) < need.least for need in request.needs if need.is_required
        )
        one = self.people[agent] = charge(one, request)
        full = one.load > one.capacity or one.held.get("chat", 0) > one.limits["chat"]
        self.out.over_capacity += full
        self.out.assigned += 1
        self.out.loads[agent] += request.weight
        self.out.waits[self.tier[request.id]].append(at - self.since[request.id])
        del self.waiting[request.id]
        until = at + self.rng.expovariate(1 / self.handling)
        heapq.heappush(self.ends, (until, self.out.assigned, agent, request))

    def free(self, agent: UUID, request: Request) -> None:
        one = self.people[agent]
        held = {**one.held, request.channel: one.held[request.channel] - 1}
        self.people[agent] = replace(one, load=one.load - request.weight, held=held)
