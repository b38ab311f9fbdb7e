"""OAuth 2 as mail providers speak it: authorisation code with PKCE, refresh (RFC 6749, 7636).

Google: developers.google.com/identity/protocols/oauth2/web-server and
developers.google.com/gmail/imap/xoauth2-protocol. Microsoft: "OAuth 2.0 authorization code flow"
and "Authenticate an IMAP, POP or SMTP connection using OAuth" on learn.microsoft.com.
"""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

import requests

from connectors.errors import OAuthProblem

TIMEOUT_SECONDS = 15
# More is no token answer.
MAX_ANSWER_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Provider:
    name: str
    authorize_url: str
    token_url: str
    scope: str
    imap_host: str
    # {user} is filled in.
    smtp_url: str
    extra: Mapping[str, str] = field(default_factory=dict)
    imap_port: int = 993
    imap_tls: bool = True


PROVIDERS = {
    "google": Provider(
        name="Google",
        authorize_url="https://accounts.google.com/o/oauth2/v2/auth",
        token_url="https://oauth2.googleapis.com/token",  # noqa: S106  an address, no password  an address
        scope="https://mail.google.com/",
        imap_host="imap.gmail.com",
        smtp_url="smtp://{user}@smtp.gmail.com:587?starttls=1",
        # Without these no refresh token comes along, or only the first time.
        extra={"access_type": "offline", "prompt": "consent"},
    ),
    "microsoft": Provider(
        name="Microsoft 365",
        authorize_url="https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize",
        token_url="https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",  # noqa: S106
        scope="https://outlook.office.com/IMAP.AccessAsUser.All "
        "https://outlook.office.com/SMTP.Send offline_access",
        imap_host="outlook.office365.com",
        smtp_url="smtp://{user}@smtp.office365.com:587?starttls=1",
        extra={"prompt": "select_account"},
    ),
}


@dataclass(frozen=True, slots=True)
class Client:
    """Our registration with a provider; ``tenant`` is Microsoft's."""

    provider: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    tenant: str = "common"

    @property
    def about(self) -> Provider:
        if self.provider not in PROVIDERS:
            raise OAuthProblem("The mailbox settings name no known provider.", error="settings")
        return PROVIDERS[self.provider]

    def url(self, template: str) -> str:
        return template.format(tenant=quote(self.tenant or "common", safe=""))


@dataclass(frozen=True, slots=True)
class Tokens:
    access_token: str = field(repr=False)
    expires_in: int
    # Empty when the provider keeps the one we have.
    refresh_token: str = field(default="", repr=False)


def make_verifier() -> str:
    return secrets.token_urlsafe(64)


def authorize_url(
    client: Client, *, redirect_uri: str, state: str, verifier: str, user: str
) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    query = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": redirect_uri,
        "scope": client.about.scope,
        "state": state,
        "code_challenge": urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        "login_hint": user,
        **client.about.extra,
    }
    return f"{client.url(client.about.authorize_url)}?{urlencode(query)}"


def exchange_code(client: Client, *, code: str, verifier: str, redirect_uri: str) -> Tokens:
    return _ask(
        client,
        grant_type="authorization_code",
        code=code,
        code_verifier=verifier,
        redirect_uri=redirect_uri,
    )


def refresh(client: Client, refresh_token: str) -> Tokens:
    return _ask(client, grant_type="refresh_token", refresh_token=refresh_token)


def _ask(client: Client, **fields: str) -> Tokens:
    """Raises ``OAuthProblem`` with a sentence for the admin; never quotes the provider."""
    about = client.about
    form = {"client_id": client.client_id, **fields}
    if client.client_secret:
        form["client_secret"] = client.client_secret
    if client.provider == "microsoft":
        form["scope"] = about.scope
    try:
        answer = requests.post(
            client.url(about.token_url),
            data=form,
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
            headers={"Accept": "application/json"},
        )
        found = answer.json() if len(answer.content) <= MAX_ANSWER_BYTES else None
    except requests.exceptions.JSONDecodeError:
        found = None
    except requests.RequestException as error:
        raise OAuthProblem(
            f"{about.name} cannot be reached to renew the sign-in.", error="unreachable"
        ) from error
    if not isinstance(found, dict):
        found = {}
    if answer.status_code != 200 or not isinstance(found.get("access_token"), str):
        raise _refusal(about.name, str(found.get("error", "")))
    return Tokens(
        access_token=found["access_token"],
        expires_in=_seconds(found.get("expires_in")),
        refresh_token=str(found.get("refresh_token") or ""),
    )


def _seconds(value: object) -> int:
    text = str(value)
    # RFC 6749 only recommends to say it.
    return int(text) if text.isdecimal() else 300


def _refusal(name: str, error: str) -> OAuthProblem:
    reasons = {
        "invalid_grant": f"{name} no longer accepts our permission for this mailbox. "
        "Connect it again.",
        "interaction_required": f"{name} wants somebody to sign in again. Connect it again.",
        "invalid_client": f"{name} does not accept the client id or its secret.",
        "unauthorized_client": f"{name} does not accept the client id or its secret.",
        "invalid_scope": f"{name} does not allow this client to read mail.",
    }
    usual = f"{name} did not renew the sign-in; it is tried again."
    return OAuthProblem(reasons.get(error, usual), error=error or "unknown")
