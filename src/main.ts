import { GenerateCommand } from './commands/generate.ts'
import { run } from './commands/run.ts'
import { StartCommand } from './commands/start.ts'
import { catchStrays } from './strays.ts'

catchStrays()
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // Who read it has gone, as `| head` does: nobody is left to be told.
    if (error.code !== 'EPIPE') throw error
  })
}

const code = await run([StartCommand, GenerateCommand], process.argv.slice(2), process)
// Whatever a plugin left open must not keep the process; the callback makes sure that what was written is out.
process.stdout.write('', () => process.exit(code))
