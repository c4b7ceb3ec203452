// A type, imported as a value.
import { Rule } from 'kec'

const quiet: Rule = { reason: 'Pulled' }
export default { filter: { drop: quiet } }
