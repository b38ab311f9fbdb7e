"""Columns and indexes of pgvector."""

from typing import TYPE_CHECKING, Any

from django.contrib.postgres.indexes import PostgresIndex
from django.db import models

if TYPE_CHECKING:
    _FieldBase = models.Field[Any, Any]
else:
    _FieldBase = models.Field


class HalfVectorField(_FieldBase):
    """Numbers of 16 bits, as the text ``[0.1,0.2]``. Compared by raw SQL alone."""

    def __init__(self, *args: Any, dimensions: int, **kwargs: Any) -> None:
        self.dimensions = dimensions
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, kwargs | {"dimensions": self.dimensions}

    def db_type(self, connection: Any) -> str:
        return f"halfvec({self.dimensions})"

    def get_placeholder(self, value: Any, compiler: Any, connection: Any) -> str:
        return f"%s::{self.db_type(connection)}"


class HnswIndex(PostgresIndex):
    """The nearest are found without looking at all."""

    suffix = "hnsw"
