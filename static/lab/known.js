// What is known of the lab: the hub tells what changed since the version that the page has. Pure.

/** The lab as it is now. What did not change is the same object as before.
 * @param {Api["Lab"]} before
 * @param {Api["Lab"]} told
 * @returns {Api["Lab"]} */
export function merged(before, told) {
  if (told.whole) return told;
  const known = new Map(before.benches.map((bench) => [bench.id, bench]));
  for (const bench of told.benches) {
    const bays = new Map([...(known.get(bench.id)?.bays ?? []), ...bench.bays].map((bay) => [bay.id, bay]));
    known.set(bench.id, { ...bench, bays: bench.places.flatMap((id) => bays.get(id) ?? []) });
  }
  return { ...told, benches: told.order.flatMap((id) => known.get(id) ?? []) };
}
