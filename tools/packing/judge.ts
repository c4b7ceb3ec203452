// What publint and arethetypeswrong say of a tarball.
import { readFileSync } from 'node:fs'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { filterProblems, problemKindInfo } from '@arethetypeswrong/core/problems'
import { type Message, publint } from 'publint'
import { formatMessage } from 'publint/utils'
import type { Packed } from './npm-pack.ts'

/** The packages are ES modules: how CommonJS and Node 10 see them is of no interest. */
const kinds = ['node16-esm', 'bundler'] as const

/** Each finding, whatever its weight, as one line. */
export async function judge({ name, tarball }: Packed): Promise<string[]> {
  const data = readFileSync(tarball)
  const findings = [...(await publintOf(data)), ...(await typesOf(data))]
  return findings.map(finding => `${name}: ${finding}`)
}

async function publintOf(data: Buffer): Promise<string[]> {
  const { messages, pkg } = await publint({ pack: { tarball: new Uint8Array(data).buffer }, level: 'suggestion', strict: true })
  return messages
    .filter(message => !isOfTemplate(message))
    .map(message => `publint: ${formatMessage(message, pkg, { color: false }) ?? message.code}`)
}

/** A package.json that is a template is no part of the package. */
function isOfTemplate({ code, args }: Message): boolean {
  return code === 'NESTED_PACKAGE_JSON_FIELD_IGNORED' && args.filePath.includes('/template/')
}

async function typesOf(data: Buffer): Promise<string[]> {
  const found = await checkPackage(createPackageFromTarballData(new Uint8Array(data)))
  if (found.types === false) return ['arethetypeswrong: it has no types']
  const problems = new Set(kinds.flatMap(resolutionKind => filterProblems(found, { resolutionKind })))
  const untyped = Object.values(found.entrypoints).filter(({ hasTypes }) => !hasTypes)
  return [
    ...[...problems].map(problem => `arethetypeswrong: ${problemKindInfo[problem.kind].shortDescription}: ${JSON.stringify(problem)}`),
    ...untyped.map(({ subpath }) => `arethetypeswrong: ${subpath} has no types`),
    ...(Object.keys(found.entrypoints).length === 0 ? ['arethetypeswrong: it exports nothing'] : []),
  ]
}
