from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LivechatConfig(AppConfig):
    name = "livechat"

    def ready(self) -> None:
        from core import registry
        from livechat import reactions  # noqa: F401  every process must know what follows an event
        from livechat.actions.answers import ChatChannel
        from livechat.queries.chats import shows_rating
        from livechat.queries.desk import load_part
        from livechat.queries.passing import VisitorPassing
        from livechat.queries.rooms import rooms_of_panel
        from livechat.templatetags import chat_parts

        registry.channels["chat"] = ChatChannel()
        registry.watchable["chats"] = rooms_of_panel
        registry.rating_shown["chat"] = shows_rating
        registry.passing["visitor"] = VisitorPassing()
        registry.thread_parts["chat"] = load_part
        registry.inbox_pages["chat"] = registry.InboxPages(
            add="chats:inbox_add",
            settings="chats:inbox",
            name=_("Chat on your website"),
            icon="message-square",
        )
        registry.event_sentences.update(dict.fromkeys(chat_parts.SENTENCES, chat_parts.sentence_of))
        registry.silent_events.update(chat_parts.SILENT)
