// As much of W3C WebDriver as it takes to run a script in a page.

/** A session of a WebDriver server. */
export interface Session {
  readonly capabilities: { readonly browserName: string; readonly browserVersion: string }
  navigate(url: string): Promise<void>
  evaluate(expression: string): Promise<string>
  end(): Promise<void>
}

/** Asks the server at `url` for a browser. Rejects, with what the server says, where that fails. */
export async function newSession(url: string, capabilities: object): Promise<Session> {
  async function command<T>(method: "POST" | "DELETE", path: string, body?: object): Promise<T> {
    const answer = await fetch(url + path, { method, ...(body && { body: JSON.stringify(body) }) })
    const { value } = (await answer.json()) as { value: T & { error?: string; message?: string } }
    if (!answer.ok) throw new Error(`${method} ${path}: ${value.error}: ${value.message}`)
    return value
  }

  const opened = await command<{ sessionId: string; capabilities: Session["capabilities"] }>("POST", "/session", {
    capabilities: { alwaysMatch: capabilities },
  })
  const at = "/session/" + opened.sessionId
  return {
    capabilities: opened.capabilities,
    navigate: (url) => command("POST", at + "/url", { url }),
    evaluate: (expression) => command("POST", at + "/execute/sync", { script: `return (${expression})`, args: [] }),
    end: () => command("DELETE", at),
  }
}
