"""What axe complains of on a page. It looks at the contrast of each kind of text, not of each text."""

from __future__ import annotations

from collections.abc import Mapping

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Page

AXE = {"resultTypes": ["violations"], "preload": False}  # what is in order is not described: half of its time
SEEN = {"runOnly": ["color-contrast", "link-in-text-block", "scrollable-region-focusable"]}
"""What hangs on more than which elements there are and which of them show: on their colours and sizes."""
# no target-size: bars that stay lie over what is below
WALK = "document.createTreeWalker(e,window.NodeFilter.SHOW_ELEMENT,null,!1)"
assert AXE_SCRIPT.count(WALK) == 1, "axe looks for the ground of a text in another way"
ONCE = f"""{AXE_SCRIPT.replace(WALK, WALK.replace("null", "window.onTheGround"))}
axe.configure({{ rules: [{{ id: "color-contrast", selector: "[data-asked]" }}] }});"""
"""Read again, it would be compiled again: a fifth of a second's work."""
NEAR = """(asked) => {
    const boxOf = (each) => {
        const { left, top, right, bottom } = each.getBoundingClientRect();
        const texts = document.createRange();
        texts.selectNodeContents(each);
        const inside = texts.getBoundingClientRect();  // text may stick out of its box
        return !inside.width ? [left, top, right, bottom] : [Math.min(left, inside.left),
            Math.min(top, inside.top), Math.max(right, inside.right), Math.max(bottom, inside.bottom)];
    };
    const boxes = asked.map(boxOf), kept = new Set(asked);
    for (const each of document.body.querySelectorAll("*")) {
        const { left, top, right, bottom } = each.getBoundingClientRect();
        if (boxes.some(box => left <= box[2] && right >= box[0] && top <= box[3] && bottom >= box[1])) {
            kept.add(each);
        }
    }
    for (const each of [...kept]) for (let above = each; above; above = above.parentElement) kept.add(above);
    return (each) => kept.has(each) ? NodeFilter.FILTER_ACCEPT : NodeFilter.FILTER_REJECT;
}"""
"""Lets axe see what may lie behind these elements, with all that holds it: of a long page a small part."""
RUN = (
    f"async ([within, options]) => {{ const near = {NEAR};"
    + """
    // no colour is half way to another
    document.body.offsetWidth;
    for (const each of document.getAnimations()) if (each instanceof CSSTransition) each.finish();

    // a kind: all that is behind the text, how it is written, whether it shows
    const known = new Map(), kinds = new Map();
    const looks = (style, ...names) => names.map(name => style[name]).join();
    const about = (each) => {
        if (each === document.documentElement) return { ground: "", clip: [-1e9, -1e9, 1e9, 1e9] };
        if (known.has(each)) return known.get(each);
        const style = getComputedStyle(each), box = each.getBoundingClientRect();
        const { ground, clip } = about(each.parentElement);
        const clips = each !== document.body && style.overflow !== "visible";
        const found = {
            ground: `${ground}>${each.tagName}.${each.className}`
                + looks(style, "backgroundColor", "backgroundImage", "opacity"),
            clip: !clips ? clip : [Math.max(clip[0], box.left), Math.max(clip[1], box.top),
                Math.min(clip[2], box.right), Math.min(clip[3], box.bottom)],
        };
        known.set(each, found);
        return found;
    };
    const root = within ?? "body";
    for (const each of document.querySelectorAll(`:is(${root}), :is(${root}) *`)) {
        const texts = [...each.childNodes].some(one => one.nodeType === Node.TEXT_NODE && one.data.trim());
        if (!texts && !each.matches("input, select, textarea")) continue;
        if (!each.checkVisibility({ visibilityProperty: true })) continue;
        const { ground, clip: [left, top, right, bottom] } = about(each), box = each.getBoundingClientRect();
        const shows = box.right > left && box.bottom > top && box.left < right && box.top < bottom;
        const used = !(each.closest("label")?.control ?? each).matches(":disabled, [aria-disabled=true] *");
        const kind = [ground, shows, used,
            looks(getComputedStyle(each), "color", "fontSize", "fontWeight", "textShadow")].join();
        kinds.set(kind, [kinds.get(kind)?.[0] ?? each, each]);  // the first and the last of it
    }
    const asked = [...kinds.values()].flat();
    window.onTheGround = near(
        [...asked, ...document.querySelectorAll(`:is(${root}) :is(a[href], [role=link])`)]);
    try {
        for (const each of asked) each.dataset.asked = "";
        return (await axe.run(within ?? document, options)).violations;
    } finally {
        for (const each of asked) delete each.dataset.asked;
    }
}"""
)


def violations(page: Page, within: str | None = None, options: Mapping[str, object] = AXE) -> str:
    """What axe complains of on the page as it stands, or in one part of it; "" when nothing."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(ONCE)
    found = page.evaluate(RUN, [within, dict(options)])
    return str(AxeResults({"violations": found}).generate_report()) if found else ""
