import { describe, expect, it } from 'vitest'
import { useStores } from '../../test/fixtures.ts'

const { database, stores } = useStores()

describe('lease epochs', () => {
	it('rise, and are never given out twice', async () => {
		const first = await stores().leaseEpochs.next()
		expect(await stores().leaseEpochs.next()).toBe(first + 1)
		const many = await Promise.all(Array.from({ length: 20 }, () => stores().leaseEpochs.next()))
		expect(new Set(many).size).toBe(20)
		expect(Math.min(...many)).toBe(first + 2)
	})

	it('begin anew after 2047, so that epoch * 2^20 stays a CSeq', async () => {
		await database().asPlatform((sql) => sql`select setval('vigil.lease_epochs', 2046)`)
		const { leaseEpochs } = stores()
		expect([await leaseEpochs.next(), await leaseEpochs.next()]).toEqual([2047, 1])
	})
})
