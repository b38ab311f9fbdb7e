"""What we learn from what happens to articles."""

from uuid import UUID

from bots.actions.learning import close_gaps, note_unhelpful
from core.events import on
from core.models import Event
from knowledge.models import ArticleFeedback


@on("article.rated")
def note_rating(event: Event) -> None:
    if event.details["is_helpful"]:
        return
    said = ArticleFeedback.objects.filter(version=event.details["version"], is_helpful=False)
    newest = said.select_related("version__article").order_by("-at").first()
    if newest:
        note_unhelpful(newest)


@on("article.published")
def close_what_it_answers(event: Event) -> None:
    close_gaps(event.subject_id, version=UUID(event.details["version"]))
