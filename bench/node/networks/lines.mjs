// Programs that are steered in lines: a command in JSON on the standard input, its answer in JSON on the standard output. They end with their input, after what `ended` does.
import { createInterface } from 'node:readline'

/** Answers each command { do: name, … } by `commands[name]`, one after another. A command that fails is answered by { error }. */
export async function obey(commands, ended) {
  for await (const line of createInterface({ input: process.stdin })) {
    const { do: name, ...rest } = JSON.parse(line)
    let answer
    try {
      answer = (await commands[name](rest)) ?? {}
    } catch (error) {
      answer = { error: String(error?.stack ?? error) }
    }
    process.stdout.write(JSON.stringify(answer) + '\n')
  }
  await ended?.()
  process.exit()
}
