from django.apps import AppConfig


class KnowledgeConfig(AppConfig):
    name = "knowledge"

    def ready(self) -> None:
        from core import registry
        from knowledge import reactions  # noqa: F401  every process must know what follows an event
        from knowledge.actions.answers import ArticleAnswers

        registry.answer_providers["article"] = ArticleAnswers()
        registry.ticket_panels["knowledge"] = "knowledge/_panel.html"
