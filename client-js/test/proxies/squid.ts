import { type Program, startProgram } from "./program.js"

/** A forward proxy as Debian sets it up, without a cache: CONNECT is for TLS, so for those `ports` only. */
export function squid(ports: readonly number[] = [443]): Promise<Program> {
  return startProgram({
    command: ["squid", "-N", "-f"],
    configuration: (port) => `
acl tls port ${ports.join(" ")}
http_access deny CONNECT !tls
http_access allow localhost
http_access deny all
http_port 127.0.0.1:${port}
visible_hostname squid
pid_filename none
cache_log /dev/null
access_log none
cache deny all
pinger_enable off
shutdown_lifetime 0 seconds
`,
  })
}
