// centrifuge-js with both of its fallbacks.
import { Centrifuge } from 'centrifuge'
import { EventSource } from 'eventsource'
import { WebSocket } from 'ws'

export function open(url, run, on) {
  let transport
  const client = new Centrifuge(
    [
      { transport: 'websocket', endpoint: url.replace('http', 'ws') + '/connection/websocket' },
      { transport: 'http_stream', endpoint: url + '/connection/http_stream' },
      { transport: 'sse', endpoint: url + '/connection/sse' },
    ],
    { emulationEndpoint: url + '/emulation', websocket: WebSocket, eventsource: EventSource, fetch, readableStream: ReadableStream },
  )
  client.on('connected', context => (transport = context.transport))
  client.on('connecting', () => (transport = undefined))
  client.on('message', on.greeting)
  client.on('error', () => {})
  if (run) {
    const subscription = client.newSubscription('run:' + run)
    subscription.on('publication', ({ data }) => on.down(data.n))
    subscription.subscribe()
  }
  client.connect()
  return {
    send: n => client.send({ run, n }).catch(() => {}),
    transport: () => transport,
    close: () => client.disconnect(),
  }
}
