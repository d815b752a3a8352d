"""What all words of the protocol have in common."""

import msgspec


class Word(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag=True):
    """What commands and changes have in common: immutable and tagged with their own name (`type`)."""
