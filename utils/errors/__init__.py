"""Every error of the product, in one tree. Imports nothing of ours; everybody may import it.

base.py has what any room may raise; access, bench, bundle, history, judging, lab and link those of one room.
All names stand here: `from utils.errors import LinkLost`.

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
    ├── UnknownBay            unknown-bay
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
    ├── NoBrowser             no-browser          no Chromium or Edge to print a report with
    ├── UnknownTerminal           unknown-terminal
    ├── TerminalsFull             terminals-full      as many as may be are open
    ├── TerminalOver              terminal-over       that shell is gone; nothing was typed
    ├── InputNotTaken         input-not-taken     the program in the terminal does not read
    ├── InputGap                  input-gap           keys before these have not come
    ├── BadCommand                bad-command         refused before anything was sent
    ├── Busy                      busy                no free slot; try again shortly
    ├── TooLate                   too-late            whoever asked has given up; nothing was done
    ├── Cancelled                 cancelled           somebody asked for it to stop
    ├── LinkError                                     trouble between laptop and device
    │   ├── TargetAmbiguous       target-ambiguous    several boards could be meant; nothing was sent
    │   ├── DeviceUnreachable     unreachable         no interface, no route, port closed
    │   ├── NotResponding         not-responding      connected, but the device is silent
    │   │   ├── SilentAfterGreeting                 its SSH greeting came, and no more
    │   │   │   └── LargePacketsLost                small packets get through
    │   │   └── SessionStarting                     logged in; the session takes its time
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
    │       └── LaptopLimit                         files, processes, memory of this laptop
    └── ParseError                                    not for the page: the judge turns it into a verdict
        ├── NotApplicable         -> skip             the thing or the tool is not there
        └── Undecided             -> unknown          it ran, and says nothing we can judge
"""

from utils.errors.access import *
from utils.errors.base import *
from utils.errors.bench import *
from utils.errors.bundle import *
from utils.errors.history import *
from utils.errors.judging import *
from utils.errors.lab import *
from utils.errors.link import *
