import { answerChallenge, parseAuthorization, parseChallenge } from '@vigil/sip'
import { afterEach, describe, expect, it } from 'vitest'
import type { RegistrarOptions } from '../registrar-options.ts'
import { startScriptedCaller } from '../scripted-caller.ts'
import { startScriptedRegistrar } from '../scripted-registrar.ts'

const ALICE = 'sip:alice@example.test'

const closing: { close(): Promise<void> }[] = []

afterEach(async () => {
	await Promise.all(closing.splice(0).map((one) => one.close()))
})

/** A phone of Alice that is registered; she calls herself. */
async function alice(options: RegistrarOptions = {}) {
	const server = await startScriptedRegistrar({ users: { alice: 'wonderland' }, ...options })
	const phone = await startScriptedCaller({
		uri: ALICE,
		server: { transport: 'udp', host: server.host, port: server.port },
		credentials: { username: 'alice', password: 'wonderland' },
	})
	closing.push(server, phone)
	await phone.register()
	return { server, phone }
}

const bodyOf = ({ body }: { body: Uint8Array }) => Buffer.from(body).toString()

describe('a call', () => {
	it('without an offer is offered by the answer and answered by the ACK', async () => {
		const { phone } = await alice()
		const call = phone.invite(ALICE, { body: '', ackBody: 'v=0 answer' })
		const incoming = await phone.incoming.next()
		expect(incoming.offer).toBe('')
		const ack = await incoming.answer('v=0 offer')
		expect(bodyOf(await call.answered())).toBe('v=0 offer')
		expect([bodyOf(ack), ack.headers.get('Content-Type')]).toEqual(['v=0 answer', 'application/sdp'])
	})

	it('acknowledges reliable ringing, and its BYE takes the number after the PRACK', async () => {
		const { phone } = await alice()
		const call = phone.invite(ALICE, { prack: true })
		const incoming = await phone.incoming.next()
		expect(incoming.invite.headers.get('Supported')).toBe('100rel')
		const prack = await incoming.ringReliably(183)
		expect([prack.headers.get('RAck'), prack.headers.get('CSeq')]).toEqual(['1 1 INVITE', '2 PRACK'])
		await incoming.answer('v=0')
		await call.answered()
		await call.bye()
		expect((await incoming.dialog.ended()).headers.get('CSeq')).toBe('3 BYE')
	})

	it('that nobody answers is refused with 480, and the phone stops ringing', async () => {
		const { phone } = await alice({ noAnswerMs: 50 })
		const call = phone.invite(ALICE)
		const incoming = await phone.incoming.next()
		incoming.ring()
		expect((await call.final()).status).toBe(480)
		await incoming.cancelled()
	})
})

describe('nonces', () => {
	it.each([
		[true, 401],
		[false, 200],
	])('serve once: %s, so that a second request with one is answered %i', async (oneTimeNonces, status) => {
		const { server } = await alice({ oneTimeNonces, algorithms: ['MD5'] })
		const used = parseAuthorization(server.registers.items[1]?.request.headers.get('Authorization') ?? '')
		const challenge = parseChallenge(`Digest realm="example.test", nonce="${used?.nonce}", algorithm=MD5, qop="auth"`)
		if (!challenge) throw new Error('unreachable')
		const secondUse = answerChallenge({
			challenge,
			username: 'alice',
			secret: { password: 'wonderland' },
			method: 'REGISTER',
			uri: ALICE,
			cnonce: used?.cnonce ?? '',
			nc: 2,
		})
		const bare = await startScriptedCaller({
			uri: ALICE,
			server: { transport: 'udp', host: server.host, port: server.port },
		})
		closing.push(bare)
		const response = await bare.send('REGISTER', ALICE, [['Authorization', secondUse]])
		expect(response.status).toBe(status)
		const challenged = response.headers.get('WWW-Authenticate')
		expect(challenged?.includes('stale=true')).toBe(oneTimeNonces ? true : undefined)
	})

	it('are announced for the next request when told to', async () => {
		const { phone } = await alice({ nextNonce: true })
		expect((await phone.register()).headers.get('Authentication-Info')).toMatch(/^nextnonce="[^"]+"$/)
	})
})
