// A client in Chromium, of the contender that the argument names, on a page from the origin that it connects to.
import { chromium } from 'playwright-core'
import { obey } from './lines.mjs'

const ARGS = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']

/** Of each contender: where its server has the client's bundle, and what connects in the page, and calls back at the server's first message. */
const contenders = {
  hawser: ['/realtime/hawser.js', done => hawser.connect('/realtime').on('greeting', done)],
  socketio: ['/socket.io/socket.io.js', done => io().on('greeting', done)],
  'socketio-websocket': [
    '/socket.io/socket.io.js',
    done => io({ transports: ['websocket', 'polling'], tryAllTransports: true }).on('greeting', done),
  ],
  centrifuge: [
    '/centrifuge.js',
    done => {
      const { origin } = location
      const client = new Centrifuge(
        [
          { transport: 'websocket', endpoint: origin.replace('http', 'ws') + '/connection/websocket' },
          { transport: 'http_stream', endpoint: origin + '/connection/http_stream' },
          { transport: 'sse', endpoint: origin + '/connection/sse' },
        ],
        { emulationEndpoint: origin + '/emulation' },
      )
      client.on('message', done)
      client.connect()
    },
  ],
}

const [bundle, connect] = contenders[process.argv[2]]
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGS })

await obey({
  /** Loads a page, connects, and waits for the server's first message. Answers how many ms that took; null: more than `within`. */
  async open({ url, within }) {
    const context = await browser.newContext()
    try {
      const page = await context.newPage()
      await page.goto(url)
      await page.addScriptTag({ url: bundle })
      await page.addScriptTag({ content: `const contender = ${connect}` })
      const ms = await page.evaluate(
        within =>
          new Promise(resolve => {
            setTimeout(() => resolve(null), within)
            const began = performance.now()
            contender(() => resolve(performance.now() - began))
          }),
        within,
      )
      return { ms }
    } finally {
      await context.close()
    }
  },
}, () => browser.close())
