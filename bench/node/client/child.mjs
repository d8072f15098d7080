// The process of a client in Node: see node.mjs.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { WebSocket } from 'ws'
import { open } from './subject.mjs'

const delays = monitorEventLoopDelay({ resolution: 1 })
delays.enable()

let subject
const commands = {
  async open(what) {
    subject = await open(what, WebSocket, told => process.send({ told }))
  },
  pace: to => subject.pace(to),
  lags: () => subject.lags(),
  cpu() {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  },
  /** For how many ms nothing else could run, at most, since it was asked last. */
  longest() {
    const ms = delays.max / 1e6
    delays.reset()
    return ms
  },
}

process.on('message', async ({ name, argument }) => {
  try {
    process.send({ answer: await commands[name](argument) })
  } catch (error) {
    process.send({ told: { error: String(error) } })
  }
})
process.on('disconnect', () => process.exit())
