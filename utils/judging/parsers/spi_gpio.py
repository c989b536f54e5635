"""Lines "spi spi0.0 driver=spidev name=tegra-spidev" and "gpio gpiochip348 lines=164 name=tegra234-gpio".

-> {spi_count, gpio_chip_count, gpio_line_count, spi: [{device, driver, name}], gpio: [{chip, lines, name}]}.
"""

from __future__ import annotations

import re

from utils.errors import Cause, NotApplicable, Undecided
from utils.judging.parsers._listing import listed
from utils.model.results import Reading

END = "end of spi and gpio"
_SPI = re.compile(r"^spi (?P<device>\S+) driver=(?P<driver>\S*) name=(?P<name>.*)$")
_GPIO = re.compile(r"^gpio (?P<chip>\S+) lines=(?P<lines>\d+) name=(?P<name>.*)$")
READS = "spi_count gpio_chip_count gpio_line_count spi[device driver name] gpio[chip lines name]"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    lines = listed(stdout, stderr, exit_status, end=END)
    spi = [
        {"device": m["device"], "driver": m["driver"] or None, "name": m["name"]}
        for m in map(_SPI.match, lines)
        if m
    ]
    gpio = [
        {"chip": m["chip"], "lines": int(m["lines"]), "name": m["name"]} for m in map(_GPIO.match, lines) if m
    ]
    if len(spi) + len(gpio) < len(lines):
        raise Undecided("Lines about SPI and GPIO cannot be read.", Cause.GARBAGE)
    if not lines:
        raise NotApplicable("The kernel shows neither SPI devices nor GPIO chips.")
    return {
        "spi_count": len(spi),
        "gpio_chip_count": len(gpio),
        "gpio_line_count": sum(int(str(item["lines"])) for item in gpio),
        "spi": spi,
        "gpio": gpio,
    }
