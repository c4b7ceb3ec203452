import { contract } from '../contract/contract.ts'
import { missing } from './harness/assets.ts'
import { RealCluster } from './harness/cluster.ts'

contract(
  'kube-apiserver',
  async () => {
    const cluster = await RealCluster.start()
    return { target: cluster, compact: async () => void (await cluster.compact()), close: () => cluster.stop() }
  },
  { skip: missing('kube-apiserver', 'etcd', 'openssl') },
)
