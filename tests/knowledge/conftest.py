import pytest
from django.test import Client

from bots import encoding as of_sentences
from knowledge import encoding
from knowledge.actions import add_article, add_category, take_step, write_version
from knowledge.actions.indexing import compute_missing_vectors
from tests.knowledge.meaning import ConceptEncoder
from tests.remembered import cast


@cast.member
def shelf(inbox):
    return add_category(actor=None, names={"en": "Returns", "zh-hans": "退货"})


@pytest.fixture
def publish(shelf):
    """An article that is out, with its texts by language."""

    def publish_article(
        title, body="Some words.", *, category=None, language="en", more=(), **about
    ):
        first = add_article(
            category or shelf, actor=None, language=language, title=title, body=body, **about
        )
        versions = [first]
        for other, other_title, other_body in more:
            versions.append(
                write_version(
                    first.article,
                    actor=None,
                    language=other,
                    title=other_title,
                    body=other_body,
                )
            )
        for version in versions:
            take_step(version, step="publish", actor=None)
        return first.article

    return publish_article


@pytest.fixture
def home(inbox):
    return f"/portal/{inbox.brand.slug}/help/"


@pytest.fixture
def carols(inbox, carol):
    """Carol's browser, signed in at the portal."""
    client = Client()
    session = client.session
    session["portal_identity"] = str(carol.identities.get(kind="email").pk)
    session.save()
    return client


@pytest.fixture
def meaning(settings, monkeypatch):
    """An encoder at hand, with everything published before it encoded."""
    encoder = ConceptEncoder()
    settings.SEARCH_BY_MEANING = True
    monkeypatch.setattr(encoding, "passage_encoder", lambda: encoder)
    monkeypatch.setattr(encoding, "_warmed", {"concepts@1"})
    monkeypatch.setattr(of_sentences, "sentence_encoder", lambda: ConceptEncoder(alike=0))

    def encode_all():
        while compute_missing_vectors():
            pass

    return encode_all
