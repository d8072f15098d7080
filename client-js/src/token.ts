/** Says who the user is. */
export type Auth = (() => string | PromiseLike<string>) | undefined

/** What `auth` says, if there is one; rejects with what it throws. */
export function tokenOf(auth: Auth): Promise<string | undefined> {
  return Promise.resolve().then(() => auth?.())
}
