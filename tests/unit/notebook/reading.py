"""Reads HTML as a browser would, as far as it can do harm: tags, attributes, addresses."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = {"br", "hr"}
TAGS = {
    "div", "span", "strong", "em", "s", "del", "code", "pre", "details", "summary", "a", "p", "br",
    "hr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "table", "thead",
    "tbody", "tr", "th", "td",
}  # fmt: skip
ATTRIBUTES = {"style", "class", "open", "href", "target", "rel", "start"}


class Reader(HTMLParser):
    """Fails at whatever could run or load something; `text` is what a person sees."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.open, self.links, self.tags, self.words = [], [], [], []
        self.feed(html)
        self.close()
        assert self.open == [], f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        assert tag in TAGS, f"<{tag}>"
        self.tags.append(tag)
        for name, value in attrs:
            assert name in ATTRIBUTES, f"<{tag} {name}>"
            if name == "style":
                assert "url" not in value
                assert "expression" not in value
            if name == "href":
                assert value.lower().startswith(("http://", "https://", "mailto:")), value
                self.links.append(value)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data!r}")

    handle_decl = handle_pi = unknown_decl = handle_comment

    @property
    def text(self):
        return "".join(self.words)
