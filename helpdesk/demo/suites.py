"""What the shop's bot is held against before anything of it is published."""

from accounts.models import User
from bots.actions.evaluation import add_suite, import_cases
from bots.models import Bot, Suite
from helpdesk.demo.telling import CONTENT

_BAR = 75


def write_suite(bot: Bot, *, actor: User) -> Suite:
    suite = add_suite(bot, name="Every day · 日常", is_gating=True, bar=_BAR, actor=actor)
    import_cases(suite, (CONTENT / "suite.yaml").read_text(), actor=actor)
    return suite
