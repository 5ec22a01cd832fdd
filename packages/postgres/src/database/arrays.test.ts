import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { useServer } from '../../test/database.ts'
import { readTextArray, writeTextArray } from './arrays.ts'
import { connectDatabase } from './connect.ts'

const server = useServer()
const seed = process.env.VIGIL_TEST_SEED ? { seed: Number(process.env.VIGIL_TEST_SEED) } : {}

const element = fc.oneof(
	fc.string({ maxLength: 8 }).filter((text) => !text.includes('\0')),
	fc.constantFrom('', 'NULL', 'null', '"', '\\', '{}', 'a,b', ' x ', 'Zoë 😀', '\n'),
	fc.constant(null),
)

describe('an array of texts', () => {
	it('comes back as it was written', () => {
		fc.assert(
			fc.property(fc.array(element), (list) => {
				expect(readTextArray(writeTextArray(list))).toEqual(list)
			}),
			seed,
		)
	})

	it('of numbers are numbers', async () => {
		const database = connectDatabase({ url: server().url, poolSize: 1 })
		const list = [1_767_225_600_000.25, -1, 0]
		const rows = await database.asPlatform(
			(sql) => sql`select ${list}::double precision[] as list, '{}'::float8[] as none`,
		)
		expect(rows).toEqual([{ list, none: [] }])
		await database.close()
	})

	it('means the same to the server', async () => {
		const database = connectDatabase({ url: server().url, poolSize: 2 })
		const echo = async (list: readonly (string | null)[]) => {
			const [row] = await database.asPlatform((sql) => sql<{ list: unknown }[]>`select ${[...list]}::text[] as list`)
			return row?.list
		}
		await fc.assert(
			fc.asyncProperty(fc.array(element, { maxLength: 5 }), async (list) => {
				expect(await echo(list)).toEqual(list)
			}),
			{ numRuns: 60, ...seed },
		)
		await database.close()
	})
})
