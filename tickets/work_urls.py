"""Routes of the work around a ticket: moving, side conversations, checklist, links, news."""

from django.urls import path

from tickets.views import moves, notifications, recurring, sides, work

urlpatterns = [
    path("sw.js", notifications.service_worker, name="service_worker"),
    path("news/", notifications.news, name="news"),
    path("news/count/", notifications.count, name="news_count"),
    path("news/read/", notifications.read, name="news_read"),
    path("news/push/", notifications.subscribe, name="push"),
    path("news/push/remove/", notifications.unsubscribe, name="push_remove"),
    path("settings/recurring/", recurring.recurring, name="recurring"),
    path("settings/recurring/<uuid:pk>/end/", recurring.end, name="end_recurrence"),
    path("tickets/dialogs/", work.dialogs, name="dialogs"),
    path("tickets/moves/<uuid:pk>/undo/", moves.undo, name="undo_move"),
    path("tickets/sides/<uuid:pk>/ask/", sides.ask, name="side_ask"),
    path("tickets/sides/<uuid:pk>/state/", sides.state, name="side_state"),
    path("tickets/links/<uuid:pk>/remove/", work.unlink, name="unlink"),
    path("tickets/items/<uuid:pk>/tick/", work.tick_item, name="tick_item"),
    path("tickets/items/<uuid:pk>/rename/", work.rename_item, name="rename_item"),
    path("tickets/items/<uuid:pk>/remove/", work.remove_item, name="remove_item"),
    path("tickets/<uuid:pk>/candidates/", moves.candidates, name="candidates"),
    path("tickets/<uuid:pk>/merge/", moves.merge, name="merge"),
    path("tickets/<uuid:pk>/split/", moves.split, name="split"),
    path("tickets/<uuid:pk>/sides/", sides.panel, name="sides"),
    path("tickets/<uuid:pk>/sides/start/", sides.start, name="side_start"),
    path("tickets/<uuid:pk>/work/", work.panel, name="work"),
    path("tickets/<uuid:pk>/follow/", work.follow, name="follow"),
    path("tickets/<uuid:pk>/items/", work.add_item, name="add_item"),
    path("tickets/<uuid:pk>/items/order/", work.order_items, name="order_items"),
    path("tickets/<uuid:pk>/links/", work.link, name="link"),
    path("tickets/<uuid:pk>/incidents/", work.resolve_incidents, name="resolve_incidents"),
    path("tickets/<uuid:pk>/repeat/", recurring.repeat, name="repeat"),
]
