// The board of another bench, on a hub: a check-up is a call to that bench, for the board that the page shows.
// Cancel is for that very check-up.
import { announce, BOOT, part, setText } from "../js/dom.js";
import { call, PROGRAM } from "../js/api.js";
import { guarded, notify } from "../js/notices.js";
import { state } from "../js/state.js";

const root = document.body;
const [bench, bay] = BOOT.bay.split(":");
const button = part(root, "call");
const others = /** @type {HTMLButtonElement} */ (part(root, "call-rest"));
const cancel = /** @type {HTMLButtonElement} */ (part(root, "call-cancel"));

/** @param {string[]} [diagnostics] these alone */
async function check(diagnostics) {
  const boards = [{ bench, bay, device_id: state.currentId() }];
  /** @type {Api["LabCalls"]} */
  const { calls: [told] } = await call("POST", "lab/checkups", { boards, diagnostics }, undefined, PROGRAM);
  if (told.answer === "accepted") announce(`${state.currentDevice()} is being checked.`);
  else notify("warn", told.told, "");
}

function render() {
  const { device } = state.connection;
  button.hidden = state.checkupRunning();
  button.disabled = !state.online || !device;
  cancel.hidden = !state.checkupRunning();
  cancel.disabled = !state.online;
  setText(button.querySelector("span"), state.checkup ? "Run check-up again" : "Run check-up");
  const rest = state.rest();
  others.hidden = !rest.length;
  others.disabled = button.disabled;
  setText(others.querySelector("span"), `Run the other ${rest.length}`);
  button.classList.toggle("primary", others.hidden);
  const before = part(root, "before"); // of that board, while its bench knows of none
  if (before) before.hidden = state.headline.code !== "none" || Boolean(state.headline.last) || before.dataset.device !== state.currentId();
  const history = /** @type {HTMLAnchorElement | null} */ (part(root, "history"));
  if (history && state.currentId()) history.href = `/boards/${state.currentId()}`;
}

button.addEventListener("click", (event) => guarded(event.currentTarget, () => check()));
others.addEventListener("click", (event) => guarded(event.currentTarget, () => check(state.rest())));
cancel.addEventListener("click", (event) => guarded(event.currentTarget, () => state.api.cancelCheckup(state.checkup?.checkup ?? "")));
for (const topic of /** @type {const} */ (["link", "board", "stream"])) state.on(topic, render);
render();
