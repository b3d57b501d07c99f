"""JSON text in and out without loss: numbers keep the digits they came with.

Law: what is read exactly and written compactly means the same to every reader; ill-formed text is a ``ValueError``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NoReturn

_SAFE_DIGITS = 18  # integers this short survive any reader and writer


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it was written: binary floats would change 1.10 to 1.1 and 1e21 to 1e+21."""

    text: str


def read(text: bytes, *, exact: bool = False) -> Any:  # noqa: ANN401 -- any JSON value
    """Parse strict JSON in UTF-8; ``exact`` keeps fractions and long integers as ``Number``."""
    try:
        return json.loads(
            text.decode("utf-8"),
            parse_float=Number if exact else None,
            parse_int=_exact_integer if exact else None,
            parse_constant=_refuse_constant,
        )
    except RecursionError:
        raise _too_deep() from None


def compact(value: Any) -> bytes:  # noqa: ANN401 -- any JSON value
    """Write compact UTF-8; a lone surrogate, which UTF-8 cannot carry, is written as its escape."""
    try:
        text = _plain(value)
    except TypeError:  # a Number is inside
        text = _written(value)
    except RecursionError:
        raise _too_deep() from None
    return text.encode("utf-8", "backslashreplace")


def _plain(value: Any) -> str:  # noqa: ANN401 -- any JSON value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _written(value: Any) -> str:  # noqa: ANN401 -- any JSON value
    try:
        return _spelled(value)
    except RecursionError:
        raise _too_deep() from None


def _spelled(value: Any) -> str:  # noqa: ANN401 -- any JSON value
    if isinstance(value, Number):
        return value.text
    if isinstance(value, dict):
        return "{" + ",".join([f"{_plain(name)}:{_spelled(member)}" for name, member in value.items()]) + "}"
    if isinstance(value, list):
        return "[" + ",".join([_spelled(item) for item in value]) + "]"
    return _plain(value)


def _exact_integer(text: str) -> int | Number:
    return Number(text) if len(text) > _SAFE_DIGITS or text == "-0" else int(text)


def _too_deep() -> ValueError:
    return ValueError("nested too deeply")


def _refuse_constant(name: str) -> NoReturn:
    message = f"{name} is not JSON"
    raise ValueError(message)
