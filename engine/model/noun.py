"""What all nouns have in common."""

import msgspec


class Noun(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Immutable, built by keyword, compact on the wire."""
