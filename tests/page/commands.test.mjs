import assert from "node:assert/strict";
import { test } from "node:test";
import { pieces } from "../../static/later/commands.js";

const commands = (text) => pieces(text).filter(({ command }) => command).map(({ text: each }) => each);
const CASES = [
  ["Read it: journalctl -k -b -1 -e. Then look again.", ["journalctl -k -b -1 -e"]],
  ["Read why: systemctl status UNIT and journalctl -b -u UNIT. Correct that.", ["systemctl status UNIT", "journalctl -b -u UNIT"]],
  ["sudo apt update && apt policy PACKAGE shows where each comes from; sudo apt full-upgrade brings them together.",
    ["sudo apt update && apt policy PACKAGE", "sudo apt full-upgrade"]],
  ["Find it (sudo du -xh -d 2 / | sort -h | tail -3), then remove it.", ["sudo du -xh -d 2 / | sort -h | tail -3"]],
  ["'sudo jetson_clocks --show' prints it too.", ["sudo jetson_clocks --show"]],
  ["Read the rail: grep \"\" /sys/class/hwmon/hwmon*/in*_input", ["grep \"\" /sys/class/hwmon/hwmon*/in*_input"]],
  ["Search: journalctl -k -g 'Out of memory', then stop it.", ["journalctl -k -g 'Out of memory'"]],
  ["Restart it: sudo ip link set can0 down; sudo ip link set can0 up.", ["sudo ip link set can0 down", "sudo ip link set can0 up"]],
  ["Run fsck.vfat -a on it when it is not mounted.", ["fsck.vfat -a"]],
  ["Set it (sudo date -s ..., or give the board a time server).", []],
  ["sudo was refused: set SSH_SUDO_PASSWORD. Try another cable and port; mount the fan.", []],
  ["Look at the power mode in /etc/nvpmodel.conf and restart the board.", []],
];
for (const [text, wanted] of CASES) {
  test(text, () => {
    assert.deepEqual(commands(text), wanted);
    assert.equal(pieces(text).map((each) => each.text).join(""), text); // nothing of the sentence is lost
  });
}
