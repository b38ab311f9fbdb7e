from django.apps import AppConfig


class TicketsConfig(AppConfig):
    name = "tickets"

    def ready(self) -> None:
        from core.registry import answer_providers, hint_providers
        from tickets import reactions, reactions_for_people  # noqa: F401  every process must know what follows an event
        from tickets.actions.answers import MacroAnswers
        from tickets.queries.hints import TicketHints

        answer_providers["macro"] = MacroAnswers()
        hint_providers.append(TicketHints())
