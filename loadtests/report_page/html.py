"""Elements as text. What is not `Html` already is escaped, so nothing that a server said becomes
markup. Pure."""

import html


class Html(str):
    """Text that is markup."""

    __slots__ = ()


def element(tag: str, *children: object, **attributes: object) -> Html:
    """`<tag ...>children</tag>`. `class_` is class; `aria_label` is aria-label; None leaves one
    out. Lists of children are joined."""
    return Html(f"<{tag}{_attributes(attributes)}>{joined(children)}</{tag}>")


def void(tag: str, **attributes: object) -> Html:
    """`<tag ...>` that has no content."""
    return Html(f"<{tag}{_attributes(attributes)}/>")


def joined(children: object) -> Html:
    if isinstance(children, Html):
        return children
    if isinstance(children, list | tuple):
        return Html("".join(joined(child) for child in children))
    return Html(html.escape(str(children)))


def table(head: list[str], rows: list[list[object]], *, numbers_from: int = 1) -> Html:
    """A table that scrolls by itself when it is too wide; columns from `numbers_from` on are
    figures."""

    def cells(row: list[object], tag: str) -> list[Html]:
        return [
            element(tag, cell, class_="number" if at >= numbers_from else None)
            for at, cell in enumerate(row)
        ]

    return element(
        "div",
        element(
            "table",
            element("thead", element("tr", cells([*head], "th"))),
            element("tbody", [element("tr", cells(row, "td")) for row in rows]),
        ),
        class_="scroll",
        tabindex="0",
    )


def _attributes(attributes: dict[str, object]) -> str:
    return "".join(
        f' {name.rstrip("_").replace("_", "-")}="{html.escape(str(value))}"'
        for name, value in attributes.items()
        if value is not None
    )
