"""Trouble between laptop and device."""

from __future__ import annotations

from utils.errors.base import V3Error


class BadCommand(V3Error):
    code = "bad-command"
    default_message = "The command cannot be sent."
    default_hint = "A command is text without NUL or carriage return, and not empty."


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
    """details: prompts [{text, echo}], in the order that the answers take; question: which one it is."""

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
    default_hint = "Compare the fingerprint with the board's own, then trust it."
    for_scripts = "POST /api/v1/connection/trust with the fingerprint trusts it."


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
