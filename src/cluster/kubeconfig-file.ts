import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parse, YAMLParseError } from 'yaml'
import * as z from 'zod'
import { KecError } from '../errors.ts'

const text = z.string().nullish()

const contextSchema = z.object({ cluster: z.string(), user: text })

const clusterSchema = z.looseObject({
  server: text,
  'certificate-authority': text,
  'certificate-authority-data': text,
  'insecure-skip-tls-verify': z.boolean().nullish(),
  'tls-server-name': text,
  'proxy-url': text,
})

const execSchema = z.looseObject({
  apiVersion: text,
  command: z.string(),
  args: z.array(z.string()).nullish(),
  env: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
  installHint: text,
  provideClusterInfo: z.boolean().nullish(),
})

const userSchema = z.looseObject({
  token: text,
  tokenFile: text,
  'client-certificate': text,
  'client-certificate-data': text,
  'client-key': text,
  'client-key-data': text,
  as: text,
  'as-uid': text,
  'as-groups': z.array(z.string()).nullish(),
  exec: execSchema.nullish(),
})

const fileSchema = z
  .object({
    'current-context': text,
    contexts: z.array(z.object({ name: z.string(), context: contextSchema })).nullish(),
    clusters: z.array(z.object({ name: z.string(), cluster: clusterSchema })).nullish(),
    users: z.array(z.object({ name: z.string(), user: userSchema.nullish() })).nullish(),
  })
  .nullish()

export type ClusterEntry = z.output<typeof clusterSchema>
export type UserEntry = z.output<typeof userSchema>

/** The entries of one kubeconfig or of several, by name; file names in them are absolute. */
export interface Entries {
  currentContext: string | undefined
  readonly contexts: Map<string, z.output<typeof contextSchema>>
  readonly clusters: Map<string, ClusterEntry>
  readonly users: Map<string, UserEntry>
}

/** Several kubeconfigs in one, as kubectl does it: what the first one says is not changed by the next. */
export function readKubeconfigFiles(files: readonly string[]): Entries {
  const all: Entries = { currentContext: undefined, contexts: new Map(), clusters: new Map(), users: new Map() }
  for (const file of files) {
    const content = readKubeconfigFile(file)
    const path = (name: string | null | undefined) => (name ? resolve(dirname(file), name) : undefined)
    all.currentContext ||= content?.['current-context'] ?? undefined
    for (const { name, context } of content?.contexts ?? []) addNew(all.contexts, name, context)
    for (const { name, cluster } of content?.clusters ?? [])
      addNew(all.clusters, name, { ...cluster, 'certificate-authority': path(cluster['certificate-authority']) })
    for (const { name, user } of content?.users ?? [])
      addNew(all.users, name, {
        ...user,
        tokenFile: path(user?.tokenFile),
        'client-certificate': path(user?.['client-certificate']),
        'client-key': path(user?.['client-key']),
        // A name without a slash is looked up in PATH.
        ...(user?.exec?.command.includes('/') && { exec: { ...user.exec, command: resolve(dirname(file), user.exec.command) } }),
      })
  }
  return all
}

function addNew<V>(map: Map<string, V>, name: string, value: V): void {
  if (!map.has(name)) map.set(name, value)
}

/** Its mistakes are told by their place only: a line of a kubeconfig may be a secret. */
function readKubeconfigFile(file: string): z.output<typeof fileSchema> {
  let content: string
  try {
    content = readFileSync(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException // what node:fs throws
    const why = code === 'ENOENT' ? 'there is no such file' : code === 'EACCES' ? 'kec may not read it' : code
    throw new KecError('KEC_KUBECONFIG', `cannot read the kubeconfig ${file}: ${why}`, 'Give a file that kec can read, or leave it out.')
  }
  try {
    return fileSchema.parse(parse(content))
  } catch (error) {
    const fix = `Mend it, or see what kubectl says of it: kubectl config view --kubeconfig ${file}`
    if (error instanceof YAMLParseError) {
      const place = error.linePos?.[0]
      const where = place ? ` (line ${place.line}, column ${place.col})` : ''
      throw new KecError('KEC_KUBECONFIG', `the kubeconfig ${file} is not valid YAML${where}`, fix)
    }
    if (error instanceof z.ZodError) {
      const mistakes = error.issues.map(issue => `${z.core.toDotPath(issue.path) || 'the file'}: ${issue.message}`)
      throw new KecError('KEC_KUBECONFIG', `the kubeconfig ${file} is wrong at ${mistakes.join('; ')}`, fix)
    }
    throw error
  }
}
