import type { HeldChallenge } from '@vigil/domain'
import { buildRequest, buildResponse, formatChallenge, type HeaderPair, type SipRequest } from '@vigil/sip'
import { describe, expect, it } from 'vitest'
import { CallChallenges } from './call-challenges.ts'

type Asked = readonly [status: 401 | 407, realm: string, nonce: string, stale?: boolean]

function scene() {
	const counts: string[] = []
	const answer = async (_request: SipRequest, held: readonly HeldChallenge[]) => {
		counts.push(
			held.map(({ challenge, nonceCount }) => `${challenge.realm} ${challenge.nonce} ${nonceCount}`).join(', '),
		)
		return held.map(({ challenge: { proxy, realm, nonce } }) => {
			const value = `Digest username="a", realm="${realm}", nonce="${nonce}", uri="sip:b", response="${'0'.repeat(32)}"`
			return [proxy ? 'Proxy-Authorization' : 'Authorization', value] as const
		})
	}
	const challenges = new CallChallenges(answer)
	const ask = (request: SipRequest, [status, realm, nonce, stale = false]: Asked) => {
		const text = formatChallenge({ realm, nonce, algorithm: 'MD5', stale, qop: ['auth'] })
		const name = status === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate'
		return challenges.answer(request, buildResponse(request, status, undefined, { headers: [[name, text]] }))
	}
	return { ask, counts }
}

function request(headers: readonly HeaderPair[] = []): SipRequest {
	return buildRequest({ method: 'INVITE', uri: 'sip:b', headers })
}

describe('challenges on the way of a call', () => {
	it('of a proxy and of the server behind it are answered together', async () => {
		const { ask, counts } = scene()
		const first = await ask(request(), [407, 'proxy', 'p1'])
		const both = await ask(request(first), [401, 'server', 's1'])
		expect(both.map(([name]) => name)).toEqual(['Proxy-Authorization', 'Authorization'])
		expect(counts).toEqual(['proxy p1 1', 'proxy p1 2, server s1 1'])
	})

	it('are answered again when only the nonce was too old, and not when the answer was wrong', async () => {
		const { ask } = scene()
		const first = await ask(request(), [407, 'proxy', 'p1'])
		expect(await ask(request(first), [407, 'proxy', 'p2', true])).toHaveLength(1)
		expect(await ask(request(first), [407, 'proxy', 'p3'])).toEqual([])
	})

	it('are left unanswered when every answer is too old', async () => {
		const { ask, counts } = scene()
		let fields = await ask(request(), [407, 'proxy', 'p0'])
		for (let nonce = 1; fields.length > 0 && nonce < 50; nonce++) {
			fields = await ask(request(fields), [407, 'proxy', `p${nonce}`, true])
		}
		expect(fields).toEqual([])
		expect(counts.length).toBeLessThanOrEqual(5)
		// The next request of the call begins anew.
		expect(await ask(request(), [407, 'proxy', 'last'])).toHaveLength(1)
	})

	it('with the nonce of an earlier request count on', async () => {
		const { ask, counts } = scene()
		await ask(request(), [407, 'proxy', 'p1'])
		await ask(request(), [407, 'proxy', 'p1'])
		expect(counts).toEqual(['proxy p1 1', 'proxy p1 2'])
	})
})
