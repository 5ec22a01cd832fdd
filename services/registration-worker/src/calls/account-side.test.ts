import { type Account, type AccountId, DEFAULT_ATTRIBUTES, type HeldChallenge } from '@vigil/domain'
import { buildRequest, buildResponse, formatChallenge, type HeaderPair, type SipRequest } from '@vigil/sip'
import type { Flow, TargetQuery } from '@vigil/sip-transport'
import { describe, expect, it } from 'vitest'
import { AccountSide } from './account-side.ts'

const [REGISTRAR, BORDER, STRANGER] = [flowTo('198.51.100.5'), flowTo('198.51.100.9'), flowTo('203.0.113.1')]
const ACCOUNT = {
	id: 'acc1' as AccountId,
	username: 'alice',
	domain: 'pbx.example',
	transport: 'udp',
	attributes: DEFAULT_ATTRIBUTES,
	contactToken: 'abcdefghijklmnopqrst',
} as Account

function flowTo(host: string): Flow {
	return { id: host, transport: 'udp', reliable: false, remote: { host, port: 5060 } } as Flow
}

interface Choices {
	readonly serviceRoute?: readonly string[]
	readonly account?: Account
}

/** A side whose dialled hops are told, and whose server is the registrar alone. */
function sideOf({ serviceRoute = [], account = ACCOUNT }: Choices = {}) {
	const dialled: TargetQuery[] = []
	const side = new AccountSide(
		{
			endpoint: { request: () => expect.unreachable(), sendAck: () => expect.unreachable() },
			upstream: {
				flowTo: async (target) => {
					dialled.push(target)
					return BORDER
				},
				addressesOf: async () => [],
				heard: () => {},
				hostPortFor: () => '192.0.2.1:5080',
			},
			paths: {
				flowOf: async () => REGISTRAR,
				openFlowOf: () => REGISTRAR,
				isOwnServer: (_id, { remote }) => remote.host === REGISTRAR.remote.host,
				serviceRouteOf: () => serviceRoute,
			},
			credentials: {
				answer: async (id: AccountId, _request: SipRequest, held: readonly HeldChallenge[]) =>
					held.map((): HeaderPair => ['Authorization', `of ${id}`]),
			},
			random: { token: () => 'chance' },
		},
		account,
	)
	return { side, dialled }
}

const bye = buildRequest({ method: 'BYE', uri: 'sip:bob@pbx.example', headers: [['CSeq', '2 BYE']] })
const challenge = buildResponse(bye, 401, undefined, {
	headers: [['WWW-Authenticate', formatChallenge({ realm: 'pbx', nonce: 'n', algorithm: 'MD5', qop: ['auth'] })]],
})

describe('the side of an account’s call', () => {
	it('answers the account’s own server, and nobody else who asks within a call', async () => {
		const { side } = sideOf()
		side.invitedBy(STRANGER, bye)
		expect(await side.credentialsFor(bye, challenge, REGISTRAR)).toEqual([['Authorization', 'of acc1']])
		expect(await side.credentialsFor(bye, challenge, STRANGER)).toEqual([])
	})

	it('answers where the call went first, though that is no server of the account’s name', async () => {
		const { side } = sideOf({ serviceRoute: ['<sip:border.example;lr>'] })
		expect(await side.credentialsFor(bye, challenge, BORDER)).toEqual([])
		await side.firstFlow()
		expect(await side.credentialsFor(bye, challenge, BORDER)).toEqual([['Authorization', 'of acc1']])
		expect(await side.credentialsFor(bye, challenge, STRANGER)).toEqual([])
	})

	it('calls by the Service-Route, or else by the path of the REGISTERs', async () => {
		const routed = sideOf({ serviceRoute: ['<sip:border.example;lr>'] })
		expect(await routed.side.firstFlow()).toBe(BORDER)
		expect(routed.dialled).toMatchObject([{ host: 'border.example' }])
		expect(routed.side.routes).toEqual(['<sip:border.example;lr>'])
		expect(await sideOf().side.firstFlow()).toBe(REGISTRAR)
	})

	it('prefers an outbound proxy to the Service-Route', async () => {
		const attributes = { ...DEFAULT_ATTRIBUTES, outboundProxy: 'proxy.example' }
		const account = { ...ACCOUNT, attributes }
		const { side, dialled } = sideOf({ account, serviceRoute: ['<sip:border.example;lr>'] })
		expect(await side.firstFlow()).toBe(REGISTRAR)
		expect(dialled).toEqual([])
	})

	it('shows a Contact of the call, and keeps the registered one from the other side', () => {
		const { side } = sideOf()
		expect(side.contactFor(REGISTRAR)).toBe(`<sip:${side.contactToken}@192.0.2.1:5080>`)
		expect(side.contactToken).not.toBe(ACCOUNT.contactToken)
		const headers: HeaderPair[] = [['History-Info', `<sip:${ACCOUNT.contactToken}@192.0.2.1:5080>;index=1`]]
		const passed = side.withoutSecrets(buildRequest({ method: 'INFO', uri: 'sip:x@y', headers }))
		expect(passed.headers.get('History-Info')).toBe(`<sip:${side.contactToken}@192.0.2.1:5080>;index=1`)
	})
})
