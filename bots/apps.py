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
            reactions_for_releases,  # noqa: F401
            reactions_for_teaching,  # noqa: F401
        )
        from bots.actions.asking import ask_bot
        from bots.actions.for_rules import HAND_OVER
        from bots.actions.learning import note_missed_search
        from bots.queries.bots import first_answerer
        from bots.queries.telling import is_taught, list_intents, understand_for_others
        from bots.templatetags import bot_parts
        from bots.words_of_releases import list_alarms
        from core import registry

        registry.first_answers["bots"] = first_answerer
        registry.asked_first["bots"] = ask_bot
        registry.understanders["bots"] = understand_for_others
        registry.has_understanding["bots"] = is_taught
        registry.ticket_panels["bots"] = "bots/_panel.html"
        registry.event_sentences.update(dict.fromkeys(bot_parts.SENTENCES, bot_parts.sentence_of))
        registry.silent_events.add("bot.asked")
        registry.rule_actions["hand_over"] = HAND_OVER
        registry.intent_names.append(list_intents)
        registry.missed_searches.append(note_missed_search)
        gaps = registry.WritersPage("gaps:list", _("Gaps"), "message-square")
        registry.writers_pages.append(gaps)
        registry.alarms.append(list_alarms)
