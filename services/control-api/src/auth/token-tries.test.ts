import { describe, expect, it } from 'vitest'
import { TokenTries } from './token-tries.ts'

const HERE = '192.0.2.7'
const right = async () => 'caller'
const wrong = async (): Promise<string | undefined> => undefined

function from(address: string, nowMs = 0, isKnown = false) {
	return { address, nowMs, isKnown }
}

async function guess(tries: TokenTries, times: number, addressOf: (index: number) => string, nowMs = 0) {
	const waits: number[] = []
	for (let index = 0; index < times; index++) {
		const verdict = await tries.look(from(addressOf(index), nowMs), wrong)
		if (verdict.found === undefined) waits.push(verdict.waitMs)
	}
	return waits
}

describe('wrong tokens', () => {
	it('of one address are as many as its budget, and then it has to wait', async () => {
		const tries = new TokenTries(30)
		const waits = await guess(tries, 40, () => HERE)
		expect(waits.filter((waitMs) => waitMs === 0)).toHaveLength(30)
		expect(waits.at(-1)).toBe(2000)
		expect(await guess(tries, 1, () => HERE, 2000)).toEqual([0])
	})

	it('of an IPv6 site count together, whichever of its addresses they come from', async () => {
		const tries = new TokenTries(30)
		const waits = await guess(tries, 40, (index) => `2001:db8:1:2::${index.toString(16)}`)
		expect(waits.filter((waitMs) => waitMs > 0)).toHaveLength(10)
		expect(await guess(tries, 1, () => '2001:db8:1:3::1')).toEqual([0])
	})

	it('keep out no right one from there', async () => {
		const tries = new TokenTries(2)
		await guess(tries, 10, () => HERE)
		expect(await tries.look(from(HERE), right)).toEqual({ found: 'caller' })
		expect(await tries.look(from(HERE, 0, true), right)).toEqual({ found: 'caller' })
	})

	it('cost no budget where the look-up itself failed', async () => {
		const tries = new TokenTries(1)
		const away = () => Promise.reject(new Error('the database is away'))
		for (let index = 0; index < 5; index++) await expect(tries.look(from(HERE), away)).rejects.toThrow('away')
		expect(await guess(tries, 1, () => HERE)).toEqual([0])
	})
})

describe('an address beyond its budget', () => {
	it('has one token looked up after the other, and only so many wait', async () => {
		const tries = new TokenTries(1)
		await guess(tries, 1, () => HERE)
		let [atOnce, most, looked] = [0, 0, 0]
		const look = async (): Promise<string | undefined> => {
			most = Math.max(most, ++atOnce)
			looked++
			await Promise.resolve()
			atOnce--
			return undefined
		}
		const verdicts = await Promise.all(Array.from({ length: 300 }, () => tries.look(from(HERE), look)))
		expect([most, looked]).toEqual([1, 100])
		expect(verdicts.every((verdict) => verdict.found === undefined && verdict.waitMs > 0)).toBe(true)
		expect(await tries.look(from(HERE), right)).toEqual({ found: 'caller' })
	})

	it('keeps tokens that were right a while ago out of that line', async () => {
		const tries = new TokenTries(1)
		await guess(tries, 1, () => HERE)
		const never = Promise.withResolvers<undefined>()
		const stuck = tries.look(from(HERE), () => never.promise)
		expect(await tries.look(from(HERE, 0, true), right)).toEqual({ found: 'caller' })
		never.resolve(undefined)
		await stuck
	})
})
