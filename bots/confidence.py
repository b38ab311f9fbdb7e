"""From which likelihood on a question is answered.

`manage.py eval_answers` asks the demonstration's questions, in English and Chinese, of which half
have no answer in any article though most are about a shop's matters; docs/knowledge.md says what
came out. Without an encoder words alone tell less, so more is asked of them.
"""

from knowledge.queries.search import Ranking

LEAST, LEAST_BY_WORDS = 0.6, 0.6


def threshold_for(ranking: Ranking) -> float:
    return LEAST if ranking.encoder else LEAST_BY_WORDS
