"""What people set for themselves."""

import pytest

from accounts.models import User

PAGE = "/preferences/"


def test_language_time_zone_and_theme_are_kept(alice, sign_in):
    wanted = {"language": "zh-hans", "timezone": "Asia/Shanghai", "theme": "dark"}
    saved = sign_in(alice).post(PAGE, wanted)

    assert saved.status_code == 302
    assert User.objects.filter(pk=alice.pk, **wanted).exists()


def test_pages_come_in_the_language_of_their_reader(alice, sign_in):
    User.objects.filter(pk=alice.pk).update(language="zh-hant")
    page = sign_in(alice).get(PAGE, HTTP_ACCEPT_LANGUAGE="en")
    assert page["Content-Language"] == "zh-hant"


@pytest.mark.parametrize(
    "wrong",
    [{"language": "tlh"}, {"timezone": "Mars/Olympus"}, {"theme": "pink"}, {"timezone": ""}],
)
def test_what_does_not_exist_is_refused(alice, sign_in, wrong):
    usual = {"language": "", "timezone": "UTC", "theme": "auto"}
    answer = sign_in(alice).post(PAGE, usual | wrong)

    assert answer.status_code == 400
    assert User.objects.filter(pk=alice.pk, **usual).exists()


@pytest.mark.parametrize("zone", ["Nowhere/Land", "../../etc/passwd", ""])
def test_a_broken_time_zone_breaks_no_page(alice, sign_in, zone):
    User.objects.filter(pk=alice.pk).update(timezone=zone)
    assert sign_in(alice).get(PAGE).status_code == 200


def test_nobody_sets_rights_for_themselves(alice, sign_in):
    wanted = {"timezone": "UTC", "theme": "dark", "is_staff": "1", "is_superuser": "1"}
    sign_in(alice).post(PAGE, wanted | {"groups": "1", "teams": "1", "email": "x@demo.test"})

    changed = User.objects.get(pk=alice.pk)
    assert changed.theme == "dark"
    assert (changed.is_staff, changed.is_superuser, changed.email) == (
        False,
        False,
        "alice@demo.test",
    )
