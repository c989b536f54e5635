// The soak recorder's panel: start, watch, stop, outcome, report. The recording itself runs in the program,
// whether this page is open or not.
import { baseOf } from "../js/api.js";
import { announce, el, icon, part, setContent, setText, slot, WORDS } from "../js/dom.js";
import { seconds } from "../js/format.js";
import { guarded } from "../js/notices.js";

/** @param {Api["Recording"]["lines"][number]} told */
function line({ label, value, verdict, limit, next_step: step }) {
  const words = WORDS.verdicts[verdict];
  return el("tr", { "data-verdict": verdict }, el("th", { scope: "row" }, label), el("td", {}, value),
    el("td", {}, el("span.badge", {}, icon(words.icon), words.word)), el("td.hint", {}, limit, step ? el("p.step", {}, el("strong", {}, "Next step: "), step) : null));
}

/** "20261125-132600-ab12cd" -> "2026-11-25 13:26"
 * @param {string} id */
const name = (id) => id.replace(/^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d).*$/, "$1-$2-$3 $4:$5");

/** Answers what the page's stream tells it.
 * @param {ParentNode} root
 * @param {{api: ApiOfBay, bay: string}} board */
export function mountSoak(root, { api, bay }) {
  const word = part(root, "soak-open").textContent?.trim() || "Record"; // a bundle's page calls it "Recordings"
  let running = ""; // id of the recording under way
  let ends = 0;

  /** At each beginning of the stream: what runs, whoever started it. */
  async function resync() {
    const { running: now } = await api.recordings().catch(() => ({ running }));
    if (now && now !== running) follow(await api.recording(now));
    if (!now && running) ended(running);
  }

  /** @param {SubmitEvent} event */
  async function start(event) {
    event.preventDefault();
    const minutes = Number(/** @type {Fields} */ (part(root, "soak-form").elements).minutes.value);
    await guarded(event.submitter, async () => follow(await api.startRecording(minutes)));
  }

  /** @param {Api["Recording"]} recording */
  function follow(recording) {
    running = recording.recording;
    ends = new Date(recording.started_at).getTime() + recording.planned_s * 1000;
    part(root, "soak").hidden = false;
    part(root, "soak-outcome").hidden = true;
    render();
  }

  function render() {
    part(root, "soak-form").hidden = Boolean(running);
    part(root, "soak-running").hidden = !running;
    const open = part(root, "soak-open");
    setContent(open, icon("record"), el("span", {}, running ? "Recording…" : word));
    open.dataset.tone = running ? "bad" : "";
    if (running) setText(slot(part(root, "soak-running"), "left"), `Recording. ${seconds(Math.max(0, (ends - Date.now()) / 1000))} left. You may close this page.`);
  }

  /** @param {string} id */
  async function ended(id) {
    running = "";
    render();
    await show(id);
    list();
  }

  /** @param {string} id */
  async function show(id) {
    await guarded(null, async () => {
      const found = await api.recording(id);
      const words = WORDS.verdicts[found.verdict];
      const box = part(root, "soak-outcome");
      box.hidden = false;
      box.dataset.verdict = found.verdict;
      setContent(box,
        el("p.soak-verdict", {}, icon(words.icon), words.word, el("span.hint", {}, `${found.device} · ${found.ended_words}`)),
        el("p", {}, found.sentence),
        el("div.soak-lines", { tabindex: 0, role: "group", "aria-label": "Outcome, line by line" }, el("table", {}, el("tbody", {}, found.lines.map(line)))),
        el("div.panel-buttons", {}, el("a.button.primary", { href: `${baseOf(bay)}live/recordings/${encodeURIComponent(id)}/report` },
          icon("save"), el("span", {}, "Save the report"))));
      announce(`Recording: ${words.word}. ${found.sentence}`);
    });
  }

  async function list() {
    const { recordings, boards, running: now } = await api.recordings().catch(() => ({ recordings: [], boards: [], running: "" }));
    const old = new Set(recordings.filter((id) => id !== now).slice(0, 10));
    slot(part(root, "soak"), "old").hidden = !old.size;
    const shelves = boards.map((board) => ({ ...board, recordings: board.recordings.filter((id) => old.has(id)) }));
    setContent(slot(part(root, "soak"), "list"), shelves.filter((board) => board.recordings.length).map(shelf));
  }

  /** A board's recordings, under its name.
   * @param {Api["Recordings"]["boards"][number]} board */
  const shelf = ({ label, recordings }) => el("li", {}, el("h4.hint", {}, label), el("ul.soak-old", {}, recordings.map((id) => el("li", {},
    el("button.button.quiet.small", { type: "button", onclick: () => show(id) }, icon("logs"), el("span", {}, name(id)))))));

  const panel = part(root, "soak");
  part(root, "soak-open").addEventListener("click", () => { panel.hidden = false; list(); panel.scrollIntoView({ block: "nearest" }); });
  part(root, "soak-close").addEventListener("click", () => { panel.hidden = true; });
  part(root, "soak-form").addEventListener("submit", start);
  part(root, "soak-stop").addEventListener("click", (event) => guarded(event.currentTarget, () => api.stopRecording(running)));
  setInterval(() => running && render(), 1000);
  return { ended: (/** @type {{id: string}} */ { id }) => ended(id), resync };
}
