import type { AccountId } from '@vigil/domain'
import { buildRequest, type HeaderPair } from '@vigil/sip'
import type { Flow, TargetQuery, TransportName } from '@vigil/sip-transport'
import { describe, expect, it } from 'vitest'
import { CallUpstreamPath } from './call-upstream-path.ts'

const SERVER = '198.51.100.5'

function flow(transport: TransportName, port = 5061, host = SERVER): Flow & { closed: boolean } {
	const secure = transport === 'tls' || transport === 'wss'
	const remote = { host, port }
	return { transport, reliable: transport !== 'udp', secure, remote, closed: false } as Flow & { closed: boolean }
}

function invite(headers: readonly HeaderPair[] = []) {
	return buildRequest({
		method: 'INVITE',
		uri: 'sip:token@192.0.2.1',
		headers: [['Via', `SIP/2.0/TLS pbx.internal:5061;branch=z9hG4bK1`], ...headers],
	})
}

/** A call that came by that flow, in a world where what is dialled is told. */
function callBy(cameBy: Flow, headers: readonly HeaderPair[] = [], registeredBy?: Flow) {
	const dialled: TargetQuery[] = []
	const names: Record<string, string[]> = { 'pbx.example': [SERVER], 'other.example': ['203.0.113.9'] }
	const fresh = flow('udp')
	const heard: Flow[] = []
	const world = { dialled, heard, fresh, unreachable: false }
	const upstream = {
		flowTo: async (target: TargetQuery) => {
			dialled.push(target)
			if (world.unreachable) throw new Error('the certificate does not fit')
			return fresh
		},
		addressesOf: async ({ host }: TargetQuery) => names[host] ?? [],
		heard: (by: Flow) => void world.heard.push(by),
	}
	const path = new CallUpstreamPath({ upstream, registeredBy: () => registeredBy }, { id: 'acc' as AccountId })
	path.invitedBy(cameBy, invite(headers))
	return { ...world, world, path }
}

describe('a request of a call', () => {
	it.each([
		['the address of its other end', 'tls', `sip:asterisk@${SERVER}:5061;transport=tls`],
		['a name of it', 'tls', 'sip:pbx.example;transport=tls;lr'],
		['what it called itself in its Via', 'tls', 'sip:PBX.internal:5061;transport=tls;lr'],
		['its UDP port, over WebSocket', 'wss', `sip:mod_sofia@${SERVER}:5060`],
		['another transport of it, over WebSocket', 'ws', `sip:asterisk@${SERVER}:5060;transport=udp`],
		['no port and no transport', 'tls', `sip:${SERVER};lr`],
	] as const)('takes the connection that the call came by where the next hop is %s', async (_what, transport, uri) => {
		const came = flow(transport)
		const { path, dialled } = callBy(came)
		expect(await path.flowTo(uri)).toBe(came)
		expect(dialled).toEqual([])
	})

	it('takes it where the one who called sent the INVITE itself, whatever its Contact says', async () => {
		const came = flow('ws', 8088)
		const { path } = callBy(came, [['Contact', '<sip:asterisk@10.0.0.7:5060>']])
		expect(await path.flowTo('sip:asterisk@10.0.0.7:5060')).toBe(came)
	})

	it.each([
		['another server', 'tls', 'sip:bob@other.example:5061;transport=tls', { port: 5061, transport: 'tls' }],
		['another port over TCP', 'tcp', `sip:bob@${SERVER}:5080;transport=tcp`, { port: 5080 }],
		['UDP by its name', 'tcp', `sip:bob@${SERVER}:5061;transport=udp`, { transport: 'udp' }],
		['a sips URI, and the connection is not secure', 'ws', `sips:${SERVER}:5061`, { secure: true }],
	] as const)('is dialled by RFC 3263 where the next hop is %s', async (_what, transport, uri, target) => {
		const { path, dialled, fresh } = callBy(flow(transport), [['Record-Route', '<sip:proxy.example;lr>']])
		expect(await path.flowTo(uri)).toBe(fresh)
		expect(dialled).toMatchObject([target])
	})

	it('names no transport where its next hop names none, though the call came by WebSocket', async () => {
		const { path, dialled } = callBy(flow('ws'), [['Record-Route', '<sip:proxy.example;lr>']])
		await path.flowTo('sip:bob@203.0.113.20:5060')
		expect(dialled[0]).not.toHaveProperty('transport')
	})

	it('over UDP goes where it names', async () => {
		const { path, dialled } = callBy(flow('udp'))
		await path.flowTo(`sip:bob@${SERVER}:5061`)
		expect(dialled).toHaveLength(1)
	})

	it("takes the registration's connection when its own has ended, and that only to the same server", async () => {
		const [came, registered] = [flow('tls'), flow('tls')]
		const { path } = callBy(came, [], registered)
		came.closed = true
		expect(await path.flowTo(`sip:asterisk@${SERVER}:5061;transport=tls`)).toBe(registered)

		const elsewhere = callBy(came, [], flow('tls', 5061, '203.0.113.77'))
		expect(await elsewhere.path.flowTo(`sip:asterisk@${SERVER}:5061;transport=tls`)).toBe(elsewhere.fresh)
	})

	it('follows the call to the connection that its server opens after that', async () => {
		const [came, later] = [flow('tcp'), flow('tcp', 43_210)]
		const { path } = callBy(came)
		path.cameBy(later, invite())
		expect(await path.flowTo(`sip:asterisk@${SERVER}:5061`)).toBe(came)
		came.closed = true
		path.cameBy(later, invite())
		expect(await path.flowTo(`sip:asterisk@${SERVER}:5061`)).toBe(later)
	})

	it('takes it also where the next hop cannot be reached otherwise, and fails where there is no connection', async () => {
		const came = flow('tls')
		const { path, world } = callBy(came, [['Record-Route', '<sip:proxy.example;lr>']])
		world.unreachable = true
		expect(await path.flowTo('sip:bob@203.0.113.20:5061;transport=tls')).toBe(came)
		came.closed = true
		await expect(path.flowTo('sip:bob@203.0.113.20:5061;transport=tls')).rejects.toThrow('certificate')
	})

	it('that begins one is followed by the others', async () => {
		const left = flow('wss', 443)
		const { path } = callBy(flow('udp'))
		path.leftBy(left)
		expect(await path.flowTo(`sip:mod_sofia@${SERVER}:5080`)).toBe(left)
	})

	it('refuses a next hop that is no SIP URI', async () => {
		await expect(callBy(flow('tcp')).path.flowTo('tel:+123')).rejects.toThrow('cannot be reached by SIP')
	})
})
