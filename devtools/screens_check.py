"""What ``./dev screens`` calls a fault. Pure functions: no browser, no Odoo."""

import re
from collections import defaultdict

# Names and abbreviations that are the same in Korean, and Odoo's own English.
NAMES = frozenset(
    """
    Gmarket Auction ESM Plus ESM+ Odoo Excel Zebra G A API ID IP URL HTTP HTTPS PDF ZPL
    CSV XLSX SKU KST VAT KRW CJ OK dpi mm cm kg PayNo iss PLUS WH OUT
    Statusbar mycompany SAMPLE PERSON
    """.split()
)
# Data rather than words of ours: addresses, files, seller IDs of the demo ...
DATA = re.compile(
    r"\S+@\S+|https?://\S+|\S+\.(?:xlsx|csv|pdf|png)\b|\bmallsample_\w+|\bsample_\w+|\bwww\.\S+"
)
# ... and codes, sizes, numbers of documents; the last kind are codes without digits.
CODES = re.compile(
    r"\S*[A-Za-z]\S*\d\S*|\S*\d\S*[A-Za-z]\S*|\b[A-Z][A-Z0-9]*(?:[-/][A-Z0-9]+)+\b"
)
WORD = re.compile(r"[A-Za-z][A-Za-z+&'’]+")
RAW = re.compile(
    r"""
    \bundefined\b | \bNaN\b | \bnull\b | \[object\b | \bNone\b | \bTrue\b | \bFalse\b
    | Invalid\ Date | %\([a-z_]+\)s | &(?:amp|lt|gt|nbsp); | </?[a-z]+>
    | \b(?:sale_esm|esm|sale|stock|product|res|ir)\.[a-z_]+\b  # models, external IDs
    | \b[a-z]+(?:_[a-z0-9]+)+\b  # names of fields, keys of selections
    """,
    re.VERBOSE,
)
# axe's words for what keeps somebody from working.
GRAVE = ("serious", "critical")


def raw_values(lines):
    """Texts that only a program says, of the lines that people see."""
    return _unique(
        match[0]
        for line in lines
        for match in RAW.finditer(DATA.sub(" ", line))
        if not match[0].startswith("o_")
    )


def untranslated(lines):
    """English words in the lines of a Korean screen, those of a line together."""
    return _unique(filter(None, map(_words, lines)))


def _words(line):
    words = WORD.findall(CODES.sub(" ", DATA.sub(" ", line)))
    return " ".join(word for word in words if word not in NAMES)


def _unique(texts):
    return list(dict.fromkeys(texts))


def accessibility(violations):
    """Grave findings of axe-core, each as a text.

    :param violations: as ``axe.run()`` returns them, with the reason of each as ``why``
    """
    found = []
    for violation in violations:
        nodes = [
            node
            for node in violation["nodes"]
            if (node.get("impact") or violation["impact"]) in GRAVE
        ]
        if nodes:
            more = f" (and {len(nodes) - 1} more)" if len(nodes) > 1 else ""
            text = " ".join(nodes[0]["html"].split())
            why = nodes[0].get("why", "")
            found.append(f"{violation['id']}{more}: {text[:140]}\n    {why}".rstrip())
    return found


def table(results):
    """The results for a terminal: a row for each screen, then the faults.

    :param results: list of dicts with screen, language, size and faults (list of
        (kind, text) pairs)
    """
    looks = _unique((each["size"], each["language"]) for each in results)
    counts, places = defaultdict(dict), defaultdict(list)
    for each in results:
        look = each["size"], each["language"]
        counts[each["screen"]][look] = len(each["faults"])
        for kind, text in each["faults"]:
            places[each["screen"], kind, text].append(f"{look[0]} {look[1]}")
    width = max(map(len, counts), default=0)
    heads = [f"{size} {language}" for size, language in looks]
    lines = ["", " ".join([" " * width, *(f"{head:>9}" for head in heads)])]
    for name, found in counts.items():
        cells = [
            f"{'' if count is None else count or 'ok':>9}"
            for count in map(found.get, looks)
        ]
        lines.append(" ".join([f"{name:<{width}}", *cells]))
    lines += [
        f"\n{screen}, {', '.join(where)}\n  {kind}: {text}"
        for (screen, kind, text), where in places.items()
    ]
    return "\n".join(lines)
