import { until } from '@vigil/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DeskPhone } from '../peers/desk-phone.ts'
import { havePeers } from '../peers/find-peer.ts'
import { Kamailio } from '../peers/kamailio.ts'
import type { KamailioVariant } from '../peers/kamailio-config.ts'

const password = 'correct horse'
const USER = 'anna'

describe.skipIf(!havePeers('kamailio'))('the binding rules of the registrar', () => {
	let kamailio: Kamailio
	const phones: DeskPhone[] = []

	async function phone(contactHost?: string): Promise<DeskPhone> {
		const added = await DeskPhone.at(kamailio.port, USER, { password, ...(contactHost ? { contactHost } : {}) })
		phones.push(added)
		return added
	}

	function whenVariant(variant: KamailioVariant, what: string, run: () => Promise<void>) {
		describe(variant, () => {
			beforeEach(async () => {
				kamailio = await Kamailio.start({ password, variant })
			})
			it(what, run)
		})
	}

	/** The log comes a moment after the answer. */
	async function expectBindings(expected: readonly (readonly string[])[]) {
		const sorted = (lists: readonly (readonly string[])[]) => lists.map((contacts) => contacts.toSorted())
		await until(() => kamailio.bindings(USER).length >= expected.length)
		expect(sorted(kamailio.bindings(USER).map(({ contacts }) => contacts))).toEqual(sorted(expected))
	}

	afterEach(async () => {
		await Promise.all(phones.splice(0).map((one) => one.close()))
		await kamailio.stop()
	})

	whenVariant('multi', 'keeps both', async () => {
		const [one, other] = [await phone(), await phone()]
		expect((await one.register(600)).status).toBe(200)
		expect((await other.register(600)).status).toBe(200)
		expect((await one.fetch()).toSorted()).toEqual([one.contact, other.contact].toSorted())
		expect((await one.register(0)).status).toBe(200)
		await expectBindings([[one.contact], [one.contact, other.contact], [other.contact]])
	})

	whenVariant('overwrite', 'keeps the newer, and a late removal of the older leaves it alone', async () => {
		const [one, other] = [await phone(), await phone()]
		expect((await one.register(600)).status).toBe(200)
		expect((await other.register(600)).status).toBe(200)
		expect(await one.fetch()).toEqual([other.contact])
		await one.register(0)
		expect((await other.register(0)).status).toBe(200)
		await expectBindings([[one.contact], [other.contact], []])
	})

	whenVariant('reject', 'refuses the second until the first is gone', async () => {
		const [one, other] = [await phone(), await phone()]
		expect((await one.register(600)).status).toBe(200)
		expect((await other.register(600)).status).toBe(503)
		expect((await one.register(600)).status).toBe(200)
		expect(await one.fetch()).toEqual([one.contact])
		expect((await one.register(0)).status).toBe(200)
		expect((await other.register(600)).status).toBe(200)
		await expectBindings([[one.contact], [], [other.contact]])
		expect(kamailio.registers(USER).map(({ status }) => status)).toContain(503)
	})

	whenVariant('nat-sbc', 'wants private contacts, grants little time', async () => {
		const [open, hidden] = [await phone(), await phone('192.168.1.17')]
		expect((await open.register(600)).status).toBe(403)
		const granted = await hidden.register(600)
		expect(granted.status).toBe(200)
		expect(granted.headers.get('Contact')).toContain('expires=60')
		expect(await open.fetch()).toEqual([hidden.contact])
		await expectBindings([[hidden.contact]])
		const seen = await until(() =>
			kamailio.registers(USER).find(({ status, contact }) => status === 200 && contact.includes('192.168')),
		)
		expect(seen.source).toMatch(/^127\.0\.0\.1:\d+$/)
	})
})
