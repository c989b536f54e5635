"""Single values that cannot be, one by one: each is undecided or worse, never green."""

from __future__ import annotations

import pytest

from utils.judge import judge

ZONES = "".join(
    f"/sys/class/thermal/thermal_zone{n}/type:z{n}\n/sys/class/thermal/thermal_zone{n}/temp:TEMP\n"
    for n in range(3)
)
HWMON = "/sys/class/hwmon/hwmon3"
CASES = {
    "temperatures of zero": ("temperatures", ZONES.replace("TEMP", "0") + "end\n"),
    "temperatures of minus one": ("temperatures", ZONES.replace("TEMP", "-1") + "end\n"),
    "temperatures of all ones": ("temperatures", ZONES.replace("TEMP", "2147483647") + "end\n"),
    "eMMC life of all ones": ("emmc-wear", "mmcblk0 0xff 0xff 0xff\n"),
    "eMMC life of zeros": ("emmc-wear", "mmcblk0 0x00 0x00 0x00\n"),
    "fan of all ones": (
        "fan",
        f"{HWMON}/name:pwmfan\n{HWMON}/pwm1:75\n{HWMON}/fan1_input:4294967295\nend\n",
    ),
    "rails of zero": (
        "power-rails",
        f"{HWMON}/in1_label:VDD_IN\n{HWMON}/in1_input:0\n{HWMON}/curr1_input:0\n{HWMON}/curr1_crit_alarm:0\nend\n",
    ),
    "input of 65 V": ("input-voltage", "input VDD_IN 65535\ninput VDD_IN 65535\nend\n"),
    "over-current of all ones": (
        "over-current",
        "".join(f"{HWMON}/oc{n}_event_cnt:4294967295\n" for n in (1, 2, 3)) + "end\n",
    ),
    "clock in 1970": ("clock-offset", "clock 0 1970-01-01T00:00:00Z\n"),
    "real-time clock in 1970": ("rtc", "rtc rtc0 epoch=0 hctosys=1 name=x\nnow 1700000000\n"),
    "CPU clock of zero": (
        "clocks",
        "/sys/devices/system/cpu/cpufreq/policy0/cpuinfo_cur_freq:0\n"
        "/sys/devices/system/cpu/cpufreq/policy0/scaling_cur_freq:0\n"
        "/sys/devices/system/cpu/cpufreq/policy0/scaling_governor:schedutil\nend\n",
    ),
    "signal of zero": (
        "modem-signal",
        '{"modem":{"signal":{"lte":{"rsrp":"0.00","rsrq":"0.00","rssi":"0.00","snr":"0.00"}}}}\n',
    ),
    "Wi-Fi of -256 dBm": (
        "wifi-link",
        "Connected to 02:11:22:33:44:55 (on wlan0)\n\tSSID: x\n\tsignal: -256 dBm\n",
    ),
    "battery without a voltage": (
        "battery",
        "/sys/class/power_supply/B/type:Battery\n/sys/class/power_supply/B/present:1\n"
        "/sys/class/power_supply/B/capacity:100\n/sys/class/power_supply/B/voltage_now:0\nend\n",
    ),
    "boot of 0 s": ("boot-time", "Startup finished in 0ms (kernel) + 0ms (userspace) = 0ms\n"),
    "more than all of the time": (
        "pressure",
        "cpu some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"
        "memory some avg10=101.00 avg60=101.00 avg300=0.00 total=0\n",
    ),
    "more answers than questions": (
        "ping-gateway",
        "PING 10.0.0.1 (10.0.0.1): 56 data bytes\n\n--- 10.0.0.1 ping statistics ---\n"
        "5 packets transmitted, 7 packets received, 0% packet loss\n",
    ),
    "more memory available than there is": (
        "memory",
        "MemTotal: 1000 kB\nMemFree: 2000 kB\nMemAvailable: 3000 kB\n",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_cannot_be_never_passes(name: str) -> None:
    diagnostic, text = CASES[name]
    result = judge(diagnostic, text)
    assert result.verdict.value in {"unknown", "warn", "fail", "skip"}, result.summary
