"""How long the link rests after a failed attempt, so that it does not hammer a device. Pure."""

from __future__ import annotations

from utils import errors
from utils.link.fallback import BLOCKING

THROTTLED_S = 20.0  # a server that hangs up at once is left alone for so long
INCOMPATIBLE_S = 300.0  # no algorithm in common stays so, until its software or the board is another one
BOOTING_S = 3.0  # else each command of a check-up would be a login that the device refuses
ASK_AGAIN_S = 10.0  # an unanswered host key is looked at again: another device may be plugged in


def rests_s(error: errors.V3Error) -> float:
    """Tell for how many seconds no attempt is made; infinite until a person decides."""
    if isinstance(error, errors.HostKeyUnknown | errors.HostKeyChanged):
        return ASK_AGAIN_S
    if isinstance(error, errors.NotSsh):
        return THROTTLED_S
    if isinstance(error, errors.Booting):
        return BOOTING_S
    if isinstance(error, errors.Incompatible):
        return INCOMPATIBLE_S
    if isinstance(error, errors.TargetAmbiguous):
        return 0.0  # whoever calls has found out again
    return float("inf") if isinstance(error, BLOCKING) else 0.0
