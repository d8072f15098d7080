/**
 * Resolves as soon as the condition holds. Rejects if it does not within `ms`, saying `what` was waited for, and what `state` returns then.
 */
export function until(what: string, condition: () => boolean, ms = 30_000, state: () => unknown = () => ""): Promise<void> {
  const deadline = performance.now() + ms
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (condition()) resolve()
      else if (performance.now() >= deadline) reject(new Error(`not within ${ms} ms: ${what} ${JSON.stringify(state())}`))
      else setTimeout(look, 2)
    }
    look()
  })
}
