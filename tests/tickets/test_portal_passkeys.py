"""Customers' passkeys: only our own challenges, our own address, a person, a counter that rises."""

import hashlib
import json
import os

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

from core.models import Event
from customers.models import Customer, PortalPasskey

pytestmark = pytest.mark.django_db
ORIGIN = "http://localhost:8000"
FLAG = AuthenticatorData.FLAG


class Device:
    """A phone with one key, as a browser speaks for it."""

    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id, self.count = os.urandom(16), 0
        self.origin, self.party, self.flags = ORIGIN, "localhost", FLAG.UP | FLAG.UV
        self.handle = b""

    def make(self, options):
        asked = options["publicKey"]
        client = self._client("webauthn.create", asked["challenge"])
        public = ES256.from_cryptography_key(self.key.public_key())
        credential = AttestedCredentialData.create(Aaguid.NONE, self.id, public)
        data = self._data(FLAG.AT, bytes(credential))
        attestation = AttestationObject.create("none", data, {})
        response = {
            "clientDataJSON": websafe_encode(bytes(client)),
            "attestationObject": websafe_encode(bytes(attestation)),
            # What browsers send besides, see RegistrationResponseJSON in WebAuthn level 3.
            "authenticatorData": websafe_encode(bytes(data)),
            "publicKeyAlgorithm": ES256.ALGORITHM,
            "transports": ["internal"],
        }
        return self._answer(response)

    def use(self, options):
        client = self._client("webauthn.get", options["publicKey"]["challenge"])
        data = self._data(FLAG(0))
        signature = self.key.sign(bytes(data) + client.hash, ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": websafe_encode(bytes(client)),
            "authenticatorData": websafe_encode(bytes(data)),
            "signature": websafe_encode(signature),
        }
        if self.handle:
            response["userHandle"] = websafe_encode(self.handle)
        return self._answer(response)

    def _client(self, kind, challenge):
        return CollectedClientData.create(kind, challenge, self.origin)

    def _data(self, more, credential=b""):
        self.count += 1
        party = hashlib.sha256(self.party.encode()).digest()
        return AuthenticatorData.create(party, self.flags | more, self.count, credential)

    def _answer(self, response):
        name = websafe_encode(self.id)
        return {
            "id": name,
            "rawId": name,
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {},
        }


@pytest.fixture(autouse=True)
def address(settings):
    settings.PUBLIC_URL = ORIGIN


@pytest.fixture
def home(inbox):
    return f"/portal/{inbox.brand.slug}/"


@pytest.fixture
def carols(carol):
    """Carol's browser, signed in by a code."""
    client = Client()
    session = client.session
    session["portal_identity"] = str(carol.identities.get(kind="email").pk)
    session.save()
    return client


@pytest.fixture
def device(carols, home):
    """Carol's phone, added."""
    device = Device()
    assert add(carols, home, device).status_code == 201
    return device


def send(client, url, body=None):
    return client.post(url, json.dumps(body or {}), content_type="application/json")


def add(client, home, device, **more):
    options = send(client, f"{home}passkeys/begin/").json()
    answer = {"credential": device.make(options), "label": "Carol's phone", **more}
    return send(client, f"{home}passkeys/", answer)


def enter(client, home, device, change=lambda answer: answer):
    options = send(client, f"{home}sign-in/passkey/begin/").json()
    return send(client, f"{home}sign-in/passkey/", {"credential": change(device.use(options))})


def test_a_passkey_signs_in_where_no_code_was_asked_for(device, home, carol):
    client = Client()
    answer = enter(client, home, device)
    assert (answer.status_code, answer.json()) == (200, {"to": home})
    assert carol.name in client.get(f"{home}about-you/").content.decode()
    event = Event.objects.get(name="customer.signed_in")
    assert (event.actor_id, "passkey" in event.details) == (carol.pk, True)


def test_it_is_kept_sealed_and_shown_by_its_name(device, carols, home):
    key = PortalPasskey.objects.get()
    assert key.label == "Carol's phone" and key.used_at is None
    assert "Carol&#x27;s phone" in carols.get(f"{home}about-you/").content.decode()
    assert Event.objects.filter(name="passkey.added").count() == 1


def refused(answer):
    return answer.status_code == 400 and "code instead" in answer.json()["detail"]


@pytest.mark.parametrize(
    "change",
    [
        {"origin": "http://evil.example"},
        {"origin": "http://localhost:9999"},
        {"party": "evil.example"},
        {"flags": FLAG.UP},
        {"flags": FLAG.UV},
        {"count": 0},
        {"handle": b"somebody else"},
        {"key": ec.generate_private_key(ec.SECP256R1())},
        {"id": b"unknown"},
    ],
    ids=lambda change: "-".join(map(str, change)),
)
def test_what_is_not_as_it_was_does_not_sign_in(device, home, change):
    enter(Client(), home, device)
    for name, value in change.items():
        setattr(device, name, value)
    client = Client()
    assert refused(enter(client, home, device))
    assert client.get(f"{home}about-you/").status_code == 302


def test_an_answer_is_good_once_and_for_its_own_challenge(device, home):
    client = Client()
    kept = {}

    def keep(answer):
        kept.update(answer)
        return answer

    assert enter(client, home, device, keep).status_code == 200
    again = Client()
    assert send(again, f"{home}sign-in/passkey/", {"credential": kept}).status_code == 400
    assert refused(enter(again, home, device, lambda answer: kept))


def test_it_ends_with_the_address_it_was_added_with(device, home, carol):
    carol.identities.filter(kind="email").update(valid_to=carol.created_at)
    assert refused(enter(Client(), home, device))


def test_erased_people_do_not_sign_in(device, home, carol):
    Customer.objects.filter(pk=carol.pk).update(erased_at=carol.created_at)
    assert refused(enter(Client(), home, device))


def test_a_removed_key_signs_nobody_in(device, carols, home):
    key = PortalPasskey.objects.get()
    carols.post(f"{home}passkeys/{key.pk}/remove/")
    assert not PortalPasskey.objects.exists()
    assert refused(enter(Client(), home, device))


def test_nobody_removes_anothers_key(device, home, billing_ticket):
    client = Client()
    session = client.session
    session["portal_identity"] = str(billing_ticket.customer.identities.get().pk)
    session.save()
    key = PortalPasskey.objects.get()
    assert client.post(f"{home}passkeys/{key.pk}/remove/").status_code == 404


def test_only_who_is_signed_in_adds_one(home, carol):
    assert send(Client(), f"{home}passkeys/begin/").status_code == 302
    assert send(Client(), f"{home}passkeys/", {"credential": {}}).status_code == 302


def test_a_strange_origin_cannot_add_one(carols, home):
    device = Device()
    device.origin = "https://evil.example"
    assert add(carols, home, device).status_code == 400
    assert not PortalPasskey.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        *("", "[]", "{", '{"credential": 1}', '{"credential": {"id": 1}}', "[" * 20_000),
        '{"credential": {"id": "x", "rawId": 3000000000, "response": {}}}',
        '{"credential": {"id": "x", "rawId": "eA", "response": {"signature": 3000000000}}}',
    ],
    ids=range(8),
)
@pytest.mark.slow
def test_nonsense_is_refused(home, carol, body):
    client = Client()
    send(client, f"{home}sign-in/passkey/begin/")
    answer = client.post(f"{home}sign-in/passkey/", body, content_type="application/json")
    assert answer.status_code == 400
