"""What admins do with tools besides saving them: their secret, a call to see, taking them away."""

import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from bots.actions.tools import Carrier, Unreachable, build_request, carry_by_http, note_failure
from bots.errors import ToolInUse
from bots.models import Bot, Tool
from bots.queries.tools import find_callers, take_outputs
from core.errors import Invalid
from core.events import record
from core.ids import new_id

_SHOWN = 2000
# Of nobody: what is tried is asked for no customer of ours.
NOBODY = UUID(int=0)


def new_secret() -> str:
    return secrets.token_urlsafe(32)


@transaction.atomic
def renew_tool_secret(tool: Tool, *, actor: User) -> str:
    """The new one, which is told this once; the old one signs nothing more."""
    tool = Tool.objects.select_for_update(of=("self",)).select_related("bot").get(pk=tool.pk)
    tool.secret = new_secret()
    tool.save(update_fields=["secret"])
    record("bot.tool_secret_renewed", subject=tool.bot, actor=actor, tool=tool.name)
    return str(tool.secret)


@transaction.atomic
def remove_tool(tool: Tool, *, actor: User) -> Bot:
    """Not while a flow that is followed calls it."""
    tool = Tool.objects.select_for_update(of=("self",)).select_related("bot").get(pk=tool.pk)
    if callers := find_callers(tool):
        reason = _("It is called by: %(flows)s.") % {"flows": ", ".join(callers)}
        raise ToolInUse(reason, flows=callers)
    record("bot.tool_removed", subject=tool.bot, actor=actor, tool=tool.name)
    bot = tool.bot
    tool.delete()
    return bot


@dataclass(slots=True)
class Tried:
    """What left, and what came back, as it was."""

    url: str
    headers: Mapping[str, str]
    sent: str
    milliseconds: int = 0
    problem: str = ""  # a code; nothing where it answered
    came: str = ""
    outputs: dict[str, str] = field(default_factory=dict)  # what was taken, as JSON
    dropped: list[str] = field(default_factory=list)  # named by no type of it, or of another kind


def try_tool(
    tool: Tool,
    inputs: Mapping[str, str],
    *,
    proved: str,
    actor: User,
    is_meant: bool,
    carry: Carrier | None = None,
) -> Tried:
    """With made-up inputs, for no customer of ours. What changes something only where that
    ``is_meant``."""
    if not tool.reads_only and not is_meant:
        raise Invalid(_("This tool changes something. Tick that you mean it."), field="is_meant")
    with transaction.atomic():
        record("bot.tool_tried", subject=tool.bot, actor=actor, tool=tool.name)
    addresses = [proved] if proved else []
    request = build_request(tool, inputs, customer=NOBODY, proved=addresses, key=new_id())
    tried = Tried(request.url, request.headers, request.body.decode())
    began = time.monotonic()
    try:
        content = (carry or carry_by_http)(request)
        tried.came = content[: _SHOWN * 4].decode("utf-8", "replace")[:_SHOWN]
        given = json.loads(content)
    except (Unreachable, ValueError) as error:
        tried.problem = str(error)[:60] if isinstance(error, Unreachable) else "no json"
    else:
        taken = take_outputs(tool.outputs, given)
        tried.outputs = {name: json.dumps(one, ensure_ascii=False) for name, one in taken.items()}
        named = given if isinstance(given, dict) else {}
        tried.dropped = sorted(str(name)[:60] for name in named.keys() - taken.keys())
    tried.milliseconds = int((time.monotonic() - began) * 1000)
    if tried.problem:
        note_failure(tool, tried.problem, milliseconds=tried.milliseconds)
    return tried
