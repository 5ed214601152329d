"""The charsets that a peer may name for a text."""

from __future__ import annotations

import codecs
import re

# Python's registry also holds codecs that are no character sets (`zip`, `idna`, `unicode_escape`),
# and one, `punycode`, that takes hours for what a server sends in a second.
_TEXT = re.compile(r"utf-|gb|hz|big5|iso|cp|shift|euc|koi8|ascii|mac")


def known_charset(name: str) -> str:
    """Return the codec of a charset that is a known text encoding, else UTF-8."""
    try:
        known = codecs.lookup(name).name
    except (LookupError, ValueError):
        return "utf-8"
    return known if _TEXT.match(known) else "utf-8"
