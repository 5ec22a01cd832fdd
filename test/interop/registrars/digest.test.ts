import { parseChallenge } from '@vigil/sip'
import { startScriptedCaller } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { havePeers } from '../peers/find-peer.ts'
import { RegistrarWorld } from './registrar-world.ts'
import { expectWholeLife } from './whole-life.ts'

/** What the registrar says to somebody without credentials. */
async function offeredAlgorithms(port: number): Promise<(string | undefined)[]> {
	const server = { transport: 'udp', host: '127.0.0.1', port } as const
	const stranger = await startScriptedCaller({ uri: 'sip:stranger@pbx.test', server })
	try {
		const { headers } = await stranger.register()
		return headers.all('WWW-Authenticate').map((text) => parseChallenge(text)?.algorithm)
	} finally {
		await stranger.close()
	}
}

describe.skipIf(!havePeers('kamailio', 'sipp'))('Kamailio that counts the uses of its nonces', () => {
	let first: RegistrarWorld

	beforeAll(async () => {
		first = await RegistrarWorld.start()
	})

	afterAll(() => first?.close())

	it.each([
		{ algorithm: 'MD5', offered: ['MD5'], answered: 'MD5' },
		{ algorithm: 'SHA-256', offered: ['SHA-256'], answered: 'SHA-256' },
		{ algorithm: 'both', offered: ['MD5', 'SHA-256'], answered: 'SHA-256' },
	] as const)('with $algorithm offered is answered with $answered all along', async (options) => {
		const { algorithm, offered, answered } = options
		const world = await first.withOther({ algorithm, nonces: 'counted', maxExpiresSeconds: 4 })
		try {
			expect(await offeredAlgorithms(world.kamailio.port)).toEqual(offered)
			const [, ...withDigest] = await expectWholeLife(world, `with${algorithm}`, 'udp')
			// RFC 7616 3.4: without a name it is MD5.
			expect(new Set(withDigest.map(({ digest }) => digest.get('algorithm') ?? 'MD5'))).toEqual(new Set([answered]))
			const lengths = new Set(withDigest.map(({ digest }) => digest.get('response')?.length))
			expect(lengths).toEqual(new Set([answered === 'MD5' ? 32 : 64]))
		} finally {
			await world.close()
		}
	})
})
