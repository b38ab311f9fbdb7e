"""Which state of a version may follow which: one table, enforced by the actions and said by the
pages."""

from dataclasses import dataclass

from accounts.models import User
from knowledge.models import ArticleVersion

WRITE = "knowledge.write_article"
PUBLISH = "knowledge.publish_article"
_DRAFT, _IN_REVIEW, _PUBLISHED, _RETIRED = ArticleVersion.State


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    sources: tuple[ArticleVersion.State, ...]
    target: ArticleVersion.State
    right: str
    event: str


STEPS = (
    Step("submit", (_DRAFT,), _IN_REVIEW, WRITE, "article.submitted"),
    Step("publish", (_DRAFT, _IN_REVIEW), _PUBLISHED, PUBLISH, "article.published"),
    Step("send_back", (_IN_REVIEW,), _DRAFT, PUBLISH, "article.sent_back"),
    Step("withdraw", (_IN_REVIEW,), _DRAFT, WRITE, "article.withdrawn"),
    Step("discard", (_DRAFT, _IN_REVIEW), _RETIRED, WRITE, "article.discarded"),
    Step("retire", (_PUBLISHED,), _RETIRED, PUBLISH, "article.retired"),
)


def find_step(name: str, state: str) -> Step | None:
    return next((step for step in STEPS if step.name == name and state in step.sources), None)


def allowed_steps(version: ArticleVersion, user: User) -> list[str]:
    """In the order of the table. Who may send back needs no second button for the same."""
    names = [s.name for s in STEPS if version.state in s.sources and user.may(s.right)]
    return [name for name in names if not (name == "withdraw" and "send_back" in names)]
