import { DiscardLettersCommand, ListLettersCommand, RedriveLettersCommand, ShowLettersCommand } from './commands/dead-letters.ts'
import { DemoCommand } from './commands/demo.ts'
import { GenerateCommand } from './commands/generate.ts'
import { CreatePluginCommand } from './commands/plugin-create.ts'
import { ListPluginsCommand } from './commands/plugin-list.ts'
import { ReplayCommand } from './commands/replay.ts'
import { run } from './commands/run.ts'
import { SandboxCommand } from './commands/sandbox.ts'
import { StartCommand } from './commands/start.ts'
import { StatusCommand } from './commands/status.ts'
import { TailCommand } from './commands/tail.ts'
import { VerifyCommand } from './commands/verify.ts'
import { catchStrays, outliveReaders } from './strays.ts'

catchStrays()
outliveReaders()

const commands = [
  ...[StartCommand, StatusCommand, TailCommand, VerifyCommand],
  ...[ListLettersCommand, ShowLettersCommand, RedriveLettersCommand, DiscardLettersCommand, ReplayCommand],
  ...[CreatePluginCommand, ListPluginsCommand],
  ...[GenerateCommand, DemoCommand, SandboxCommand],
]
const code = await run(commands, process.argv.slice(2), process)
// Whatever a plugin left open must not keep the process; the callback makes sure that what was written is out.
process.stdout.write('', () => process.exit(code))
