import childProcess, { ChildProcess } from 'node:child_process'
import { Socket as UdpSocket } from 'node:dgram'
import { syncBuiltinESMExports } from 'node:module'
import { Server, Socket } from 'node:net'
import workerThreads from 'node:worker_threads'
import { SinkState } from '@kec/plugin-api/host'
import type { Problem } from '../config/problems.ts'
import type { AdmittedEntry } from './admit.ts'
import { Blocking } from './blocking.ts'
import { MetricsRegistry } from './metrics.ts'
import { refusalOf, setUp, TookLong, tapsOf } from './start.ts'

/** What a plugin's setup does, as far as it could be run. */
export interface Rehearsal {
  readonly entry: AdmittedEntry
  /** The hooks that it taps. */
  readonly taps: readonly string[]
  /** Its setup did not come to its end, as it was not let write or connect, or took long: it may tap more. */
  readonly hindered: boolean
  /** What `kec start` would refuse. */
  readonly problem: Problem | undefined
}

/** ms that a setup may take here. */
const limit = 5_000

const denied = 'ERR_ACCESS_DENIED' // as Node's own permissions have it

/**
 * Runs the setups without letting them do anything: what they log goes nowhere, and from now on this process opens no connection and starts
 * no other, nor a thread, which would have doors of its own. That they write no file is up to the process (operate/restricted.ts).
 */
export async function rehearse(entries: readonly AdmittedEntry[], cluster: string): Promise<readonly Rehearsal[]> {
  shutDoors()
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const registry = new MetricsRegistry(log)
  const blocking = new Blocking(() => undefined)
  const rehearsals: Rehearsal[] = []
  for (const entry of entries) {
    const metrics = registry.forPlugin(entry.name, work => work())
    const services = { log, metrics, state: new SinkState(new Map()), cluster: { name: cluster } }
    const { hooks, error } = await setUp(entry, services, blocking, limit)
    const hindered = error !== undefined && (wasDenied(error) || error instanceof TookLong)
    rehearsals.push({
      entry,
      taps: tapsOf(hooks),
      hindered,
      problem: error === undefined || hindered ? undefined : refusalOf(entry, error),
    })
  }
  return rehearsals
}

/** A plugin may wrap the error that it met. */
function wasDenied(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return ('code' in error && error.code === denied) || wasDenied(error.cause)
}

function shutDoors(): void {
  const denial = () => Object.assign(new Error('not while a setup is only looked at'), { code: denied })
  // As if nobody listened there: who connects expects an error later, not a throw.
  Socket.prototype.connect = function (this: Socket) {
    return this.destroy(denial())
  }
  // Not an arrow function: some of them are called with `new`.
  function refuse() {
    throw denial()
  }
  Object.assign(Server.prototype, { listen: refuse })
  Object.assign(UdpSocket.prototype, { bind: refuse, connect: refuse, send: refuse })
  Object.assign(ChildProcess.prototype, { spawn: refuse })
  Object.assign(childProcess, { spawnSync: refuse, execFileSync: refuse, execSync: refuse })
  Object.assign(workerThreads, { Worker: refuse })
  syncBuiltinESMExports() // also for who has imported them already
  // Who took one of these functions out of its module before has it still: newer Nodes refuse it all the same.
  const permission: object = process.permission ?? {}
  const drop = 'drop' in permission && typeof permission.drop === 'function' ? permission.drop : undefined
  for (const scope of ['child', 'worker', 'inspector']) drop?.call(permission, scope)
}
