"""Which fields hold what about whom: the source of the data map, the export and the erasure."""

from collections.abc import Iterable
from typing import Any

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Error, register
from django.db import models

CATEGORIES = {
    "identity": "who the customer is",
    "contact": "how the customer is reached",
    "content": "what was said",
    "behaviour": "what the customer did, when",
    "proof": "evidence kept about a decision of the customer",
    "staff": "about people who work here",
    "credential": "secrets of people or systems",
    "not_personal": "nothing about a person",
}
OUR_APPS = {
    "core", "accounts", "customers", "connectors", "tickets", "knowledge", "automation", "bots",
    "livechat", "surveys", "quality", "analytics", "privacy",
}  # fmt: skip


def annotations_of(model: type[models.Model]) -> dict[str, str]:
    """Field name → category, from the model's ``privacy`` table of category → "field field"."""
    table: dict[str, str] = getattr(model, "privacy", {})
    return {field: category for category, names in table.items() for field in names.split()}


@register("models")
def check_privacy_annotations(
    app_configs: Iterable[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    return [
        problem
        for config in app_configs or apps.get_app_configs()
        if config.label in OUR_APPS
        for model in config.get_models()
        for problem in _problems_of(model)
    ]


def _problems_of(model: type[models.Model]) -> list[CheckMessage]:
    annotated = annotations_of(model)
    fields = {field.name for field in model._meta.get_fields() if field.concrete}
    bare = sorted(fields - annotated.keys())
    unknown = sorted(annotated.keys() - fields)
    strange = sorted(set(annotated.values()) - CATEGORIES.keys())
    problems: list[CheckMessage] = []
    if bare:
        problems.append(Error(f"No privacy category for: {', '.join(bare)}.", obj=model))
    if unknown:
        problems.append(Error(f"privacy names no field: {', '.join(unknown)}.", obj=model))
    if strange:
        problems.append(Error(f"Unknown privacy category: {', '.join(strange)}.", obj=model))
    return problems
