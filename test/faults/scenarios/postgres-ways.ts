import { connectDatabase } from '@vigil/postgres'
import { FaultProxy, type ProxyFault, startEmbeddedPostgres } from '@vigil/testkit'
import type { Fault } from './fault.ts'

/** A PostgreSQL behind a way that becomes bad. */
export async function postgresBehind(fault: ProxyFault): Promise<Fault> {
	const server = await startEmbeddedPostgres()
	const { hostname, port } = new URL(server.url)
	const proxy = await FaultProxy.start({ host: hostname, port: Number(port) })
	return {
		settings: { DATABASE_URL: proxy.urlThrough(server.url) },
		begin: () => proxy.set(fault),
		heal: () => proxy.set({ kind: 'pass' }),
		close: async () => {
			await proxy.close()
			await server.stop()
		},
	}
}

/** A PostgreSQL that takes no writes, as a standby or a server set so by its operator does. */
export async function readOnlyPostgres(): Promise<Fault> {
	const server = await startEmbeddedPostgres()
	const apply = (statement: string) => asOperator(server.url, [statement, 'select pg_reload_conf()'])
	return {
		settings: { DATABASE_URL: server.url },
		begin: () => apply('alter system set default_transaction_read_only = on'),
		heal: () => apply('alter system reset default_transaction_read_only'),
		close: () => server.stop(),
	}
}

async function asOperator(url: string, statements: readonly string[]): Promise<void> {
	const database = connectDatabase({ url, poolSize: 1 })
	try {
		for (const statement of statements) await database.asPlatform((sql) => sql.unsafe(statement))
	} finally {
		await database.close()
	}
}
