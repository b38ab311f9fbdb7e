from importlib import import_module

from django.apps import AppConfig


class BenchConfig(AppConfig):
    name = "bench"

    def ready(self) -> None:
        import_module("bench.probe").time_turns()
