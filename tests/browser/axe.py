"""Asks axe-core what on a page keeps somebody out: `assert await barriers(page) == []`."""

from pathlib import Path
from typing import Any

from playwright.async_api import Page

AXE = Path(__file__).parents[2] / "web_client" / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = {"serious", "critical"}

# A sheet that is fading in has less contrast than it will have. What never ends is not waited for.
AT_REST = """Promise.allSettled(
  document.getAnimations()
    .filter((animation) => Number.isFinite(animation.effect.getComputedTiming().endTime))
    .map((animation) => animation.finished),
)"""


async def barriers(page: Page) -> list[str]:
    """What axe-core finds grave on the page at rest: the rule, and where it is broken."""
    await page.evaluate(AT_REST)
    await page.evaluate(AXE.read_text(encoding="utf-8"))  # the page's own policy forbids a tag
    found: list[dict[str, Any]] = await page.evaluate("axe.run().then(told => told.violations)")
    return [
        f"{one['id']}: {node['target']} {node.get('failureSummary', '')}"
        for one in found
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]
