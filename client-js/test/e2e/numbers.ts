/** What became of the numbers 1 … count. */
export interface Verdict {
  readonly lost: number
  readonly doubled: number
  readonly reordered: number
}

/** Compares what arrived with what was sent: 1, 2, 3 … count. */
export function judge(arrived: readonly number[], count: number): Verdict {
  const seen = new Set<number>()
  let highest = 0
  let doubled = 0
  let reordered = 0
  for (const n of arrived) {
    if (seen.has(n)) doubled++
    else if (n < highest) reordered++
    seen.add(n)
    highest = Math.max(highest, n)
  }
  let lost = 0
  for (let n = 1; n <= count; n++) if (!seen.has(n)) lost++
  return { lost, doubled, reordered }
}

export const flawless: Verdict = { lost: 0, doubled: 0, reordered: 0 }

/** What two verdicts make together. */
export function sum(a: Verdict, b: Verdict): Verdict {
  return { lost: a.lost + b.lost, doubled: a.doubled + b.doubled, reordered: a.reordered + b.reordered }
}
