from django.apps import AppConfig


class SurveysConfig(AppConfig):
    name = "surveys"

    def ready(self) -> None:
        # Every process must know what follows an event: imported for that alone.
        from core import registry
        from surveys import reactions, reactions_for_complaints, reactions_for_recovery  # noqa: F401
        from surveys.actions.answering import note_rating
        from surveys.actions.asking import offer_in_chat
        from surveys.actions.for_rules import ASK
        from surveys.queries.complaints import why_not_closed
        from surveys.queries.open import link_for_portal
        from surveys.queries.setbacks import COMPLAINTS, LOW_SCORES
        from surveys.templatetags import survey_words

        registry.rule_actions["survey"] = ASK
        registry.ratings["surveys"] = note_rating
        registry.rating_asks["surveys"] = offer_in_chat
        registry.step_guards["complaints"] = why_not_closed
        registry.ticket_panels["complaints"] = "surveys/_complaint_panel.html"
        registry.setbacks["complaints"] = COMPLAINTS
        registry.setbacks["low_scores"] = LOW_SCORES
        registry.portal_links["surveys"] = link_for_portal
        # What a rating is an answer to says the same once more.
        registry.silent_events.add("chat.rated")
        registry.ticket_panels["surveys"] = "surveys/_panel.html"
        registry.event_sentences.update(
            dict.fromkeys(survey_words.SENTENCES, survey_words.sentence_of)
        )
