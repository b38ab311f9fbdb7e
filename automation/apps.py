from django.apps import AppConfig


class AutomationConfig(AppConfig):
    name = "automation"

    def ready(self) -> None:
        # Every process must know what follows an event: imported for that alone.
        from automation import (
            reactions,  # noqa: F401
            reactions_for_routing,  # noqa: F401
        )
        from automation.templatetags import clock_words
        from core import registry

        registry.ticket_panels["clocks"] = "automation/_panel.html"
        registry.ticket_panels["routing"] = "automation/_why_panel.html"
        registry.event_sentences.update(
            dict.fromkeys(clock_words.SENTENCES, clock_words.sentence_of)
        )
