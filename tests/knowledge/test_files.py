"""Files of articles are read by whoever may read the article, and run in nobody's browser."""

from io import BytesIO

import pytest

from core import files
from core.errors import NotAllowed
from knowledge.actions.files import add_file
from knowledge.models import ArticleFile

pytestmark = pytest.mark.django_db
SCRIPT = b"<html><script>alert(1)</script>"


def attach(client, article, name="plan.html", content=SCRIPT):
    file = BytesIO(content)
    file.name = name
    return client.post(f"/knowledge/{article.pk}/files/", {"file": file, "language": "en"})


def test_readers_fetch_it_and_their_browser_only_saves_it(
    publish, sign_in, supervisor, client, home
):
    article = publish("Plans")
    assert attach(sign_in(supervisor), article).status_code == 302
    file = ArticleFile.objects.get()
    page = client.get(f"{home}{article.pk}/").content.decode()
    assert f"{home}files/{file.pk}/" in page
    answer = client.get(f"{home}files/{file.pk}/")
    assert b"".join(answer.streaming_content) == SCRIPT
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert SCRIPT not in files.path_of(file.pk).read_bytes()


def test_who_may_not_read_the_article_gets_no_file(publish, sign_in, supervisor, client, home):
    inside = publish("Inside", audience="agents")
    leading = sign_in(supervisor)
    attach(leading, inside)
    file = ArticleFile.objects.get()
    assert client.get(f"{home}files/{file.pk}/").status_code == 404
    assert client.get(f"/knowledge/files/{file.pk}/").status_code == 302
    assert leading.get(f"/knowledge/files/{file.pk}/").status_code == 200


def test_what_is_retired_has_no_files_for_readers(publish, sign_in, supervisor, client, home):
    from knowledge.actions import take_step

    article = publish("Plans")
    attach(sign_in(supervisor), article)
    take_step(article.versions.get(), step="retire", actor=None)
    assert client.get(f"{home}files/{ArticleFile.objects.get().pk}/").status_code == 404


def test_beside_a_published_text_it_wants_the_right_to_publish(publish, alice):
    with pytest.raises(NotAllowed):
        add_file(publish("Plans"), filename="a.txt", content=BytesIO(b"x"), actor=alice)
    assert not ArticleFile.objects.exists()


def test_it_goes_with_its_content(publish, sign_in, supervisor, django_capture_on_commit_callbacks):
    article = publish("Plans")
    leading = sign_in(supervisor)
    attach(leading, article, name="../../evil\u202egpj.exe")
    file = ArticleFile.objects.get()
    assert file.filename == "evilgpj.exe"
    path = files.path_of(file.pk)
    assert path.exists()
    with django_capture_on_commit_callbacks(execute=True):
        leading.post(f"/knowledge/files/{file.pk}/remove/", {"language": "en"})
    assert not path.exists()
    assert not ArticleFile.objects.exists()


def test_nothing_and_too_much_are_refused(publish, sign_in, supervisor, monkeypatch):
    from knowledge.actions import files as acting

    monkeypatch.setattr(acting, "_MAX_BYTES", 10)
    leading = sign_in(supervisor)
    article = publish("Plans")
    for content in (b"", b"x" * 11):
        attach(leading, article, content=content)
    leading.post(f"/knowledge/{article.pk}/files/", {"language": "en"})
    assert not ArticleFile.objects.exists()
