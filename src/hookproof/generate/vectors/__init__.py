"""The published vectors of Standard Webhooks: deliveries, and whether a receiver takes them.

Law: tags are made here from the standard's text alone and share no code with the schemes that are checked against them.
"""

from hookproof.generate.vectors.document import document, vectors, written

__all__ = ["document", "vectors", "written"]
