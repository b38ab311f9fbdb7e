"""The form of the portal that asks one question after another.

Nothing is kept on the server between two questions: a page carries the earlier answers along, so
it works without scripts, in several tabs, and leaves nothing of a stranger's words with us.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.queries import CustomFieldsForm
from tickets.forms import RequestForm
from tickets.models import TicketType
from tickets.queries.types import fields_of_ticket, offered_types


class GuidedForm(CustomFieldsForm):
    """All questions at once; who is signed in is not asked who they are."""

    type = forms.ChoiceField(label=gettext_lazy("What can we help you with?"), required=False)
    subject = RequestForm.base_fields["subject"]
    body = RequestForm.base_fields["body"]
    name = RequestForm.base_fields["name"]
    email = RequestForm.base_fields["email"]
    client_id = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, types: Iterable[TicketType], is_known: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, for_customers=True, **kwargs)
        offered = [(one.code, one.customer_name or one.name) for one in types]
        cast(forms.ChoiceField, self.fields["type"]).choices = offered
        if is_known:
            del self.fields["name"], self.fields["email"]


@dataclass(frozen=True, slots=True)
class Question:
    name: str
    fields: tuple[str, ...]
    heading: str
    hint: str = ""
    takes_files: bool = False


class Way:
    """The questions of one request, and how far it has come."""

    def __init__(self, data: QueryDict | None, *, is_known: bool) -> None:
        self.data = data
        self.types = offered_types()
        self.chosen = self._find_type()
        self._given: dict[str, Any] = {
            "types": self.types,
            "is_known": is_known,
            "custom_fields": fields_of_ticket(self.chosen, for_customers=True),
        }
        self.form = GuidedForm(data, **self._given)
        if data is not None and "step" in data and len(self.types) > 1:
            self.form.fields["type"].required = True
        self.questions = self._ask(is_known=is_known)

    def _find_type(self) -> str:
        if len(self.types) == 1:
            return self.types[0].code
        wanted = self.data.get("type", "") if self.data is not None else ""
        return wanted if wanted in {one.code for one in self.types} else ""

    def _ask(self, *, is_known: bool) -> list[Question]:
        asked = []
        if len(self.types) > 1:
            asked.append(Question("type", ("type",), _("What can we help you with?")))
        for field in self.form.custom_bound_fields():
            asked.append(
                Question(field.name, (field.name,), str(field.label), str(field.help_text))
            )
        short = _("A few words are enough; you can tell us more on the next page.")
        asked.append(Question("subject", ("subject",), _("What is it about?"), short))
        more = _("What happened, and what would help you?")
        asked.append(Question("body", ("body",), _("Tell us more"), more, takes_files=is_known))
        if not is_known:
            why = _("Our answer goes to this address. Sign in first to follow the request here.")
            asked.append(
                Question("who", ("name", "email"), _("Where do we answer?"), why, takes_files=True)
            )
        return asked

    @property
    def is_certain(self) -> bool:
        """Whether it is known how many questions there are: each type has its own."""
        return len(self.types) < 2 or bool(self.chosen)

    def find(self, name: str) -> Question | None:
        return next((one for one in self.questions if one.name == name), None)

    def first_wrong(self, until: Question) -> Question | None:
        """The first question up to this one whose answer cannot stand."""
        reached = self.questions[: self.questions.index(until) + 1]
        return next((one for one in reached if self._is_wrong(one)), None)

    def _is_wrong(self, question: Question) -> bool:
        return any(name in self.form.errors for name in question.fields)

    def after(self, question: Question) -> Question | None:
        at = self.questions.index(question) + 1
        return self.questions[at] if at < len(self.questions) else None

    def before(self, question: Question) -> Question | None:
        at = self.questions.index(question)
        return self.questions[at - 1] if at else None

    def fields(self, question: Question, *, is_tried: bool) -> list[forms.BoundField]:
        """As they were answered; only what was tried shows what is wrong with it."""
        form = self.form if is_tried else GuidedForm(initial=self._initial(), **self._given)
        return [form[name] for name in question.fields]

    def _initial(self) -> dict[str, Any]:
        if self.data is None:
            return {}
        many = {
            name
            for name, field in self.form.fields.items()
            if isinstance(field, forms.MultipleChoiceField)
        }
        given = {name for name in self.form.fields if name in self.data}
        return {n: self.data.getlist(n) if n in many else self.data[n] for n in given}

    def carried(self, shown: Question) -> list[tuple[str, str]]:
        """What was answered on other pages, to be sent along with this one."""
        if self.data is None:
            return []
        others = [name for one in self.questions if one != shown for name in one.fields]
        return [(name, value) for name in others for value in self.data.getlist(name)]

    def words(self) -> str:
        if self.data is None:
            return ""
        return f"{self.data.get('subject', '')}\n{self.data.get('body', '')}".strip()
