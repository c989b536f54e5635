"""What the demo device's logs say: our own making, in the words that such boards use. A table.

BOOT, BEFORE: (seconds since the start, priority, who wrote it, text). COMMON, SELDOM: what comes by itself
while the module runs; SELDOM holds what a technician looks for.
"""

from __future__ import annotations

BOOT: tuple[tuple[float, int, str, str], ...] = (
    (0.0, 6, "kernel", "Booting Linux on physical CPU 0x0000000000 [0x410fd421]"),
    (0.0, 5, "kernel", "Linux version 5.15.148-tegra (buildbrain@mobile-u64) #1 SMP PREEMPT"),
    (0.0, 6, "kernel", "Machine model: NVIDIA Jetson Orin NX Engineering Reference Developer Kit"),
    (0.204118, 6, "kernel", "thermal_sys: Registered thermal governor 'step_wise'"),
    (1.120431, 6, "kernel", "cpu-throttle-alert: cooling device registered"),
    (2.011873, 6, "kernel", "nvme nvme0: Shutdown timeout set to 8 seconds"),
    (2.391007, 6, "kernel", "usb 1-2: new high-speed USB device number 2 using tegra-xusb"),
    (3.100221, 6, "kernel", "EXT4-fs (nvme0n1p1): mounted filesystem with ordered data mode."),
    (5.002117, 6, "systemd", "Starting Journal Service..."),
    (6.410772, 6, "systemd", "Reached target Local File Systems."),
    (11.480994, 6, "kernel", "r8168 0008:01:00.0 eth0: Link is Up - 1Gbps/Full - flow control rx/tx"),
    (14.772015, 6, "kernel", "nvgpu: 17000000.gpu nvgpu_pm_init_support: railgate is enabled"),
    (15.201144, 6, "kernel", "tegra-camrtc-capture-vi tegra-capture-vi: subdev nv_imx477 9-001a bound"),
    (18.771230, 6, "kernel", "usb 1-2.3: new high-speed USB device number 5 using tegra-xusb"),
    (
        19.300000,
        6,
        "nvargus-daemon",
        "=== NVIDIA Libargus Camera Service (0.99.33)=== Listening for connections",
    ),
    (20.100000, 6, "ssh", "Server listening on 0.0.0.0 port 22."),
    (22.500000, 6, "systemd", "Reached target Multi-User System."),
    (24.118220, 6, "kernel", "l4tbr0: port 1(rndis0) entered forwarding state"),
)

COMMON: tuple[tuple[int, str, str], ...] = (
    (6, "systemd", "Started Session {n} of User ubuntu."),
    (6, "systemd-logind", "New session {n} of user ubuntu."),
    (6, "v3-capture", "frame set {n} of 3 cameras complete, skew 0.{n} ms"),
    (6, "v3-capture", "wrote 12 frames to /data/run-0{n}, queue depth {n}"),
    (7, "v3-capture", "heartbeat from sensor head {n}"),
    (6, "nvargus-daemon", "CAM: serial no file already exists, skips storing again"),
    (6, "chronyd", "Selected source 192.168.55.100"),
    (6, "ModemManager", "<info> [modem0] signal quality updated: 6{n}"),
    (4, "ModemManager", "<warn> [modem0] couldn't reload current power state: timeout"),
    (6, "NetworkManager", "<info> dhcp4 (eth0): state changed new lease, address=10.0.7.1{n}"),
    (6, "kernel", "nvgpu: 17000000.gpu nvgpu_pm_init_support: railgate is enabled"),
    (6, "kernel", "IPv6: ADDRCONF(NETDEV_CHANGE): l4tbr0: link becomes ready"),
    (6, "kernel", "tegra-xusb 3610000.usb: entering ELPG done"),
    (5, "kernel", "bwmgr API not supported"),
    (6, "nvfancontrol", "fan1: {t} C, target rpm 29{n}0"),
    (6, "dockerd", 'time="now" level=info msg="health check of container v3-stack passed"'),
)

SELDOM: tuple[tuple[int, str, str], ...] = (
    (3, "kernel", "soctherm: OC ALARM 0x00000001"),
    (6, "kernel", "usb 1-2.3: reset high-speed USB device number 5 using tegra-xusb"),
    (1, "kernel", "hwmon hwmon1: Under-voltage detected!"),
    (4, "kernel", "mttcan c310000.mttcan can0: entered error passive state"),
    (3, "kernel", "tegra-i2c 3180000.i2c: I2C transfer timed out, no acknowledge from 0x1a"),
    (3, "v3-capture", "camera 2: no frame for 400 ms, restarting the stream"),
    (6, "kernel", "r8168 0008:01:00.0 eth0: Link is Down"),
    (6, "kernel", "r8168 0008:01:00.0 eth0: Link is Up - 1Gbps/Full - flow control rx/tx"),
    (4, "kernel", "pcieport 0004:00:00.0: AER: Corrected error received: 0004:01:00.0"),
)

BEFORE: tuple[tuple[float, int, str, str], ...] = (
    *BOOT,
    (4010.2, 3, "kernel", "soctherm: OC ALARM 0x00000001"),
    (4010.9, 6, "kernel", "usb 1-2.3: reset high-speed USB device number 5 using tegra-xusb"),
    (4011.4, 3, "v3-capture", "camera 2: no frame for 400 ms, restarting the stream"),
    (9120.1, 4, "kernel", "cpu-throttle-alert: throttling activated at 97 C"),
    (9150.0, 6, "systemd-logind", "System is rebooting."),
    (9151.2, 6, "systemd", "Stopped target Multi-User System."),
    (9153.8, 5, "kernel", "reboot: Restarting system"),
)

CHOICES = """\
== units
  chronyd.service         loaded active running  chrony, an NTP client/server
  docker.service          loaded active running  Docker Application Container Engine
  ModemManager.service    loaded active running  Modem Manager
  NetworkManager.service  loaded active running  Network Manager
  nvargus-daemon.service  loaded active running  Argus daemon
  nvfancontrol.service    loaded active running  NVIDIA fan control
  ssh.service             loaded active running  OpenBSD Secure Shell server
  systemd-logind.service  loaded active running  User Login Management
  v3-capture.service      loaded active running  V3 capture
== boots
 -1 55555555555555555555555555555555 {first}—{last}
  0 6f1d0c2b9a3e4d58b7c40e92d1a86f35 {start}—{now}
== files
/var/log/auth.log
/var/log/syslog
== end
"""
