import { BlockList } from 'node:net'
import type { CallDriver } from '@vigil/call-control'
import { CallRegistry } from '@vigil/call-control'
import type { Account } from '@vigil/domain'
import { buildRequest, type HeaderPair } from '@vigil/sip'
import type { Flow } from '@vigil/sip-transport'
import { beforeEach, describe, expect, it } from 'vitest'
import { AccountDirectory } from '../accounts/account-directory.ts'
import { CalledAccounts, type CallingServers } from './called-accounts.ts'
import { InviteSources } from './invite-sources.ts'
import type { TenantRule } from './rules-of-tenants.ts'

const TOKEN = 'abcdefghij234567abcd'
const US = '198.51.100.1:5080'

/** One SIP server, at one address. */
interface Server {
	readonly host: string
	readonly port: number
	readonly domains: Set<string>
	isResolved: boolean
}

let directory: AccountDirectory
let servers: Map<number, Server>
let calls: CallRegistry
let accounts: CalledAccounts
let rule: TenantRule
let openFlow: Flow | undefined

beforeEach(() => {
	directory = new AccountDirectory()
	servers = new Map()
	calls = new CallRegistry()
	const at: CallingServers = {
		at: (host) => new Set([...servers.values()].filter((server) => server.host === host)),
		of: (slot) => {
			const server = servers.get(slot)
			return (
				server && {
					hosts: new Set(server.isResolved ? [server.host] : []),
					isAt: ({ host, port }) => host === server.host && port === server.port,
				}
			)
		},
		openFlowOf: () => openFlow,
	}
	openFlow = undefined
	rule = { inviteSource: 'any', networks: new BlockList() }
	accounts = new CalledAccounts(directory, at, calls, new InviteSources(at, { of: () => rule }))
})

function server(port = 5060, host = '192.0.2.1'): Server {
	return { host, port, domains: new Set(), isResolved: true }
}

function add(at: Server, username: string, domain = 'pbx.test', contactToken = `token-of-${username}-${domain}`): void {
	const id = `${username}@${domain}:${at.port}`
	const facts = { id, username, domain, contactToken, version: 1, tenantId: 'ten_1', transport: 'udp', attributes: {} }
	servers.set(directory.put({ account: facts as unknown as Account, devices: [] }), at)
	at.domains.add(domain)
}

function change(contactToken: string, what: Partial<Account>): void {
	const entry = directory.byToken(contactToken)
	if (entry) directory.put({ ...entry, account: { ...entry.account, ...what } })
}

function find(
	uri: string,
	to = uri,
	from: { host?: string; port?: number } = {},
	{ method = 'INVITE', headers = [] }: { method?: string; headers?: HeaderPair[] } = {},
): string | undefined {
	const request = buildRequest({ method, uri, headers: [['To', `<${to}>`], ...headers] })
	const flow = { remote: { host: '192.0.2.1', port: 5060, ...from } } as Flow
	const called = accounts.find(request, flow)
	return called && called.source !== 'refused' ? called.entry.account.id : undefined
}

describe('whose request it is', () => {
	it('is that of the token, escaped or in another letter case, wherever it comes from', () => {
		add(server(), 'alice', 'pbx.test', TOKEN)
		const stranger = { host: '203.0.113.9' }
		for (const user of [TOKEN, TOKEN.toUpperCase(), `%61${TOKEN.slice(1)}`])
			expect(find(`sip:${user}@${US}`, 'sip:x@y', stranger)).toBe('alice@pbx.test:5060')
	})

	it('is that of the user name or number, in Request-URI or To, for the server that it is registered at', () => {
		add(server(), '+4930123', 'pbx.test:5070')
		expect(find(`sip:+4930123@${US}`)).toBe('+4930123@pbx.test:5070:5060')
		expect(find(`sip:%2B4930123@${US}`)).toBe('+4930123@pbx.test:5070:5060')
		expect(find(`sip:100@${US}`, 'sip:+4930123@pbx.test')).toBe('+4930123@pbx.test:5070:5060')
		expect(find(`sip:+4930123@${US}`, undefined, { host: '203.0.113.9' })).toBeUndefined()
		expect(find(`sip:+4930124@${US}`, 'sip:group@pbx.test')).toBeUndefined()
		expect(find(`sip:${US}`)).toBeUndefined()
	})

	it('comes from an unusual place where neither its server nor the tenant’s networks are, and may not then where that is not wanted', () => {
		add(server(), 'alice', 'pbx.test', TOKEN)
		const ask = (host: string) => {
			const request = buildRequest({ method: 'INVITE', uri: `sip:${TOKEN}@${US}`, headers: [['To', '<sip:x@y>']] })
			return accounts.find(request, { remote: { host, port: 5060 } } as Flow)?.source
		}
		rule.networks.addSubnet('198.51.100.0', 24, 'ipv4')
		rule.networks.addSubnet('2001:db8::', 32, 'ipv6')
		const places = ['192.0.2.1', '198.51.100.7', '2001:db8::7', '203.0.113.9', '2001:db9::7']
		expect(places.map(ask)).toEqual(['usual', 'usual', 'usual', 'unusual', 'unusual'])
		rule = { ...rule, inviteSource: 'registrar' }
		expect(places.map(ask)).toEqual(['usual', 'usual', 'usual', 'refused', 'refused'])
		// What the account says goes before what the tenant says.
		change(TOKEN, { inviteSource: 'any' })
		expect(ask('203.0.113.9')).toBe('unusual')
		rule = { ...rule, inviteSource: 'any' }
		change(TOKEN, { inviteSource: 'registrar' })
		expect(ask('203.0.113.9')).toBe('refused')
	})

	it('comes from the usual place by the very flow that the account is registered over', () => {
		add(server(), 'alice', 'pbx.test', TOKEN)
		rule = { ...rule, inviteSource: 'registrar' }
		const flow = { reliable: true, direction: 'outbound', remote: { host: '203.0.113.9', port: 40_000 } }
		const registered = flow as Flow
		const request = buildRequest({ method: 'INVITE', uri: `sip:${TOKEN}@${US}`, headers: [['To', '<sip:x@y>']] })
		expect(accounts.find(request, registered)?.source).toBe('refused')
		openFlow = registered
		expect(accounts.find(request, registered)?.source).toBe('usual')
	})

	it('may come from anywhere while nobody knows yet where the server is', () => {
		const unresolved = server()
		add(unresolved, 'alice', 'pbx.test', TOKEN)
		rule = { ...rule, inviteSource: 'registrar' }
		expect(find(`sip:${TOKEN}@${US}`, 'sip:x@y', { host: '203.0.113.9' })).toBeUndefined()
		unresolved.isResolved = false
		expect(find(`sip:${TOKEN}@${US}`, 'sip:x@y', { host: '203.0.113.9' })).toBe('alice@pbx.test:5060')
	})

	it('is nobody’s at the Contact of a call, up or over, whatever To says', () => {
		add(server(), 'alice')
		const contact = 'zyxwvutsrq765432zyxw'
		expect(find(`sip:${contact}@${US}`, 'sip:alice@pbx.test')).toBeUndefined()
		calls.addContact(contact, { targetId: 'alice@pbx.test:5060' } as CallDriver)
		expect(find(`sip:${contact}@${US}`, 'sip:alice@pbx.test')).toBeUndefined()
		expect(find(`sip:${contact.toUpperCase()}@${US}`, 'sip:alice@pbx.test')).toBeUndefined()
	})

	it('is that of the account at the Contact of its call for its own server, in place of a party of the call', () => {
		add(server(), 'alice')
		add(server(5060, '192.0.2.2'), 'bob')
		const contact = 'zyxwvutsrq765432zyxw'
		const upstream = { callId: 'c1', localTag: 'ours', remoteTag: 'theirs', state: 'confirmed', role: 'uas' }
		const call = { targetId: 'alice@pbx.test:5060', bridged: () => [{ deviceId: 'phone', upstream }] }
		calls.addContact(contact, call as unknown as CallDriver)
		calls.addTag('ours', call as unknown as CallDriver, 'upstream')
		const ask = (replaces: string, host = '192.0.2.1', method = 'INVITE') =>
			find(`sip:${contact}@${US}`, undefined, { host }, { method, headers: [['Replaces', replaces]] })
		const taken = 'c1;to-tag=ours;from-tag=theirs'
		expect(ask(taken)).toBe('alice@pbx.test:5060')
		expect(ask(taken, '203.0.113.9')).toBeUndefined()
		expect(ask(taken, '192.0.2.2')).toBeUndefined()
		expect(ask(taken, '192.0.2.1', 'OPTIONS')).toBeUndefined()
		expect(ask('c1;to-tag=ours;from-tag=others')).toBeUndefined()
	})

	it('is not that of an account at another server, though both are known', () => {
		add(server(), 'alice')
		add(server(5060, '192.0.2.2'), 'bob', 'other.test')
		expect(find(`sip:alice@${US}`, 'sip:alice@pbx.test', { host: '192.0.2.2' })).toBeUndefined()
		expect(find(`sip:bob@${US}`, 'sip:bob@other.test', { host: '192.0.2.2' })).toBe('bob@other.test:5060')
	})

	it('is decided by the domain in To where a server has several such users', () => {
		const shared = server()
		add(shared, '100', 'one.test')
		add(shared, '100', 'two.test')
		expect(find(`sip:100@${US}`, 'sip:100@two.test')).toBe('100@two.test:5060')
		expect(find(`sip:100@${US}`, 'sip:100@ONE.test')).toBe('100@one.test:5060')
		expect(find(`sip:100@${US}`)).toBeUndefined()
	})

	it('is decided by the way that it comes where To does not say, else nobody’s', () => {
		add(server(5060), '100', 'one.test')
		add(server(5070), '100', 'two.test')
		expect(find(`sip:100@${US}`, undefined, { port: 5070 })).toBe('100@two.test:5070')
		expect(find(`sip:100@${US}`, undefined, { port: 40_000 })).toBeUndefined()
	})

	it('keeps users apart that differ in letter case, and finds one written otherwise', () => {
		const shared = server()
		add(shared, 'Alice', 'pbx.test', 'one')
		expect(find(`sip:alice@${US}`)).toBe('Alice@pbx.test:5060')
		add(shared, 'alice', 'pbx.test', 'two')
		expect(find(`sip:alice@${US}`)).toBe('alice@pbx.test:5060')
		expect(find(`sip:ALICE@${US}`)).toBeUndefined()
	})

	it('is nobody’s where more accounts than can be told apart have the same address', () => {
		for (let port = 6000; port < 6040; port++) add(server(port), '100', 'pbx.test')
		expect(find(`sip:100@${US}`)).toBeUndefined()
	})
})
