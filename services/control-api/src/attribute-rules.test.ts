import { accountAttributesInputSchema, hostPortSchema } from '@vigil/contracts'
import { isHostAndPort, normaliseAttributes, REFRESH_SECONDS } from '@vigil/domain'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const seed = process.env.VIGIL_TEST_SEED
const parameters = seed === undefined ? {} : { seed: Number(seed) }

/** JSON fields are checked by the contracts and spelled attributes by the domain, which may not know each other. */
describe('the two ways to set an attribute', () => {
	const { min, max } = REFRESH_SECONDS

	it.each([
		...[min - 1, min, max, max + 1, -1, 0, 0.5, null].map((value) => ({ registrationRefreshSeconds: value })),
		...[-1, 0, 1, 2, 3, 4, 0.5, null].map((value) => ({ registrationMode: value })),
		...[true, false, null].map((value) => ({ natEmulation: value })),
		...['a', 'a:1', 'a b', ':1', null].map((value) => ({ outboundProxy: value })),
	])('take and refuse the same: %j', (attributes) => {
		const taken = normaliseAttributes(attributes).problems.length === 0
		expect(accountAttributesInputSchema.safeParse(attributes).success).toBe(taken)
	})

	it('agree on what is host or host:port', () => {
		const label = fc.stringMatching(/^[A-Za-z0-9_-]{0,4}$/)
		const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'))
		const host = fc.oneof(
			name,
			fc.domain(),
			fc.ipV4(),
			fc.ipV6(),
			fc.ipV6().map((v6) => `[${v6}]`),
			fc.string(),
		)
		const port = fc.oneof(
			fc.constant(''),
			fc.integer({ min: -1, max: 70_000 }).map((number) => `:${number}`),
		)
		fc.assert(
			fc.property(host, port, (before, after) => {
				const text = before + after
				expect([text, hostPortSchema.safeParse(text).success]).toEqual([text, isHostAndPort(text)])
			}),
			{ numRuns: 2000, ...parameters },
		)
	})
})
