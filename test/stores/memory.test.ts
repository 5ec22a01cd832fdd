import { storeContract } from './contract/store-contract.ts'
import { MemoryStores } from './memory/memory-stores.ts'

storeContract('stores in memory', async () => ({ stores: new MemoryStores(), close: async () => {} }))
