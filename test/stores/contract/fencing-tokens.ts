import { describe, expect, it } from 'vitest'
import type { ContractStores } from './contract-stores.ts'

/** What every store of its kind does. */
export function fencingTokensContract(stores: () => ContractStores): void {
	describe('fencing tokens', () => {
		it('rise, and are never given out twice', async () => {
			const first = await stores().fencingTokens.next()
			expect(await stores().fencingTokens.next()).toBe(first + 1)
			const many = await Promise.all(Array.from({ length: 20 }, () => stores().fencingTokens.next()))
			expect(new Set(many).size).toBe(20)
			expect(Math.min(...many)).toBe(first + 2)
		})

		it('begin anew after 2047, so that token * 2^20 stays a CSeq', async () => {
			const { fencingTokens } = stores()
			let last = await fencingTokens.next()
			while (last < 2047) {
				const next = await fencingTokens.next()
				expect(next).toBe(last + 1)
				last = next
			}
			expect(await fencingTokens.next()).toBe(1)
		})
	})
}
