// One client under load, in Node or in Chromium, as the argument says: gets a Spec of internal/load on the standard input, and writes a Result on the standard
// output. LoadCPU is the client's.
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'

const FIRST = 1_000_000_001
/** The client reports, and the server publishes, so many messages at a time. */
const LUMP = 500

const spec = JSON.parse(await text(process.stdin))
const { start } = await import(`./${process.argv[2]}.mjs`)
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))
const clock = () => performance.timeOrigin + performance.now()

const [host, port] = spec.Control.split(':')
const control = connect(Number(port), host).setNoDelay(true)
const answers = createInterface({ input: control })[Symbol.asyncIterator]()

async function usage() {
  control.write('usage\n')
  return JSON.parse((await answers.next()).value)
}

let published = FIRST // the next
let heard = FIRST // the next, as far as the client has said
let onHeard = () => {}
let fail
const failed = new Promise((_, reject) => (fail = message => reject(new Error(message))))

function publish(count) {
  if (count <= 0) return
  control.write(`publish 0 ${published} ${count}\n`)
  published += count
}

/** Waits until the client has all that was published. */
const drained = () =>
  new Promise(resolve => {
    onHeard = () => heard == published && resolve()
    onHeard()
  })

async function measured(client, phase, count) {
  await client.ask('longest')
  const [server, cpu, began] = [await usage(), await client.ask('cpu'), clock()]
  const Count = await count()
  const Seconds = (clock() - began) / 1000
  const [LoadCPU, after] = [(await client.ask('cpu')) - cpu, await usage()]
  const Longest = Math.round((await client.ask('longest')) * 1e6)
  return { Kind: phase.Kind, InFlight: phase.InFlight, Count, Seconds, LoadCPU, ServerCPU: after.cpu - server.cpu, Longest, Usage: after }
}

const phases = {
  /** A flood: so many messages are always on their way. */
  async fanout(client, phase) {
    onHeard = () => publish(LUMP)
    publish(Math.floor(phase.InFlight / LUMP) * LUMP)
    await sleep(phase.Warm / 1e6)
    const result = await measured(client, phase, async () => {
      const before = heard
      await sleep(phase.For / 1e6)
      return heard - before
    })
    await drained()
    return result
  },
  /** A rate, whatever the client makes of it, and how late it has the messages. */
  async paced(client, phase) {
    const total = Math.round((phase.Rate * phase.For) / 1e9 / LUMP) * LUMP
    const first = published
    const began = clock() + 5
    await client.ask('pace', { first, began, rate: phase.Rate })
    const result = await measured(client, phase, async () => {
      while (published < first + total) {
        publish(Math.min(Math.floor(((clock() - began) / 1000) * phase.Rate), total) - (published - first))
        await sleep(1)
      }
      await drained()
      return total
    })
    const [P50, P90, P99, P999, Max] = (await client.ask('lags')).map(ms => Math.round(ms * 1e6))
    return { ...result, Latency: { P50, P90, P99, P999, Max } }
  },
}

async function run() {
  const origin = 'http://' + spec.Address
  const client = await start(origin, ({ error, next }) => {
    if (error) return fail(error)
    heard = next
    onHeard()
  })
  try {
    const result = { Before: await usage(), Connect: {}, Phases: [] }
    await client.ask('open', { dialect: spec.Dialect, origin, first: FIRST, lump: LUMP })
    await sleep(spec.Settle / 1e6)
    for (const phase of spec.Phases) result.Phases.push(await phases[phase.Kind](client, phase))
    return result
  } finally {
    await client.close()
  }
}

let result
try {
  setTimeout(() => fail('messages are missing, or it took longer than a minute'), 60_000).unref()
  result = await Promise.race([run(), failed])
} catch (error) {
  result = { Error: String(error.message) }
}
process.stdout.write(JSON.stringify(result) + '\n', () => process.exit())
