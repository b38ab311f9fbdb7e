from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BotsConfig(AppConfig):
    name = "bots"

    def ready(self) -> None:
        # Every process must know what follows an event: imported for that alone.
        from bots import (
            reactions,  # noqa: F401
            reactions_for_copilot,  # noqa: F401
            reactions_for_evaluation,  # noqa: F401
            reactions_for_learning,  # noqa: F401
            reactions_for_teaching,  # noqa: F401
        )
        from bots.actions.learning import note_missed_search
        from bots.queries.bots import first_answerer
        from bots.templatetags import bot_parts
        from core import registry

        registry.first_answers["bots"] = first_answerer
        registry.ticket_panels["bots"] = "bots/_panel.html"
        registry.event_sentences.update(dict.fromkeys(bot_parts.SENTENCES, bot_parts.sentence_of))
        registry.silent_events.add("bot.asked")
        registry.missed_searches.append(note_missed_search)
        gaps = registry.WritersPage("gaps:list", _("Gaps"), "message-square")
        registry.writers_pages.append(gaps)
