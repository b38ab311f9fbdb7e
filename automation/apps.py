from django.apps import AppConfig


class AutomationConfig(AppConfig):
    name = "automation"

    def ready(self) -> None:
        # Every process must know what follows an event: imported for that alone.
        from automation import (
            reactions,  # noqa: F401
            reactions_for_promises,  # noqa: F401
            reactions_for_routing,  # noqa: F401
            reactions_for_rules,  # noqa: F401
            reactions_for_triage,  # noqa: F401
            reactions_for_webhooks,  # noqa: F401
        )
        from automation.actions.choosing import RoutedQueue
        from automation.actions.pulling import take_next
        from automation.actions.rule_following import follow_arrival
        from automation.templatetags import clock_words, rule_story
        from core import registry

        registry.ticket_panels["clocks"] = "automation/_panel.html"
        registry.ticket_panels["routing"] = "automation/_why_panel.html"
        registry.ticket_panels["triage"] = "automation/_triage_panel.html"
        registry.silent_events.add("webhook.asked")
        registry.ticket_panels["rules"] = "automation/_rules_panel.html"
        registry.arrivals.append(follow_arrival)
        registry.silent_events.add("rule.waits")
        registry.event_sentences.update(dict.fromkeys(rule_story.SENTENCES, rule_story.sentence_of))
        registry.choosers["routing"] = RoutedQueue()
        registry.next_work["routing"] = take_next
        registry.event_sentences.update(
            dict.fromkeys(clock_words.SENTENCES, clock_words.sentence_of)
        )
