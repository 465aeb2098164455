"""The HTML that people write into Markdown: what a page shows of it.

Folds, line breaks, tables and the like are kept; scripts, handlers, frames and whatever else can
run or load something are dropped. Pictures are written in Markdown, which leads them to their
files; an ``<img>`` is dropped, too.
"""

import re
import secrets
from collections.abc import Sequence

import nh3

TAGS = nh3.ALLOWED_TAGS - {"area", "img", "map"}
ATTRIBUTES = {tag: set(names) for tag, names in nh3.ALLOWED_ATTRIBUTES.items() if tag in TAGS}
ATTRIBUTES["a"] |= {"download"}
ATTRIBUTES["details"] = {"open"}
ATTRIBUTES["*"] = {"class", "lang", "title"}
SCHEMES = {"http", "https", "mailto"}
COMMENT = re.compile("<!--.*?-->", re.DOTALL)
# tags between which everything is text, the tags of others and the joints below included
SWALLOWING = re.compile(
    "<(iframe|noembed|noframes|noscript|plaintext|script|style|textarea|title|xmp)", re.IGNORECASE
)


def clean(fragments: Sequence[str]) -> list[str]:
    """Return pieces of HTML without what a page should not run or load.

    Markdown cuts HTML into pieces, with text between them: ``<details>`` is one, ``</details>``
    another. They are cleaned as the one document that they make: a tag may be opened in one piece
    and closed in a later one. What is left open is closed in the last.
    """
    joint = f"<!--{secrets.token_hex(8)}-->"  # a comment may stand anywhere, and stays there
    pieces = [_cleaned(piece) if SWALLOWING.search(piece) else piece for piece in fragments]
    cleaned = _cleaned(joint.join(pieces)).split(joint)
    if len(cleaned) != len(fragments):  # something swallowed the joints all the same
        cleaned = [_cleaned(piece) for piece in fragments]
    return [COMMENT.sub("", fragment) for fragment in cleaned]


def _cleaned(html: str) -> str:
    return nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel=None,
        strip_comments=False,
    )
