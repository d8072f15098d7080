/** Stops what it was returned for. */
export type Unsubscribe = () => void

export interface Emitter<K extends string> {
  /** Adds a listener; the same function may be added more than once. */
  on(name: K, fn: (value: never) => void): Unsubscribe
  /** Calls the listeners of a name, in the order in which they were added, and says whether there were any. */
  emit(name: K, value: unknown): boolean
}

/** Hands values to those who listen. What a listener throws, or its promise rejects with, goes to `report`, and keeps nobody else from hearing. */
export function emitter<K extends string>(report: (error: unknown) => void): Emitter<K> {
  const listeners: { [name: string]: ((value: never) => unknown)[] } = {}
  return {
    on(name, fn) {
      // The colon keeps names apart from what objects are born with.
      const key = ":" + name
      const entry = (value: never) => fn(value)
      listeners[key] = (listeners[key] || []).concat(entry)
      return function () {
        listeners[key] = listeners[key]!.filter((other) => other != entry)
      }
    },
    emit(name, value) {
      const all = listeners[":" + name] || []
      all.forEach(function (fn) {
        try {
          const result = fn(value as never) as PromiseLike<unknown> | undefined
          if (result && typeof result.then == "function") result.then(undefined, report)
        } catch (error) {
          report(error)
        }
      })
      return all.length > 0
    },
  }
}
