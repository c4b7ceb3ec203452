// What kec itself and the test host share, so that a plugin sees the same in both. Not for plugins: it changes whenever kec needs it.
export { deliveryDefaults } from './delivery-defaults.ts'
export { type Around, guardHooks } from './guard.ts'
export { Handover } from './handover.ts'
export { createHooks } from './hooks.ts'
export { compilePattern, compileRules, type EventTest } from './rules.ts'
export { SinkState } from './state.ts'
