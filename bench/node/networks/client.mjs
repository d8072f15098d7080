// One client, of the contender that the argument names; see contenders/.
import { obey } from './lines.mjs'

const { open } = await import(`./contenders/${process.argv[2]}.mjs`)

let client // the one that is open
let sent = 0
let pace
const heard = { n: [], at: [] }

/** Closes the client before, and lets what that takes end before anything is measured. */
async function leave() {
  if (!client) return
  await client.close()
  await new Promise(resolve => setTimeout(resolve, 50))
}

function hear(n) {
  heard.n.push(n)
  heard.at.push(performance.now())
}

await obey({
  /** Opens a client in the place of the one before, and waits for the server's first message. Answers how many ms that took; null: more than `within`. */
  async open({ url, run, within }) {
    await leave()
    return new Promise(resolve => {
      const timer = setTimeout(() => resolve({ ms: null }), within)
      const began = performance.now()
      client = open(url, run, {
        greeting() {
          clearTimeout(timer)
          resolve({ ms: performance.now() - began })
        },
        down: hear,
      })
    })
  },
  transport: () => ({ transport: client.transport() ?? '' }),
  /** Sends the numbers 1, 2, 3 …, so many a second; `count` of them, or, if it is 0, until `stop`. */
  send({ hz, count }) {
    const began = performance.now()
    pace = setInterval(() => {
      // By the clock, not by the interval: a late tick does not make all later ones late.
      const due = ((performance.now() - began) / 1000) * hz
      while (sent < due && !(count && sent >= count)) client.send(++sent)
    }, 5)
  },
  stop() {
    clearInterval(pace)
    return { sent }
  },
  /** How many numbers came down so far. */
  count: () => ({ count: heard.n.length }),
  /** The numbers that came down, and when. */
  heard: () => heard,
})
