"""What kernel messages mean: kind and severity by pattern. A table, no code that walks a log.

A message gets the first rule that fits. `opens`: the line begins an event; the other lines of the same
report (a call trace, a second driver's word on it) only count where no opening line was seen.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

FAIL, WARN, INFO = "fail", "warn", "info"


@dataclass(frozen=True, slots=True)
class Rule:
    """One set of patterns of one kind of event."""

    kind: str
    severity: str
    pattern: re.Pattern[str]
    opens: bool


def _rule(kind: str, severity: str, *patterns: str, opens: bool = True) -> Rule:
    return Rule(kind, severity, re.compile("|".join(patterns)), opens)


BENIGN = re.compile(
    r"cooling device registered|SQUASHFS error|squashfs: |^audit: |[Cc]ommand line: |\bOpts: "
    r"|will (?:shut ?down|throttle) when|throttle-cfg|no throt prop|RT throttling activated"
    r"|throttl.*(?:registered|initiali[sz]ed|programmed|configured|disabled|removed|stopped|cleared)"
    r"|rate-?limit|cannot use DMA|falling back to PIO|over-?current protection|power switching"
    r"|sdhci: .*0x[0-9a-f]+ \||SDHCI REGISTER DUMP|Shutdown timeout set to|SATA link down"
    r"|Synchronize Cache\(1\d\) failed|VFS: Can't find ext4|voltage normali[sz]ed"
    r"|[Uu]nder-?voltage (?:detection|protection|lockout set|normali[sz]ed|cleared)"
    r"|left bus[- ]off|bus[- ]off recover|drivers/spi/spidev\.c:|not supported (?:in|on) this platform"
    r"|\bdev fd\d|AER: enabled|link is not ready"
)

_AER = r"\bAER:(?!.*severity=).*?\b(?:Multiple )?"
_NVME = r"\bnvme(?: nvme\d+|\d+n\d+|\d+c\d+n\d+)?:? .*"
_GPU = r"\b(?:nvgpu|gk20a|gv11b|gp10b|gm20b|ga10b|gb10b)\b.*"

RULES: tuple[Rule, ...] = (
    _rule(
        "oom-kill",
        FAIL,
        r"Out of memory(?: \([^)]*\))?: Kill",
        r"[Mm]emory cgroup out of memory: Kill",
        r"Out of memory and no killable",
    ),
    _rule(
        "oom-kill",
        FAIL,
        r"invoked oom-killer",
        r"^oom-kill:",
        r"oom_reaper: reaped",
        r"^Tasks? in \S+ killed as a result of limit",
        r"Killed process \d+[ ,].*(?:total-vm|anon-rss)",
        opens=False,
    ),
    _rule(
        "soft-lockup",
        FAIL,
        r"\bsoft lockup - CPU",
        r"detected hard LOCKUP",
        r"BUG: workqueue lockup",
        r"\brcu\w*\b.*\b(?:detected|self-detected) (?:expedited )?stalls?",
    ),
    _rule("soft-lockup", FAIL, r"\brcu\w*:? .*kthread (?:starved|timer wakeup)", opens=False),
    _rule("hung-task", FAIL, r"\btask .+ blocked (?:in I/O wait )?for more than \d+ seconds"),
    _rule(
        "kernel-oops",
        FAIL,
        r"Internal error: ",
        r"(?<!syncing: )\bOops(?: -|:) ?\S",
        r"^(?:\w+ )+(?:fault|opcode|error|segment|check)(?:, probably .*)?: [0-9a-f]{4} \[#\d+\]",
        r"SError Interrupt on",
    ),
    _rule(
        "kernel-oops",
        FAIL,
        r"Unable to handle kernel",
        r"\bkernel BUG at ",
        r"\bBUG: ",
        r"Kernel panic - not syncing",
        r"general protection fault, probably",
        r"\blist_(?:add|del) corruption",
        r"synchronous external abort",
        r"Bad mode in .* handler",
        opens=False,
    ),
    _rule(
        "kernel-oops",
        WARN,
        r"\bWARNING: (?:CPU: \d+ PID: \d+ at |\S+\.[ch]:\d+)",
        r"\bError: \w+-fabric@0x",
    ),
    _rule(
        "thermal-critical",
        FAIL,
        r"[Cc]ritical temperature(?: was| is)? (?:reached|exceeded)",
        r"(?:reached|above|exceed\w*) (?:the )?critical (?:temperature|threshold|trip)",
        r"critical temperature \(",
        r"(?:thermal|temperature) (?:emergency )?shutdown(?! (?:limit|threshold|temp|point))",
        r"HARDWARE PROTECTION shutdown",
        r"[Tt]emperature too high",
        r"over-?temperature (?:shutdown|detected|alarm|fault)",
        r"thermtrip (?:event|reset|detected)",
        r"reset (?:source|reason): ?(?:SENSOR|\S*THERM)",
    ),
    _rule(
        "under-voltage",
        FAIL,
        r"(?i:\bunder[- ]?voltage\b(?:!|[ -](?:detected|alarm|warning|fault|event|condition|error)))",
        r"(?i:\bunder[- ]?voltage\b[ -](?:occurred|lockout|throttl))",
        r"(?i:\bunder[- ]?voltage(?: critical)?$)",
        r"(?i:\b(?:low|input) voltage (?:detected|alarm|too low))",
        r"(?i:\bbrown-?out (?:detected|reset))",
    ),
    _rule(
        "usb-over-current",
        FAIL,
        r"\b(?:usb|hub|xhci|xusb|vbus|ehci)\S*\b.*\bover-?current(?: condition| change| detected| fault|$)",
        r"\bover-?current .*\b(?:usb|vbus|port \d)",
    ),
    _rule(
        "over-current-alarm",
        FAIL,
        r"\bOC\d? ALARM\b",
        r"\bsoctherm\b.*\b(?:over-?current|OC\d)\b.*(?:alarm|event|throttl|interrupt|detected)",
        r"(?i:throttled due to over-?current)",
        r"(?i:\bover-?current (?:alarm|throttl\w+|event|detected|fault))",
        r"\bina3221\b.*(?:critical|crit|warning|max).*alarm",
    ),
    _rule(
        "thermal-throttle",
        WARN,
        r"\bclock (?:is )?throttled\b",
        r"\b(?:thermal|temperature|soctherm|overheat\w*)\b.{0,80}\bthrottl(?:ed|ing|e)\b",
        r"\bthrottl(?:ed|ing)\b.{0,40}\b(?:temperature|thermal|overheat)",
        r"throttle-alert: (?!cooling)\S*(?:throttl|activ|hot)",
    ),
    _rule("pcie-aer-fatal", FAIL, _AER + r"Uncorrect(?:ed|able) \(Fatal\)", r"DPC: ERR_FATAL"),
    _rule("pcie-aer-fatal", FAIL, r"severity=(?:Uncorrect(?:ed|able) \(Fatal\)|Fatal\b)", opens=False),
    _rule(
        "pcie-aer-uncorrected",
        FAIL,
        _AER + r"Uncorrect(?:ed|able)\b(?! \(Fatal)",
        r"DPC: (?:ERR_NONFATAL|containment event|unmasked uncorrectable)",
    ),
    _rule("pcie-aer-uncorrected", FAIL, r"severity=(?:Uncorrect(?:ed|able)|Non-?Fatal)\b", opens=False),
    _rule("pcie-aer-corrected", WARN, _AER + r"Correct(?:ed|able) error"),
    _rule("pcie-aer-corrected", WARN, r"severity=Correct(?:ed|able)\b", opens=False),
    _rule(
        "remounted-read-only",
        FAIL,
        r"[Rr]emounting filesystem read-only",
        r"\bforced readonly",
        r"Filesystem has been set read-only",
        r"switched to read-only mode",
        r"F2FS-fs.*(?:remount|turn).* read-?only",
    ),
    _rule(
        "ext4-error",
        FAIL,
        r"EXT[234]-fs error",
        r"EXT4-fs (?:\([^)]*\): )?(?:critical|emergency)",
        r"Aborting journal on dev",
        r"EXT4-fs \([^)]*\): .*(?:failed to convert|corrupt(?:ed|ion)|allocation failed|I/O error)",
        r"EXT4-fs \([^)]*\): .*Checksum .* failed",
        r"EXT4-fs \([^)]*\): error loading journal",
        r"\bJBD2: .*(?:I/O error|IO error|recovery failed|[Ee]rror -\d+)",
    ),
    _rule("ext4-error", WARN, r"EXT4-fs \([^)]*\): error count(?: since last fsck)?:"),
    _rule("ext4-error", FAIL, r"This should not happen!! +Data will be lost", opens=False),
    _rule(
        "ext4-error",
        WARN,
        r"EXT4-fs warning",
        r"mounting fs with errors",
        r"mounting unchecked fs",
        r"EXT4-fs \([^)]*\): (?:initial|last) error at",
        r"unprocessed orphan inode",
        opens=False,
    ),
    _rule(
        "nvme-error",
        FAIL,
        _NVME + r"(?:\btimeout, |\btimed out|controller is down|not ready; aborting|Abort status)",
        _NVME + r"(?:reset failure|probe failure|frozen state|is in fatal|[Rr]emoving after)",
        _NVME + r"(?:I/O Error|Unrecovered Read|persistent internal error)",
        _NVME + r"failed to (?:reset|identify|mark controller|set APST feature \(-)",
        _NVME + r"[Ii]dentify (?:\w+ )?failed",
    ),
    _rule(
        "mmc-error",
        WARN,
        r"\bmmc\d+: .*\bwhilst initiali[sz]ing (?:SD|SDIO)",
        r"\bmmc\d+: tuning execution failed",
    ),
    _rule(
        "mmc-error",
        FAIL,
        r"\bmmc\d+: .*(?:\berror\b|\btimed? ?out\b|\b[Tt]imeout\b|\bfailed\b|\bstuck\b|never left busy)",
        r"\bmmc\d+: .*(?:CRC error|CQE recovery|Got (?:data|command) interrupt)",
        r"\bmmcblk\d\w*: .*(?:\berror\b|timed? ?out|timeout|\bfailed\b)",
    ),
    _rule("io-error", WARN, r"I/O error.* dev (?:sr|loop|mtdblock|mmcblk\dboot|mmcblk\drpmb)"),
    _rule(
        "io-error",
        FAIL,
        r"\bI/O error,? (?:on )?dev",
        r"\bI/O error in",
        r"\bcritical [\w ]+ error, dev",
        r"device offline error, dev",
        r"rejecting I/O to (?:offline|dead) device",
        r"(?:Read|Write)-error on swap-device",
        r"lost (?:async |sync )?page write(?! due)",
        r"\[sd\w+\].*(?:Medium Error|Unrecovered|Hardware Error)",
        r"\bata\d+(?:\.\d+)?: (?:failed command|exception Emask)",
        r"BTRFS.*(?:IO failure|csum failed|corrupt leaf)|BTRFS critical",
        r"BTRFS error.* errs: (?!wr 0, rd 0, flush 0, corrupt 0, gen 0)",
        r"XFS \(.*(?:Shutting down|has been shut down|Corruption|force_shutdown|I/O error)",
        r"UBIFS error",
        r"F2FS-fs.*(?:I/O error|[Cc]orrupt)",
    ),
    _rule(
        "io-error",
        FAIL,
        r"lost page write due to",
        r"FAILED Result: hostbyte=DID_(?:ERROR|TIME_OUT|BAD_TARGET|TRANSPORT)",
        opens=False,
    ),
    _rule("io-error", WARN, r"BTRFS info.* errs: (?!wr 0, rd 0, flush 0, corrupt 0, gen 0)"),
    _rule(
        "usb-enumeration",
        FAIL,
        r"unable to enumerate USB device",
        r"device not accepting address",
        r"\b(?:xhci|xusb)\S*.*(?:HC died|not responding to stop|assume dead|firmware hang)",
    ),
    _rule(
        "usb-enumeration",
        WARN,
        r"\busb \S+: device descriptor read/\w+, error",
        r"\busb \S+: .*(?:can't read configurations|unable to read config|can't set config)",
        r"\busb \S+: .*not responding to setup address",
        r"Maybe the USB cable is bad",
        r"\b(?:usb|hub) \S+: .*\berr(?:or)?(?::? | ?= ?)-(?:71|110|32)\b",
        r"\b(?:usb|hub) \S+: (?:cannot (?:reset|disable) .*\(err = -|hub failed to enable)",
        r"\b(?:usb|hub) \S+: connect-debounce failed",
        r"\b(?:xhci|xusb)\S*.*(?:[Tt]imeout while waiting for \w+ device|Error while assigning device slot)",
    ),
    _rule("usb-enumeration", WARN, r"\busb \S+: attempt power cycle", opens=False),
    _rule(
        "gpu-fault",
        FAIL,
        _GPU + r"(?:mmu[ _]fault|_exception\b|gr exception|ctxsw timeout|pbdma|\bhang\b|fatal)",
        _GPU + r"(?:timed? ?out|[Tt]imeout)",
        r"NVRM: (?:Xid|.*RmInitAdapter failed|.*fallen off the bus)",
    ),
    _rule("gpu-fault", FAIL, r"\b(?:nvgpu|gk20a)\b.*error notifier set to", opens=False),
    _rule("gpu-fault", WARN, r"\bnvgpu: .*\[ERR\]", opens=False),
    _rule(
        "camera-timeout",
        FAIL,
        r"uncorr_err: ",
        r"\b(?:vi\d?|capture|csi\d?|nvcsi|isp|video4linux|camrtc|rtcpu)\b.*(?:request timed out|frame start)",
        r"\b(?:vi\d?|capture|video4linux|camrtc|rtcpu)\b.*(?:syncpt time ?-?out|no reply from camera)",
        r"\b(?:tegra-|nvhost-)?(?:vi|csi|nvcsi|isp)\d?\b.*(?:timed out|timeout(?! (?:set|default|of|is|\d)))",
        r"PXL_SOF|MW_ACK_DONE",
        r"\bimx\d+ .*(?:stream|frame).*(?:timed out|timeout)",
    ),
    _rule("camera-timeout", FAIL, r"\berr_rec: (?:attempting|failed)|-vi: fatal: ", opens=False),
    _rule("camera-timeout", WARN, r"\bcorr_err: discarding frame"),
    _rule(
        "can-bus-off",
        FAIL,
        r"\bcan\d+\b.*?(?i:\b(?:entered |state |is |now )?bus[- ]off\b)",
        r"\bm_?ttcan\b.*(?i:bus[- ]off)",
    ),
    _rule(
        "i2c-error",
        WARN,
        r"\btegra-i2c \S+: .*(?:timed out|[Tt]imeout|no acknowledge|[Aa]rbitration)",
        r"\btegra-i2c \S+: .*(?:unexpected|error) status",
        r"\btegra-i2c \S+: .*(?:[Tt]ransfer (?:failed|error)|error in transfer|overflow)",
        r"\bi2c(?:[ _-]\S*|:) .*(?:timed out|timeout|transfer (?:failed|error)|recovery failed)",
        r"\bi2c(?:[ _-]\S*|:) .*(?:bus (?:is )?(?:stuck|busy|locked)|SDA (?:is )?stuck|\bNAK\b|no ack)",
        r"\bi2c(?:[ _-]\S*|:) .*(?:lost arbitration|arbitration lost)",
        r"\w-i2c\S*(?: \S+)?: .*transfer failed",
        r"error during i2c (?:read|write) probe",
        r"\bi2c_(?:read|write|transfer|smbus|master)\w*\b.*\b(?:failed|error)\b",
        r"\b[Ii]2[Cc] (?:read|write|transfer) (?:failed|error|timed out)",
    ),
)

HINT = re.compile(
    r"(?i)error|fail|time[d -]{0,2}o|of memory|oom|lockup|stall|blocked|oops|bug:|bug at|panic|abort|warning"
    r"|temperature|thermal|therm|throttl|volt|brown|over-?current|alarm|aer:|severity=|dpc:|read-?only|corrupt"
    r"|is down|not ready|stuck|enumerate|accepting|responding|died|dead|config|is bad|bad mode|nvrm|nvgpu"
    r"|gk20a|exception|uncorr|syncpt|pxl|mw_ack|err_rec|frame start|no reply|bus.off|no ack|arbitration"
    r"|overflow|unexpected|\bnak\b|shut|page write|killed|to handle|fabric|emask|medium|orphan"
    r"|fs with|unchecked|removing|cqe rec|got \w+ interrupt|bus is|bus busy|frozen|fatal|pbdma|\bhang\b|errs:"
    r"|soctherm|set config|descriptor|reset (?:source|reason)|\[#\d|kthread|data will be lost|power cycle"
    r"|busy state|rejecting|corr_err|cannot (?:reset|disable)|debounce|result of limit"
)
"""A cheap first look: a message without any of these words fits no rule."""
