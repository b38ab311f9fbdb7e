"""Every route of the API, version 1."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from automation import api as automation
from customers import api as customers
from knowledge import api as knowledge
from tickets import api as tickets
from tickets import api_views as saved
from tickets import api_work as work

app_name = "api"
urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("tickets/", tickets.TicketListView.as_view(), name="tickets"),
    path("tickets/<uuid:pk>/", tickets.TicketView.as_view(), name="ticket"),
    path("tickets/<uuid:pk>/changes/", tickets.ChangesView.as_view(), name="changes"),
    path("tickets/<uuid:pk>/messages/", tickets.MessagesView.as_view(), name="messages"),
    path("tickets/<uuid:pk>/replies/", tickets.RepliesView.as_view(), name="replies"),
    path("tickets/<uuid:pk>/notes/", tickets.NotesView.as_view(), name="notes"),
    path("tickets/<uuid:pk>/transitions/", tickets.TransitionsView.as_view(), name="transitions"),
    path("tickets/<uuid:pk>/clocks/", automation.ClocksView.as_view(), name="clocks"),
    path("rules/", automation.RulesView.as_view(), name="rules"),
    path("rules/<uuid:pk>/runs/", automation.RuleRunsView.as_view(), name="rule_runs"),
    path("views/", saved.ViewsView.as_view(), name="views"),
    path("views/<uuid:pk>/", saved.ViewView.as_view(), name="view"),
    path("tickets/<uuid:pk>/merge/", work.MergeView.as_view(), name="merge"),
    path("tickets/<uuid:pk>/split/", work.SplitView.as_view(), name="split"),
    path("tickets/<uuid:pk>/sides/", work.SidesView.as_view(), name="sides"),
    path("moves/<uuid:pk>/undo/", work.UndoMoveView.as_view(), name="undo_move"),
    path("messages/<uuid:pk>/withdrawal/", tickets.WithdrawalView.as_view(), name="withdrawal"),
    path("customers/", customers.CustomerListView.as_view(), name="customers"),
    path("customers/<uuid:pk>/", customers.CustomerView.as_view(), name="customer"),
    path("articles/", knowledge.ArticlesView.as_view(), name="articles"),
    path("articles/search/", knowledge.ArticleSearchView.as_view(), name="article_search"),
    path("articles/<uuid:pk>/", knowledge.ArticleView.as_view(), name="article"),
    path("articles/<uuid:pk>/versions/", knowledge.VersionsView.as_view(), name="article_versions"),
    path("versions/<uuid:pk>/steps/", knowledge.StepsView.as_view(), name="article_steps"),
    path("deliveries/", tickets.DeliveriesView.as_view(), name="deliveries"),
    path("deliveries/<uuid:pk>/release/", tickets.ReleaseView.as_view(), name="release"),
    path("deliveries/<uuid:pk>/refile/", tickets.RefilingView.as_view(), name="refile"),
    path("deliveries/<uuid:pk>/block/", tickets.BlockView.as_view(), name="block"),
    path("events/", tickets.EventsView.as_view(), name="events"),
    path("outgoing/", tickets.OutgoingView.as_view(), name="outgoing"),
]
