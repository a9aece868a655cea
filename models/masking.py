"""Texts about people, and what stands in their place afterwards. No Odoo in here."""

import html
import re

MASK = "***"
# What people put between the digits of a telephone number.
_BETWEEN = r"[\s.()-]*"
# What may stand between the words of a text, which may be HTML.
_BLANKS = r"(?:\s|&nbsp;|<br\s*/?>)+"
_TAG = r"(?P<tag></?[A-Za-z][A-Za-z0-9]*(?=[\s/>])[^<>]*>)"
# What HTML itself may be made of: single words, and its signs.
_MARKUP = re.compile(r"^[A-Za-z0-9:;_-]+$|[<>\"=]")
_LATIN = re.compile("[A-Za-z0-9]")
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
        texts = sorted(self._instead, key=len, reverse=True)
        numbers = sorted(set(map(_national, phones)), key=len, reverse=True)
        phone_parts = [
            _phone_pattern(number)
            for number in numbers
            if len(number) >= _SHORTEST_PHONE
        ]
        parts = [*map(_text_pattern, texts), *phone_parts]
        self._pattern = re.compile("|".join([_TAG, *parts])) if parts else None
        # A buyer may be called like a tag or a style: the page would fall apart.
        safe = [text for text in texts if not _MARKUP.search(text)]
        parts = [*map(_text_pattern, safe), *phone_parts]
        self._in_tags = re.compile("|".join(parts)) if parts else None

    def _add(self, text, instead, shortest):
        text = " ".join((text or "").split())
        # Postal codes are parts of other numbers.
        if len(text) < shortest or text.isdigit():
            return
        for known in (text, html.escape(text), html.escape(text, quote=False)):
            self._instead.setdefault(known, instead)

    def clean(self, text):
        """The text without what is known of people.

        :param text: plain text or HTML
        """
        if not text or self._pattern is None:
            return text
        return self._pattern.sub(self._replace, str(text))

    def _replace(self, found):
        if found["tag"]:
            if self._in_tags is None:
                return found["tag"]
            return self._in_tags.sub(self._mask, found["tag"])
        return self._mask(found)

    def _mask(self, found):
        known = " ".join(re.split(_BLANKS, found.group()))
        return self._instead.get(known, MASK)


def _text_pattern(text):
    """A text however its words are parted, but not as a part of other words.

    Korean adds its particles to a name without a blank; Latin letters and digits that
    go on are another word.
    """
    pattern = _BLANKS.join(map(re.escape, text.split()))
    if _LATIN.match(text[0]):
        pattern = f"(?<![A-Za-z0-9]){pattern}"
    if _LATIN.match(text[-1]):
        pattern = f"{pattern}(?![A-Za-z0-9])"
    return pattern


def _national(phone):
    """The digits of a telephone number without Korea's code."""
    number = digits(phone)
    if number.startswith("82"):
        return f"0{number[2:].removeprefix('0')}"
    return number


def _phone_pattern(number):
    """A telephone number as people write it, with or without Korea's code."""
    pattern = _BETWEEN.join(number)
    if number.startswith("0"):
        rest = _BETWEEN.join(number[1:])
        pattern = rf"(?:0|\+?82{_BETWEEN}0?){_BETWEEN}{rest}"
    return rf"(?<!\d){pattern}(?!\d)"
