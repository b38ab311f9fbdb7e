from django.urls import path

from tickets.views import fields, files, lists, opening, pages, search, writing

app_name = "tickets"
urlpatterns = [
    path("", lists.start, name="start"),
    path("tickets/", lists.ticket_list, name="list"),
    path("tickets/rows/", lists.rows, name="rows"),
    path("tickets/choices/", fields.choices, name="choices"),
    path("tickets/new/", opening.open_ticket, name="new"),
    path("tickets/<uuid:pk>/", pages.ticket_page, name="ticket"),
    path("tickets/<uuid:pk>/changes/", pages.changes, name="changes"),
    path("tickets/<uuid:pk>/replies/", writing.reply, name="reply"),
    path("tickets/<uuid:pk>/notes/", writing.note, name="note"),
    path("tickets/<uuid:pk>/status/", fields.status, name="status"),
    path("tickets/<uuid:pk>/assignee/", fields.assignee, name="assignee"),
    path("tickets/<uuid:pk>/team/", fields.team, name="team"),
    path("tickets/<uuid:pk>/priority/", fields.priority, name="priority"),
    path("tickets/<uuid:pk>/tags/", fields.tags, name="tags"),
    path("tickets/<uuid:pk>/read/", fields.read, name="read"),
    path("tickets/<uuid:pk>/uploads/", files.upload, name="upload"),
    path("tickets/messages/<uuid:pk>/html/", files.message_html, name="message_html"),
    path("tickets/messages/<uuid:pk>/withdraw/", writing.withdraw, name="withdraw"),
    path("tickets/messages/<uuid:pk>/retry/", writing.retry, name="retry"),
    path("tickets/attachments/<uuid:pk>/", files.attachment, name="attachment"),
    path("tickets/attachments/<uuid:pk>/discard/", files.discard, name="discard"),
    path("tickets/of/<uuid:pk>/", lists.of_customer, name="of_customer"),
    path("search/", search.search_page, name="search"),
]
