"""Every error of the product, in one tree. Imports nothing of ours; everybody may import it.

An error is written for the technician: a stable `code`, a sentence (`str(error)`), a `hint`
(the next step) and `retryable` (whether trying the same again can help). What only a script can do
stands apart, in `for_scripts`. `details` carries the facts that a page or a script may show
(fingerprints, seconds); it never carries a secret.

    V3Error
    ├── ConfigError               config              settings are wrong; start-up stops
    │   └── CatalogueError        catalogue-invalid   a diagnostic's definition is wrong
    ├── UnknownDiagnostic         unknown-diagnostic
    ├── UnknownRun                unknown-run
    ├── UnknownDevice             unknown-device
    ├── UnknownCase               unknown-case
    ├── UnknownLog                unknown-log
    ├── UnknownRecording          unknown-recording
    ├── UnknownWiggle             unknown-wiggle
    ├── UnknownSwapTest           unknown-swap-test
    ├── RecordingRuns             recording-runs
    ├── RecordingNotWritable      recording-not-writable   the laptop's disk is full or read-only
    ├── NotKept                   not-kept            the data folder is missing, full or damaged
    ├── HistoryTrouble            history             the history cannot be used
    │   ├── HistorySlow           history-slow        it did not answer within half a second
    │   ├── HistoryLocked         history-locked      another program holds it
    │   ├── HistoryFull           history-full        the disk is full
    │   ├── HistoryUnreachable    history-unreachable no permission, no server, a disk that fails
    │   ├── HistoryDamaged        history-damaged     it is no database, or not ours
    │   └── HistoryNewer          history-newer       a newer version of this program wrote it
    ├── BundleTrouble             bundle              a bundle cannot be made or opened
    │   ├── UnknownBundle         unknown-bundle      it was saved, dropped or forgotten
    │   ├── NotABundle            not-a-bundle        another kind of file
    │   ├── BundleNewer           bundle-newer        a newer version of this program made it
    │   ├── BundleDamaged         bundle-damaged      cut short, or not what its manifest says
    │   ├── BundleTooLarge        bundle-too-large    more than is unpacked here (a zip bomb, too)
    │   ├── BundleUnsafe          bundle-unsafe       names that lead out of it, links, two of a name
    │   └── BundleSealed          bundle-sealed       it needs its passphrase, or another one
    ├── ReplayOnly                replay              a replay has no board behind it
    ├── NoMetrics                 no-metrics          it is neither a hub nor a station
    ├── LabTrouble                lab                 the lab failed inside this program
    │   ├── WireTrouble           lab-wire            bytes that are no message of the lab
    │   │   └── OtherVersion      lab-version         a hub or bench two versions away
    │   ├── UnknownStation        unknown-station     no bench of this name was invited
    │   ├── UnknownErrand         unknown-errand      nothing of this id waits for a board
    │   ├── UnknownCampaign       unknown-campaign    no campaign of this hub has this id
    │   ├── NotConnected          lab-away            no connection to the lab's server
    │   ├── StationAway           station-away        the bench is not connected; nothing was sent
    │   ├── LookRefused           look-refused        a bench does not show this at the hub
    │   ├── HubHasNoBoards        hub-no-boards       asked of a hub as if a board were there
    │   └── NoAnswer              no-answer           sent, and nobody answered in time
    ├── BadRequest                bad-request         the body or a parameter of a request is wrong
    ├── Forbidden                 forbidden           cross-site, foreign Host
    │   ├── TokenNeeded           forbidden           a script without the API token
    │   └── RoleNeeded            role-needed         a person at a hub whose role is not enough
    ├── UnknownPerson             unknown-person      nobody of this name at this hub
    ├── SignInRefused             sign-in-refused     what a provider says of a person does not hold
    ├── LoginRequired             login-required      V3_PASSWORD is set and nobody is logged in
    ├── TooManyAttempts           too-many-attempts   wrong passwords or tokens; wait
    ├── TerminalOff               terminal-off        V3_TERMINAL=false
    ├── UnknownTerminal           unknown-terminal
    ├── TerminalsFull             terminals-full      as many as may be are open
    ├── TerminalOver              terminal-over       that shell is gone; nothing was typed
    ├── InputGap                  input-gap           keys before these have not come
    ├── BadCommand                bad-command         refused before anything was sent
    ├── Busy                      busy                no free slot; try again shortly
    ├── Cancelled                 cancelled           somebody asked for it to stop
    ├── LinkError                                     trouble between laptop and device
    │   ├── TargetAmbiguous       target-ambiguous    several boards could be meant; nothing was sent
    │   ├── DeviceUnreachable     unreachable         no interface, no route, port closed
    │   ├── NotResponding         not-responding      connected, but the device is silent
    │   ├── NotSsh                not-ssh             port open, but no SSH greeting (or throttled)
    │   ├── Incompatible          incompatible        no SSH algorithm in common
    │   ├── NoCredentials         no-credentials      neither password nor key is set
    │   ├── AuthenticationFailed  auth-failed         the device refused the password or key
    │   ├── LoginQuestion         login-question      the device asks what only a person can answer
    │   ├── Booting               booting             the device lets nobody in yet (or any more)
    │   ├── LoginTimeout          login-timeout       the login did not finish
    │   ├── PasswordExpired       password-expired
    │   ├── HostKeyUnknown        host-key-unknown    a device we never met; nothing was sent
    │   ├── HostKeyChanged        host-key-changed    a known device under another key
    │   ├── DeviceChanged         device-changed      another device than the work was meant for
    │   ├── LinkLost              link-lost           the link broke before the command was sent
    │   ├── ChannelRefused        channel-refused     the device takes no more sessions
    │   ├── ShellUnusable         shell-unusable      login works, the shell does not
    │   ├── CommandTimeout        command-timeout     the deadline passed; the command was stopped
    │   ├── OutcomeUnknown        outcome-unknown     link lost after the command was sent
    │   └── LinkInternal          internal            a fault of our own
    └── ParseError                                    not for the page: the judge turns it into a verdict
        ├── NotApplicable         -> skip             the thing or the tool is not there
        └── Undecided             -> unknown          it ran, and says nothing we can judge
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar


class V3Error(Exception):
    """Base of all. `str(error)` is the sentence for the technician."""

    code: ClassVar[str] = "error"
    default_message: ClassVar[str] = "Something went wrong."
    default_hint: ClassVar[str] = ""
    for_scripts: ClassVar[str] = ""
    """The next step of a script, in words of the API. People never see it."""
    retryable: ClassVar[bool] = False
    device: Any = None
    """The board (result.Device) that the work was sent to, where that is proven: whose failure it is."""

    def __init__(self, message: str = "", *, hint: str = "", **details: object) -> None:
        super().__init__(message or self.default_message)
        self.hint = hint or self.default_hint
        self.details: Mapping[str, object] = details


class ConfigError(V3Error):
    code = "config"
    default_message = "The settings are wrong."
    default_hint = "Correct the named settings in .env and start again."


class CatalogueError(ConfigError):
    code = "catalogue-invalid"
    default_message = "A diagnostic's definition is wrong."
    default_hint = "Correct the named lines of the TOML file."


class UnknownDiagnostic(V3Error):
    code = "unknown-diagnostic"
    default_message = "There is no such diagnostic."
    default_hint = "Look for its id in the list of all diagnostics."
    for_scripts = "GET /api/v1/diagnostics lists all of them."


class UnknownRun(V3Error):
    code = "unknown-run"
    default_message = "There is no such run, or it is so old that it was forgotten."
    default_hint = "Start it again."


class UnknownDevice(V3Error):
    code = "unknown-device"
    default_message = "There is no board of this identity."
    default_hint = "Look at the list of boards."
    for_scripts = "GET /api/v1/devices lists all of them."


class UnknownCase(V3Error):
    code = "unknown-case"
    default_message = "There is no such case."
    default_hint = "Look at the cases on the board's page."
    for_scripts = "GET /api/v1/devices/<device_id>/cases lists them."


class UnknownBay(V3Error):
    code = "unknown-bay"
    default_message = "There is no such bay on this bench."
    default_hint = "Choose one of the bays that the bench shows."
    for_scripts = "GET /api/v1/bays lists all of them."


class UnknownSwapTest(V3Error):
    code = "unknown-swap-test"
    default_message = "This swap test is not known any more: the program was restarted, or it is very old."
    default_hint = "Begin another one."


class UnknownLog(V3Error):
    code = "unknown-log"
    default_message = "This log is no longer open."
    default_hint = "Open it again."
    for_scripts = "POST /api/v1/logs opens it."


class UnknownRecording(V3Error):
    code = "unknown-recording"
    default_message = "There is no such recording."
    default_hint = "Choose one from the list of recordings."
    for_scripts = "GET /api/v1/live/recordings lists all of them."


class UnknownWiggle(V3Error):
    code = "unknown-wiggle"
    default_message = "This wiggle test is not known any more: the program was restarted, or it is very old."
    default_hint = "Start another one."


class RecordingRuns(V3Error):
    code = "recording-runs"
    default_message = "A recording is running already."
    default_hint = "Stop it, or wait for its end."


class RecordingNotWritable(V3Error):
    code = "recording-not-writable"
    default_message = "The recording cannot be written on this laptop."
    default_hint = "Make room on its disk, or choose another folder with V3_DATA_DIR."


class NotKept(V3Error):
    code = "not-kept"
    default_message = "This laptop cannot keep it: there is no data folder."
    default_hint = "Set V3_DATA_DIR to a folder that this user can write to, and start the program again."


class HistoryTrouble(V3Error):
    """details: name (of the file or server), cause (the foreign exception's type)."""

    code = "history"
    default_message = "The history failed inside this program."
    default_hint = "app.log has the details. Please report it."


class HistorySlow(HistoryTrouble):
    code = "history-slow"
    default_message = "The history did not answer within half a second."
    default_hint = "Its disk is slow, or another program holds it. The record is kept as soon as it answers."
    retryable = True


class HistoryLocked(HistoryTrouble):
    code = "history-locked"
    default_message = "Another program holds the history locked."
    default_hint = "End the other program that uses this data folder."
    retryable = True


class HistoryFull(HistoryTrouble):
    code = "history-full"
    default_message = "The disk that holds the history is full."
    default_hint = "Make room on it, or choose another folder with V3_DATA_DIR."
    retryable = True


class HistoryUnreachable(HistoryTrouble):
    code = "history-unreachable"
    default_message = "The history cannot be opened, read or written."
    default_hint = "Check V3_DATA_DIR and its permissions; with V3_DATABASE_URL, the server and its login."
    retryable = True


class HistoryDamaged(HistoryTrouble):
    code = "history-damaged"
    default_message = "The history is damaged, or it is no history of this program."
    default_hint = "Move history.db out of the data folder; a new one is begun. Known devices stay."


class HistoryNewer(HistoryTrouble):
    code = "history-newer"
    default_message = "A newer version of this program wrote the history. It was not touched."
    default_hint = "Start that version, or move history.db out of the data folder; a new one is begun."


class BundleTrouble(V3Error):
    code = "bundle"
    default_message = "The bundle failed inside this program."
    default_hint = "app.log has the details. Please report it."


class UnknownBundle(BundleTrouble):
    code = "unknown-bundle"
    default_message = "This bundle is not prepared any more."
    default_hint = "Prepare it again."


class NotABundle(BundleTrouble):
    code = "not-a-bundle"
    default_message = "This file is no bundle of this program."
    default_hint = "Choose a file that “Bundle” or v3 bundle saved: a zip with bundle.json in it."


class BundleNewer(BundleTrouble):
    """details: version (of the format)."""

    code = "bundle-newer"
    default_message = "A newer version of this program made this bundle."
    default_hint = "Open it with that version, or update this one."


class BundleDamaged(BundleTrouble):
    """details: file (the part that is damaged, where it is one)."""

    code = "bundle-damaged"
    default_message = "This bundle is damaged or cut short. Nothing of it was opened."
    default_hint = "Copy or download it once more. If that does not help, have it made again."


class BundleTooLarge(BundleTrouble):
    code = "bundle-too-large"
    default_message = "This bundle unpacks to more than is opened here."
    default_hint = "Have one made of fewer check-ups, without recordings."


class BundleUnsafe(BundleTrouble):
    """details: file (the name)."""

    code = "bundle-unsafe"
    default_message = "This file holds names that no bundle has. Nothing of it was opened."
    default_hint = "Do not open it by other means. Ask whoever sent it for the bundle itself."


class BundleSealed(BundleTrouble):
    code = "bundle-sealed"
    default_message = "This bundle is sealed with a passphrase."
    default_hint = "Type the passphrase that it was saved with."


class ReplayOnly(V3Error):
    code = "replay"
    default_message = "This is a replay of a bundle: there is no board behind it."
    default_hint = "Look at its check-up, logs and recordings. For anything else, plug in the board."


class NoMetrics(V3Error):
    code = "no-metrics"
    default_message = "This program is no part of a lab, so there are no metrics of it."
    default_hint = "Ask a hub (--hub) or a bench that joined one (--join)."


class LabTrouble(V3Error):
    code = "lab"
    default_message = "The lab failed inside this program."
    default_hint = "app.log has the details. Please report it."


class WireTrouble(LabTrouble):
    code = "lab-wire"
    default_message = "What came from the other side of the lab cannot be read."
    default_hint = "Bring hub and bench to the same version of this program."


class OtherVersion(WireTrouble):
    code = "lab-version"
    default_message = "Hub and bench have versions of this program that are too far apart."


class UnknownStation(LabTrouble):
    code = "unknown-station"
    default_message = "No bench of this name was invited."
    default_hint = "v3 hub stations lists those that were."


class UnknownErrand(LabTrouble):
    code = "unknown-errand"
    default_message = "Nothing of this id waits for a board."
    default_hint = "The page Lab lists what waits. Reload it."


class UnknownCampaign(LabTrouble):
    code = "unknown-campaign"
    default_message = "No campaign of this hub has this id."
    default_hint = "The page Campaigns lists those that it keeps."


class NotConnected(LabTrouble):
    code = "lab-away"
    default_message = "There is no connection to the lab at the moment. Nothing was sent."
    default_hint = "It is made again by itself once the hub can be reached."
    retryable = True


class StationAway(LabTrouble):
    """details: since (ISO 8601; None: it never was)."""

    code = "station-away"
    default_message = "This bench is not connected to the hub. Nothing was sent."
    default_hint = "Look whether the bench's program runs and its network is there."
    retryable = True


class LookRefused(LabTrouble):
    code = "look-refused"
    default_message = "This is done at the bench, not through the lab."
    default_hint = "Open the board's page at its bench."


class HubHasNoBoards(LabTrouble):
    code = "hub-no-boards"
    default_message = "This program is a hub. Its boards are at its benches."
    default_hint = "Open Lab and choose a board."


class NoAnswer(LabTrouble):
    code = "no-answer"
    default_message = "The other side of the lab did not answer in time."
    default_hint = "Its program is busy, or the network between is slow or cut."
    retryable = True


class BadRequest(V3Error):
    code = "bad-request"
    default_message = "The request cannot be understood."
    default_hint = "Correct what was typed and try again; reload the page if you typed nothing."
    for_scripts = "GET /api/v1/openapi.json describes what each request takes."


class Forbidden(V3Error):
    code = "forbidden"
    default_message = "Blocked: unknown host name or missing token."
    default_hint = "Open the dashboard itself."


class TokenNeeded(Forbidden):
    default_message = "This request needs the API token."
    for_scripts = (
        "Send 'Authorization: Bearer <token>': V3_TOKEN, or what the data folder's file 'token' holds. "
        "At a hub with people: a token of your own."
    )


class RoleNeeded(Forbidden):
    code = "role-needed"
    default_message = "Your role at this hub is not enough for this."
    default_hint = "Ask an admin of this hub to do it, or for the role."
    for_scripts = "Send a Bearer token whose scope allows it."


class UnknownPerson(V3Error):
    code = "unknown-person"
    default_message = "Nobody has this name at this hub."
    default_hint = "Look at the list of people."


class SignInRefused(V3Error):
    """details.reason: which of its facts does not hold."""

    code = "sign-in-refused"
    default_message = "The login at the provider was not accepted here."
    default_hint = "Log in again. If it stays so, tell an admin of this hub what stands here."


class LoginRequired(V3Error):
    code = "login-required"
    default_message = "This page is protected by a password."
    default_hint = "Open the dashboard and log in."
    for_scripts = TokenNeeded.for_scripts


class TooManyAttempts(V3Error):
    """details: retry_after_s."""

    code = "too-many-attempts"
    default_message = "Too many wrong passwords or tokens."
    default_hint = "Wait a minute, then try again."
    retryable = True


class TerminalOff(V3Error):
    code = "terminal-off"
    default_message = "The terminal is switched off on this laptop."
    default_hint = "Set V3_TERMINAL=true and start the program again."


class NoBrowser(V3Error):
    code = "no-browser"
    default_message = "There is no Chromium, Chrome or Edge on this laptop that could print the report."
    default_hint = "Save the report as HTML, open it in any browser, and print it to a PDF file there."


class UnknownTerminal(V3Error):
    code = "unknown-terminal"
    default_message = "There is no such terminal: it was closed, or the program was started again."
    default_hint = "Open a new one."


class TerminalsFull(V3Error):
    code = "terminals-full"
    default_message = "Too many terminals are open."
    default_hint = "Close one of them first."


class TerminalOver(V3Error):
    """details: state (lost, ended, or open when another shell is in it now)."""

    code = "terminal-over"
    default_message = "This shell is gone. Nothing was typed."
    default_hint = "Press “Reconnect” for a new shell in the same tab."


class InputNotTaken(V3Error):
    code = "input-not-taken"
    default_message = "The program in the terminal does not read. A part of what was typed may have arrived."
    default_hint = "Wait for the program, or press Ctrl+C there; then type it again."


class InputGap(V3Error):
    """details: expected (the number that would have been next)."""

    code = "input-gap"
    default_message = "Something typed before this did not arrive. Nothing was typed."
    default_hint = "Look at the line before you press Enter."


class BadCommand(V3Error):
    code = "bad-command"
    default_message = "The command cannot be sent."
    default_hint = "A command is text without NUL or carriage return, and not empty."


class Busy(V3Error):
    code = "busy"
    default_message = "Too much is running at the moment."
    default_hint = "Try again in a few seconds."
    for_scripts = "POST …/run?wait=0 begins a run; GET /api/v1/events tells its end."
    retryable = True


class Cancelled(V3Error):
    code = "cancelled"
    default_message = "Cancelled."
    default_hint = "Run it again when you like."
    retryable = True


class LinkError(V3Error):
    """Trouble between laptop and device."""

    code = "link"


class TargetAmbiguous(LinkError):
    """details: boards (each with usb_port, name, serial, interface)."""

    code = "target-ambiguous"
    default_message = "Several boards are plugged in, and nobody chose one. Nothing was sent."
    default_hint = "Choose the board by its USB port on the bench's page, or name the port in SSH_IP."


class DeviceUnreachable(LinkError):
    code = "unreachable"
    default_message = "No device answers at this address."
    default_hint = "Check the USB cable and that the board has power; a boot takes about a minute."
    retryable = True


class NotResponding(LinkError):
    code = "not-responding"
    default_message = "The device took the connection but says nothing."
    default_hint = "It may still be booting or be overloaded. Wait a minute, then power-cycle it."
    retryable = True


class SilentAfterGreeting(NotResponding):
    """The other path would hear no more than this one."""

    default_message = "The device sent its SSH greeting and then nothing more."
    default_hint = "It is frozen or overloaded. Wait a minute, then power-cycle it."


class LargePacketsLost(SilentAfterGreeting):
    """Asked in small packets the device answers."""

    default_message = (
        "Large packets are lost on the way between laptop and device: it answers when asked in small ones."
    )
    default_hint = (
        "Lower the MTU of the laptop's interface (Linux: ip link set dev NAME mtu 1280), or take out what "
        "lies between laptop and device: a VPN, a virtual machine, a hub."
    )


class SessionStarting(NotResponding):
    """The device took our login and is at work for it: connecting goes on, no other path is tried."""

    default_message = "The login was accepted; the device's session is still starting."
    default_hint = (
        "Wait: connecting goes on, without another login. If it is always slow, look on the device "
        "at what PAM does at a login: journalctl -u ssh, pam_systemd, pam_motd."
    )


class NotSsh(LinkError):
    code = "not-ssh"
    default_message = "The port is open, but no SSH greeting came."
    default_hint = (
        "The device may refuse logins for a while after failed ones (wait 20 seconds), "
        "or SSH_PORT points to something else."
    )
    retryable = True


class Incompatible(LinkError):
    """details: offers (the device's algorithms), sha1 (True: SSH_ALLOW_SHA1 can help)."""

    code = "incompatible"
    default_message = "The device and this laptop have no SSH algorithm in common."
    default_hint = "Update OpenSSH on this laptop (`ssh -V`), or the SSH server of the device."


class NoCredentials(LinkError):
    code = "no-credentials"
    default_message = "Neither a password nor a key for the device is set."
    default_hint = "Put SSH_PASSWORD or SSH_KEY_FILE into .env, or type the password on the page."


class AuthenticationFailed(LinkError):
    code = "auth-failed"
    default_message = "The device refused the login."
    default_hint = "Check user and password. No more attempts until you change the login or press Connect."


class LoginQuestion(LinkError):
    """details: prompts [{text, echo}], in the order that the answers take."""

    code = "login-question"
    default_message = "The device asks something that only a person can answer."
    default_hint = "Answer on the page, or at a terminal: v3 connect."


class Booting(LinkError):
    code = "booting"
    default_message = "The device lets nobody in at the moment."
    default_hint = "Wait for it. It connects by itself once the device lets this user in."
    retryable = True


class LoginTimeout(LinkError):
    code = "login-timeout"
    default_message = "The login did not finish."
    default_hint = "The link broke or the device is very slow. This does not mean a wrong password."
    retryable = True


class PasswordExpired(LinkError):
    code = "password-expired"
    default_message = "The password of this user has expired on the device."
    default_hint = "Log in at a terminal once (ssh) and set a new password."


class HostKeyUnknown(LinkError):
    """details: fingerprint, key_type, address, previous (fingerprint last seen there, or '')."""

    code = "host-key-unknown"
    default_message = "This device has not been seen before. No password was sent."
    default_hint = "Compare the fingerprint, then trust it on the page or with: v3 device --trust."


class HostKeyChanged(LinkError):
    """details: fingerprint, expected, key_type, address, serial."""

    code = "host-key-changed"
    default_message = "The device shows another key than the one it is known by."
    default_hint = "Say whether a different device is plugged in or this one was reflashed."


class DeviceChanged(LinkError):
    """details: expected, found (device labels)."""

    code = "device-changed"
    default_message = "Another device is plugged in than the one this was meant for. Nothing was run."
    default_hint = "Look at the device's name above, then run it again."
    retryable = True


class LinkLost(LinkError):
    code = "link-lost"
    default_message = "The link to the device broke before the command was sent."
    default_hint = "Check the cable; the next click connects again."
    retryable = True


class ChannelRefused(LinkError):
    code = "channel-refused"
    default_message = "The device takes no more sessions."
    default_hint = "Close other SSH logins to it, or raise MaxSessions in its sshd_config."
    retryable = True


class ShellUnusable(LinkError):
    code = "shell-unusable"
    default_message = "The login works, but the device's shell does not run commands."
    default_hint = "Look at the login files (.bashrc, .profile): one may exit, hang or start another program."


class CommandTimeout(LinkError):
    """details: stopped (True, False, or None where it cannot be proven), as for Cancelled; sent."""

    code = "command-timeout"
    default_message = "The command took too long."
    default_hint = "Run it again, or raise its timeout."
    retryable = True


class OutcomeUnknown(LinkError):
    code = "outcome-unknown"
    default_message = "The link was lost after the command was sent. It may have run. It was not repeated."
    default_hint = "Check the state of the device before you run it again."


class LinkInternal(LinkError):
    code = "internal"
    default_message = "The link failed inside this program."
    default_hint = "Send app.log, which has the details, to the maintainers of this program."


class LaptopLimit(LinkInternal):
    """This laptop's own limit: files, processes, threads, memory."""

    default_message = "This laptop has no more to give for the connection."
    default_hint = "Close other programs and start this one again."
    retryable = True


class Cause(StrEnum):
    """Why there is no judgement. Whoever refuses says it beside the words; causes.py has the way for each."""

    NEEDS_ROOT = "needs-root"
    NOT_PERMITTED = "not-permitted"
    TOOL_MISSING = "tool-missing"
    NOT_THERE = "not-there"
    NO_DATA = "no-data"
    TOO_EARLY = "too-early"
    GARBAGE = "garbage"
    CUT_OFF = "cut-off"
    DAMAGED = "damaged"
    IMPLAUSIBLE = "implausible"
    NOT_SAID = "not-said"
    CANCELLED = "cancelled"
    TIMED_OUT = "command-timeout"
    LINK_LOST = "outcome-unknown"


class ParseError(V3Error):
    """A parser's word that there is no reading. The judge turns it into a verdict."""

    code = "parse"

    def __init__(self, message: str, cause: Cause) -> None:
        """message: the sentence for people. cause: what decides the next step; nobody reads it from words."""
        super().__init__(message)
        self.cause = cause


class NotApplicable(ParseError):
    """The thing or the tool is not there: verdict skip."""

    code = "not-applicable"

    def __init__(self, message: str, cause: Cause = Cause.NOT_THERE) -> None:
        super().__init__(message, cause)


class Undecided(ParseError):
    """It ran, but what it printed cannot be judged: verdict unknown."""

    code = "undecided"


def fresh(error: V3Error) -> V3Error:
    """A copy to raise for another caller: the traceback and the device were one caller's."""
    copied = copy.copy(error).with_traceback(None)
    copied.device = None
    return copied
