import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import { Command, type CommandClass, Option } from 'clipanion'
import { KecError } from '../errors.ts'
import { run } from './run.ts'
import { choice } from './usage.ts'

class Feed extends Command {
  static override paths = [['feed']]
  static override usage = Command.Usage({ description: 'Feed an animal.', examples: [['A cat', 'kec feed --animal cat']] })
  animal = Option.String('-a,--animal', { description: 'Which one.' })
  often = Option.Boolean('--often', false, { description: 'More than once.' })
  async execute(): Promise<void> {
    this.context.stdout.write(`fed ${choice('--animal', this.animal ?? 'cat', ['cat', 'dog'])}${this.often ? ' often' : ''}\n`)
  }
}

function failing(error: unknown): CommandClass {
  return class extends Command {
    static override paths = [['feed']]
    static override usage = Command.Usage({ description: 'Fail.' })
    async execute(): Promise<void> {
      throw error
    }
  }
}

class Wash extends Command {
  static override paths = [['pet', 'wash']]
  static override usage = Command.Usage({ description: 'Wash pets.' })
  hot = Option.Boolean('--hot', false, { description: 'With warm water.' })
  water = Option.String('--water', { description: 'Which.' })
  ids = Option.Rest()
  async execute(): Promise<void> {
    this.context.stdout.write(`washed ${this.ids.join(' and ')}${this.hot ? ' hot' : ''}\n`)
  }
}

class Brush extends Command {
  static override paths = [['pet', 'brush']]
  static override usage = Command.Usage({ description: 'Brush pets.' })
  async execute(): Promise<void> {}
}

class Name extends Command {
  static override paths = [['pet', 'name']]
  static override usage = Command.Usage({ description: 'Name a pet.' })
  name = Option.String({ name: 'NAME' })
  loud = Option.Boolean('--loud', false, { description: 'So that it hears it.' })
  async execute(): Promise<void> {
    this.context.stdout.write(`named ${this.name}\n`)
  }
}

const answer = (argv: readonly string[], command: CommandClass = Feed) => answerOf([command], argv)

async function answerOf(
  commands: readonly CommandClass[],
  argv: readonly string[],
): Promise<{ code: number; stdout: string; stderr: string }> {
  const texts = { stdout: '', stderr: '' }
  const into = (name: keyof typeof texts): Writable =>
    new Writable({
      write(chunk, _encoding, done) {
        texts[name] += chunk
        done()
      },
    })
  const code = await run(commands, argv, { env: {}, stdin: process.stdin, stdout: into('stdout'), stderr: into('stderr') })
  return { code, ...texts }
}

test('a command runs, its output goes to the stdout that was handed in', async () => {
  assert.deepEqual(await answer(['feed', '-a', 'DOG', '--often']), { code: 0, stdout: 'fed dog often\n', stderr: '' })
})

test('each wrong command line is answered by what is wrong, what was meant, and the usage', async () => {
  const usage = '\n  Usage: kec feed [-a|--animal ANIMAL] [--often]\n  kec feed --help says more.\n'
  const general = '\n  kec --help lists the commands.\n'
  const answers: Readonly<Record<string, string>> = {
    fede: `There is no command "fede". Did you mean feed?${general}`,
    'fede --help': `There is no command "fede". Did you mean feed?${general}`,
    destroy: `There is no command "destroy".${general}`,
    '--help=x bogus': `A command must come first. Did you mean --help?${general}`,
    '--vesion': `A command must come first. Did you mean --version?${general}`,
    'feed --anmal cat': `kec feed has no flag --anmal. Did you mean --animal?${usage}`,
    '--anmal=cat feed': `kec feed has no flag --anmal. Did you mean --animal?${usage}`,
    'feed --no-cats': `kec feed has no flag --no-cats.${usage}`,
    'feed --animal': `--animal needs a value.${usage}`,
    'feed -a --often': `-a needs a value; one that begins with a dash is written -a=--often.${usage}`,
    'feed --often=yes': `--often takes no value.${usage}`,
    'feed animal': `kec feed takes no argument "animal". Did you mean --animal?${usage}`,
    'feed --animal cow': `--animal cannot be "cow".\n  It is one of cat, dog.${usage}`,
    'feed --animal dgo': `--animal cannot be "dgo". Did you mean dog?\n  It is one of cat, dog.${usage}`,
  }
  for (const [line, text] of Object.entries(answers))
    assert.deepEqual(await answer(line.split(' ')), { code: 2, stdout: '', stderr: `error KEC_USAGE: ${text}` }, line)
})

test('what follows -- is no flag', async () => {
  const { code, stderr } = await answer(['feed', '--', '--help'])
  assert.equal(code, 2)
  assert.match(stderr, /^error KEC_USAGE: kec feed takes no argument "--help"\.\n/)
})

test('help is on stdout: of kec, or of the command wherever --help stands', async () => {
  const general = await answer([])
  assert.equal(general.code, 0)
  assert.match(general.stdout, /Commands:\n {2}feed {2}Feed an animal\.\n/)
  for (const line of [['--help'], ['-h'], ['help']]) assert.deepEqual(await answer(line), general)
  const own = await answer(['feed', '--help'])
  assert.match(
    own.stdout,
    /^Feed an animal\.\n\nUsage: kec feed \[FLAGS\]\n\nFlags:\n {2}-a, --animal ANIMAL {2}Which one\.\n {2}--often {14}More than/,
  )
  assert.match(own.stdout, /A cat\n {4}\$ kec feed --animal cat\n$/)
  for (const line of [
    ['help', 'feed'],
    ['--help', 'feed'],
    ['feed', '--animal', 'cat', '-h'],
    ['feed', '--bogus', '--help'],
  ])
    assert.deepEqual(await answer(line), own)
})

test('commands of two words, with arguments', async () => {
  const pets = (...argv: string[]) => answerOf([Feed, Wash, Brush], argv)
  assert.equal((await pets('pet', 'wash', '1', '--hot', '2')).stdout, 'washed 1 and 2 hot\n')
  const usage = '\n  Usage: kec pet wash [ID]… [--hot] [--water WATER]\n  kec pet wash --help says more.\n'
  assert.equal(
    (await pets('pet', 'wash', '1', '--hto')).stderr,
    `error KEC_USAGE: kec pet wash has no flag --hto. Did you mean --hot?${usage}`,
  )
  const general = 'There are wash, brush.\n  kec --help lists the commands.\n'
  assert.deepEqual(await pets('pet', 'wahs', '1'), {
    code: 2,
    stdout: '',
    stderr: `error KEC_USAGE: There is no command "kec pet wahs". Did you mean wash? ${general}`,
  })
  assert.equal((await pets('pet', '--hot')).stderr, `error KEC_USAGE: kec pet is followed by a command. ${general}`)
  const help = await pets('pet')
  assert.equal(help.code, 0)
  assert.match(help.stdout, /^Usage: kec pet COMMAND \[FLAGS\]\n\nCommands:\n {2}pet wash {3}Wash pets\.\n {2}pet brush {2}Brush pets\.\n/)
  assert.deepEqual(await pets('pet', '--help'), help)
  assert.deepEqual(await pets('help', 'pet'), help)
  assert.match((await pets('pet', 'wash', '--help')).stdout, /^Wash pets\.\n\nUsage: kec pet wash \[ID\]… \[FLAGS\]\n/)
  // The value of a flag is no command, whatever it says.
  assert.match((await pets('pet', 'wash', '--water', 'feed', '--help')).stdout, /^Wash pets/)
})

test('an argument with a name', async () => {
  const pets = (...argv: string[]) => answerOf([Feed, Wash, Name], argv)
  assert.equal((await pets('pet', 'name', '--loud', 'feed')).stdout, 'named feed\n')
  assert.equal((await pets('pet', 'name', '--', '--rex')).stdout, 'named --rex\n')
  const usage = '\n  Usage: kec pet name NAME [--loud]\n  kec pet name --help says more.\n'
  const refused = async (...argv: string[]) => (await pets('pet', 'name', ...argv)).stderr
  assert.equal(await refused(), `error KEC_USAGE: kec pet name needs a NAME.${usage}`)
  assert.equal(await refused('a', 'b'), `error KEC_USAGE: kec pet name takes no further argument "b".${usage}`)
  assert.equal(await refused('a', '--', 'b'), `error KEC_USAGE: kec pet name takes no further argument "b".${usage}`)
  assert.equal(await refused('a', '--lod'), `error KEC_USAGE: kec pet name has no flag --lod. Did you mean --loud?${usage}`)
  assert.match((await pets('pet', 'name', '--help')).stdout, /^Name a pet\.\n\nUsage: kec pet name NAME \[FLAGS\]\n/)
})

test("kec's own errors are shown without a stack, and exit by their code", async () => {
  const error = new KecError('KEC_PORT', 'taken\u001b[2J\nby x', 'Take\nanother.')
  assert.deepEqual(await answer(['feed'], failing(error)), {
    code: 1,
    stdout: '',
    stderr: 'error KEC_PORT: taken\\u001b[2J\n  by x\n  Take\n  another.\n',
  })
  assert.equal((await answer(['feed'], failing(new KecError('KEC_CONFIG', 'wrong', '')))).code, 2)
})

test('anything else is shown as the bug that it is, with its stack', async () => {
  const { code, stderr } = await answer(['feed'], failing(new TypeError('oh')))
  assert.equal(code, 1)
  assert.match(stderr, /^error: this is a bug in kec; please report it.*\n {2}TypeError: oh\n {6}at .*run\.test\.ts/)
  assert.match((await answer(['feed'], failing({ strange: true }))).stderr, /\{ strange: true \}/)
})
