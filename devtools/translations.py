"""Compare Odoo's export of the addon's terms with a translation.

Runs in the virtual environment::

    python -m devtools.translations EXPORT.pot ko.po
"""

import sys

import polib


def missing(template, translation):
    """Terms of the export that have no finished translation."""
    translated = {entry.msgid for entry in translation.translated_entries()}
    return [entry.msgid for entry in template if entry.msgid not in translated]


def stale(template, translation):
    """Terms that are translated, but that the addon no longer has."""
    used = {entry.msgid for entry in template}
    return [entry.msgid for entry in translation if entry.msgid not in used]


def main(template_path, translation_path):
    template = polib.pofile(template_path)
    translation = polib.pofile(translation_path, check_for_duplicates=True)
    faults = [f"not translated: {term!r}" for term in missing(template, translation)]
    faults += [f"no longer used: {term!r}" for term in stale(template, translation)]
    for fault in faults:
        print(fault)
    passed = len(template) - len(missing(template, translation))
    print(f"Korean terms: {passed} passed, {len(faults)} failed")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
