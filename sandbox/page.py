"""The page at ``/``: page.html beside this file, read once."""

from __future__ import annotations

from pathlib import Path

PAGE = (Path(__file__).parent / "page.html").read_text(encoding="utf-8")
