"""The text that samples on the device: one long-lived `sh`, for any POSIX shell. Pure strings.

It prints once what does not change: names, labels, trip points, the boot's id. Then it prints a block of raw
/proc and /sys text each interval, in lines "path:value". A mark line closes the block. No file can imitate
it, since every other line begins with a path. One `grep` reads all files of a block, so a sample costs the
device two short processes, whatever it reads. Where NVIDIA's tegrastats exists it runs beside, on stderr: its
lines come whole and never within a block.

Parsed by block.py on the laptop. Nothing is written on the device.
"""

from __future__ import annotations

FACTS_END = "v3-facts"
SAMPLE_END = "v3-sample"

_FACTS = (
    "/proc/sys/kernel/random/boot_id",
    "/sys/class/thermal/thermal_zone*/type",
    "/sys/class/thermal/thermal_zone*/trip_point_*_type",
    "/sys/class/thermal/thermal_zone*/trip_point_*_temp",
    "/sys/class/thermal/cooling_device*/type",
    "/sys/class/thermal/cooling_device*/max_state",
    "/sys/class/hwmon/hwmon*/in*_label",
    "/sys/bus/i2c/drivers/ina3221x/*/iio:device*/rail_name_*",
)
# Globs are read again for each sample: what is plugged in or falls off is seen.
_VALUES = (
    "/proc/uptime",
    "/proc/stat",
    "/proc/meminfo",
    "/proc/diskstats",
    "/proc/net/dev",
    "/sys/devices/system/cpu/cpufreq/policy*/scaling_cur_freq",
    "/sys/class/thermal/thermal_zone*/temp",
    "/sys/class/thermal/cooling_device*/cur_state",
    "/sys/class/hwmon/hwmon*/in[0-9]*_input",
    "/sys/class/hwmon/hwmon*/curr*_input",
    "/sys/class/hwmon/hwmon*/power*_input",
    "/sys/class/hwmon/hwmon*/oc*_event_cnt",
    "/sys/class/hwmon/hwmon*/fan*_input",
    "/sys/bus/i2c/drivers/ina3221x/*/iio:device*/in_*_input",
    "/sys/class/devfreq/*/cur_freq",
    "/sys/class/devfreq/*/device/load",
    "/sys/class/net/*/carrier_changes",
    "/sys/bus/pci/devices/*/aer_dev_*",
    "/sys/bus/usb/devices/[0-9]*/devnum",
    "/sys/class/video4linux/video*/name",
)
# What is long and not looked at; zero AER kinds (a device has thirty of them).
_LEFT_OUT = (
    "^(intr|softirq|ctxt|btime|processes|procs_|page|swap) "
    "|^(Vmalloc|Huge|Hugetlb|Direct|Cma|Anon|Shmem|KReclaimable|Kernel|Page|NFS|Bounce|Writeback|Commit)"
    "| (loop|ram|zram|dm-)[0-9]+ "
    "|^[A-Z][A-Za-z]+ 0$"
)
_CAN = (
    "set -- /sys/class/net/can*; "
    '[ -e "$1" ] && ip -details link show type can 2>/dev/null | sed -n "s/^[0-9]*: \\([^:@ ]*\\).*/\\1/p; '
    's/.* state \\([A-Z-]*\\).*/state \\1/p"'
)


def sampling(interval_s: float) -> str:
    """The command that samples every interval_s seconds until it is stopped."""
    seconds = f"{interval_s:g}"
    return (
        "renice -n 5 -p $$ >/dev/null 2>&1\n"
        f'grep -sH "" {" ".join(_FACTS)}\n'
        f"echo {FACTS_END}\n"
        "command -v tegrastats >/dev/null 2>&1 && "
        f"tegrastats --interval {round(interval_s * 1000)} >&2 </dev/null &\n"
        "while :; do\n"
        f"grep -sHvE '{_LEFT_OUT}' {' '.join(_VALUES)}\n"
        f"{_CAN}\n"
        f"echo {SAMPLE_END} || exit\n"
        f"sleep {seconds} || exit\n"
        "done"
    )
