// A result as text and as JSON, and the clipboard.
import { clean, el, WORDS } from "./dom.js";
import { seconds } from "./format.js";
import { notify } from "./notices.js";

export async function copyText(text, what) {
  const done = await writeClipboard(text);
  if (done) notify("ok", `${what} copied.`);
  else notify("bad", "The browser did not allow copying.", "Select the text and press Ctrl+C.");
}

async function writeClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text); // without https the clipboard API is only there on localhost
  }
}

function copyBySelection(text) {
  const area = el("textarea.visually-hidden", { "aria-hidden": "true" });
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}

/** For a ticket or a mail: verdict, findings, command, output. */
export function asText(result, title) {
  const lines = [`${title}: ${WORDS.verdicts[result.verdict].word}`, result.summary, ""];
  if (result.device) lines.push(`Device: ${result.device}`);
  if (result.started_at) lines.push(`Time: ${result.started_at}`);
  for (const finding of result.findings ?? []) lines.push("", ...findingLines(finding));
  lines.push("", "Command:", result.command, "", facts(result));
  if (result.stdout) lines.push("", "stdout:", result.stdout.trimEnd());
  if (result.stderr) lines.push("", "stderr:", result.stderr.trimEnd());
  return `${clean(lines.join("\n"))}\n`;
}

function findingLines(finding) {
  return [
    `[${WORDS.verdicts[finding.verdict].word}] ${finding.label}: ${finding.reason}`,
    finding.limit && `  Limit: ${finding.limit}${finding.limit_source ? ` (${finding.limit_source})` : ""}`,
    !finding.limit && finding.limit_source && `  Judged by: ${finding.limit_source}`,
    finding.evidence && `  Seen: ${finding.evidence.replaceAll("\n", "\n        ")}`,
    finding.why && `  Why it matters: ${finding.why}`,
    finding.next_step && `  Next step: ${finding.next_step}`,
  ].filter(Boolean);
}

function facts(result) {
  return [
    `Exit status: ${result.exit_status ?? "none"}`,
    result.duration_s !== null && result.duration_s !== undefined && `duration: ${seconds(result.duration_s)}`,
    result.path && `path: ${result.path}`,
  ].filter(Boolean).join(", ");
}
