from django.urls import include, path

from livechat.views import shop, visitor

app_name = "livechat"
urlpatterns = [
    path("widget/<str:key>.js", visitor.script, name="script"),
    path("chat/demo/", shop.shop, name="shop"),
    path(
        "chat/<str:key>/",
        include(
            [
                path("config/", visitor.config, name="config"),
                path("visitors/", visitor.meet, name="visitors"),
                path("me/", visitor.me, name="me"),
                path("chats/", visitor.chats, name="chats"),
                path("chats/<uuid:pk>/changes/", visitor.changes, name="changes"),
                path("chats/<uuid:pk>/messages/", visitor.messages, name="messages"),
                path("chats/<uuid:pk>/seen/", visitor.seen, name="seen"),
                path("chats/<uuid:pk>/person/", visitor.person, name="person"),
                path("chats/<uuid:pk>/end/", visitor.end, name="end"),
                path("chats/<uuid:pk>/rating/", visitor.rating, name="rating"),
                path("chats/<uuid:pk>/transcript/", visitor.transcript, name="transcript"),
                path("files/", visitor.files, name="files"),
                path("files/<uuid:pk>/", visitor.file, name="file"),
                path("verify/", visitor.verify, name="verify"),
                path("verify/confirm/", visitor.confirm, name="confirm"),
                path("socket/", visitor.socket, name="socket"),
                path("shown/", visitor.shown, name="shown"),
            ]
        ),
    ),
]
