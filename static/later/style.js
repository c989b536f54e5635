// The style of what comes later, loaded with the first of it.
/** @type {Promise<void> | undefined} */
let loaded;

/** Resolves when it is there. */
export function stylesheet() {
  return (loaded ??= new Promise((done) => {
    const link = document.createElement("link");
    Object.assign(link, { rel: "stylesheet", href: "/static/later/later.css", onload: () => done(), onerror: () => done() });
    document.head.append(link);
  }));
}
