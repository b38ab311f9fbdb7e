"""Search: tickets with the passage that matched, and the people found."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tickets.queries import search
from tickets.views.access import is_fragment, reads


@reads
def search_page(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:200]
    after = request.GET.get("after", "")
    context = {"q": text, "found": search(request.user, text, after=after), "after": after}
    template = "tickets/search.html"
    if is_fragment(request):
        template = "tickets/_hits.html" if after else "tickets/_found.html"
    response = render(request, template, context)
    response["Cache-Control"] = "no-store, private"
    return response
