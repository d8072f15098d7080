import { recommended } from "./guide.js"
import { type Program, startProgram } from "./program.js"

/** As docs/proxies.md recommends, but without TLS. */
export function recommendedCaddy(upstream: number): Promise<Program> {
  return startProgram({
    command: ["caddy", "run", "--adapter", "caddyfile", "--config"],
    configuration: (port) => `{
  admin off
}

${recommended("caddy", upstream, { "app.example.com": "http://127.0.0.1:" + port })}`,
  })
}
