"""Texts about people, and what stands in their place afterwards. No Odoo in here."""

import html
import re

MASK = "***"
# What people put between the digits of a telephone number.
_BETWEEN = r"[\s.()-]*"
# Shorter ones are common words, or parts of numbers.
_SHORTEST_NAME, _SHORTEST_TEXT, _SHORTEST_PHONE = 2, 4, 7


def masked_name(name):
    """The first letter of a name, which tells people of one address apart.

    :param name: a person's name, may be empty
    """
    name = (name or "").strip()
    return f"{name[0]}**" if name else MASK


def digits(text):
    """The digits of a telephone number, however it is written."""
    return "".join(filter(str.isdigit, text or ""))


class Scrubber:
    """Takes known texts about people out of other texts.

    :param names: iterable of names
    :param phones: iterable of telephone numbers
    :param others: iterable of addresses, memos and the like
    """

    def __init__(self, names=(), phones=(), others=()):
        self._instead = {}
        for text in others:
            words = (text or "").split()
            self._add(text, MASK, _SHORTEST_TEXT)
            # An address is known by its end, too: people leave out city and district.
            for start in range(1, len(words) - 1):
                if any(map(str.isdigit, words[-1])):
                    self._add(" ".join(words[start:]), MASK, _SHORTEST_TEXT)
        for name in names:
            self._add(name, masked_name(name), _SHORTEST_NAME)
        parts = [
            re.escape(text) for text in sorted(self._instead, key=len, reverse=True)
        ]
        # People write telephone numbers as they like.
        numbers = sorted({digits(phone) for phone in phones}, key=len, reverse=True)
        parts += [
            rf"(?<!\d){_BETWEEN.join(number)}(?!\d)"
            for number in numbers
            if len(number) >= _SHORTEST_PHONE
        ]
        self._pattern = re.compile("|".join(parts)) if parts else None

    def _add(self, text, instead, shortest):
        text = " ".join((text or "").split())
        # Postal codes are parts of other numbers.
        if len(text) < shortest or text.isdigit():
            return
        for known in (text, html.escape(text)):
            self._instead.setdefault(known, instead)

    def clean(self, text):
        """The text without what is known of people.

        :param text: plain text or HTML
        """
        if not text or self._pattern is None:
            return text
        return self._pattern.sub(
            lambda found: self._instead.get(found.group(), MASK), str(text)
        )
