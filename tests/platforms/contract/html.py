"""Reads pages as a browser does, as far as the contract needs: elements, their text, and forms with what stands in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr", "path"}
BLOCKS = {"p", "div", "li", "dt", "dd", "h1", "h2", "h3", "ul", "ol", "dl", "tr", "pre", "br", "section"}


@dataclass(eq=False)
class Element:
    """One element of a page."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element | str] = field(default_factory=list)

    @property
    def classes(self) -> set[str]:
        return set(self.attributes.get("class", "").split())

    @property
    def text(self) -> str:
        """What a person reads, blocks in lines of their own."""
        lines = (" ".join(line.split()) for line in "".join(self._texts()).splitlines())
        return "\n".join(line for line in lines if line)

    def _texts(self) -> Iterator[str]:
        edge = "\n" if self.tag in BLOCKS else ""
        yield edge
        for child in self.children:
            if isinstance(child, str):
                yield child if self.tag == "pre" else child.replace("\n", " ")
            elif child.tag not in ("script", "style", "svg", "datalist"):
                yield from child._texts()
        yield edge

    def walk(self) -> Iterator[Element]:
        for child in self.children:
            if isinstance(child, Element):
                yield child
                yield from child.walk()

    def find_all(self, tag: str = "", class_: str = "", **attributes: str) -> list[Element]:
        return [
            one
            for one in self.walk()
            if tag in ("", one.tag)
            and (not class_ or class_ in one.classes)
            and all(one.attributes.get(name) == value for name, value in attributes.items())
        ]

    def find(self, tag: str = "", class_: str = "", **attributes: str) -> Element | None:
        return next(iter(self.find_all(tag, class_, **attributes)), None)

    def text_of(self, tag: str = "", class_: str = "", **attributes: str) -> str:
        found = self.find(tag, class_, **attributes)
        return found.text if found else ""

    def fields(self) -> dict[str, str]:
        """What this form sends as it stands."""
        sent: dict[str, str] = {}
        for one in self.walk():
            name = one.attributes.get("name")
            if name is None:
                continue
            if one.tag == "textarea":
                sent[name] = "".join(child for child in one.children if isinstance(child, str))
            elif one.tag == "select":
                options = one.find_all("option")
                chosen = next((o for o in options if "selected" in o.attributes), options[0])
                sent[name] = chosen.attributes.get("value", chosen.text)
            elif one.attributes.get("type") != "checkbox" or "checked" in one.attributes:
                sent[name] = one.attributes.get("value", "")
        return sent


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("page")
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        for depth in range(len(self.open) - 1, 0, -1):
            if self.open[depth].tag == tag:
                del self.open[depth:]
                return

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def read_page(text: str) -> Element:
    """A page, or a piece of one."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.root
