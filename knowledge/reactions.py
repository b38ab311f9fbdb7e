"""What follows when an article is published."""

from uuid import UUID

from core.events import on
from core.lanes import Lease
from core.models import Event
from knowledge.actions.indexing import compute_vectors, keep_vectors, passages_of
from knowledge.actions.testing import ask_all


@on("article.published", lane="vectors")
def find_by_meaning(event: Event, lease: Lease) -> None:
    """Found by its words it is already. Retired meanwhile, it has no passages."""
    passages = passages_of(UUID(event.details["version"]))
    with lease.held():
        encoder, vectors = compute_vectors(passages)
    with lease.finish():
        keep_vectors(encoder, vectors)
    # Should this be lost, nothing is: the next article that is published asks them again.
    ask_all(event.details["language"])
