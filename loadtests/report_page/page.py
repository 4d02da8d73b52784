"""One run as one file. Pure.

Everything is inside: style, charts, figures. No script, nothing is fetched.
"""

from pathlib import Path

from loadtests.report_page import sections
from loadtests.report_page.html import Html, element, void
from loadtests.report_page.panels import panels, title_of
from loadtests.result import RunResult

CSS = Html((Path(__file__).parent / "page.css").read_text("utf-8"))
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(run: RunResult) -> str:
    """The whole document."""
    return document(
        f"{title_of(run.scenario)}: {sections.VERDICT_WORDS[run.verdict]}",
        sections.heading(run),
        sections.banner(run),
        sections.tiles(run),
        sections.promises(run),
        sections.faults(run),
        element("section", element("h2", "Over time"), panels(run)),
        sections.totals(run),
        sections.errors(run),
        sections.fairness(run),
        sections.swarm(run),
        sections.setting(run),
    )


def document(title: str, *content: Html) -> str:
    head = element(
        "head",
        void("meta", charset="utf-8"),
        void("meta", name="viewport", content="width=device-width, initial-scale=1"),
        void("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("title", title),
        element("style", CSS),
    )
    body = element("body", element("main", list(content)))
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"
