import { fit, recommended } from "./guide.js"
import { type Program, startProgram } from "./program.js"

/** As docs/proxies.md recommends, but without TLS. */
export function recommendedCaddy(upstream: number): Promise<Program> {
  return startProgram({
    command: ["caddy", "run", "--adapter", "caddyfile", "--config"],
    configuration: (port) => `{
  admin off
}

${fit(recommended("caddy"), { "app.example.com": "http://127.0.0.1:" + port, "127.0.0.1:8080": "127.0.0.1:" + upstream })}`,
  })
}
