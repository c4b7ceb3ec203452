import { startSandbox } from '../../src/sandbox/sandbox.ts'
import { contract } from './contract.ts'

contract('the sandbox', async () => {
  const sandbox = await startSandbox()
  return { target: sandbox, compact: async () => sandbox.compact(), close: () => sandbox.close() }
})
