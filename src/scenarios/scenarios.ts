import { crashLoop } from './crash-loop.ts'
import { imagePull } from './image-pull.ts'
import { oom } from './oom.ts'
import { rollout } from './rollout.ts'
import type { Scenario } from './scenario.ts'
import { storm } from './storm.ts'
import { unschedulable } from './unschedulable.ts'

/** All there are, in the order of their help. */
export const scenarios: readonly Scenario[] = [crashLoop, imagePull, unschedulable, rollout, oom, storm]
