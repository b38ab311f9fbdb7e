"""Articles are written, reviewed, published and replaced; what was out is never altered."""

from datetime import timedelta

import pytest

from core import clock
from core.clock import now
from core.errors import Invalid, NotAllowed
from core.models import Event
from knowledge.actions import add_article, add_category, change_article, take_step, write_version
from knowledge.actions.shelves import change_category, remove_category
from knowledge.errors import ChangedMeanwhile, StepRefused, StillInUse
from knowledge.lifecycle import allowed_steps
from knowledge.models import Article, ArticleVersion, Passage, Reader

pytestmark = pytest.mark.django_db


def write(shelf, actor, **fields):
    given = {"language": "en", "title": "Sending back", "body": "Within **30** days."} | fields
    return add_article(shelf, actor=actor, **given)


def seen(article, reader=None):
    reader = reader or Reader(article.category.brand_id)
    versions = ArticleVersion.objects.visible_to(reader).filter(article=article)
    return {(version.language, version.number) for version in versions}


def events_of(article):
    return list(
        Event.objects.filter(subject_id=article.pk).order_by("id").values_list("name", flat=True)
    )


def test_a_draft_goes_through_review_and_out(shelf, alice, supervisor):
    version = write(shelf, alice)
    assert seen(version.article) == set()
    version = take_step(version, step="submit", actor=alice)
    version = take_step(version, step="publish", actor=supervisor)

    assert seen(version.article) == {("en", 1)}
    assert (version.author, version.reviewer) == (alice, supervisor)
    assert "<strong>30</strong>" in version.html
    assert events_of(version.article) == [
        "article.added", "article.written", "article.submitted", "article.published",
    ]  # fmt: skip


def test_who_may_write_may_not_publish(shelf, alice, light, supervisor):
    version = write(shelf, alice)
    with pytest.raises(NotAllowed):
        take_step(version, step="publish", actor=alice)
    with pytest.raises(NotAllowed):
        write(shelf, light)
    assert allowed_steps(version, alice) == ["submit", "discard"]
    assert allowed_steps(version, supervisor) == ["submit", "publish", "discard"]


def test_what_is_published_is_never_altered(shelf, supervisor):
    first = take_step(write(shelf, supervisor), step="publish", actor=supervisor)
    second = write_version(
        first.article, actor=supervisor, language="en", title="Sending back", body="60 days."
    )
    first.refresh_from_db()

    assert (first.body, first.number, second.number) == ("Within **30** days.", 1, 2)
    assert seen(first.article) == {("en", 1)}
    take_step(second, step="publish", actor=supervisor)
    first.refresh_from_db()
    assert (first.state, first.body) == ("retired", "Within **30** days.")
    assert seen(first.article) == {("en", 2)}
    assert {p.version_id for p in Passage.objects.all()} == {second.pk}


def test_a_new_version_waits_for_its_time_and_the_old_one_stays_until_then(shelf, supervisor):
    first = take_step(write(shelf, supervisor), step="publish", actor=supervisor)
    second = write_version(
        first.article, actor=supervisor, language="en", title="Sending back", body="60 days."
    )
    take_step(second, step="publish", actor=supervisor, publish_at=now() + timedelta(days=2))

    assert seen(first.article) == {("en", 1)}
    with clock.at(now() + timedelta(days=3)):
        assert seen(first.article) == {("en", 2)}


def test_an_article_expires_and_nothing_older_comes_back(shelf, supervisor):
    first = take_step(write(shelf, supervisor), step="publish", actor=supervisor)
    second = write_version(
        first.article, actor=supervisor, language="en", title="For a while", body="Now."
    )
    take_step(second, step="publish", actor=supervisor, expire_at=now() + timedelta(days=1))

    assert seen(first.article) == {("en", 2)}
    with clock.at(now() + timedelta(days=2)):
        assert seen(first.article) == set()


def test_it_cannot_end_before_it_begins(shelf, supervisor):
    version = write(shelf, supervisor)
    with pytest.raises(Invalid):
        take_step(version, step="publish", actor=supervisor, expire_at=now() - timedelta(days=1))
    version.refresh_from_db()
    assert version.state == "draft"


def test_steps_that_the_table_does_not_know_are_refused(shelf, supervisor):
    version = take_step(write(shelf, supervisor), step="publish", actor=supervisor)
    for step in ("submit", "send_back", "discard", "publish", "explode"):
        with pytest.raises(StepRefused):
            take_step(version, step=step, actor=supervisor)
    retired = take_step(version, step="retire", actor=supervisor)
    assert seen(retired.article) == set()


def test_writing_in_review_makes_it_a_draft_again(shelf, alice):
    version = take_step(write(shelf, alice), step="submit", actor=alice)
    again = write_version(
        version.article, actor=alice, language="en", title="Sending back", body="Other."
    )
    assert (again.pk, again.state, again.body) == (version.pk, "draft", "Other.")


def test_who_began_from_an_older_version_is_told(shelf, alice, supervisor):
    first = take_step(write(shelf, alice), step="publish", actor=supervisor)
    words = {"language": "en", "title": "T", "body": "One."}
    write_version(first.article, actor=supervisor, before=first.pk, **words)
    with pytest.raises(ChangedMeanwhile):
        write_version(first.article, actor=alice, before=first.pk, **words | {"body": "Two."})


def test_the_same_words_make_no_version(shelf, supervisor):
    first = take_step(write(shelf, supervisor), step="publish", actor=supervisor)
    same = write_version(
        first.article, actor=supervisor, language="en", title="Sending  back", body=first.body
    )
    assert same == first
    assert first.article.versions.count() == 1


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("title", " "),
        ("title", "x" * 161),
        ("body", " "),
        ("body", "x" * 50_001),
        ("language", "de"),
    ],
)
def test_what_is_no_article_is_refused_at_its_field(shelf, alice, field, wrong):
    with pytest.raises(Invalid) as refusal:
        write(shelf, alice, **{field: wrong})
    assert refusal.value.extra["field"] == field
    assert not Article.objects.exists()


def test_html_and_scripts_of_an_author_do_not_pass(shelf, alice):
    version = write(
        shelf, alice, body="## Head\n\n<script>x</script> [a](javascript:x)\n\n|a|b|\n|-|-|\n|1|2|"
    )
    assert "<h2>Head</h2>" in version.html
    assert "<td>1</td>" in version.html
    assert "<script" not in version.html
    assert "href" not in version.html


# Who reads what


def test_each_reader_sees_what_is_meant_for_them(publish, inbox, carol, alice):
    vip = carol.tier.__class__.objects.get(code="vip")
    public = publish("Public")
    customers = publish("For customers", audience="customers")
    own_tier = publish("Own tier", tiers=[carol.tier])
    other_tier = publish("Other tier", tiers=[vip])
    agents = publish("Agents", audience="agents")
    everything = {public, customers, own_tier, other_tier, agents}

    def readable(reader):
        return {article for article in everything if seen(article, reader)}

    assert readable(Reader(inbox.brand_id)) == {public}
    assert readable(Reader(inbox.brand_id, customer=carol)) == {public, customers, own_tier}
    assert readable(Reader(agent=alice)) == everything


def test_a_brands_articles_stay_with_the_brand(publish, inbox):
    from connectors.actions import add_brand

    other = add_brand("Other")
    of_other = publish("Theirs", category=add_category(actor=None, names={"en": "X"}, brand=other))
    of_all = publish("Everybody's")

    assert seen(of_other, Reader(inbox.brand_id)) == set()
    assert seen(of_other, Reader(other.pk)) == {("en", 1)}
    assert seen(of_all, Reader(other.pk)) == {("en", 1)}


def test_opening_a_published_article_to_everybody_is_publishing(publish, shelf, alice, supervisor):
    article = publish("Inside", audience="agents")
    wanted = {"category": shelf, "audience": "public", "tiers": [], "notes": ""}
    with pytest.raises(NotAllowed):
        change_article(article, actor=alice, **wanted)
    change_article(article, actor=alice, **wanted | {"audience": "agents", "notes": "Ask Wei."})
    changed = change_article(article, actor=supervisor, **wanted)
    assert (changed.audience, changed.notes) == ("public", "")


# Categories


def test_categories_stand_in_one_another_once(shelf, supervisor):
    below = add_category(actor=supervisor, names={"en": "Below"}, parent=shelf)
    with pytest.raises(Invalid):
        add_category(actor=supervisor, names={"en": "Deeper"}, parent=below)
    with pytest.raises(Invalid):
        change_category(shelf, actor=supervisor, parent=below)
    with pytest.raises(Invalid):
        add_category(actor=supervisor, names={"fr": "Non"})


def test_a_category_with_articles_stays(publish, shelf, supervisor):
    publish("In it")
    with pytest.raises(StillInUse):
        remove_category(shelf, actor=supervisor)
