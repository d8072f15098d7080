// What happens, and what of it arrives: the offsets of a channel count what is published, also what was replaced on its way.

const WINDOW = 3000 // ms

export function meter() {
  let first = 0 // the offset that we began after
  let last = 0
  let all = 0
  let least = Infinity // that a price took, by the server's clock and ours, which may differ
  let samples = [] // [our time, offset, how many we had, how late the last one was]
  let late

  return {
    begin(offset) {
      first = last = offset
      all = 0
      late = undefined
      samples = []
    },
    heard(offset, at) {
      last = offset
      all++
      if (at === undefined) return
      const took = Date.now() - at
      least = Math.min(least, took)
      late = took
    },
    /** For each second of the last three; behind is of the latest price. */
    read() {
      const now = performance.now()
      samples.push([now, last, all])
      while (samples.length > 2 && now - samples[0][0] > WINDOW) samples.shift()
      const [then, offset, count] = samples[0]
      const rate = (n) => (now > then ? (n * 1000) / (now - then) : undefined)
      return {
        published: rate(last - offset),
        received: rate(all - count),
        behind: late === undefined ? undefined : late - least,
        replaced: last - first - all,
      }
    },
  }
}
