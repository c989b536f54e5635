"""The warm command as a bar chart: an SVG of its own, readable on light and on dark pages."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from tests.bench.report import ms

_STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .head { font-weight: 600; font-size: 15px }
  .faint { fill: #59636e }
  .bar { fill: #8c959f } .ours { fill: #0969da } .floor { fill: #b6bdc5 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc } .faint { fill: #9198a1 }
    .bar { fill: #6e7681 } .ours { fill: #4493f8 } .floor { fill: #3d444d }
  }
"""
_LEFT, _WIDTH, _ROW = 190, 400, 24


def chart(groups: Sequence[tuple[str, Sequence[tuple[str, float, str]]]]) -> str:
    """groups: (heading, [(name, seconds, "ours" | "floor" | "bar")]). The scale is logarithmic."""
    values = [seconds for _, rows in groups for _, seconds, _ in rows]
    low, high = math.log10(min(values) * 0.5), math.log10(max(values))
    y, parts = 10, []
    for heading, rows in groups:
        y += 28
        parts.append(f'<text class="head" x="8" y="{y}">{escape(heading)}</text>')
        for name, seconds, kind in rows:
            y += _ROW
            width = max(2.0, (math.log10(seconds) - low) / (high - low) * _WIDTH)
            parts += [
                f'<text x="{_LEFT - 8}" y="{y}" text-anchor="end">{escape(name)}</text>',
                f'<rect class="{kind}" x="{_LEFT}" y="{y - 13}" width="{width:.0f}" height="16" rx="2"/>',
                f'<text x="{_LEFT + width + 6:.0f}" y="{y}">{ms(seconds)} ms</text>',
            ]
        y += 10
    y += 24
    parts.append(f'<text class="faint" x="8" y="{y}">median, logarithmic scale, shorter is better</text>')
    size = f'viewBox="0 0 {_LEFT + _WIDTH + 90} {y + 12}" width="{_LEFT + _WIDTH + 90}" height="{y + 12}"'
    title = "<title>One warm command: milliseconds by way and round trip</title>"
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">{title}<style>{_STYLE}</style>\n' + (
        "\n".join(parts) + "\n</svg>\n"
    )
