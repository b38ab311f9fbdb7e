"""What every API view and serializer shares."""

from typing import Any

from django.db import models
from rest_framework import exceptions, serializers
from rest_framework.request import Request

from core.errors import NotAllowed


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses keys it does not know: a misspelt field must not be dropped in silence."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = sorted(set(data) - set(self.fields))
            if unknown:
                raise serializers.ValidationError({key: ["Unknown field."] for key in unknown})
        return super().to_internal_value(data)


def read_body(serializer: type[StrictSerializer], request: Request) -> dict[str, Any]:
    try:
        data = request.data
    except RecursionError:
        raise exceptions.ParseError("The JSON is nested too deeply.") from None
    body = serializer(data=data)
    body.is_valid(raise_exception=True)
    validated: dict[str, Any] = body.validated_data
    return validated


def demand(request: Request, right: str) -> None:
    if not request.user.may(right):
        raise NotAllowed("Your role does not allow this.", right=right)


def read_number(request: Request, name: str) -> int:
    text = request.query_params.get(name, "0") or "0"
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise serializers.ValidationError({name: ["A whole number is needed."]})
    return int(text)


def id_of(thing: models.Model | None) -> str | None:
    return str(thing.pk) if thing else None
