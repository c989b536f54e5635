// The panels that answer a blocked link: an unknown or changed host key (trust.js), the login (login.js), and what
// the device asks in the midst of it. Loaded when there is something to answer.
import { announce, part, el, setContent, slot } from "../js/dom.js";
import { guarded } from "../js/notices.js";
import { mountLogin } from "./login.js";
import { mountTrust } from "./trust.js";

/** @typedef {{text: string, echo: boolean}} Prompt */

/** The panels of one board.
 * @param {Root} root
 * @param {Board} state */
export function mountPanels(root, state) {
  let loginAsked = false; // the technician opened the login by hand
  /** @type {string | null} */
  let loginError = null; // the error that opened it
  let asked = ""; // the question that the panel shows
  const login = mountLogin(root, state, () => { // a second refusal opens it again; it may have come already
    loginError = null;
    renderPanels();
  });
  const renderTrust = mountTrust(root, state, openLogin);

  function renderPanels() {
    const { panel } = state.connection.view;
    const { error } = state.connection;
    renderTrust(panel === "trust" ? error : null);
    const { prompts = [], question = "" } = panel === "question" && error ? error.details : {};
    renderQuestion(/** @type {Prompt[]} */ (prompts), /** @type {string} */ (question));
    if (panel === "login" && loginError !== error?.code) {
      loginError = error?.code ?? null;
      login.open();
      if (document.activeElement === document.body) login.ask(error?.details.needs); // a refusal took the focus
    } else if (panel !== "login") {
      if (loginError && !loginAsked) part(root, "login").hidden = true;
      loginError = null;
    }
  }

  /** What was typed for one question goes to no other: it may be another board's.
   * @param {Prompt[]} prompts
   * @param {string} question */
  function renderQuestion(prompts, question) {
    if (question === asked && prompts.length) return;
    asked = question;
    part(root, "question").hidden = !prompts.length;
    setContent(slot(part(root, "question"), "prompts"), prompts.map(({ text, echo }) =>
      el("label", {}, text, el("input", { type: echo ? "text" : "password", name: "answer", autocomplete: "off" }))));
    if (!prompts.length) return;
    announce(`The device asks: ${prompts.map(({ text }) => text).join(" ")}`);
    if (document.activeElement === document.body) part(root, "question").querySelector("input")?.focus();
  }

  /** @param {SubmitEvent} event */
  async function submitAnswers(event) {
    event.preventDefault();
    const inputs = [.../** @type {HTMLFormElement} */ (event.target).querySelectorAll("input")];
    const answers = inputs.map(({ value }) => value);
    for (const input of inputs) input.value = "";
    await guarded(event.submitter, () => state.api.answers(answers, asked));
  }

  /** By hand: then it stays open whatever the link says. */
  function openLogin() {
    loginAsked = true;
    login.open();
    part(root, "login").scrollIntoView({ block: "nearest" });
    login.ask();
  }

  for (const name of ["login-close", "login-test"]) {
    part(root, name).addEventListener("click", () => { loginAsked = name === "login-test"; });
  }
  part(root, "login-form").addEventListener("submit", () => { loginAsked = false; });
  part(root, "question-form").addEventListener("submit", submitAnswers);
  state.on("link", renderPanels);
  renderPanels();
  return { openLogin };
}
