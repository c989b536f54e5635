// The login form: address, user, password, passphrase of the key file, sudo password; and whether they work. What is
// typed goes from the field to the request and is then forgotten.
import { announce, part, setContent, slot } from "../js/dom.js";
import { guarded } from "../js/notices.js";
import { rungItem } from "./ladder.js";

const SECRETS = ["password", "passphrase", "sudo_password"];

/** "user@host:port", also "[fe80::1]:22" and a bare host.
 * @param {string} address */
function splitAddress(address) {
  const [, user = "", rest = ""] = address.match(/^(?:([^@]*)@)?(.*)$/) ?? [];
  const bracket = rest.match(/^\[([^\]]+)\](?::(\d+))?$/);
  const plain = rest.match(/^([^:]*)(?::(\d+))?$/);
  const [, host = rest, port = "22"] = bracket ?? plain ?? [];
  return { user: user || "ubuntu", host, port: port ?? "22" };
}

/** The form of one board. done: told when what was typed is in use.
 * @param {Root} root
 * @param {Board} state
 * @param {() => void} done */
export function mountLogin(root, state, done) {
  const box = part(root, "login");
  const form = part(root, "login-form");
  const fields = /** @type {Fields} */ (form.elements);
  const target = () => splitAddress(state.connection.address ?? "");

  function open() {
    if (box.hidden) {
      for (const [name, value] of Object.entries(target())) fields[name].value = value;
      setContent(slot(box, "tested"));
    }
    box.hidden = false;
  }

  function close() {
    box.hidden = true;
    forget();
  }

  /** Where a person goes on typing. needs: what the error is about.
   * @param {unknown} [needs] */
  const ask = (needs) => fields[needs === "passphrase" ? "passphrase" : "password"].focus({ preventScroll: true });

  const forget = () => SECRETS.forEach((name) => { fields[name].value = ""; });

  /** What differs from what is in use; an address as it is would only end the link. */
  function typed() {
    const now = target();
    /** @type {Record<string, string | number>} */
    const body = {};
    for (const name of /** @type {const} */ (["host", "port", "user"])) {
      const value = fields[name].value.trim();
      if (value !== now[name]) body[name] = name === "port" ? Number(value) : value;
    }
    for (const name of SECRETS) if (fields[name].value) body[name] = fields[name].value;
    return body;
  }

  async function use() {
    const body = typed();
    forget();
    if (Object.keys(body).length) await state.api.credentials(body);
  }

  /** @param {SubmitEvent} event */
  async function connect(event) {
    event.preventDefault();
    const asked = Object.keys(typed()).length ? use : state.api.reset;
    if (!await guarded(event.submitter, asked)) return;
    close();
    done();
  }

  /** @param {MouseEvent} event */
  async function test(event) {
    if (!form.reportValidity()) return;
    setContent(slot(box, "tested"), "Testing the login and sudo …");
    const worked = await guarded(event.currentTarget, async () => {
      await use();
      const { rungs } = await state.api.testLogin();
      setContent(slot(box, "tested"), rungs.map(rungItem));
      announce(rungs.map(({ title, seen }) => `${title}: ${seen}`).join(" "));
    });
    if (!worked) setContent(slot(box, "tested"));
  }

  form.addEventListener("submit", connect);
  part(root, "login-test").addEventListener("click", test);
  part(root, "login-close").addEventListener("click", close);
  return { open, close, ask };
}
