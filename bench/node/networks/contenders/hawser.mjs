// Hawser as it comes, with the WebSocket that Node lacks.
import { WebSocket } from 'ws'
import { connect } from '../../../../client-js/dist/hawser.mjs'

export function open(url, run, on) {
  const client = connect(url + '/realtime/', { WebSocket })
  client.onError(() => {})
  client.on('greeting', on.greeting)
  if (run) {
    const room = client.channel('run:' + run)
    room.on('down', ({ n }) => on.down(n))
    room.join()
  }
  return {
    send: n => client.send('up', { run, n }),
    transport: () => client.transport,
    close: () => client.close(),
  }
}
