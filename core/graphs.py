"""Graphs as onnxruntime reads them, put together here: the library that otherwise does so is larger
than all we make with it.

The numbers of fields are those of onnx.proto, the operators of ``com.microsoft`` those that
onnxruntime documents in ContribOperators.md.
"""

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_OPSET, _OWN_OPSET, _IR = 17, 1, 8
OWN = "com.microsoft"
_TYPES = {"float32": 1, "uint8": 2}
_FLOAT, _INT, _INTS = 1, 2, 7  # kinds of attributes


class Graph:
    """One input and one output, both of float numbers."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._names = 0

    def add(
        self, operator: str, *inputs: str, domain: str = "", outputs: int = 1, **more: Any
    ) -> Any:
        """The name of its output, or the names where it has several."""
        names = [self._name() for _ in range(outputs)]
        node = b"".join(_text(1, one) for one in inputs)
        node += b"".join(_text(2, one) for one in names)
        node += _text(4, operator) + _text(7, domain)
        node += b"".join(_part(5, _attribute(name, value)) for name, value in more.items())
        self._parts.append(_part(1, node))
        return names if outputs > 1 else names[0]

    def keep(self, array: NDArray[Any]) -> str:
        """The name of a constant."""
        name = self._name()
        tensor = b"".join(_number(1, size) for size in array.shape)
        tensor += _number(2, _TYPES[array.dtype.name]) + _text(8, name)
        self._parts.append(_part(5, tensor + _part(9, np.ascontiguousarray(array).tobytes())))
        return name

    def to_bytes(self, given: tuple[str, Sequence[int | str]], found: str) -> bytes:
        """``given``: the input's name and shape, where a word stands for any size."""
        name, shape = given
        body = b"".join([*self._parts, _text(2, "graph")])
        body += _part(11, _value(name, shape)) + _part(12, _value(found, ()))
        sets = _part(8, _number(2, _OPSET)) + _part(8, _text(1, OWN) + _number(2, _OWN_OPSET))
        return _number(1, _IR) + sets + _part(7, body)

    def _name(self) -> str:
        self._names += 1
        return f"n{self._names}"


def _value(name: str, shape: Sequence[int | str]) -> bytes:
    sizes = b"".join(
        _part(1, _text(2, size) if isinstance(size, str) else _number(1, size)) for size in shape
    )
    tensor = _number(1, _TYPES["float32"]) + (_part(2, sizes) if shape else b"")
    return _text(1, name) + _part(2, _part(1, tensor))


def _attribute(name: str, value: Any) -> bytes:
    if isinstance(value, float):
        return _text(1, name) + _tag(2, 5) + struct.pack("<f", value) + _number(20, _FLOAT)
    if isinstance(value, int):
        return _text(1, name) + _number(3, value) + _number(20, _INT)
    many = b"".join(_number(8, one) for one in value)
    return _text(1, name) + many + _number(20, _INTS)


# Protocol buffers


def _tag(field: int, kind: int) -> bytes:
    return _varint(field << 3 | kind)


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)


def _number(field: int, value: int) -> bytes:
    return _tag(field, 0) + _varint(value)


def _part(field: int, content: bytes) -> bytes:
    return _tag(field, 2) + _varint(len(content)) + content


def _text(field: int, content: str) -> bytes:
    return _part(field, content.encode())
