"""Every field says what it holds about whom."""

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.db import models

from core.fields import encrypted_fields
from core.privacy import CATEGORIES, OUR_APPS, annotations_of, check_privacy_annotations

OURS = [model for model in apps.get_models() if model._meta.app_label in OUR_APPS]


def annotate(monkeypatch, model, **changes):
    monkeypatch.setattr(model, "privacy", {**model.privacy, **changes}, raising=False)


def problems(label="tickets"):
    return [problem.msg for problem in check_privacy_annotations([apps.get_app_config(label)])]


def test_every_field_of_every_model_is_annotated():
    assert [problem.msg for problem in run_checks(tags=["models"])] == []
    assert len(OURS) > 20


def test_every_app_of_the_house_is_checked():
    """A new app must not slip through the check by its name."""
    own = {
        config.label
        for config in apps.get_app_configs()
        if "site-packages" not in config.path and config.label != "helpdesk"
    }
    assert own <= OUR_APPS


def test_a_bare_field_is_an_error(monkeypatch):
    from tickets.models import Ticket

    annotate(monkeypatch, Ticket, content="tags type custom_private")
    assert problems() == ["No privacy category for: subject."]


def test_a_name_that_is_no_field_is_an_error(monkeypatch):
    from tickets.models import Ticket

    annotate(monkeypatch, Ticket, content="subject tags type custom_private secret")
    assert problems() == ["privacy names no field: secret."]


def test_a_category_that_does_not_exist_is_an_error(monkeypatch):
    from tickets.models import Blob

    annotate(monkeypatch, Blob, contents="digest", content="")
    assert problems() == ["Unknown privacy category: contents."]


def test_no_field_has_two_categories():
    for model in OURS:
        names = " ".join(getattr(model, "privacy", {}).values()).split()
        assert len(names) == len(set(names)), model


@pytest.mark.parametrize(
    "model", [m for m in OURS if encrypted_fields(m)], ids=lambda m: m.__name__
)
def test_what_is_encrypted_is_personal_and_names_its_key_owner(model):
    categories = annotations_of(model)
    for field in encrypted_fields(model):
        assert categories[field.name] in CATEGORIES.keys() - {"not_personal"}, field.name
    assert callable(model.data_key_owner)


def test_free_text_about_customers_is_encrypted():
    """Text columns in clear hold codes and names of ours, never what somebody said."""
    personal = {"identity", "contact", "content", "proof"}
    in_clear = {
        f"{model.__name__}.{field.name}"
        for model in OURS
        for field in model._meta.concrete_fields
        if isinstance(field, models.TextField | models.CharField | models.JSONField)
        and field not in encrypted_fields(model)
        and annotations_of(model).get(field.name) in personal
    }
    assert in_clear == {
        "Ticket.type",
        "Recurrence.type",
        "Attachment.content_type",
        "Identity.kind",
        "Identity.scope",
        "Identity.verified_by",
        "Visitor.verified_by",
        "ConsentEvent.action",
        "ConsentEvent.channel",
    }
