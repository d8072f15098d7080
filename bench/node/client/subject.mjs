// A client that is measured, which checks the number of each message. It runs in Node and in pages.
import * as hawser from '../../../client-js/dist/hawser.mjs'
import { msgpack } from '../../../client-js/dist/msgpack.mjs'

/** Hawser's client, a member of a channel. */
const member = (transport, codec) => async (origin, WebSocket, hear) => {
  const client = hawser.connect(origin + '/realtime/', { transports: [transport()], codec, WebSocket })
  const room = client.channel('room:0')
  room.on('m', ({ seq }) => hear(seq))
  await room.join()
}

/** The least that a client can do: no session, no channel, nothing checked. */
const bare = (origin, WebSocket, hear) =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(origin.replace('http', 'ws') + '/?room=0')
    socket.onmessage = ({ data }) => hear(JSON.parse(data).seq)
    socket.onopen = resolve
    socket.onerror = () => reject(new Error('no connection'))
  })

const dialects = {
  'hawser-json': member(hawser.webSocket, hawser.json),
  'hawser-msgpack': member(hawser.webSocket, msgpack),
  'hawser-sse': member(hawser.sse, hawser.json),
  'hawser-sse-msgpack': member(hawser.sse, msgpack),
  websocket: bare,
}

/**
 * Opens the client of a dialect. `tell` is told { next }, the number that is to come next, after each `lump` of messages, or { error } when another
 * came.
 */
export async function open({ dialect, origin, first, lump }, WebSocket, tell) {
  let next = first
  let told = first
  let pace
  let lags = []
  await dialects[dialect](origin, WebSocket, seq => {
    if (seq != next) return tell({ error: `message ${seq} came where ${next} was to come` })
    next++
    if (pace) lags.push(performance.timeOrigin + performance.now() - pace.began - ((seq - pace.first) / pace.rate) * 1000)
    if (next - told == lump) tell({ next: (told = next) })
  })
  return {
    /** From now on, message `first` was due when it `began`, in ms of the system's clock, and the others at the rate. */
    pace(to) {
      pace = to
    },
    /** How late the messages of the pace came, in ms, sorted; and ends it. */
    lags() {
      const all = lags.sort((a, b) => a - b)
      lags = []
      pace = undefined
      return [0.5, 0.9, 0.99, 0.999, 1].map(p => all[Math.min(all.length - 1, Math.floor(p * all.length))])
    },
  }
}
