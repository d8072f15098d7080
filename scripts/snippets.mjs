// Type-checks the JavaScript and TypeScript snippets of README and docs against the client's types.
//
// A snippet is a fenced block of js or ts. It is checked as TypeScript: strictly for ts, leniently for js. An HTML comment right before the
// fence, which a reader does not see, can say
//
//   <!-- snippet: with
//   declare function show(message: unknown): void
//   -->
//
// to declare what the snippet takes for granted, or `<!-- snippet: skip, because … -->`. Go's snippets: internal/repotest.
//
//   node scripts/snippets.mjs [page …]     without arguments: README.md, CONTRIBUTING.md, client-js/README.md and docs

import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const client = join(root, "client-js")
// Inside of the package, so that "hawser" resolves to its own exports.
const scratch = join(client, "test", ".tmp", "snippets")
const tsc = join(client, "node_modules", ".bin", "tsc")

function pages() {
  const docs = readdirSync(join(root, "docs"), { recursive: true }).map((name) => join("docs", name))
  return ["README.md", "CONTRIBUTING.md", "client-js/README.md", ...docs].filter((page) => page.endsWith(".md") && existsSync(join(root, page)))
}

/** The snippets of a page: line (from 1) of the code, lang, code, and given: the declarations that come with it. */
function snippets(page, markdown) {
  const fence = /^```(js|ts) *\n([^]*?)^```/gm
  return [...markdown.matchAll(fence)].flatMap((match) => {
    const [, lang, code] = match
    const before = markdown.slice(0, match.index)
    const line = before.split("\n").length + 1
    const marker = /<!-- snippet: ((?:(?!-->)[^])*)-->\s*$/.exec(before)?.[1]
    const given = /^with\n([^]*)/.exec(marker ?? "")
    const skip = /^skip, because (\S.*)/.exec(marker ?? "")
    if (marker !== undefined && !given && !skip) {
      throw new Error(`${page}:${line}: a marker is \`with\` and declarations, or \`skip, because …\``)
    }
    if (skip) console.log(`${page}:${line} is skipped, because ${skip[1]}`)
    return skip ? [] : [{ page, line, lang, code, given: given?.[1] ?? "" }]
  })
}

/** The snippet as a module whose line numbers are those of the page. */
function asModule({ line, code, given }) {
  return "\n".repeat(line - 1) + code + "\nexport {}\n" + given
}

function check(found) {
  rmSync(scratch, { recursive: true, force: true })
  let failed = false
  for (const lang of ["js", "ts"]) {
    const mine = found.filter((snippet) => snippet.lang === lang)
    if (mine.length === 0) continue
    const dir = join(scratch, lang)
    mkdirSync(dir, { recursive: true })
    for (const snippet of mine) {
      const name = `${snippet.page.replace(/\W+/g, "_")}_${snippet.line}.ts`
      writeFileSync(join(dir, name), asModule(snippet))
    }
    const compilerOptions = {
      strict: lang === "ts",
      noImplicitAny: lang === "ts",
      noEmit: true,
      skipLibCheck: true,
      target: "es2022",
      lib: ["es2022", "dom"],
      module: "nodenext",
      moduleResolution: "nodenext",
      types: ["node"],
      typeRoots: [join(client, "node_modules", "@types")],
    }
    writeFileSync(join(dir, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }))
    const { status, stdout, stderr, error } = spawnSync(tsc, ["-p", dir, "--pretty", "false"], { cwd: dir, encoding: "utf8" })
    if (error) throw error
    process.stdout.write(stdout + stderr)
    failed ||= status !== 0
  }
  return !failed
}

if (!existsSync(tsc)) {
  console.error("snippets: client-js/node_modules is missing: run `make setup`")
  process.exit(1)
}

const asked = process.argv.slice(2)
const found = (asked.length > 0 ? asked : pages()).flatMap((page) => snippets(page, readFileSync(resolve(root, page), "utf8")))
const good = check(found)
console.log(`${found.length} snippets checked: ${good ? "all right" : "not all right"}`)
process.exit(good ? 0 : 1)
