"""The computers that the kit is for, and which pinned packages each of them takes. No network, no files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from packaging.markers import Marker

PYTHONS = ("3.11", "3.12", "3.13", "3.14")


@dataclass(frozen=True)
class Platform:
    """A kind of computer. tags: what its wheels may be called; uv: its name for uv's resolver.
    oldest: the oldest macOS that these wheels run on."""

    name: str
    system: str
    machine: str
    tags: tuple[str, ...]
    uv: str
    oldest: str = ""

    def takes(self, marker: str, python: str) -> bool:
        """Whether a requirement with this marker counts there."""
        return not marker or Marker(marker).evaluate({**self._environment(), **_of_python(python)})

    def _environment(self) -> dict[str, str]:
        platform = {"Linux": "linux", "Windows": "win32", "Darwin": "darwin"}[self.system]
        return {
            "sys_platform": platform,
            "platform_system": self.system,
            "platform_machine": self.machine,
            "os_name": "nt" if platform == "win32" else "posix",
        }


def _of_python(version: str) -> dict[str, str]:
    return {
        "python_version": version,
        "python_full_version": f"{version}.0",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }


def _linux(machine: str) -> tuple[str, ...]:
    old = ("manylinux2014",) if machine == "aarch64" else ("manylinux2014", "manylinux2010", "manylinux1")
    versions = [f"manylinux_2_{minor}" for minor in range(28, 4, -1)]
    return tuple(f"{each}_{machine}" for each in (*versions, *old))


def _mac(newest: int, machine: str) -> tuple[str, ...]:
    majors = [f"{major}_0" for major in range(newest, 10, -1)]
    minors = [f"10_{minor}" for minor in range(16, 3, -1)]
    own = [machine] if machine == "x86_64" else []  # there is no macOS 10 for Apple silicon, but universal2
    new = [f"macosx_{each}_{kind}" for each in majors for kind in (machine, "universal2")]
    return (*new, *(f"macosx_{each}_{kind}" for each in minors for kind in (*own, "universal2")))


TARGETS = (
    Platform("Linux x86-64", "Linux", "x86_64", _linux("x86_64"), "x86_64-manylinux_2_28"),
    Platform("Linux arm64", "Linux", "aarch64", _linux("aarch64"), "aarch64-manylinux_2_28"),
    Platform("Windows x86-64", "Windows", "AMD64", ("win_amd64",), "x86_64-pc-windows-msvc"),
    Platform("Windows arm64", "Windows", "ARM64", ("win_arm64",), "aarch64-pc-windows-msvc"),
    Platform("macOS arm64", "Darwin", "arm64", _mac(14, "arm64"), "aarch64-apple-darwin", "14.0"),
    Platform("macOS x86-64", "Darwin", "x86_64", _mac(13, "x86_64"), "x86_64-apple-darwin", "13.0"),
)


@dataclass(frozen=True)
class Pin:
    """One requirement as a lock file has it: "name==version", its marker ("": always) and its hashes."""

    name: str
    version: str
    marker: str = ""
    hashes: tuple[str, ...] = ()

    def __str__(self) -> str:
        head = f"{self.name}=={self.version}" + (f" ; {self.marker}" if self.marker else "")
        return " \\\n    ".join([head, *(f"--hash={each}" for each in self.hashes)])


_PIN = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>\S+)(?: ; (?P<marker>[^\\\n]*?))?"
    r"(?: \\\n(?P<hashes>(?: .*\n?)*))?$",
    re.M,
)


def read_pins(text: str) -> Iterator[Pin]:
    """Those of a lock file in pip's form."""
    for found in _PIN.finditer(text):
        hashes = tuple(re.findall(r"--hash=(\S+)", found["hashes"] or ""))
        yield Pin(found["name"], found["version"], (found["marker"] or "").strip(), hashes)


def with_fallbacks(pins: list[Pin], fallbacks: list[Pin]) -> list[Pin]:
    """The pins, with another version where a fallback's marker holds: there the pinned one has no wheel.

    A fallback's marker is "… == … and … == …".
    """
    merged = list(fallbacks)
    for pin in pins:
        others = [_but(each.marker) for each in fallbacks if each.name == pin.name]
        marker = " and ".join([*([f"({pin.marker})"] if pin.marker and others else [pin.marker]), *others])
        merged.append(Pin(pin.name, pin.version, marker.removeprefix(" and "), pin.hashes))
    return sorted(merged, key=lambda pin: pin.name)


def _but(marker: str) -> str:
    return f"({marker.replace('==', '!=').replace(' and ', ' or ')})"
