/**
 * Resolves as soon as the condition holds. Rejects if it does not within `ms`, saying `what` was waited for, and what
 * `state` returns then.
 */
export function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  ms = 30_000,
  state: () => unknown = () => "",
): Promise<void> {
  const deadline = performance.now() + ms
  return new Promise((resolve, reject) => {
    async function look(): Promise<void> {
      if (await condition()) resolve()
      else if (performance.now() >= deadline) throw new Error(`not within ${ms} ms: ${what} ${JSON.stringify(state())}`)
      else setTimeout(() => look().catch(reject), 2)
    }
    look().catch(reject)
  })
}
