import { describe, expect, it } from 'vitest'
import { realClock } from '../clock.ts'
import type { Logger } from '../logger.ts'
import { Egress } from './egress.ts'
import { GuardedNames, storeEndpoints } from './guarded-names.ts'
import { OwnEndpoints } from './own-endpoints.ts'

function recorder() {
	const lines: { fields: object; message: string }[] = []
	const note = (fields: object, message: string) => void lines.push({ fields, message })
	const logger: Logger = { debug: note, info: note, warn: note, error: note, child: () => logger }
	return { lines, logger }
}

const ask = (egress: Egress, host: string, port: number) => egress.decide({ host, port, namedBy: 'account' }).allowed

describe('the gate of a process', () => {
	it('keeps its own sockets and stores out of reach though their network is listed', () => {
		const egress = new Egress('127.0.0.0/8', undefined, new OwnEndpoints((address) => address === '127.0.0.1'))
		egress.ownListener({ host: '127.0.0.1', port: 8080 })
		egress.ownListener({ host: '0.0.0.0', port: 5062 })
		egress.ownStore({ host: '127.0.0.1', port: 6379 })
		const asked = [8080, 5062, 6379, 5070].map((port) => ask(egress, '127.0.0.1', port))
		expect(asked).toEqual([false, false, false, true])
		expect([ask(egress, '127.0.0.9', 5062), ask(egress, '127.0.0.9', 8080)]).toEqual([true, true])
	})

	it('finds every interface of the machine where a socket listens at all of them', () => {
		const egress = new Egress('0.0.0.0/0,::/0')
		egress.ownListener({ host: '::', port: 5062 })
		expect(['127.0.0.1', '127.9.9.9', '::1'].map((host) => ask(egress, host, 5062))).toEqual([false, false, false])
		expect(ask(egress, '198.51.100.1', 5062)).toBe(true)
	})

	it('tells the operator of an address once, with the setting that could allow it, and counts all', () => {
		const { lines, logger } = recorder()
		const egress = new Egress('internet', logger)
		for (let times = 0; times < 3; times++) ask(egress, '127.0.0.1', 5066)
		ask(egress, '169.254.169.254', 80)
		expect(lines.map(({ message }) => message)).toEqual([
			'an address that others named is not connected to; VIGIL_EGRESS is internet and could list it',
			'an address that others named is not connected to',
		])
		expect(lines[0]?.fields).toEqual({ host: '127.0.0.1', port: 5066, namedBy: 'account', reason: 'loopback' })
		expect(egress.refusals()).toEqual([
			{ namedBy: 'account', reason: 'loopback', count: 3 },
			{ namedBy: 'account', reason: 'link-local', count: 1 },
		])
	})

	it('knows its stores by the addresses that their names have', async () => {
		const egress = new Egress('127.0.0.0/8,::1')
		const names = new GuardedNames(egress, realClock, ['redis://localhost:7001', 'postgres://u:p@localhost/db'])
		await names.start()
		await names.advertised({ host: 'localhost', port: 5080 })
		names.close()
		expect([7001, 5432, 5080, 7002].map((port) => ask(egress, '127.0.0.1', port))).toEqual([false, false, false, true])
	})
})

it.each([
	['postgres://user:pass@db.example/vigil', [{ host: 'db.example', port: 5432 }]],
	[
		'postgresql://db.example:6000,10.0.0.7/vigil?sslmode=require',
		[
			{ host: 'db.example', port: 6000 },
			{ host: '10.0.0.7', port: 5432 },
		],
	],
	['postgres://user@[fd00::7]:6432/vigil', [{ host: 'fd00::7', port: 6432 }]],
	['postgres://user@/vigil?host=/var/run/postgresql', []],
	['rediss://:secret@cache.example/0', [{ host: 'cache.example', port: 6379 }]],
])('the endpoints of %s', (url, endpoints) => {
	expect(storeEndpoints(url)).toEqual(endpoints)
})
