"""Pages of the settings that need tickets, and the first set-up. Part of ``tickets.urls``."""

from django.urls import path

from tickets.views import custom, set_up, setting, staff

urlpatterns = [
    path("people/<uuid:pk>/deactivate/", staff.deactivate, name="deactivate"),
    path("teams/<uuid:pk>/delete/", staff.delete_team, name="delete_team"),
    path("statuses/", setting.statuses, name="statuses"),
    path("statuses/add/", setting.add_status, name="add_status"),
    path("statuses/<uuid:pk>/", setting.status, name="status_settings"),
    path("statuses/<uuid:pk>/delete/", setting.delete_status, name="delete_status"),
    path("types/", setting.types, name="types"),
    path("types/add/", setting.add_type, name="add_type"),
    path("types/<uuid:pk>/", setting.type_page, name="type"),
    path("types/<uuid:pk>/move/", setting.move_type, name="move_type"),
    path("tags/", setting.tags, name="tags_admin"),
    path("tickets/<uuid:pk>/fields/", custom.custom_fields, name="custom_fields"),
    path("set-up/", set_up.start, name="set_up"),
    path("set-up/leave/", set_up.leave, name="set_up_leave"),
    path("set-up/next/", set_up.end, name="set_up_end"),
    path("set-up/<slug:step>/", set_up.step, name="set_up_step"),
]
