"""What every page has to hold, read from its HTML alone."""

import re
from collections import Counter
from html.parser import HTMLParser
from typing import Any, NamedTuple

from django.test import Client

_UNSEEN = {"hidden", "submit"}
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


class Element(NamedTuple):
    tag: str
    attributes: dict[str, str | None]
    inside_label: bool


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.open: list[str] = []
        self.strays: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, dict(attrs), "label" in self.open))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, dict(attrs), "label" in self.open))

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.strays.append(tag)


class Page:
    """A page that was answered, with the questions tests ask of it."""

    def __init__(self, html: str) -> None:
        self.html = html
        reader = _Reader()
        reader.feed(html)
        reader.close()
        self.elements = reader.elements
        self.unbalanced = reader.strays + reader.open

    def having(self, tag: str, **attributes: str) -> list[dict[str, str | None]]:
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            element.attributes
            for element in self.elements
            if element.tag == tag and wanted.items() <= element.attributes.items()
        ]

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", self.html))

    def problems(self) -> list[str]:
        return [*self._structure(), *self._labels(), *self._references(), *self._policy()]

    def _structure(self) -> list[str]:
        ids = Counter(element.attributes["id"] for element in self.elements if "id" in element.attributes)
        found = [f"id {name} is there {count} times" for name, count in ids.items() if count > 1]
        if len(self.having("h1")) != 1:
            found.append(f"{len(self.having('h1'))} h1")
        if not self.having("html", lang="en") or not self.having("title"):
            found.append("no language or title")
        return found + [f"unbalanced {tag}" for tag in self.unbalanced]

    def _labels(self) -> list[str]:
        labelled = {attributes.get("for") for attributes in self.having("label")}
        return [
            f"{element.tag} {element.attributes.get('name')} has no label"
            for element in self.elements
            if element.tag in {"input", "select", "textarea"}
            and element.attributes.get("type") not in _UNSEEN
            and element.attributes.get("id") not in labelled
            and not element.inside_label
        ]

    def _references(self) -> list[str]:
        """Ids that attributes point to."""
        ids = {element.attributes.get("id") for element in self.elements}
        pointed = [
            name
            for element in self.elements
            for attribute in ("aria-labelledby", "aria-describedby", "for", "list")
            for name in (element.attributes.get(attribute) or "").split()
        ]
        pointed += [
            href[1:]
            for element in self.elements
            if (href := element.attributes.get("href") or "").startswith("#")
        ]
        return [f"nothing has the id {name}" for name in pointed if name not in ids]

    def _policy(self) -> list[str]:
        """What a content security policy without 'unsafe-inline' forbids, and what would ask a third party."""
        found = [
            f"{element.tag} has {name}"
            for element in self.elements
            for name in element.attributes
            if name == "style" or (name.startswith("on") and element.tag != "svg")
        ]
        found += [f"inline {tag}" for tag in ("style",) if self.having(tag)]
        found += ["inline script" for attributes in self.having("script") if not attributes.get("src")]
        sources = [element.attributes.get("src") for element in self.elements]
        sources += [attributes.get("href") for attributes in self.having("link")]
        return found + [f"asks {source}" for source in sources if source and not source.startswith("/")]


def get(client: Client, address: str, status: int = 200) -> Page:
    """The page at an address, which answers with the status and has no problem."""
    return checked(client.get(address), status)


def checked(response: Any, status: int = 200) -> Page:
    assert response.status_code == status, response.content.decode()[:2000]
    page = Page(response.content.decode())
    assert page.problems() == []
    return page
