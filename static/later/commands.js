// The commands within a sentence of advice: "Read it: journalctl -k -b. Then …" has one. Pure.

const PROGRAMS = new Set(("apt cat chronyc chsh coredumpctl date df dmesg dmsetup docker dpkg du e2fsck echo ethtool fsck fsck.f2fs fsck.vfat grep head hwclock "
  + "i2cdetect ip iw jetson_clocks journalctl ls lsof lspci lsusb lsblk mkdir mmcli mount networkctl nmcli nvbootctrl nvpmodel ps reboot "
  + "resize2fs rfkill sgdisk smartctl snap sort ss ssh-keygen systemctl systemd-analyze tail tee timedatectl udevadm umount uniq usbreset v4l2-ctl").split(" "));
/** Words of a sentence: a command ends before them. */
const SENTENCE = new Set(("a after again and as at before belongs brings by finds for from gives if in is it lists makes may names needs of or prints reads removes "
  + "restarts says sets shows so starts stops takes tells that the them then there this to until what when where which while with").split(" "));
const TOKEN = /\s*('[^']*'|"[^"]*"|[^\s'"]+)/y;

/** The command that begins here, as it may be typed; "" when none does.
 * @param {string} text
 * @param {number} from */
function commandAt(text, from) {
  const quoted = from > 0 && /['`]/.test(text[from - 1]) ? text.indexOf(text[from - 1], from) : -1;
  const whole = quoted > from ? text.slice(0, quoted) : text;
  const words = [];
  let end = from;
  let wantsProgram = true;
  for (TOKEN.lastIndex = from; ;) {
    const found = TOKEN.exec(whole);
    if (!found) break;
    const word = found[1];
    if (word.includes("...")) return ""; // a part is left out
    const [, bare, tail] = word.match(/^(.*?)([.,;:!?)]*)$/s) ?? ["", word, ""];
    const opens = bare.split("(").length - bare.split(")").length;
    if (bare === "on" && !tail) break; // "power_save on." is a word of the command, "on the volume" is not
    if (word.startsWith("(") || (!wantsProgram && SENTENCE.has(word.replace(/[.,;:]$/, ""))) || opens > 0) break;
    if (wantsProgram && bare !== "sudo" && !PROGRAMS.has(bare)) break;
    if (!bare) break;
    words.push(bare);
    end = TOKEN.lastIndex - tail.length;
    wantsProgram = /^(\||&&|sudo)$/.test(bare);
    if (tail) break;
  }
  return wantsProgram || words.length < 2 ? "" : text.slice(from, end);
}

/** The sentence in pieces: what is a command, and what stands around it.
 * @param {string} text
 * @returns {{text: string, command: boolean}[]} */
export function pieces(text) {
  /** @type {{text: string, command: boolean}[]} */
  const found = [];
  let kept = 0;
  const word = /(?<![\w./=-])[a-z][\w.-]*/g;
  for (let start = word.exec(text); start; start = word.exec(text)) {
    const command = start[0] === "sudo" || PROGRAMS.has(start[0].replace(/\.$/, "")) ? commandAt(text, start.index) : "";
    if (!command) continue;
    if (start.index > kept) found.push({ text: text.slice(kept, start.index), command: false });
    found.push({ text: command, command: true });
    kept = start.index + command.length;
    word.lastIndex = kept;
  }
  if (kept < text.length) found.push({ text: text.slice(kept), command: false });
  return found;
}
