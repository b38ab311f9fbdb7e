"""Every route of the API, version 1."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from automation import api as automation
from automation import api_rules as rules
from automation import api_webhooks as webhooks
from customers import api as customers
from knowledge import api as knowledge
from quality import api as quality
from quality import api_reviews as reviews
from surveys import api as surveys
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
    path("rules/", rules.RulesView.as_view(), name="rules"),
    path("rules/order/", rules.RuleOrderView.as_view(), name="order_rules"),
    path("rules/<uuid:pk>/", rules.RuleView.as_view(), name="rule"),
    path("rules/<uuid:pk>/switch/", rules.RuleSwitchView.as_view(), name="switch_rule"),
    path("rules/<uuid:pk>/backtest/", rules.RuleBackTestView.as_view(), name="rule_backtest"),
    path("rules/<uuid:pk>/runs/", rules.RuleRunsView.as_view(), name="rule_runs"),
    path("webhooks/", webhooks.WebhooksView.as_view(), name="webhooks"),
    path("webhooks/<uuid:pk>/", webhooks.WebhookView.as_view(), name="webhook"),
    *(
        path(f"webhooks/<uuid:pk>/{way}/", view.as_view(), name=name)
        for way, view, name in (
            ("switch", webhooks.WebhookSwitchView, "switch_webhook"),
            ("secret", webhooks.WebhookSecretView, "webhook_secret"),
            ("secret/end", webhooks.WebhookOldSecretView, "end_webhook_secret"),
            ("test", webhooks.WebhookTestView, "test_webhook"),
            ("retry", webhooks.WebhookRetryView, "retry_webhook"),
            ("replay", webhooks.WebhookReplayView, "replay_webhook"),
            ("deliveries", webhooks.WebhookDeliveriesView, "webhook_deliveries"),
        )
    ),
    path(
        "webhooks/deliveries/<uuid:pk>/",
        webhooks.WebhookDeliveryView.as_view(),
        name="webhook_delivery",
    ),
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
    path("surveys/answers/", surveys.SurveyAnswersView.as_view(), name="survey_answers"),
    path("surveys/invitations/", surveys.InvitationsView.as_view(), name="survey_invitations"),
    path("surveys/figures/", surveys.SurveyFiguresView.as_view(), name="survey_figures"),
    path("surveys/improvements/", surveys.ImprovementsView.as_view(), name="improvements"),
    path("surveys/recovery/", surveys.RecoveriesView.as_view(), name="recoveries"),
    path("surveys/recovery/<uuid:pk>/", surveys.RecoveryView.as_view(), name="recovery"),
    path(
        "surveys/recovery/<uuid:pk>/call/",
        surveys.RecoveryCallView.as_view(),
        name="recovery_call",
    ),
    path("surveys/recovery/<uuid:pk>/end/", surveys.RecoveryEndView.as_view(), name="recovery_end"),
    path("inspections/", quality.InspectionsView.as_view(), name="inspections"),
    path("inspections/<uuid:pk>/", quality.InspectionView.as_view(), name="inspection"),
    path("reviews/", reviews.ReviewsView.as_view(), name="reviews"),
    path("reviews/<uuid:pk>/", reviews.ReviewView.as_view(), name="review"),
    path("reviews/<uuid:pk>/marks/", reviews.ReviewMarksView.as_view(), name="review_marks"),
    path("deliveries/", tickets.DeliveriesView.as_view(), name="deliveries"),
    path("deliveries/<uuid:pk>/release/", tickets.ReleaseView.as_view(), name="release"),
    path("deliveries/<uuid:pk>/refile/", tickets.RefilingView.as_view(), name="refile"),
    path("deliveries/<uuid:pk>/block/", tickets.BlockView.as_view(), name="block"),
    path("events/", tickets.EventsView.as_view(), name="events"),
    path("outgoing/", tickets.OutgoingView.as_view(), name="outgoing"),
]
