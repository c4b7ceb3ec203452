import { Command, Option } from 'clipanion'
import type { PlaceFlags } from '../operate/place.ts'
import { choice } from './usage.ts'

/** A command about the journal of a configuration. */
export abstract class PlaceCommand extends Command {
  config = Option.String('--config', { description: 'The configuration file. Default: that of this folder, as for kec start.' })
  kubeconfig = Option.String('--kubeconfig', { description: 'The kubeconfig file that says what the cluster is called.' })
  kubeContext = Option.String('--context', { description: 'The context of the kubeconfig. Default: its current one.' })
  output = Option.String('-o,--output', { description: 'Print json instead of text.' })

  protected get place(): PlaceFlags {
    return { config: this.config, kubeconfig: this.kubeconfig, context: this.kubeContext }
  }

  protected get form(): 'json' | undefined {
    return this.output === undefined ? undefined : choice('--output', this.output, ['json'])
  }
}
