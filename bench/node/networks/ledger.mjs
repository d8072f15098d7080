// What servers in Node write down, and how they are steered: the same requests as networks/internal/ledger.
import { createServer } from 'node:http'

/** `publish` sends the number n down to the clients of a run. */
export function ledger(publish) {
  const runs = new Map()
  const of = run => runs.get(run) ?? runs.set(run, { n: [], at: [] }).get(run)

  function down(run, hz, count) {
    const began = performance.now()
    let n = 0
    const pace = setInterval(() => {
      const due = ((performance.now() - began) / 1000) * hz
      while (n < due && n < count) publish(run, ++n)
      if (n == count) clearInterval(pace)
    }, 5)
  }

  const control = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://x')
    const run = searchParams.get('run')
    if (pathname == '/up') response.end(JSON.stringify(of(run)))
    else if (pathname == '/count') response.end(JSON.stringify({ count: of(run).n.length }))
    else if (pathname == '/down') {
      down(run, Number(searchParams.get('hz')), Number(searchParams.get('count')))
      response.end('{}')
    } else response.writeHead(404).end()
  })

  return {
    /** A number came up. */
    add(run, n) {
      const { n: numbers, at } = of(run)
      numbers.push(n)
      at.push(performance.now())
    },
    /** Serves clients by `server`, says where, and exits when the standard input ends. */
    serve(server) {
      const at = server => `127.0.0.1:${server.address().port}`
      server.listen(0, '127.0.0.1', () =>
        control.listen(0, '127.0.0.1', () => console.log('ready', at(server), at(control))))
      process.stdin.resume().on('end', () => process.exit())
    },
  }
}
