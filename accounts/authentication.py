"""How programs sign in: ``Authorization: Token …``, only the token's digest being stored."""

from django.db.models import QuerySet
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.request import Request

from accounts.models import ApiToken, User
from core.prepared import PreparedQuery


class TokenAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != b"token":
            return None
        if len(parts) != 2:
            raise exceptions.AuthenticationFailed("Send the header as: Authorization: Token KEY")
        digest = ApiToken.digest_of(parts[1].decode("latin-1"))
        token = _TOKEN.first(digest)
        if token is None:
            raise exceptions.AuthenticationFailed("This token is unknown or no longer valid.")
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Token"


def _build_token(digest: bytes, *, shape: None) -> "QuerySet[ApiToken]":
    tokens = ApiToken.objects.filter(digest=digest, revoked_at=None, user__is_active=True)
    return tokens.select_related("user")


_TOKEN = PreparedQuery(_build_token)


# The library's hook for subclasses has no types.
class TokenDescription(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """For the schema; registered by being imported."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "Authorization: Token KEY",
        }
