import { recommended } from "./guide.js"
import { type Program, startProgram } from "./program.js"

/** Everything around the server block, as one process that logs to its output. */
function around(server: string, folder: string): string {
  const kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
  return `
daemon off;
master_process off;
pid ${folder}/pid;
error_log stderr warn;
events {}
http {
  access_log off;
  ${kinds.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join("\n  ")}
  ${server}
}
`
}

function passing(upstream: number, more = ""): (port: number) => string {
  return (port) => `server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://127.0.0.1:${upstream}; ${more} }
  }`
}

function start(server: (port: number) => string): Promise<Program> {
  return startProgram({
    command: ["nginx", "-p", ".", "-e", "stderr", "-c"],
    configuration: (port, folder) => around(server(port), folder),
  })
}

/** As everybody begins: nothing is set but where to pass requests on to. */
export function plainNginx(upstream: number): Promise<Program> {
  return start(passing(upstream))
}

/** Holds streams back also where the server asks it not to. */
export function holdingNginx(upstream: number): Promise<Program> {
  return start(passing(upstream, "proxy_ignore_headers X-Accel-Buffering;"))
}

/** Takes no request with a larger body than some do: 128 KiB. */
export function narrowNginx(upstream: number): Promise<Program> {
  return start(passing(upstream, "client_max_body_size 128k;"))
}

/**
 * The same for pages of other origins, which may read what the server answers, but not, as nginx has it, what nginx says
 * itself. To the server they look like pages of its own.
 */
export function narrowForOthersNginx(upstream: number): Promise<Program> {
  const more = `client_max_body_size 128k; proxy_set_header Sec-Fetch-Site ""; add_header Access-Control-Allow-Origin $http_origin;`
  return start(passing(upstream, more))
}

/** As docs/proxies.md recommends. */
export function recommendedNginx(upstream: number): Promise<Program> {
  return start((port) => recommended("nginx", upstream, { "listen 80;": `listen 127.0.0.1:${port};` }))
}
