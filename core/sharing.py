"""Fifty rows that speak of the same three people need three of them, not fifty.

``select_related`` makes an object per row and relation, which costs a list more than its query
does. Here equal rows of a relation become one object. For reading only: it is shared.
"""

from collections.abc import Iterator
from typing import Any

from django.db.models import Model, query

# Django's own way of making related objects, which has no types to speak of.
_populators: Any = query.get_related_populators
_Base: Any = query.ModelIterable


class SharingIterable(_Base):
    """For ``QuerySet._iterable_class``."""

    def __iter__(self) -> Iterator[Model]:
        queryset = self.queryset
        compiler = queryset.query.get_compiler(using=queryset.db)
        found = compiler.execute_sql(chunked_fetch=self.chunked_fetch, chunk_size=self.chunk_size)
        select, info = compiler.select, compiler.klass_info
        start, end = info["select_fields"][0], info["select_fields"][-1] + 1
        names = [column[0].target.attname for column in select[start:end]]
        related = [_Shared(populator) for populator in _populators(info, select, queryset.db)]
        extras = list((compiler.annotation_col_map or {}).items())
        for row in compiler.results_iter(found):
            instance = info["model"].from_db(queryset.db, names, row[start:end])
            for one in related:
                one.populate(row, instance)
            for name, place in extras:
                setattr(instance, name, row[place])
            yield instance


class _Shared:
    """A populator that makes each object of its relation, with all below it, once."""

    def __init__(self, populator: Any) -> None:
        self.populator = populator
        self.key = populator.cols_start + populator.pk_idx
        self.made: dict[Any, Model] = {}
        populator.related_populators = [_Shared(one) for one in populator.related_populators]

    def populate(self, row: Any, instance: Model) -> None:
        known = self.made.get(row[self.key])
        if known is None:
            self.populator.populate(row, instance)
            if row[self.key] is not None:
                self.made[row[self.key]] = self._made_for(instance)
            return
        self.populator.local_setter(instance, known)

    def _made_for(self, instance: Model) -> Model:
        found: list[Model] = [
            related
            for related in instance._state.fields_cache.values()
            if isinstance(related, self.populator.model_cls)
        ]
        return found[-1]
