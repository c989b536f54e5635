// The panels that answer a blocked link: an unknown or changed host key, the login, and what the device
// asks in the midst of it. What is typed goes from the field to the request and is then forgotten.
import { announce, button, part, el, setContent, setText, slot, WORDS } from "./dom.js";
import { guarded } from "./notices.js";

/** "user@host:port", also "[fe80::1]:22" and a bare host. */
function splitAddress(address) {
  const [, user = "", rest = ""] = address.match(/^(?:([^@]*)@)?(.*)$/) ?? [];
  const bracket = rest.match(/^\[([^\]]+)\](?::(\d+))?$/);
  const plain = rest.match(/^([^:]*)(?::(\d+))?$/);
  const [, host = rest, port = "22"] = bracket ?? plain ?? [];
  return { user: user || "ubuntu", host, port: port ?? "22" };
}

/** The panels of one board.
 * @param {ParentNode & EventTarget} root
 * @param {import("./state.js").BoardState} state */
export function mountPanels(root, state) {
  let shownKey = ""; // the fingerprint that the trust panel asks about
  let loginAsked = false; // the technician opened the login by hand
  let loginError = null; // the error that opened it
  let askedNow = ""; // the prompts that the question panel shows

  function renderPanels() {
    const { state: link } = state.connection;
    /** @type {any} */
    const error = state.connection.error;
    const panel = link === "blocked" ? WORDS.troubles[error?.code]?.panel ?? "" : "";
    renderTrust(panel === "trust" ? error : null);
    renderQuestion(panel === "question" ? error?.details?.prompts ?? [] : []);
    if (panel === "login" && loginError !== error?.code) {
      loginError = error.code;
      openLogin();
    } else if (panel !== "login") {
      if (loginError && !loginAsked) part(root, "login").hidden = true;
      loginError = null;
    }
  }

  function renderTrust(error) {
    const box = part(root, "trust");
    const details = error?.details ?? {};
    const asked = error ? `${error.code} ${details.fingerprint}` : "";
    if (asked === shownKey) return;
    shownKey = asked;
    box.hidden = !error;
    if (!error) return;
    const before = details.expected || details.previous || "";
    setText(slot(box, "title"), before ? "Another key than before" : "Do you know this device?");
    setText(slot(box, "text"), before
      ? "Until now a different board used this address. No password was sent. What happened?"
      : "This device was never connected to this laptop. No password was sent. Trust it if it is the board you plugged in.");
    setContent(slot(box, "keys"), keyFacts(details, before));
    setContent(slot(box, "choices"), choices(details.fingerprint ?? "", Boolean(before)));
    announce(`${slot(box, "title").textContent} Fingerprint ${details.fingerprint ?? ""}`);
  }

  function renderQuestion(prompts) {
    const asked = JSON.stringify(prompts);
    if (asked === askedNow) return;
    askedNow = asked;
    part(root, "question").hidden = !prompts.length;
    setContent(slot(part(root, "question"), "prompts"), prompts.map(({ text, echo }) =>
      el("label", {}, text, el("input", { type: echo ? "text" : "password", name: "answer", autocomplete: "off" }))));
    if (!prompts.length) return;
    announce(`The device asks: ${prompts.map(({ text }) => text).join(" ")}`);
    if (document.activeElement === document.body) part(root, "question").querySelector("input")?.focus();
  }

  async function submitAnswers(event) {
    event.preventDefault();
    const inputs = [...event.target.querySelectorAll("input")];
    const answers = inputs.map(({ value }) => value);
    for (const input of inputs) input.value = "";
    await guarded(event.submitter, () => state.api.answers(answers));
  }

  function keyFacts(details, before) {
    return [
      ["Address", details.address ?? state.connection.address, ""],
      ["Serial", details.serial, ""],
      ["Fingerprint now", details.fingerprint, "key"],
      ["Known until now", before, "key"],
      ["Key type", details.key_type, ""],
    ].filter(([, value]) => value).map(([name, value, kind]) =>
      el("div", {}, el("dt", {}, name), el(kind ? `dd.${kind}` : "dd", {}, String(value))));
  }

  function choices(fingerprint, changed) {
    const trust = (reflashed) => (event) => guarded(event.currentTarget, () => state.api.trust(fingerprint, reflashed));
    if (!changed) return [button("Trust this device", "pass", trust(false), ".primary")];
    return [
      button("A different device is plugged in: trust it", "board", trust(false)),
      button("This device was reflashed: replace its key", "reload", trust(true)),
    ];
  }

  function openLogin() {
    const form = part(root, "login-form");
    if (part(root, "login").hidden) {
      const { user, host, port } = splitAddress(state.connection.address ?? "");
      form.elements.user.value = user;
      form.elements.host.value = host;
      form.elements.port.value = port;
    }
    /** @type {any} */
    const details = state.connection.error?.details;
    slot(part(root, "login"), "passphrase").hidden = details?.needs !== "passphrase";
    part(root, "login").hidden = false;
  }

  function closeLogin() {
    part(root, "login").hidden = true;
    for (const name of ["password", "passphrase"]) part(root, "login-form").elements[name].value = "";
    loginAsked = false;
  }

  async function submitLogin(event) {
    event.preventDefault();
    const { host, port, user, password, passphrase } = event.target.elements;
    const body = { host: host.value.trim(), port: Number(port.value), user: user.value.trim() };
    if (password.value) body.password = password.value;
    if (passphrase.value) body.passphrase = passphrase.value;
    const worked = await guarded(event.submitter, () => state.api.credentials(body));
    password.value = passphrase.value = "";
    if (worked) {
      loginError = null; // a second refusal opens it again
      closeLogin();
    }
  }

  part(root, "login-open").addEventListener("click", () => {
    part(root, "link-facts").open = false;
    loginAsked = true;
    openLogin();
    part(root, "login").scrollIntoView({ block: "nearest" });
    part(root, "login-form").elements.password.focus();
  });
  part(root, "login-close").addEventListener("click", closeLogin);
  part(root, "login-form").addEventListener("submit", submitLogin);
  part(root, "question-form").addEventListener("submit", submitAnswers);
  state.on("link", renderPanels);
  renderPanels();
}
