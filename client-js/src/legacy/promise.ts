// Promises for browsers that have none: as much of them as the client uses (then, catch, resolve, reject). The build
// puts this in the place of the global wherever shared code says `Promise`.

type Settle = (value?: unknown) => void
type Executor = (resolve: Settle, reject: Settle) => void
type Reaction = (fulfilled: boolean, outcome: unknown) => void
type Callback = ((outcome: unknown) => unknown) | null | undefined

interface Thenable {
  then(fulfilled?: Callback, rejected?: Callback): Thenable
  catch(rejected?: Callback): Thenable
}

let jobs: (() => void)[] = []

/** Runs a job after the code that runs now, in order. One timer serves all: old browsers clamp each to 15 ms. */
function soon(job: () => void): void {
  if (jobs.push(job) > 1) return
  setTimeout(function () {
    // Jobs that jobs add run in the same turn, as microtasks would.
    for (let i = 0; i < jobs.length; i++) jobs[i]!()
    jobs = []
  }, 0)
}

/** Makes a promise as Promises/A+ describes it. A function and not a class: it works with and without `new`. */
export function TinyPromise(executor: Executor): Thenable {
  let reactions: Reaction[] | null = []
  let fulfilled = false
  let outcome: unknown

  function settle(success: boolean, value: unknown): void {
    const waiting = reactions!
    reactions = null
    fulfilled = success
    outcome = value
    for (let i = 0; i < waiting.length; i++) react(waiting[i]!)
  }

  function react(reaction: Reaction): void {
    soon(function () {
      reaction(fulfilled, outcome)
    })
  }

  /** Runs what may resolve or reject; only its first word counts. */
  function run(execute: Executor): void {
    let decided = false
    const first = function (then: Settle): Settle {
      return function (value) {
        if (decided) return
        decided = true
        then(value)
      }
    }
    const fail = first(function (reason) {
      settle(false, reason)
    })
    try {
      execute(first(resolve), fail)
    } catch (error) {
      fail(error)
    }
  }

  function resolve(value?: unknown): void {
    run(function (fulfil, reject) {
      if (value === promise) throw new TypeError("a promise cannot wait for itself")
      const then = value && (typeof value === "object" || typeof value === "function") && (value as Thenable).then
      if (typeof then === "function") then.call(value, fulfil, reject)
      else settle(true, value)
    })
  }

  const promise: Thenable = {
    then: function (onFulfilled, onRejected) {
      return TinyPromise(function (resolveNext, rejectNext) {
        const reaction: Reaction = function (success, value) {
          const callback = success ? onFulfilled : onRejected
          if (typeof callback !== "function") return (success ? resolveNext : rejectNext)(value)
          try {
            resolveNext(callback(value))
          } catch (error) {
            rejectNext(error)
          }
        }
        if (reactions) reactions.push(reaction)
        else react(reaction)
      })
    },
    catch: function (onRejected) {
      return promise.then(null, onRejected)
    },
  }

  run(executor)
  return promise
}

TinyPromise.resolve = function (value?: unknown): Thenable {
  return TinyPromise(function (resolve) {
    resolve(value)
  })
}

TinyPromise.reject = function (reason?: unknown): Thenable {
  return TinyPromise(function (_, reject) {
    reject(reason)
  })
}
