// How a measured server is steered and watched; the same lines as internal/control.
import { createServer } from 'node:net'
import { readFileSync } from 'node:fs'

const status = name => Number(readFileSync('/proc/self/status', 'utf8').match(new RegExp(`${name}:\\s+(\\d+) kB`))[1]) * 1024

function usage() {
  const { user, system } = process.cpuUsage()
  return { cpu: (user + system) / 1e6, rss: status('VmRSS'), peak: status('VmHWM'), heap: process.memoryUsage().heapUsed, stack: 0, goroutines: 0 }
}

const pad = 'x'.repeat(128 - '{"seq":1000000001,"pad":""}'.length)

/** The message with that number. */
export const message = seq => ({ seq, pad })

function obey(line, publish, answer) {
  const [command, room, first, count] = line.split(' ')
  switch (command) {
    case 'publish':
      for (let i = 0; i < Number(count); i++) publish(Number(room), Number(first) + i)
      return
    case 'gc':
      globalThis.gc()
      globalThis.gc()
    // falls through
    case 'usage':
      answer(JSON.stringify(usage()) + '\n')
      return
    default:
      throw new Error(`no such command: ${line}`)
  }
}

/** Runs a server for clients: says where it listens, and exits when the standard input ends. */
export function run(clients, publish) {
  const controls = createServer(socket => {
    let rest = ''
    socket.setNoDelay(true)
    socket.on('data', data => {
      const lines = (rest + data).split('\n')
      rest = lines.pop()
      for (const line of lines) obey(line, publish, text => socket.write(text))
    })
    socket.on('error', () => {})
  })
  const at = server => `127.0.0.1:${server.address().port}`
  clients.listen(0, '127.0.0.1', 4096, () =>
    controls.listen(0, '127.0.0.1', () => console.log('ready', at(clients), at(controls))))
  process.stdin.resume().on('end', () => process.exit())
}
