"""Visitors and agents in a process of their own, so that the harness does not slow them down:
`python -m faults.crowd GIVEN.json`. A line in, a line out: `hush`, `look`, `end FILE`."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import uvloop

from faults.agents import Agent
from faults.lines import Crowd
from faults.visitors import Visitor


class Stage:
    def __init__(self, given: dict[str, Any]) -> None:
        self.given = given
        self.crowd = Crowd(given)
        self.agents = [Agent(self.crowd, *pair) for pair in enumerate(given["agents"], 1)]
        blocked = self.crowd.dice.sample(range(given["visitors"]), given["blocked"])
        self.visitors = [
            Visitor(self.crowd, number, is_blocked=number in blocked)
            for number in range(given["visitors"])
        ]
        self.tasks: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        self.tasks = [asyncio.create_task(agent.live()) for agent in self.agents]
        coming = asyncio.create_task(self.let_in())
        self.crowd.may_talk.set()
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
        while line := (await reader.readline()).decode().strip():
            verb, _, rest = line.partition(" ")
            self.say(self.obey(verb, rest))
            if verb == "end":
                break
        coming.cancel()
        for task in self.tasks:
            task.cancel()

    async def let_in(self) -> None:
        for visitor in self.visitors:
            self.tasks.append(asyncio.create_task(visitor.live()))
            await asyncio.sleep(self.given["come_seconds"] / len(self.visitors))

    def obey(self, verb: str, rest: str) -> dict[str, Any]:
        if verb == "hush":
            self.crowd.may_talk.clear()
        elif verb == "end":
            Path(rest).write_text(json.dumps(self.as_json()))
        return self.look()

    def look(self) -> dict[str, Any]:
        """How it stands; troubles are those of the clients' own code."""
        done = [task for task in self.tasks if task.done() and not task.cancelled()]
        clients = [*self.visitors, *self.agents]
        return {
            "begun": sum(bool(visitor.chat) for visitor in self.visitors),
            "tended": sum(len(agent.threads) for agent in self.agents),
            "live": sum(client.is_live for client in clients),
            "waiting": sum(not words.acknowledged for words in self.crowd.said.values()),
            "reading": sum(client.is_reading for client in clients),
            "broken": sum(client.broken is not None for client in clients),
            "thinking": sum(agent.thinking for agent in self.agents),
            "heads": {visitor.chat: visitor.head for visitor in self.visitors if visitor.chat},
            "desks": {t.ticket: t.head for agent in self.agents for t in agent.threads.values()},
            "refusals": len(self.crowd.refusals),
            "troubles": [repr(task.exception()) for task in done],
        }

    def as_json(self) -> dict[str, Any]:
        return self.crowd.as_json() | {
            "visitors": [visitor.as_json() for visitor in self.visitors],
            "agents": [agent.as_json() for agent in self.agents],
        }

    def say(self, answer: dict[str, Any]) -> None:
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(Stage(json.loads(Path(sys.argv[1]).read_text())).run())
