import { describe, expect, it } from 'vitest'
import type { ContractStores } from './contract-stores.ts'

/** What every store of its kind does. */
export function leaseEpochsContract(stores: () => ContractStores): void {
	describe('lease epochs', () => {
		it('rise, and are never given out twice', async () => {
			const first = await stores().leaseEpochs.next()
			expect(await stores().leaseEpochs.next()).toBe(first + 1)
			const many = await Promise.all(Array.from({ length: 20 }, () => stores().leaseEpochs.next()))
			expect(new Set(many).size).toBe(20)
			expect(Math.min(...many)).toBe(first + 2)
		})

		it('begin anew after 2047, so that epoch * 2^20 stays a CSeq', async () => {
			const { leaseEpochs } = stores()
			let last = await leaseEpochs.next()
			while (last < 2047) {
				const next = await leaseEpochs.next()
				expect(next).toBe(last + 1)
				last = next
			}
			expect(await leaseEpochs.next()).toBe(1)
		})
	})
}
