from celery import shared_task

from knowledge.actions.indexing import compute_missing_vectors, index_words_again

_TIMES = 10


@shared_task
def index_passages() -> None:
    """What was published without an event, as history is, and what another encoder or an older way
    of indexing made. A part at a time: the lane is for what was just published, too."""
    index_words_again()
    for _ in range(_TIMES):
        if not compute_missing_vectors():
            break
