"""The API describes itself (OpenAPI), completely and without guesses."""

from io import StringIO

import pytest
import yaml
from django.core.management import call_command
from django.urls import get_resolver
from rest_framework.test import APIClient


@pytest.fixture(scope="module")
def schema():
    out = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    return yaml.safe_load(out.getvalue())


def test_the_schema_is_valid_and_nothing_in_it_is_guessed(schema):
    assert schema["info"]["title"] == "Helpdesk API"


def test_every_route_of_the_api_is_described(schema):
    from helpdesk import api

    described = {path.removeprefix("/api/v1/") for path in schema["paths"]}
    served = {str(pattern.pattern).replace("<uuid:pk>", "{id}") for pattern in api.urlpatterns} - {
        "schema/"
    }
    assert described == served


def test_writes_name_their_idempotency_key_and_body(schema):
    replies = schema["paths"]["/api/v1/tickets/{id}/replies/"]["post"]

    assert "Idempotency-Key" in {p["name"] for p in replies["parameters"]}
    body = replies["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/NewReply"}
    fields = schema["components"]["schemas"]["NewReply"]
    assert fields["required"] == ["body"]
    assert {"body", "seen_seq", "client_id"} <= fields["properties"].keys()


def test_tokens_are_described(schema):
    schemes = schema["components"]["securitySchemes"]
    assert any(
        scheme["type"] == "apiKey" and scheme["name"] == "Authorization"
        for scheme in schemes.values()
    )
    assert schema["paths"]["/api/v1/tickets/"]["get"]["security"]


def test_it_is_served(db):
    answer = APIClient().get("/api/v1/schema/")
    assert answer.status_code == 200
    assert yaml.safe_load(answer.content)["openapi"].startswith("3.")
    assert get_resolver().resolve("/api/v1/schema/").view_name == "api:schema"
