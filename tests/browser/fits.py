"""Finds what a page shows only in part: `assert await cut_off(page) == []`."""

from playwright.async_api import Page

# A box that hides or scrolls what sticks out sideways makes a button in it hard or impossible to
# press; so does the edge of the window. What is hidden on purpose has no size worth pressing.
CUT_OFF_JS = """() => {
  const name = (element) => element.dataset.testid ?? element.textContent.trim().slice(0, 30);
  const sticksOut = (box, within) => box.right > within.right + 1 || box.left < within.left - 1;
  const window_ = { left: 0, right: document.documentElement.clientWidth };
  const isCut = (element) => {
    const box = element.getBoundingClientRect();
    if (box.width < 10 || box.height < 10 || !element.checkVisibility()) return false;
    if (sticksOut(box, window_)) return true;
    for (let outer = element.parentElement; outer; outer = outer.parentElement) {
      if (getComputedStyle(outer).overflowX === "visible") continue;
      if (sticksOut(box, outer.getBoundingClientRect())) return true;
    }
    return false;
  };
  const pressable = "button, a, select, textarea, input:not([type=radio]):not([type=file])";
  const open = document.querySelector("dialog[open]") ?? document;
  return [...open.querySelectorAll(pressable)].filter(isCut).map(name);
}"""

# Two things that must both be read or pressed, and whether one lies over the other.
OVERLAP_JS = """([one, other]) => {
  const [a, b] = [one, other].map((id) =>
    document.querySelector(`[data-testid=${id}], .${id}`).getBoundingClientRect());
  return a.bottom > b.top && b.bottom > a.top && a.right > b.left && b.right > a.left;
}"""

ON_TOP_JS = """(element) => {
  const { left, right, top, bottom } = element.getBoundingClientRect();
  const middle = [(left + right) / 2, (top + bottom) / 2];
  const points = [[left + 8, top + 8], [right - 8, bottom - 8], middle];
  return points.every(([x, y]) => {
    const found = document.elementFromPoint(x, y);
    return element.contains(found) || found?.contains(element) === true;
  });
}"""


async def cut_off(page: Page) -> list[str]:
    """What can be pressed, but sticks out of the box or the window that shows it."""
    found: list[str] = await page.evaluate(CUT_OFF_JS)
    return found


async def overlap(page: Page, one: str, other: str) -> bool:
    """Whether two things, each named by its test id or its class, lie over each other."""
    found: bool = await page.evaluate(OVERLAP_JS, [one, other])
    return found


async def on_top(page: Page, testid: str) -> bool:
    """Whether nothing lies over the middle of it, nor over its corners."""
    free: bool = await page.get_by_test_id(testid).first.evaluate(ON_TOP_JS)
    return free
