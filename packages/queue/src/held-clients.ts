import type pg from 'pg'

/** A connection that is held longer than this listens. */
const HEARTBEAT_MS = 2000

/**
 * Asks for a sign of life on connections that somebody holds, as listeners do. One that went mute would be waited on for ever:
 * nothing is sent on it, so nothing fails. When there is no answer in the time of a query, the connection is destroyed; its
 * holder hears of an error, dials anew, listens again, and looks for what it has missed. Returns what ends the watch.
 */
export function watchHeldClients(pool: pg.Pool): () => void {
	const heldSinceMs = new Map<pg.PoolClient, number>()
	pool.on('acquire', (client) => heldSinceMs.set(client, performance.now()))
	pool.on('release', (_error, client) => heldSinceMs.delete(client))
	pool.on('remove', (client) => heldSinceMs.delete(client))
	const timer = setInterval(() => {
		for (const [client, sinceMs] of heldSinceMs) {
			if (performance.now() - sinceMs >= HEARTBEAT_MS) ask(client)
		}
	}, HEARTBEAT_MS)
	timer.unref()
	return () => clearInterval(timer)
}

const asked = new WeakSet<pg.PoolClient>()

function ask(client: pg.PoolClient): void {
	if (asked.has(client)) return
	asked.add(client)
	client.query('SELECT 1').then(
		() => asked.delete(client),
		(error: unknown) => {
			asked.delete(client)
			// What the server says against it is an answer.
			if (error instanceof Error && 'code' in error && 'severity' in error) return
			destroy(client, error)
		},
	)
}

/** The driver has no way to end a connection without the other side's help. */
function destroy(client: pg.PoolClient, error: unknown): void {
	const { connection } = client as unknown as { readonly connection?: { readonly stream?: Destroyable } }
	connection?.stream?.destroy(error instanceof Error ? error : new Error(String(error)))
}

interface Destroyable {
	destroy(error: Error): void
}
