"""What a page came with, beside what its scripts made of it."""

from __future__ import annotations

DRAWN = """async () => {
  const came = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
  const text = (node) => node.textContent.replace(/\\s+/g, " ").trim();
  const told = (page) => [
    ...[...page.querySelectorAll("[data-row]")].map((row) => [
      row.id, row.dataset.verdict, row.dataset.badge ?? "none",
      ...["badge", "summary", "run"].map((name) => text(row.querySelector(`[data-slot=${name}]`))),
    ].join(" | ")),
    ...[...page.querySelectorAll("#ui-findings li")].map((card) => {
      const bare = card.cloneNode(true);
      for (const tool of bare.querySelectorAll(".command-tools")) tool.remove();
      return [card.className, card.dataset.verdict, text(bare),
        ...[...card.querySelectorAll("a")].map((link) => link.getAttribute("href"))].join(" | ");
    }),
    ...["#ui-board", "#ui-since", ".chips"].map((part) => text(page.querySelector(part))),
    ...[...page.querySelectorAll(".category-count")].map(text),
    ...[...page.querySelectorAll("#ui-main [id]")].map(({ id, hidden }) => `${id} ${hidden}`),
  ];
  return [told(came), told(document)];
}"""
"""What the server drew of the results, and what the scripts have."""
DETAILS = """async () => {
  const words = (text) => text.replace(/\\s+/g, " ").trim();
  const own = (node) => [...node.childNodes].map((each) => (each instanceof Text ? each.data : "")).join("");
  const told = (body) => [...body.querySelectorAll(":not(.command-tools, noscript, .step *)")].map((each) => {
    const text = each.matches(".step") ? each.textContent : own(each);
    return [each.tagName, each.getAttribute("class"), each.getAttribute("href"),
      each.matches("pre") ? text : words(text)].join(" | ");
  });
  const apart = [];
  let seen = 0;
  const patience = performance.now() + 5000; // the scripts may not know the results yet
  for (const row of document.querySelectorAll("[data-row]")) {
    const answer = await fetch(`?row=${row.id}`);
    const came = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(row.id);
    const built = new Promise((done) => row.firstElementChild.addEventListener("toggle", done));
    row.firstElementChild.open = true;
    await built;
    const theirs = told(came.querySelector(".row-body"));
    const differs = () => {
      ours = told(row.querySelector(".row-body"));
      const longer = theirs.length > ours.length ? theirs : ours;
      return longer.findIndex((_, index) => theirs[index] !== ours[index]);
    };
    let ours, at;
    while ((at = differs()) >= 0 && performance.now() < patience) await new Promise(requestAnimationFrame);
    if (at >= 0) apart.push([row.id, theirs[at], ours[at]]);
    seen += theirs.length;
    row.firstElementChild.open = false;
  }
  return [seen, apart];
}"""
"""How many parts the details of all rows have that the server draws, and where a script builds others."""
