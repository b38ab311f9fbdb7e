"""Model fields whose column holds sealed values only.

A value is opened when the attribute is read, not when the row is loaded. The model names the
owner of the data key in ``data_key_owner() -> (scope, id)``. The place (table, column, primary
key) is part of the seal, so renaming a table or a column needs its values sealed again.
"""

import copy
import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from django import forms
from django.core.exceptions import FieldError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models.expressions import Col
from django.db.models.lookups import IsNull
from django.db.models.query_utils import DeferredAttribute

from core.crypto import DecryptionError, aad_for, data_keys, kid_of, seal, unseal

_NOT_OPENED = object()

if TYPE_CHECKING:
    _ST = TypeVar("_ST", contravariant=True)
    _GT = TypeVar("_GT", covariant=True)
    _FieldBase = models.Field
    _TextBase = models.TextField
else:  # Django's fields take no type arguments while running
    _ST = _GT = None

    class _FieldBase:
        def __class_getitem__(cls, types):
            return cls

    class _TextBase(_FieldBase, models.TextField):
        pass


class EncryptedLookupError(FieldError, TypeError):
    """The database cannot compare what it cannot read; look up by a blind index."""


class Sealed:
    """A value as the database holds it. Prints nothing of it."""

    __slots__ = ("_opened_pk", "_original", "_value", "ciphertext")

    def __init__(self, ciphertext: bytes) -> None:
        self.ciphertext = ciphertext
        self._value: Any = _NOT_OPENED
        self._original = b""
        self._opened_pk: Any = None

    def __repr__(self) -> str:
        return "<sealed>"

    def __reduce__(self) -> tuple[Any, ...]:
        return Sealed, (self.ciphertext,)  # a pickle must not hold the clear value

    def __deepcopy__(self, memo: dict[int, Any]) -> "Sealed":
        twin = Sealed(self.ciphertext)
        twin._value = copy.deepcopy(self._value, memo) if self.is_open else _NOT_OPENED
        twin._original, twin._opened_pk = self._original, self._opened_pk
        return twin

    @property
    def is_open(self) -> bool:
        return self._value is not _NOT_OPENED

    @property
    def kid(self) -> int | None:
        """None when this is not a sealed value at all; reading it will say so."""
        try:
            return kid_of(self.ciphertext)
        except DecryptionError:
            return None


class _EncryptedAttribute(DeferredAttribute):
    field: "_EncryptedField[Any, Any]"

    def __get__(self, instance: models.Model | None, cls: Any = None) -> Any:
        value = super().__get__(instance, cls)
        if isinstance(value, Sealed) and instance is not None:
            return self.field.open_value(value, pk=instance.pk)
        return value

    def __set__(self, instance: models.Model, value: Any) -> None:
        held = instance.__dict__.get(self.field.attname)
        if isinstance(held, Sealed) and held.is_open and self.field.is_same(held._value, value):
            return  # forms and full_clean() assign what they have read: nothing to seal again
        instance.__dict__[self.field.attname] = value


class _EncryptedColumn(Col):
    def resolve_expression(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Selected columns are not resolved; those in ORDER BY and in expressions are."""
        _refuse(self.target, "sorted by or computed with in the database")


class Ciphertext(models.F):
    """The sealed bytes of a column, to be carried along in JSON rows and opened afterwards."""

    name: str

    def resolve_expression(self, *args: Any, **kwargs: Any) -> Col:
        kwargs.pop("for_save", None)
        column = args[0].resolve_ref(self.name, *args[1:4], **kwargs)
        return Col(column.alias, column.target)


class _IsNull(IsNull):
    def __init__(self, lhs: Any, rhs: Any) -> None:
        super().__init__(Col(lhs.alias, lhs.target), rhs)


def _refuse(field: Any, use: str) -> NoReturn:
    raise EncryptedLookupError(
        f"{field.model._meta.label}.{field.name} is encrypted: it cannot be {use}."
    )


class _EncryptedField(_FieldBase[_ST, _GT]):
    """What both kinds share: how values get into the column and out of it."""

    descriptor_class = _EncryptedAttribute

    def encode(self, value: Any) -> bytes:
        raise NotImplementedError

    def decode(self, clear: bytes) -> Any:
        raise NotImplementedError

    def is_same(self, held: Any, value: Any) -> bool:
        raise NotImplementedError

    def get_internal_type(self) -> str:
        return "BinaryField"

    def check(self, **kwargs: Any) -> list[Any]:
        for wrong in ("primary_key", "unique", "db_index"):
            if getattr(self, wrong):
                raise EncryptedLookupError(f"{self}: an encrypted field cannot have {wrong}.")
        return super().check(**kwargs)

    # Out of the database

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Sealed | None:
        return None if value is None else Sealed(bytes(value))

    def open_value(self, sealed: Sealed, *, pk: Any) -> Any:
        """The clear value of the row with this primary key."""
        if not sealed.is_open:
            clear = self._unseal(sealed, pk=pk)
            sealed._value = self.decode(clear)
            sealed._original = clear
            sealed._opened_pk = pk
        return sealed._value

    def _unseal(self, sealed: Sealed, *, pk: Any) -> bytes:
        try:
            kid = kid_of(sealed.ciphertext)
            key = data_keys.by_kid(kid)
            return unseal(sealed.ciphertext, kid=kid, key=key, aad=self._place(pk))
        except DecryptionError as error:
            error.place = self.model, str(self.column), pk
            raise

    def _place(self, pk: Any) -> bytes:
        return aad_for(self.model._meta.db_table, str(self.column), pk)

    # Into the database

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        held = model_instance.__dict__.get(self.attname)
        if isinstance(held, Sealed) and self._may_stay(held, model_instance, add):
            return held
        value = getattr(model_instance, self.attname)
        if value is None:
            return None
        # The clear value stays on the instance: should the transaction be rolled back, with a
        # data key made in it, the next save must not write what was sealed with that key.
        owner = model_instance.data_key_owner()  # type: ignore[attr-defined]
        kid, key = data_keys.for_owner(*owner)
        return Sealed(
            seal(self.encode(value), kid=kid, key=key, aad=self._place(model_instance.pk))
        )

    def _may_stay(self, held: Sealed, instance: models.Model, add: bool) -> bool:
        if add:
            return False  # a copy of another row, or a row that was rolled back
        if not held.is_open:
            return True
        return held._opened_pk == instance.pk and self.encode(held._value) == held._original

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        return self.get_db_prep_value(value, connection)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is None:
            return None
        if not isinstance(value, Sealed):
            # queryset.update(), bulk_update(), fixtures, defaults of a migration: the row,
            # and so its key, is not known there.
            _refuse(self, "written without its row: assign it and save()")
        return connection.Database.Binary(value.ciphertext)

    def get_prep_value(self, value: Any) -> Any:
        return value

    # What the database cannot do with it

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name == "isnull":
            return _IsNull
        _refuse(self, "filtered by; look it up by its index")

    def get_transform(self, lookup_name: str) -> Any:
        _refuse(self, "looked into by the database")

    def get_col(self, alias: str, output_field: Any = None) -> Col:
        return _EncryptedColumn(alias, self, output_field)

    @property
    def cached_col(self) -> Col:
        return _EncryptedColumn(self.model._meta.db_table, self)

    def value_to_string(self, obj: models.Model) -> str:
        _refuse(self, "dumped in clear")


class EncryptedTextField(_EncryptedField[_ST, _GT], _TextBase[_ST, _GT]):
    """Text of any length. Half characters (lone surrogates) become ``?``: no page can show them."""

    description = "Encrypted text"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.max_length is not None:
            self.validators.append(MaxLengthValidator(self.max_length))

    def encode(self, value: Any) -> bytes:
        return str(value).encode("utf-8", "replace")

    def decode(self, clear: bytes) -> str:
        return clear.decode()

    def is_same(self, held: Any, value: Any) -> bool:
        return bool(held == value)

    def formfield(self, *args: Any, **kwargs: Any) -> Any:
        if self.max_length is not None:
            kwargs.setdefault("widget", forms.TextInput)
        return super().formfield(*args, **kwargs)


class EncryptedJSONField(_EncryptedField[Any, Any], models.JSONField):
    """Any JSON value; one changed in place is noticed by ``save()``."""

    description = "Encrypted JSON"

    def encode(self, value: Any) -> bytes:
        text = json.dumps(value, cls=self.encoder, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "replace")

    def decode(self, clear: bytes) -> Any:
        return json.loads(clear, cls=self.decoder)

    def is_same(self, held: Any, value: Any) -> bool:
        return held is value


# BinaryField is generic to the stubs alone; subscripted, it fails at run time.
class EncryptedBytesField(_EncryptedField[Any, Any], models.BinaryField):  # type: ignore[type-arg]
    """Bytes as they are."""

    description = "Encrypted bytes"

    def encode(self, value: Any) -> bytes:
        return bytes(value)

    def decode(self, clear: bytes) -> bytes:
        return clear

    def is_same(self, held: Any, value: Any) -> bool:
        return bool(held == value)


def encrypted_fields(model: type[models.Model]) -> "list[_EncryptedField[Any, Any]]":
    return [field for field in model._meta.concrete_fields if isinstance(field, _EncryptedField)]


def reseal(instance: models.Model) -> None:
    """Have the next ``save()`` seal everything anew: the row has another owner now."""
    for field in encrypted_fields(type(instance)):
        instance.__dict__[field.attname] = getattr(instance, field.attname)


def warm_keys(*groups: Iterable[models.Model]) -> None:
    """Load the data keys of all sealed values of these instances in one query.

    Related instances that are loaded already (select_related, prefetch_related) are included.
    """
    seen: set[int] = set()
    data_keys.warm(
        sealed.kid
        for group in groups
        for instance in group
        for sealed in _sealed_values(instance, seen)
        if sealed.kid is not None
    )


def _sealed_values(instance: models.Model, seen: set[int]) -> Iterator[Sealed]:
    if id(instance) in seen:
        return
    seen.add(id(instance))
    for value in instance.__dict__.values():
        if isinstance(value, Sealed) and not value.is_open:
            yield value
    for related in list(instance._state.fields_cache.values()):
        if isinstance(related, models.Model):
            yield from _sealed_values(related, seen)
    for prefetched in getattr(instance, "_prefetched_objects_cache", {}).values():
        for related in prefetched:
            yield from _sealed_values(related, seen)
