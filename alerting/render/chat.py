"""A notice as a message in a group of an instant messenger, no longer than that messenger takes."""

from alerting.model import Notice
from alerting.render.atoms import cut_lines, utf8_size
from alerting.render.text import render_text


def render_chat(notice: Notice, language: str, *, max_bytes: int, base_url: str = "") -> str:
    """Give the lines of `render_text` that fit into `max_bytes` of UTF-8, the first ones first."""
    text = render_text(notice, language, base_url=base_url)
    return cut_lines(text, max_bytes, utf8_size)
