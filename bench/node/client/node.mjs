// A client in a Node process of its own.
import { fork } from 'node:child_process'

export function start(origin, tell) {
  const child = fork(new URL('child.mjs', import.meta.url))
  const waiting = []
  child.on('message', ({ told, answer }) => (told ? tell(told) : waiting.shift()(answer)))
  child.on('exit', () => tell({ error: 'the client ended' }))
  return {
    ask: (name, argument) =>
      new Promise(resolve => {
        waiting.push(resolve)
        child.send({ name, argument })
      }),
    close: () => child.disconnect(),
  }
}
