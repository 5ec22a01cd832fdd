import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { havePeers } from '../peers/find-peer.ts'
import { sippCall } from '../peers/sipp.ts'
import { readSippMessages, type SippMessage } from '../peers/sipp-messages.ts'
import { RegistrarWorld } from '../registrars/registrar-world.ts'

describe.skipIf(!havePeers('kamailio', 'sipp'))('what SIPp hears while the phone sleeps', () => {
	let world: RegistrarWorld
	let folder: string

	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), 'vigil-ring-back-'))
		world = await RegistrarWorld.start()
	})

	afterAll(async () => {
		await world?.close()
		await rm(folder, { recursive: true, force: true })
	})

	/** A call to a phone that got its push and sleeps on until it is told to wake. */
	async function callSleeping(username: string, autoSend180: boolean) {
		const { phone } = await world.user(username, { attributes: { autoSend180 } }, { wakes: false })
		const messageFile = join(folder, `${username}.log`)
		const over = sippCall({ scenario: 'answered', callee: username, serverPort: world.kamailio.port, messageFile })
		const messages = async () => readSippMessages(await readFile(messageFile, 'utf8').catch(() => ''))
		await until(() => phone.pushes.length === 1)
		return { phone, over, messages }
	}

	it('is 180 before the phone wakes, with AutoSend180', async () => {
		const { phone, over, messages } = await callSleeping('rungback', true)
		await until(async () => heard(await messages()).includes(180))
		expect(phone.device.attachment).toBe('detached')
		await phone.device.attach()
		const call = await over
		expect(call.ok, call.output).toBe(true)
		const all = await messages()
		const [invite] = all
		const ringing = all.find(({ firstLine }) => firstLine.startsWith('SIP/2.0 180'))
		const afterMs = (ringing?.atMs ?? 0) - (invite?.atMs ?? 0)
		process.stderr.write(`AutoSend180: ringing ${afterMs.toFixed(1)} ms after the INVITE, as SIPp saw it\n`)
		await phone.close()
	})

	it('is only 100 until the phone rings, without it', async () => {
		const { phone, over, messages } = await callSleeping('waiting', false)
		await until(async () => heard(await messages()).includes(100))
		expect(phone.device.attachment).toBe('detached')
		expect(heard(await messages())).not.toContain(180)
		const wokenAtMs = Date.now()
		await phone.device.attach()
		const call = await over
		expect(call.ok, call.output).toBe(true)
		const ringing = (await messages()).filter(({ firstLine }) => firstLine.startsWith('SIP/2.0 180'))
		expect(ringing.length).toBeGreaterThan(0)
		expect(ringing.every(({ atMs }) => atMs >= wokenAtMs)).toBe(true)
		await phone.close()
	})
})

/** Status codes of the answers, in order. */
function heard(messages: readonly SippMessage[]): number[] {
	return messages
		.filter(({ direction, firstLine }) => direction === 'received' && firstLine.startsWith('SIP/2.0 '))
		.map(({ firstLine }) => Number(firstLine.slice(8, 11)))
}
