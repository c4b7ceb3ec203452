import type { ChildProcess } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PodTemplate } from '../../deploy/manifest.ts'
import { waitFor } from '../../wait-for.ts'
import { killAll, type Process, signalInside, spawnIn } from './container.ts'
import { type Image, imagePath } from './image.ts'

export interface PodOptions {
  readonly image: Image
  readonly template: PodTemplate
  /** By the name of the volume: the folder behind it. */
  readonly volumes: Readonly<Record<string, string>>
  /** The service account's token, ca.crt and namespace. */
  readonly account: Readonly<Record<string, string>>
  readonly apiServer: URL
  /** Kubelet's own files are made here. */
  readonly folder: string
  /** Instead of the image's entrypoint and the container's args. */
  readonly command?: readonly string[]
}

/** The first container of a pod, as kubelet and the engine under it start it; on the network of this machine. */
export class Pod implements AsyncDisposable {
  stdout = ''
  stderr = ''
  readonly #child: ChildProcess
  readonly #closed: Promise<number | null>

  constructor(options: PodOptions) {
    this.#child = spawnIn(options.image.root, processOf(options))
    this.#child.stdout?.setEncoding('utf8').on('data', text => {
      this.stdout += text
    })
    this.#child.stderr?.setEncoding('utf8').on('data', text => {
      this.stderr += text
    })
    this.#closed = new Promise(done => this.#child.on('close', done))
  }

  /** Until the condition holds. Fails if the container ends before. */
  async until(what: string, check: () => boolean | Promise<boolean>): Promise<void> {
    await waitFor(what, async () => {
      if (this.#child.exitCode !== null) throw new Error(`the container ended with ${this.#child.exitCode}: ${this.stderr}`)
      return check()
    })
  }

  /** To process 1 in there, as kubelet sends it. */
  signal(name: 'SIGTERM'): void {
    signalInside(this.#child, name)
  }

  /** The exit code, once it has ended by itself. */
  async end(): Promise<number | null> {
    return this.#closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    killAll(this.#child)
    await this.#closed
  }
}

function processOf({ image, template, volumes, account, apiServer, folder, command }: PodOptions): Process {
  const { securityContext, containers } = template.spec
  const { fsGroup, runAsUser, runAsGroup } = securityContext
  const [container] = containers
  const accountFolder = join(folder, 'account')
  projected(accountFolder, account, fsGroup, 0o640)
  return {
    argv: command ?? [...image.entrypoint, ...container.args],
    cwd: image.workdir,
    env: {
      PATH: imagePath,
      HOSTNAME: 'kec-0',
      ...image.env,
      KUBERNETES_SERVICE_HOST: apiServer.hostname,
      KUBERNETES_SERVICE_PORT: apiServer.port,
      KUBERNETES_SERVICE_PORT_HTTPS: apiServer.port,
    },
    readOnlyRoot: container.securityContext.readOnlyRootFilesystem,
    user: { uid: runAsUser, gid: runAsGroup, groups: [fsGroup] },
    mounts: [
      ...container.volumeMounts.map(({ name, mountPath, readOnly = false }) => {
        const from = volumes[name]
        if (from === undefined) throw new Error(`no folder for the volume ${name}`)
        return { from, to: mountPath, readOnly }
      }),
      { from: accountFolder, to: '/run/secrets/kubernetes.io/serviceaccount', readOnly: true },
    ],
  }
}

/** Files of a ConfigMap, a Secret or a token, as kubelet lays them out: links into a folder that it can exchange at once. */
export function projected(folder: string, files: Readonly<Record<string, string>>, group: number, mode: number): void {
  const data = '..2026_01_01_00_00_00.1'
  mkdirSync(join(folder, data), { recursive: true })
  symlinkSync(data, join(folder, '..data'))
  for (const [name, text] of Object.entries(files)) {
    const file = join(folder, data, name)
    writeFileSync(file, text)
    chownSync(file, 0, group)
    chmodSync(file, mode)
    symlinkSync(join('..data', name), join(folder, name))
  }
}

/** A volume that was just made, in the hands of root; fsGroup gives the group its root. */
export function newVolume(folder: string, group: number, inside: readonly string[] = []): void {
  mkdirSync(folder)
  for (const name of inside) mkdirSync(join(folder, name), { mode: 0o700 })
  chownSync(folder, 0, group)
  chmodSync(folder, 0o2775)
}
