"""What a page says of itself. The views.py of its folder holds one as `PAGE`; nothing else lists pages.

Page(blueprint, place, feeds)     its routes, described for the API document; its place in the menu; its feeds
feed_of(pages, bench, name, bay)  what a page watches beside the bus: "live", "live:usb-1-2", "log:7f3a"
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flask import Blueprint

from utils.bench.bay import Bay
from utils.bench.bench import Bench
from utils.errors import BadRequest

if TYPE_CHECKING:
    from utils.live.feed import Feed

FeedOf = Callable[[Bench, str, Bay], "Feed"]
"""(bench, what stands behind the colon of a feed's name, the bay at hand) -> the feed."""


@dataclass(frozen=True)
class MenuPlace:
    """A page in the menu. icon: in _icons.svg. order: ascending. of_bay: each board has its own,
    under /bays/<bay>; False for what is the program's. far: a hub shows it of other benches' boards, too.
    shown, off: asked for each page that is rendered; who is off stays in the menu and says so."""

    word: str
    icon: str
    order: int
    of_bay: bool = True
    far: bool = False
    shown: Callable[[], bool] = lambda: True
    off: Callable[[], bool] = lambda: False


@dataclass(frozen=True)
class Page:
    """blueprint: its routes. place: its view is called `page`; None where the menu does not list it.
    feeds: by the name that a stream asks for."""

    blueprint: Blueprint
    place: MenuPlace | None = None
    feeds: Mapping[str, FeedOf] = field(default_factory=dict)

    @property
    def endpoint(self) -> str:
        """The view that its place in the menu leads to."""
        return f"{self.blueprint.name}.page"


def of_bay(feed: Callable[[Bay], Feed]) -> FeedOf:
    """A feed that each bay has; a name without a bay means the one at hand. BadRequest: no such bay."""
    return lambda bench, bay, at_hand: feed(bench.known(bay) if bay else at_hand)


def feed_of(pages: Iterable[Page], bench: Bench, name: str, at_hand: Bay) -> Feed:
    """The feed of this name; at_hand: the bay that the address means. BadRequest: no such feed or bay."""
    kind, _, rest = name.partition(":")
    feeds = {known: feed for page in pages for known, feed in page.feeds.items()}
    if kind not in feeds:
        raise BadRequest("There is no such feed.", hint=f"Feeds: {', '.join(sorted(feeds))}.")
    return feeds[kind](bench, rest, at_hand)
