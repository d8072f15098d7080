/** Stops what it was returned for. */
export type Unsubscribe = () => void

/** Hands values to those who listen. */
export interface Emitter {
  /** Adds a listener; the same function may be added more than once. */
  on(name: string, fn: (value: never) => void): Unsubscribe
  /**
   * Calls the listeners of a name, in the order in which they were added, and says whether there were any. What one
   * throws, or its promise rejects with, goes to `report`, and keeps nobody else from hearing.
   */
  emit(name: string, value: unknown, report: (error: unknown) => void): boolean
}

export function emitter(): Emitter {
  // Without a prototype, so that no name is taken.
  const listeners: { [name: string]: ((value: never) => unknown)[] } = Object.create(null)
  return {
    on(name, fn) {
      const entry = (value: never) => fn(value)
      listeners[name] = (listeners[name] || []).concat(entry)
      return function () {
        listeners[name] = listeners[name]!.filter((other) => other != entry)
      }
    },
    emit(name, value, report) {
      const all = listeners[name] || []
      all.forEach(function (fn) {
        try {
          const result = fn(value as never) as PromiseLike<unknown> | undefined
          if (result?.then) result.then(undefined, report)
        } catch (error) {
          report(error)
        }
      })
      return !!all[0]
    },
  }
}
