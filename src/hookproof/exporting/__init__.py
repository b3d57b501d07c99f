"""A contract in the formats of others.

Law: an export is a pure function of the contract; what a format cannot say is listed, never dropped silently.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hookproof.exporting.asyncapi import asyncapi
from hookproof.exporting.bundle import json_schema
from hookproof.exporting.document import Exported
from hookproof.exporting.html_page import html
from hookproof.exporting.markdown_page import markdown
from hookproof.exporting.openapi import openapi
from hookproof.exporting.svix import svix
from hookproof.model.contract import Contract

__all__ = ["FORMATS", "Exported"]

FORMATS: Mapping[str, Callable[[Contract], Exported]] = {
    "openapi": openapi,
    "asyncapi": asyncapi,
    "json-schema": json_schema,
    "svix": svix,
    "markdown": markdown,
    "html": html,
}
"""What writes each format, by its name on the command line."""
