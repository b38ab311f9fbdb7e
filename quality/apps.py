from django.apps import AppConfig


class QualityConfig(AppConfig):
    name = "quality"

    def ready(self) -> None:
        # Every process must know what follows an event: imported for that alone.
        from core import registry
        from quality import reactions  # noqa: F401
        from quality.queries.moods import moods_in

        registry.ticket_panels["quality"] = "quality/_panel.html"
        registry.felt["quality"] = moods_in
