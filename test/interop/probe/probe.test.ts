import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { ProbeReport } from '@vigil/domain'
import { until } from '@vigil/testkit'
import { afterEach, describe, expect, it } from 'vitest'
import { DeskPhone } from '../peers/desk-phone.ts'
import { havePeers } from '../peers/find-peer.ts'
import { Kamailio } from '../peers/kamailio.ts'
import type { KamailioOptions } from '../peers/kamailio-config.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const COMMAND = 'services/registration-worker/src/probe/main.ts'
const password = 'correct horse'
const USER = 'anna'

describe.skipIf(!havePeers('kamailio'))('vigil probe', () => {
	let kamailio: Kamailio
	let phone: DeskPhone | undefined

	async function start(options: Omit<KamailioOptions, 'password'>) {
		kamailio = await Kamailio.start({ password, ...options })
	}

	async function probe(...args: readonly string[]) {
		return run(['--domain', `127.0.0.1:${kamailio.port}`, '--username', USER, '--json', ...args], password)
	}

	afterEach(async () => {
		await phone?.close()
		phone = undefined
		await kamailio?.stop()
	})

	it.each([
		[
			'multi',
			{ registrationMode: 0, natEmulation: false },
			{ second: 'kept', mostBindings: 2, swap: 'honoured', zeroRemoves: 'contact' },
		],
		[
			'overwrite',
			{ registrationMode: 3, natEmulation: false },
			{ second: 'overwrites', mostBindings: 1, swap: 'honoured', zeroRemoves: 'contact' },
		],
		[
			'reject',
			{ registrationMode: 1, natEmulation: false },
			{ second: 'rejected', secondStatus: 503, swap: 'honoured', zeroRemoves: 'contact' },
		],
		...(['nat-sbc', 'nat-strict', 'nat-queries'] as const).map(
			(variant) =>
				[
					variant,
					{ registrationMode: 0, natEmulation: true, registrationRefreshSeconds: 60 },
					{ second: 'kept', plain: { status: 403 }, private: { status: 200, grantedSeconds: 60 }, swap: 'honoured' },
				] as const,
		),
		['first-contact', { registrationMode: 0 }, { second: 'kept', swap: 'not-honoured', swapFailure: 'both' }],
		['freeswitch', { registrationMode: 3 }, { second: 'overwrites', swap: 'honoured', zeroRemoves: 'user' }],
	] as const)(
		'names what fits the server that is %s, and leaves nothing bound',
		async (variant, recommended, found) => {
			await start({ variant })
			const { code, report, stderr } = await probe()
			expect(report, stderr).toMatchObject({
				outcome: 'complete',
				recommendation: recommended,
				findings: { ...found, listing: 'lists', authentication: [{ algorithms: ['MD5'] }] },
				cleanUp: 'verified',
			})
			expect(code).toBe(0)
			const last = await until(
				() => kamailio.bindings(USER).at(-1)?.contacts.length === 0 && kamailio.bindings(USER).at(-1),
			)
			expect(last).toMatchObject({ contacts: [] })
			const registers = kamailio.registers(USER)
			expect(registers.every(({ contact }) => !contact.includes('*'))).toBe(true)
			expect(registers.length).toBeLessThanOrEqual(report.registersSent)
		},
	)

	it('is the same over TCP, with both algorithms offered', async () => {
		await start({ algorithm: 'both' })
		const { report } = await probe('--transport', 'tcp')
		expect(report).toMatchObject({
			outcome: 'complete',
			findings: { authentication: [{ algorithms: ['MD5', 'SHA-256'] }] },
			recommendation: { registrationMode: 0 },
			cleanUp: 'verified',
		})
	})

	it('binds nothing while a desk phone is bound, unless it is forced to', async () => {
		await start({ variant: 'overwrite' })
		phone = await DeskPhone.at(kamailio.port, USER, { password })
		await phone.register(600)
		const careful = await probe()
		expect(careful.code).toBe(3)
		expect(careful.report).toMatchObject({ outcome: 'stopped', findings: { foreign: [phone.contact] } })
		expect(await phone.fetch()).toEqual([phone.contact])
		const forced = await probe('--force')
		expect(forced.report).toMatchObject({
			findings: { foreignLost: [phone.contact] },
			recommendation: { registrationMode: 3 },
		})
		expect(await phone.fetch()).toEqual([])
	})

	it('leaves a desk phone bound where several may be', async () => {
		await start({ variant: 'multi' })
		phone = await DeskPhone.at(kamailio.port, USER, { password })
		await phone.register(600)
		expect((await probe('--force')).report).toMatchObject({ findings: { foreignLost: [] }, cleanUp: 'verified' })
		expect(await phone.fetch()).toEqual([phone.contact])
	})

	it('tries a wrong password once', async () => {
		await start({})
		const { code, report } = await run(
			['--domain', `127.0.0.1:${kamailio.port}`, '--username', USER, '--json'],
			'wrong',
		)
		expect(code).toBe(1)
		expect(report).toMatchObject({ outcome: 'failed', blockingReason: 'wrong user name or password', registersSent: 2 })
	})
})

async function run(args: readonly string[], secret: string) {
	const child = spawn(process.execPath, [COMMAND, ...args], {
		cwd: ROOT,
		env: { ...process.env, VIGIL_PROBE_PASSWORD: secret },
		stdio: ['ignore', 'pipe', 'pipe'],
	})
	const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
	const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
	return { code, stderr, report: JSON.parse(stdout) as ProbeReport }
}
