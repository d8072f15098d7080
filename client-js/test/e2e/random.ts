// Chance that can be repeated.

/** A source of numbers from 0 up to, not including, 1. */
export type Random = () => number

/** The seed of this run: HAWSER_SEED, or else a new one. Each test prints what it used. */
export const seed = Number(process.env.HAWSER_SEED ?? Math.floor(Math.random() * 2 ** 32)) >>> 0

/** A source of its own for each name, the same again for the same seed (mulberry32). */
export function randomFor(name: string): Random {
  let state = seed
  for (const letter of name) state = Math.imul(state ^ letter.charCodeAt(0), 0x9e3779b1) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let x = Math.imul(state ^ (state >>> 15), state | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32
  }
}

/** An integer from `least` to `most`, both included. */
export function between(random: Random, least: number, most: number): number {
  return least + Math.floor(random() * (most - least + 1))
}
