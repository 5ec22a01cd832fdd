import { connectDatabase, createStores, KeyRing, migrate, newKeyText } from '@vigil/postgres'
import { startTestDatabase } from '@vigil/testkit'
import { storeContract } from './contract/store-contract.ts'

storeContract('stores on PostgreSQL', async () => {
	const testDatabase = await startTestDatabase()
	const database = connectDatabase({ url: testDatabase.url, poolSize: 4 })
	await migrate(database)
	return {
		stores: createStores(database, KeyRing.fromText(newKeyText('k1'))),
		close: async () => {
			await database.close()
			await testDatabase.stop()
		},
	}
})
