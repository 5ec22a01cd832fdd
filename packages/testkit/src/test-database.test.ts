import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { startTestDatabase } from './test-database.ts'

async function query<Row extends pg.QueryResultRow>(url: string, text: string): Promise<Row[]> {
	const client = new pg.Client({ connectionString: url })
	await client.connect()
	try {
		return (await client.query<Row>(text)).rows
	} finally {
		await client.end()
	}
}

describe('startTestDatabase', () => {
	it('gives each caller an empty database of its own', async () => {
		const [a, b] = await Promise.all([startTestDatabase(), startTestDatabase()])
		expect(a.url).not.toBe(b.url)
		await query(a.url, 'CREATE TABLE seen (id int)')
		const tables = await query(b.url, "SELECT 1 FROM pg_tables WHERE tablename = 'seen'")
		expect(tables).toEqual([])
		await a.stop()
		expect(await query(b.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
		await b.stop()
		await expect(query(b.url, 'SELECT 1')).rejects.toThrow()
	})
})
