"""axe finds nothing to object to on any page, in light and in dark.

The list of pages is the table of routes: what can be asked with GET and is a whole page is
looked at. A route without a sample in the demonstration fails here.
"""

import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Browser, Page, sync_playwright

from tests.permission_rows import PORTAL, ROLES, ROUTES
from tests.system.demo import CHROMIUM, Demo, launch_chromium, running_demo
from tests.system.deployment import demand
from tests.test_permissions import parameters_of, routes

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# A library's own pages with its own markup, which its authors keep: the back office.
NOT_OURS = ("admin:",)
# Arguments of the sign-in library's routes; what they name need not exist.
LIBRARY = {"key": "x-y", "uidb36": "1", "pk": "1"}
# Not all that can be asked can be shown: a link that was used, a state that is over.
NEEDS_A_MOMENT = {
    "connectors:oauth_callback": "only a provider's redirect has its state",
    "connectors:logo": "a picture, which the demonstration's brand has not",
    "knowledge:file": "no page; the demonstration's articles have no files",
    "knowledge:help_file": "no page; the demonstration's articles have no files",
    "customers:import": "an import begins with an uploaded file",
    "customers:import_progress": "an import begins with an uploaded file",
    "customers:import_errors": "an import begins with an uploaded file",
}
ALSO_DARK = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
SETTLED = """() => !document.querySelector(
    '.htmx-request, .htmx-swapping, .htmx-settling, .views[data-waiting], '
    + 'ticket-thread:not(:defined)')"""


@dataclass(frozen=True)
class Sight:
    name: str
    url: str


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    demand(Path(CHROMIUM).exists(), f"NO CHROMIUM at {CHROMIUM}: the browser tests cannot run.")
    with running_demo() as demo:
        demo.inside("say_more")
        yield demo


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        yield browser
        browser.close()


def own_routes() -> list[str]:
    """Our routes that answer GET, but the API's and the portal's."""
    return [
        name
        for name, _ in routes()
        if name in ROUTES and ROUTES[name].get and not name.startswith("api:")
    ]


def library_routes() -> list[str]:
    return [name for name, _ in routes() if name.startswith(("account_", "mfa_"))]


def address_of(name: str, samples: dict[str, str]) -> str | None:
    row = ROUTES[name]
    wanted = parameters_of(name)
    given = dict(row.path)
    if row.at == "mail":
        given["name"] = samples.get("mail", "")
    elif row.at:
        if row.at not in samples:
            return None
        given["pk"] = samples[row.at]
    url = reverse(name, kwargs={key: given.get(key, LIBRARY.get(key, "")) for key in wanted})
    return f"{url}?{row.query}" if row.query else url


@pytest.fixture(scope="module")
def samples(demo: Demo) -> dict[str, str]:
    names = sorted({ROUTES[name].at for name in own_routes()} - {"", "mail"})
    return demo.inside("find_samples", names) | {"mail": "none.eml"}


@pytest.fixture(scope="module")
def pages(demo: Demo, samples: dict[str, str]) -> dict[str, list[Sight]]:
    """Who → the pages they can open."""
    found: dict[str, list[Sight]] = defaultdict(list)
    agent = ROLES.index("agent")
    for name in own_routes():
        url = address_of(name, samples)
        if url is None:
            continue
        found["admin"].append(Sight(name, url))
        if ROUTES[name].get.split()[agent] == "200":
            found["agent"].append(Sight(name, url))
    for name in library_routes():
        url = reverse(name, kwargs={key: LIBRARY.get(key, "1") for key in parameters_of(name)})
        found["admin"].append(Sight(name, url))
        found["nobody"].append(Sight(name, url))
    portal = demo.inside("find_portal") | {"token": "x"}
    for key in PORTAL:
        name, _, method = key.partition(" ")
        if method:
            continue
        given = portal | ({"pk": portal["file"]} if name == "portal_file" else {})
        wanted = parameters_of(f"tickets:{name}")
        if any(not given.get(k) for k in wanted):
            continue
        url = reverse(f"tickets:{name}", kwargs={k: given[k] for k in wanted})
        found["customer"].append(Sight(name, url))
        found["nobody"].append(Sight(name, url))
    return found


def test_every_route_has_a_sample(samples: dict[str, str]) -> None:
    missing = [name for name in own_routes() if address_of(name, samples) is None]
    missing = sorted(set(missing) - NEEDS_A_MOMENT.keys())
    assert not missing, f"The demonstration has nothing to show for: {', '.join(missing)}"


@pytest.mark.parametrize("who", ["admin", "agent", "customer", "nobody"])
def test_no_page_is_objected_to(
    demo: Demo, chromium: Browser, pages: dict[str, list[Sight]], who: str
) -> None:
    started, seen = time.monotonic(), 0
    wrong: list[str] = []
    context = demo.open_context(chromium, who)
    page = context.new_page()
    for sight in pages[who]:
        problem = fetch_problem(page, demo.url + sight.url)
        if problem is not None:
            wrong += [f"{sight.name}: {problem}"] if problem else []
            continue
        seen += 1
        wrong += [f"{sight.name} {line}" for line in look_at(page, demo.url + sight.url)]
    context.close()
    print(f"\n{who}: {seen} pages in {time.monotonic() - started:.0f} s")
    assert seen
    assert not wrong, "\n".join(wrong)


def fetch_problem(page: Page, url: str) -> str | None:
    """None for a whole page; else what is wrong with it, or nothing where it is no page at all."""
    answer = page.request.get(url, max_redirects=0, headers={"Accept": "text/html"})
    if answer.status >= 500:
        return f"{answer.status} at {url}"
    is_html = answer.headers.get("content-type", "").startswith("text/html")
    is_saved = "attachment" in answer.headers.get("content-disposition", "")
    is_whole = is_html and not is_saved and answer.text()[:200].lstrip().startswith("<!doctype")
    return None if answer.status in (200, 403, 404, 410) and is_whole else ""


def look_at(page: Page, url: str) -> list[str]:
    page.emulate_media(color_scheme="light")
    page.goto(url, wait_until="load")
    settle(page)
    light = [f"light {line}" for line in objections(page)]
    page.emulate_media(color_scheme="dark")
    return light + [f"dark {line}" for line in objections(page, ALSO_DARK)]


def settle(page: Page) -> None:
    page.wait_for_function(SETTLED, timeout=10_000)


def objections(page: Page, options: dict[str, Any] | None = None) -> list[str]:
    response = Axe().run(page, options=options or {"resultTypes": ["violations"]}).response
    return [
        f"{found['id']} ({found['impact']}): {node['html'][:180]}"
        for found in response["violations"]
        for node in found["nodes"][:3]
    ]


OPENED = {
    "shortcuts": "?",
    "palette": "Control+k",
    "sort": "s",
    "filter": "f",
    "more": ".",
    "tags": "t",
}


@pytest.mark.parametrize("name", OPENED)
def test_what_a_key_opens_is_not_objected_to(
    demo: Demo, chromium: Browser, samples: dict[str, str], name: str
) -> None:
    context = demo.open_context(chromium, "agent")
    page = context.new_page()
    page.on("pageerror", lambda error: print(f"{name}: {error}"))
    page.goto(f"{demo.url}{reverse('tickets:ticket', kwargs={'pk': samples['ticket']})}")
    settle(page)
    page.keyboard.press(OPENED[name])
    page.wait_for_selector("dialog[open], .menu:popover-open")

    wrong = [f"light {line}" for line in objections(page)]
    page.emulate_media(color_scheme="dark")
    wrong += [f"dark {line}" for line in objections(page, ALSO_DARK)]

    context.close()
    assert not wrong, "\n".join(wrong)
